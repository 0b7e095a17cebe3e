package normalized

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

func TestUseStateForEqualString(t *testing.T) {
	t.Parallel()
	text := basetypes.NewStringValue
	for name, test := range map[string]struct{ plan, state, want basetypes.StringValue }{
		"equal":         {text("ACME.com"), text("acme.com"), text("acme.com")},
		"another":       {text("acme.org"), text("acme.com"), text("acme.org")},
		"malformed":     {text("a b"), text("acme.com"), text("a b")},
		"unknown":       {basetypes.NewStringUnknown(), text("acme.com"), basetypes.NewStringUnknown()},
		"taken away":    {basetypes.NewStringNull(), text("acme.com"), basetypes.NewStringNull()},
		"nothing there": {text("acme.com"), basetypes.NewStringNull(), text("acme.com")},
	} {
		resp := planmodifier.StringResponse{PlanValue: test.plan}
		UseStateForEqual(Domain).PlanModifyString(t.Context(), planmodifier.StringRequest{PlanValue: test.plan, StateValue: test.state}, &resp)
		if !resp.PlanValue.Equal(test.want) {
			t.Errorf("%s: planned is %s, want %s", name, resp.PlanValue, test.want)
		}
	}
}

// A set or map is taken from the state as a whole or not at all, and never while a part of it is unknown.
func TestUseStateForEqualCollections(t *testing.T) {
	t.Parallel()
	state := []string{"acme.com", "b.example"}
	unknown := func(first string) []attr.Value {
		return []attr.Value{basetypes.NewStringValue(first), basetypes.NewStringUnknown()}
	}
	for name, test := range map[string]struct {
		plan Set
		kept bool
	}{
		"equal":         {Domain.SetValue([]string{"B.example.", "ACME.com"}), true},
		"one more":      {Domain.SetValue([]string{"acme.com", "b.example", "c.example"}), false},
		"one of two":    {Domain.SetValue([]string{"ACME.com"}), false},
		"partly known":  {Domain.SetOf(basetypes.NewSetValueMust(basetypes.StringType{}, unknown("ACME.com"))), false},
		"wholly absent": {Domain.SetNull(), false},
	} {
		resp := planmodifier.SetResponse{PlanValue: test.plan.SetValue}
		UseStateForEqual(Domain).PlanModifySet(t.Context(), planmodifier.SetRequest{PlanValue: test.plan.SetValue, StateValue: Domain.SetValue(state).SetValue}, &resp)
		if kept := resp.PlanValue.Equal(Domain.SetValue(state).SetValue); kept != test.kept {
			t.Errorf("%s: planned is %s", name, resp.PlanValue)
		}
	}
	prior := Email.MapValue(map[string]string{"ada@x.example": "Admin"}).MapValue
	for name, test := range map[string]struct {
		plan Map
		kept bool
	}{
		"equal":         {Email.MapValue(map[string]string{"ADA@x.example": "Admin"}), true},
		"another value": {Email.MapValue(map[string]string{"ADA@x.example": "Owner"}), false},
		"value unknown": {Map{basetypes.NewMapValueMust(basetypes.StringType{}, map[string]attr.Value{"ADA@x.example": basetypes.NewStringUnknown()}), Email}, false},
	} {
		resp := planmodifier.MapResponse{PlanValue: test.plan.MapValue}
		UseStateForEqual(Email).PlanModifyMap(t.Context(), planmodifier.MapRequest{PlanValue: test.plan.MapValue, StateValue: prior}, &resp)
		if kept := resp.PlanValue.Equal(prior); kept != test.kept {
			t.Errorf("%s: planned is %s", name, resp.PlanValue)
		}
	}
}

func TestSetValueAsKeepsWhatIsWritten(t *testing.T) {
	t.Parallel()
	got := Domain.SetValueAs(Domain.SetValue([]string{"ACME.com", "gone.example"}), []string{"acme.com", "new.example"})
	if want := Domain.SetValue([]string{"ACME.com", "new.example"}); !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := Domain.SetValueAs(Set{}, []string{"acme.com"}); !got.Equal(Domain.SetValue([]string{"acme.com"})) {
		t.Errorf("of a model without a prior set it is %s", got)
	}
}

package normalized

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestStringEquality(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind *Kind
		a, b string
		want bool
	}{
		{Domain, "acme.com", "ACME.com.", true},
		{Domain, "Bücher.example", "xn--bcher-kva.example", true},
		{Domain, "acme.com", "acme.org", false},
		{Domain, "not a domain", "not a domain", true},
		{Domain, "not a domain", "acme.com", false},
		{Email, "Ada@Acme.com", "ada@acme.COM", true},
		{Email, "ada@acme.com", "grace@acme.com", false},
		{Duration, "60m", "1h", true},
		{Duration, "1h", "2h", false},
	} {
		got, diags := test.kind.StringValue(test.a).StringSemanticEquals(context.Background(), test.kind.StringValue(test.b))
		if got != test.want || diags.HasError() {
			t.Errorf("%q and %q equal: %t, want %t", test.a, test.b, got, test.want)
		}
	}
}

func TestSetEquality(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b []string
		want bool
	}{
		{[]string{"acme.com", "b.example"}, []string{"B.example", "ACME.com"}, true},
		{[]string{"acme.com"}, []string{"acme.com", "b.example"}, false},
		{nil, nil, true},
		{nil, []string{"acme.com"}, false},
	} {
		got, _ := Domain.SetValue(test.a).SetSemanticEquals(context.Background(), Domain.SetValue(test.b))
		if got != test.want {
			t.Errorf("%v and %v equal: %t, want %t", test.a, test.b, got, test.want)
		}
	}
}

func TestMapEquality(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b map[string]string
		want bool
	}{
		{map[string]string{"a@x.example": "Admin"}, map[string]string{"A@X.example": "Admin"}, true},
		{map[string]string{"a@x.example": "Admin"}, map[string]string{"a@x.example": "admin"}, false},
		{map[string]string{"a@x.example": "Admin"}, map[string]string{"a@x.example": "Admin", "b@x.example": "Admin"}, false},
		{map[string]string{"a@x.example": "Admin"}, map[string]string{"a@x.example": "Admin", "A@x.example": "Admin"}, false},
	} {
		got, _ := Email.MapValue(test.a).MapSemanticEquals(context.Background(), Email.MapValue(test.b))
		if got != test.want {
			t.Errorf("%v and %v equal: %t, want %t", test.a, test.b, got, test.want)
		}
	}
}

func TestCheckAllFindsEveryMistake(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	Domain.checkAll([]string{"ACME.com", "acme.com", "http://x", "y"}, func(string) path.Path { return path.Root("names") }, &diags)
	if n := diags.ErrorsCount(); n != 3 {
		t.Errorf("%d errors, want 3 (one twice, two malformed): %v", n, diags)
	}
}

// Types must survive the way from and to Terraform, with null and unknown.
func TestTypesFromTerraform(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	stringMap := tftypes.Map{ElementType: tftypes.String}
	stringSet := tftypes.Set{ElementType: tftypes.String}
	for _, test := range []struct {
		typ  attr.Type
		in   tftypes.Value
		want attr.Value
	}{
		{Domain.StringType(), tftypes.NewValue(tftypes.String, "a.example"), Domain.StringValue("a.example")},
		{Domain.StringType(), tftypes.NewValue(tftypes.String, nil), Domain.StringNull()},
		{Domain.StringType(), tftypes.NewValue(tftypes.String, tftypes.UnknownValue), String{basetypes.NewStringUnknown(), Domain}},
		{Domain.SetType(), tftypes.NewValue(stringSet, []tftypes.Value{tftypes.NewValue(tftypes.String, "a.example")}), Domain.SetValue([]string{"a.example"})},
		{Domain.SetType(), tftypes.NewValue(stringSet, nil), Domain.SetNull()},
		{Email.MapType(), tftypes.NewValue(stringMap, map[string]tftypes.Value{"a@x.example": tftypes.NewValue(tftypes.String, "Admin")}), Email.MapValue(map[string]string{"a@x.example": "Admin"})},
		{Email.MapType(), tftypes.NewValue(stringMap, tftypes.UnknownValue), Map{basetypes.NewMapUnknown(basetypes.StringType{}), Email}},
	} {
		got, err := test.typ.ValueFromTerraform(ctx, test.in)
		if err != nil {
			t.Errorf("%s from %s: %v", test.typ, test.in, err)
			continue
		}
		if !got.Equal(test.want) || !got.Type(ctx).Equal(test.typ) {
			t.Errorf("%s from %s is %s of %s, want %s", test.typ, test.in, got, got.Type(ctx), test.want)
		}
		if back, err := got.ToTerraformValue(ctx); err != nil || !back.Equal(test.in) {
			t.Errorf("%s goes back as %s, %v; want %s", got, back, err, test.in)
		}
	}
}

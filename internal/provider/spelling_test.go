package provider

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestSpelledStringEquality(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		spelling *spelling
		a, b     string
		want     bool
	}{
		{domainSpelling, "acme.com", "ACME.com.", true},
		{domainSpelling, "Bücher.example", "xn--bcher-kva.example", true},
		{domainSpelling, "acme.com", "acme.org", false},
		{domainSpelling, "not a domain", "not a domain", true},
		{domainSpelling, "not a domain", "acme.com", false},
		{emailSpelling, "Ada@Acme.com", "ada@acme.COM", true},
		{emailSpelling, "ada@acme.com", "grace@acme.com", false},
		{durationSpelling, "60m", "1h", true},
		{durationSpelling, "1h", "2h", false},
	} {
		got, diags := test.spelling.value(test.a).StringSemanticEquals(context.Background(), test.spelling.value(test.b))
		if got != test.want || diags.HasError() {
			t.Errorf("%q and %q equal: %t, want %t", test.a, test.b, got, test.want)
		}
	}
}

func TestSpelledSetEquality(t *testing.T) {
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
		got, _ := domainSpelling.set(test.a).SetSemanticEquals(context.Background(), domainSpelling.set(test.b))
		if got != test.want {
			t.Errorf("%v and %v equal: %t, want %t", test.a, test.b, got, test.want)
		}
	}
}

func TestSpelledMapEquality(t *testing.T) {
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
		got, _ := emailSpelling.mapOf(test.a).MapSemanticEquals(context.Background(), emailSpelling.mapOf(test.b))
		if got != test.want {
			t.Errorf("%v and %v equal: %t, want %t", test.a, test.b, got, test.want)
		}
	}
}

func TestCheckAllFindsEveryMistake(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	domainSpelling.checkAll([]string{"ACME.com", "acme.com", "http://x", "y"}, func(string) path.Path { return path.Root("names") }, &diags)
	if n := diags.ErrorsCount(); n != 3 {
		t.Errorf("%d errors, want 3 (one twice, two malformed): %v", n, diags)
	}
}

// Types must survive the way from and to Terraform, with null and unknown.
func TestSpelledTypesFromTerraform(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	stringMap := tftypes.Map{ElementType: tftypes.String}
	stringSet := tftypes.Set{ElementType: tftypes.String}
	for _, test := range []struct {
		typ  attr.Type
		in   tftypes.Value
		want attr.Value
	}{
		{spelledString{spelling: domainSpelling}, tftypes.NewValue(tftypes.String, "a.example"), domainSpelling.value("a.example")},
		{spelledString{spelling: domainSpelling}, tftypes.NewValue(tftypes.String, nil), spelledStringValue{basetypes.NewStringNull(), domainSpelling}},
		{spelledString{spelling: domainSpelling}, tftypes.NewValue(tftypes.String, tftypes.UnknownValue), spelledStringValue{basetypes.NewStringUnknown(), domainSpelling}},
		{newSpelledSet(domainSpelling), tftypes.NewValue(stringSet, []tftypes.Value{tftypes.NewValue(tftypes.String, "a.example")}), domainSpelling.set([]string{"a.example"})},
		{newSpelledSet(domainSpelling), tftypes.NewValue(stringSet, nil), spelledSetValue{basetypes.NewSetNull(basetypes.StringType{}), domainSpelling}},
		{newSpelledMap(emailSpelling), tftypes.NewValue(stringMap, map[string]tftypes.Value{"a@x.example": tftypes.NewValue(tftypes.String, "Admin")}), emailSpelling.mapOf(map[string]string{"a@x.example": "Admin"})},
		{newSpelledMap(emailSpelling), tftypes.NewValue(stringMap, tftypes.UnknownValue), spelledMapValue{basetypes.NewMapUnknown(basetypes.StringType{}), emailSpelling}},
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

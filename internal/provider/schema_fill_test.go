package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// What a plan did not know is filled in at any depth; all else stays as planned.
func TestFillUnknown(t *testing.T) {
	t.Parallel()
	kinds := map[string]attr.Type{"url": types.StringType, "signs": types.BoolType}
	saml := func(url types.String, signs types.Bool) attr.Value {
		return types.ObjectValueMust(kinds, map[string]attr.Value{"url": url, "signs": signs})
	}
	list := func(values ...attr.Value) attr.Value { return types.ListValueMust(types.StringType, values) }
	url, other := types.StringValue("https://idp.example/"), types.StringValue("https://idp.example/2")
	for name, test := range map[string]struct{ planned, got, want attr.Value }{
		"known":               {url, other, url},
		"unknown":             {types.StringUnknown(), other, other},
		"null":                {types.StringNull(), other, types.StringNull()},
		"partly":              {saml(url, types.BoolUnknown()), saml(other, types.BoolValue(true)), saml(url, types.BoolValue(true))},
		"as planned":          {saml(url, types.BoolUnknown()), saml(url, types.BoolValue(true)), saml(url, types.BoolValue(true))},
		"an object unknown":   {types.ObjectUnknown(kinds), saml(url, types.BoolNull()), saml(url, types.BoolNull())},
		"an element":          {list(url, types.StringUnknown()), list(url, other), list(url, other)},
		"of a list that ends": {list(url, types.StringUnknown()), list(url), types.ListUnknown(types.StringType)},
		"of nothing":          {saml(url, types.BoolUnknown()), types.ObjectNull(kinds), types.ObjectUnknown(kinds)},
	} {
		if got := fillUnknown(t.Context(), test.planned, test.got); !got.Equal(test.want) {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

package schema_test

import (
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
)

const stored = `{` + enterpriseSchemas + `,"id":"1","externalId":"e","userName":"babs","password":"x","internal":"x",
	"name":{"familyName":"Jensen","givenName":"Barbara"},
	"emails":[{"value":"a@b.c","type":"work","primary":true},{"value":"d@e.f"}],
	` + enterprise + `:{"department":"Tours","manager":{"value":"2","displayName":"John"}},
	"meta":{"resourceType":"User","version":"W/\"1\""}}`

func TestProject(t *testing.T) {
	t.Parallel()
	const always = enterpriseSchemas + `,"id":"1"`
	tests := map[string]struct {
		attributes, excluded []string
		want                 string
	}{
		"everything": {nil, nil, `{` + always + `,"externalId":"e","userName":"babs","name":{"familyName":"Jensen","givenName":"Barbara"},
			"emails":[{"value":"a@b.c","type":"work","primary":true},{"value":"d@e.f"}],
			` + enterprise + `:{"department":"Tours","manager":{"value":"2","displayName":"John"}},
			"meta":{"resourceType":"User","version":"W/\"1\""}}`},
		"RFC 7644 section 3.4.1.1":  {[]string{"userName"}, nil, `{` + always + `,"userName":"babs"}`},
		"any case, spaces, URN":     {[]string{" USERNAME", schema.UserURN + ":externalId"}, nil, `{` + always + `,"userName":"babs","externalId":"e"}`},
		"a sub-attribute":           {[]string{"name.familyName", "meta.version"}, nil, `{` + always + `,"name":{"familyName":"Jensen"},"meta":{"version":"W/\"1\""}}`},
		"of many values":            {[]string{"emails.type"}, nil, `{` + always + `,"emails":[{"type":"work"}]}`},
		"a parent and its part":     {[]string{"name", "name.familyName"}, nil, `{` + always + `,"name":{"familyName":"Jensen","givenName":"Barbara"}}`},
		"an extension":              {[]string{schema.EnterpriseUserURN}, nil, `{` + always + `,` + enterprise + `:{"department":"Tours","manager":{"value":"2","displayName":"John"}}}`},
		"within an extension":       {[]string{schema.EnterpriseUserURN + ":manager.value"}, nil, `{` + always + `,` + enterprise + `:{"manager":{"value":"2"}}}`},
		"never the password":        {[]string{"password"}, nil, `{` + always + `}`},
		"unknown ones":              {[]string{"internal", "shoeSize", ""}, nil, `{` + always + `}`},
		"always cannot be excluded": {[]string{"userName"}, []string{"id", "schemas"}, `{` + always + `,"userName":"babs"}`},
		"excluded wins":             {[]string{"userName", "name"}, []string{"userName", "name.givenName"}, `{` + always + `,"name":{"familyName":"Jensen"}}`},
		"excluded": {
			nil,
			[]string{"emails", "META", "name.givenName", schema.EnterpriseUserURN + ":manager", "externalId"},
			`{` + always + `,"userName":"babs","name":{"familyName":"Jensen"},` + enterprise + `:{"department":"Tours"}}`,
		},
		"excluded parts": {
			nil,
			[]string{"emails.value", "emails.primary", "meta", schema.EnterpriseUserURN, "name", "externalId", "password"},
			`{` + always + `,"userName":"babs","emails":[{"type":"work"}]}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := decode(t, stored)
			same(t, schema.User().Project(in, test.attributes, test.excluded), test.want)
			same(t, in, stored)
		})
	}
}

// TestIncludes: a caller knows before it builds a list whether anybody sees it.
func TestIncludes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		attributes, excluded []string
		path                 string
		want                 bool
	}{
		{nil, nil, "members", true},
		{nil, nil, "members.value", true},
		{nil, nil, "shoeSize", false},
		{nil, nil, "members.shoeSize", false},
		{nil, []string{"members"}, "members", false},
		{nil, []string{"Members"}, schema.GroupURN + ":members", false},
		{nil, []string{"members.display"}, "members", true},
		{nil, []string{"members.display"}, "members.display", false},
		{nil, []string{"members.display"}, "members.value", true},
		{[]string{"displayName"}, nil, "members", false},
		{[]string{"members.value"}, nil, "members", true},
		{[]string{"members.value"}, nil, "members.display", false},
		{[]string{"members"}, []string{"members"}, "members", false},
		{[]string{"displayName"}, []string{"id"}, "id", true},
	}
	for _, test := range tests {
		if got := schema.Group().Projection(test.attributes, test.excluded).Includes(test.path); got != test.want {
			t.Errorf("attributes %v, excluded %v: %s is included: %t", test.attributes, test.excluded, test.path, got)
		}
	}
	manager := schema.User().Projection([]string{schema.EnterpriseUserURN + ":manager.value"}, nil)
	if !manager.Includes(schema.EnterpriseUserURN+":manager.value") || manager.Includes(schema.EnterpriseUserURN+":department") {
		t.Error("paths with a URN are not followed")
	}
}

// TestProjectDoesNotTouch proves that what is excluded costs nothing: it is not
// even looked at. It counts allocations, which only a test that runs alone can.
func TestProjectDoesNotTouch(t *testing.T) {
	few := map[string]any{"id": "1", "displayName": "a", "members": make([]any, 10)}
	many := map[string]any{"id": "1", "displayName": "a", "members": make([]any, 50_000)}
	p := schema.Group().Projection(nil, []string{"members"})
	cost := func(group map[string]any) float64 {
		return testing.AllocsPerRun(10, func() { p.Apply(group) })
	}
	if a, b := cost(few), cost(many); a != b {
		t.Errorf("%v allocations for 10 members, %v for 50,000", a, b)
	}
}

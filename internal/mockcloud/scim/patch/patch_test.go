package patch_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/patch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

const (
	coreURN = "urn:ietf:params:scim:schemas:core:2.0:User"
	extURN  = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// testType has what User and Group have, and what neither has.
var testType = schema.New(schema.ResourceType{
	ID: "Test",
	Schema: &schema.Schema{ID: coreURN, Attributes: []schema.Attribute{
		{Name: "userName"},
		{Name: "displayName"},
		{Name: "active", Type: schema.Boolean},
		{Name: "employeeId", Mutability: schema.Immutable},
		{Name: "tags", MultiValued: true},
		{Name: "groups", Type: schema.Complex, MultiValued: true, Mutability: schema.ReadOnly, SubAttributes: []schema.Attribute{{Name: "value", Mutability: schema.ReadOnly}}},
		{Name: "name", Type: schema.Complex, SubAttributes: []schema.Attribute{{Name: "familyName"}, {Name: "givenName"}}},
		{Name: "emails", Type: schema.Complex, MultiValued: true, SubAttributes: []schema.Attribute{
			{Name: "value"}, {Name: "display"}, {Name: "type", CanonicalValues: []string{"work", "home", "other"}}, {Name: "primary", Type: schema.Boolean},
		}},
		{Name: "members", Type: schema.Complex, MultiValued: true, SubAttributes: []schema.Attribute{
			{Name: "value", CaseExact: true, Mutability: schema.Immutable}, {Name: "display"},
		}},
	}},
	Extensions: []*schema.Schema{{ID: extURN, Attributes: []schema.Attribute{
		{Name: "department"},
		{Name: "manager", Type: schema.Complex, SubAttributes: []schema.Attribute{{Name: "value"}, {Name: "$ref"}, {Name: "displayName", Mutability: schema.ReadOnly}}},
	}}},
})

var rules = patch.Rules{Type: testType, Creates: true}

// failing is a test, or one run of a property.
type failing interface {
	Helper()
	Fatalf(string, ...any)
}

func decode(t failing, document string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return out
}

func apply(t testing.TB, resource map[string]any, operations string) (map[string]any, error) {
	t.Helper()
	body := decode(t, `{"schemas":["`+patch.Message+`"],"Operations":[`+operations+`]}`)
	ops, err := patch.Parse(body)
	if err != nil {
		return nil, err
	}
	result, err := patch.Apply(resource, ops, rules)
	return result.Resource, err
}

// TestApply holds the RFC's examples and what Entra ID and Okta send.
func TestApply(t *testing.T) {
	t.Parallel()
	const (
		two  = `{"members":[{"value":"a","display":"A"},{"value":"b"}]}`
		mail = `{"emails":[{"value":"w@x.com","type":"work","primary":true},{"value":"h@x.com","type":"home"}]}`
	)
	tests := map[string]struct{ resource, operations, want string }{
		"add a member (RFC 7644, 3.5.2.1)": {
			two, `{"op":"add","path":"members","value":[{"display":"C","$ref":null,"value":"c"}]}`,
			`{"members":[{"value":"a","display":"A"},{"value":"b"},{"value":"c","display":"C"}]}`,
		},
		"add without a path (RFC 7644, 3.5.2.1)": {
			`{}`, `{"op":"add","value":{"emails":[{"value":"babs@jensen.org","type":"home"}],"displayName":"Babs"}}`,
			`{"displayName":"Babs","emails":[{"value":"babs@jensen.org","type":"home"}]}`,
		},
		"add makes no doubles":      {two, `{"op":"add","path":"members","value":[{"value":"b"},{"value":"a","display":"AA"},{"value":"B"}]}`, `{"members":[{"value":"a","display":"AA"},{"value":"b"},{"value":"B"}]}`},
		"add makes no plain double": {`{"tags":["x"]}`, `{"op":"add","path":"tags","value":["X","y"]}`, `{"tags":["x","y"]}`},
		"add keeps types apart":     {`{"emails":[{"value":"a","type":"work"}]}`, `{"op":"add","path":"emails","value":{"value":"A","type":"home"}}`, `{"emails":[{"value":"a","type":"work"},{"value":"A","type":"home"}]}`},
		"add null":                  {`{"active":true}`, `{"op":"add","path":"active","value":null}`, `{"active":true}`},
		"add to a complex one":      {`{"name":{"familyName":"J"}}`, `{"op":"add","path":"name","value":{"givenName":"B"}}`, `{"name":{"familyName":"J","givenName":"B"}}`},

		"remove a chosen member (RFC 7644, 3.5.2.2)": {two, `{"op":"remove","path":"members[value eq \"a\"]"}`, `{"members":[{"value":"b"}]}`},
		"remove all members (RFC 7644, 3.5.2.2)":     {two, `{"op":"remove","path":"members"}`, `{}`},
		"remove the last":                            {`{"members":[{"value":"a"}]}`, `{"op":"remove","path":"members[value eq \"a\"]"}`, `{}`},
		"remove what is gone":                        {two, `{"op":"remove","path":"members[value eq \"z\"]"}`, two},
		"remove a case apart":                        {two, `{"op":"remove","path":"members[value eq \"A\"]"}`, two},
		"remove chosen complex (RFC 7644, 3.5.2.2)":  {mail, `{"op":"remove","path":"emails[type eq \"work\" and value ew \"x.com\"]"}`, `{"emails":[{"value":"h@x.com","type":"home"}]}`},
		"remove a sub-attribute":                     {mail, `{"op":"remove","path":"emails[primary eq true].type"}`, `{"emails":[{"value":"w@x.com","primary":true},{"value":"h@x.com","type":"home"}]}`},
		"remove the last sub-attribute":              {`{"name":{"familyName":"J"}}`, `{"op":"remove","path":"name.familyName"}`, `{}`},
		"remove an extension":                        {`{"` + extURN + `":{"department":"D"},"active":true}`, `{"op":"remove","path":"` + extURN + `"}`, `{"active":true}`},
		"remove the last of an extension":            {`{"` + extURN + `":{"department":"D"}}`, `{"op":"remove","path":"` + extURN + `:department"}`, `{}`},

		"replace all members (RFC 7644, 3.5.2.3)": {two, `{"op":"replace","path":"members","value":[{"value":"c"}]}`, `{"members":[{"value":"c"}]}`},
		"replace a chosen value (RFC 7644, 3.5.2.3)": {
			mail, `{"op":"replace","path":"emails[type eq \"home\"]","value":{"type":"home","value":"new@x.com"}}`,
			`{"emails":[{"value":"w@x.com","type":"work","primary":true},{"value":"new@x.com","type":"home"}]}`,
		},
		"replace a chosen sub-attribute (RFC 7644, 3.5.2.3)": {
			mail, `{"op":"replace","path":"emails[type eq \"home\"].value","value":"new@x.com"}`,
			`{"emails":[{"value":"w@x.com","type":"work","primary":true},{"value":"new@x.com","type":"home"}]}`,
		},
		"replace without a path (RFC 7644, 3.5.2.3)": {`{"active":true,"displayName":"A"}`, `{"op":"replace","value":{"displayName":"B","unknown":1}}`, `{"active":true,"displayName":"B"}`},
		"replace parts of a complex one":             {`{"name":{"familyName":"J","givenName":"B"}}`, `{"op":"replace","path":"name","value":{"GIVENNAME":"C"}}`, `{"name":{"familyName":"J","givenName":"C"}}`},
		"replace with null":                          {`{"active":true,"name":{"familyName":"J"}}`, `{"op":"replace","value":{"active":null,"name":null}}`, `{}`},
		"a new primary takes it from the old": {
			mail, `{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`,
			`{"emails":[{"value":"w@x.com","type":"work","primary":false},{"value":"h@x.com","type":"home","primary":true}]}`,
		},
		"a new primary, and news of the old": {
			mail, `{"op":"add","path":"emails","value":[{"value":"w@x.com","display":"W"},{"value":"n@x.com","primary":true}]}`,
			`{"emails":[{"value":"w@x.com","type":"work","primary":false,"display":"W"},{"value":"h@x.com","type":"home"},{"value":"n@x.com","primary":true}]}`,
		},
		"the core URN":      {`{"active":true}`, `{"op":"replace","path":"` + coreURN + `:ACTIVE","value":false}`, `{"active":false}`},
		"one after another": {`{}`, `{"op":"add","path":"active","value":true},{"op":"replace","path":"active","value":false}`, `{"active":false}`},

		"Entra: Replace in capitals":        {`{"active":true}`, `{"op":"Replace","path":"active","value":"False"}`, `{"active":false}`},
		"Entra: Remove with values":         {two, `{"op":"Remove","path":"members","value":[{"value":"b"},{"value":"z"}]}`, `{"members":[{"value":"a","display":"A"}]}`},
		"Entra: a work address to come":     {`{}`, `{"op":"Replace","path":"emails[type eq \"work\"].value","value":"w@x.com"}`, `{"emails":[{"type":"work","value":"w@x.com"}]}`},
		"Entra: an address, all of it":      {`{}`, `{"op":"Add","path":"emails[type eq \"work\" and primary eq true]","value":"w@x.com"}`, `{"emails":[{"type":"work","primary":true,"value":"w@x.com"}]}`},
		"Entra: dotted and URN keys":        {`{}`, `{"op":"Replace","value":{"name.givenName":"B","` + extURN + `:department":"D","emails[type eq \"work\"].value":"w"}}`, `{"name":{"givenName":"B"},"` + extURN + `":{"department":"D"},"emails":[{"type":"work","value":"w"}]}`},
		"Entra: a schema as a key":          {`{}`, `{"op":"Add","value":{"` + extURN + `":{"department":"D"},"` + coreURN + `":{"displayName":"B"},"urn:x:2.0:Group":{"a":1}}}`, `{"` + extURN + `":{"department":"D"},"displayName":"B"}`},
		"Entra: manager as a string":        {`{"` + extURN + `":{"manager":{"value":"1","displayName":"Ada"}}}`, `{"op":"Add","path":"` + extURN + `:manager","value":"2"}`, `{"` + extURN + `":{"manager":{"value":"2"}}}`},
		"Entra: one value as a list":        {`{}`, `{"op":"Add","path":"displayName","value":[{"$ref":null,"value":"B"}]}`, `{"displayName":"B"}`},
		"Entra: a sub-attribute as a list":  {`{}`, `{"op":"Add","path":"emails[type eq \"work\"].value","value":[{"VALUE":"w"}]}`, `{"emails":[{"type":"work","value":"w"}]}`},
		"Entra: manager as a list":          {`{}`, `{"op":"Add","path":"` + extURN + `:manager","value":[{"$ref":null,"value":"2"}]}`, `{"` + extURN + `":{"manager":{"value":"2"}}}`},
		"Entra: a schema as the path":       {`{}`, `{"op":"Add","path":"` + extURN + `","value":{"department":"D"}}`, `{"` + extURN + `":{"department":"D"}}`},
		"Entra: a dot behind the URN":       {`{}`, `{"op":"Add","path":"` + extURN + `.manager","value":"2"},{"op":"Add","value":{"` + coreURN + `.name.givenName":"B","` + extURN + `.department":"D"}}`, `{"` + extURN + `":{"manager":{"value":"2"},"department":"D"},"name":{"givenName":"B"}}`},
		"Entra: a dot twice":                {`{}`, `{"op":"Add","path":"` + extURN + `.manager.value","value":"2"}`, `{"` + extURN + `":{"manager":{"value":"2"}}}`},
		"Entra: no manager any more":        {`{"` + extURN + `":{"manager":{"value":"1"},"department":"D"}}`, `{"op":"Add","path":"` + extURN + `:manager","value":""}`, `{"` + extURN + `":{"department":"D"}}`},
		"another manager":                   {`{"` + extURN + `":{"manager":{"value":"1","$ref":"/1"}}}`, `{"op":"replace","path":"` + extURN + `:manager","value":{"value":"2"}}`, `{"` + extURN + `":{"manager":{"value":"2"}}}`},
		"another manager's value":           {`{"` + extURN + `":{"manager":{"value":"1","$ref":"/1"}}}`, `{"op":"replace","path":"` + extURN + `:manager.value","value":"2"}`, `{"` + extURN + `":{"manager":{"value":"2"}}}`},
		"the same manager's address":        {`{"` + extURN + `":{"manager":{"value":"1"}}}`, `{"op":"replace","path":"` + extURN + `:manager","value":{"value":"1","$ref":"/1"}}`, `{"` + extURN + `":{"manager":{"value":"1","$ref":"/1"}}}`},
		"no manager, by the value":          {`{"` + extURN + `":{"manager":{"value":"1","$ref":"/1"},"department":"D"}}`, `{"op":"remove","path":"` + extURN + `:manager.value"}`, `{"` + extURN + `":{"department":"D"}}`},
		"no manager, by a value of null":    {`{"` + extURN + `":{"manager":{"value":"1","$ref":"/1"},"department":"D"}}`, `{"op":"replace","value":{"` + extURN + `:manager.value":null}}`, `{"` + extURN + `":{"department":"D"}}`},
		"an extension in a list of one":     {`{}`, `{"op":"add","path":"` + extURN + `","value":[{"department":"D"}]},{"op":"replace","value":{"` + extURN + `":[{"manager":"2"}]}}`, `{"` + extURN + `":{"department":"D","manager":{"value":"2"}}}`},
		"no extension, by its path":         {`{"` + extURN + `":{"department":"D"},"active":true}`, `{"op":"replace","path":"` + extURN + `","value":null}`, `{"active":true}`},
		"no extension, without a path":      {`{"` + extURN + `":{"department":"D"},"active":true}`, `{"op":"replace","value":{"` + extURN + `":null}}`, `{"active":true}`},
		"add no extension":                  {`{"` + extURN + `":{"department":"D"}}`, `{"op":"add","path":"` + extURN + `","value":null},{"op":"add","value":{"` + extURN + `":null}}`, `{"` + extURN + `":{"department":"D"}}`},
		"null for a schema nobody knows":    {`{"active":true}`, `{"op":"replace","value":{"urn:x:2.0:User":null,"` + coreURN + `":null}}`, `{"active":true}`},
		"a manager's name only":             {`{"` + extURN + `":{"manager":{"value":"1"}}}`, `{"op":"replace","path":"` + extURN + `:manager","value":{"displayName":"B"}}`, `{"` + extURN + `":{"manager":{"value":"1"}}}`},
		"Entra: no work address any more":   {mail, `{"op":"Remove","path":"emails[type eq \"work\"].value"}`, `{"emails":[{"value":"h@x.com","type":"home"}]}`},
		"no name, in an object":             {`{"name":{"familyName":"J"}}`, `{"op":"replace","path":"name","value":{}}`, `{"name":{"familyName":"J"}}`},
		"remove no members":                 {two, `{"op":"remove","path":"members","value":[]}`, two},
		"replace with an empty list":        {mail, `{"op":"replace","path":"emails","value":[]}`, `{}`},
		"add an empty list":                 {mail, `{"op":"add","value":{"emails":[],"name":null}}`, mail},
		"a chosen value by null":            {mail, `{"op":"replace","path":"emails[type eq \"work\"]","value":null}`, `{"emails":[{"value":"h@x.com","type":"home"}]}`},
		"the primary one to come":           {`{}`, `{"op":"Replace","path":"emails[primary eq \"True\"].value","value":"w"}`, `{"emails":[{"primary":"True","value":"w"}]}`},
		"Okta: deactivate":                  {`{"id":"1","active":true}`, `{"op":"replace","value":{"active":false}}`, `{"id":"1","active":false}`},
		"Okta: rename a group":              {`{"id":"1","displayName":"A"}`, `{"op":"replace","value":{"id":"1","displayName":"B"}}`, `{"id":"1","displayName":"B"}`},
		"Okta: no groups where none are":    {`{"groups":[]}`, `{"op":"replace","value":{"groups":[]}}`, `{"groups":[]}`},
		"the immutable value that is there": {`{"employeeId":"7"}`, `{"op":"replace","path":"employeeId","value":"7"}`, `{"employeeId":"7"}`},
		"an immutable value where none is":  {`{}`, `{"op":"add","path":"employeeId","value":"7"}`, `{"employeeId":"7"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource := decode(t, test.resource)
			got, err := apply(t, resource, test.operations)
			if want := decode(t, test.want); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, %v\nwant %v", got, err, want)
			}
			if !reflect.DeepEqual(resource, decode(t, test.resource)) {
				t.Errorf("the given resource became %v", resource)
			}
		})
	}
}

// TestMistakes holds what is refused, after a good operation that must not stay.
func TestMistakes(t *testing.T) {
	t.Parallel()
	const user = `{"id":"1","employeeId":"7","groups":[{"value":"g"}],"members":[{"value":"a"}],"active":true,
		"` + extURN + `":{"manager":{"value":"1","displayName":"Ada"}}}`
	tests := map[string]scimerr.Type{
		`{"op":"move","path":"active","value":1}`:                                                            scimerr.InvalidSyntax,
		`{"path":"active","value":1}`:                                                                        scimerr.InvalidSyntax,
		`5`:                                                                                                  scimerr.InvalidSyntax,
		`{"op":"add","path":5,"value":1}`:                                                                    scimerr.InvalidPath,
		`{"op":"add","path":"a b","value":1}`:                                                                scimerr.InvalidPath,
		`{"op":"add","path":"members[value is 1]","value":1}`:                                                scimerr.InvalidFilter,
		`{"op":"add","path":"unknown","value":1}`:                                                            scimerr.InvalidPath,
		`{"op":"add","path":"name.unknown","value":1}`:                                                       scimerr.InvalidPath,
		`{"op":"add","path":"` + coreURN + `","value":{}}`:                                                   scimerr.InvalidPath,
		`{"op":"add","path":"name[familyName eq \"x\"]","value":{}}`:                                         scimerr.InvalidPath,
		`{"op":"add","value":5}`:                                                                             scimerr.InvalidValue,
		`{"op":"add","path":"active"}`:                                                                       scimerr.InvalidValue,
		`{"op":"remove"}`:                                                                                    scimerr.NoTarget,
		`{"op":"replace","path":"members[value eq \"z\"].display","value":"x"}`:                              scimerr.NoTarget,
		`{"op":"replace","path":"emails[type sw \"w\"].value","value":"x"}`:                                  scimerr.NoTarget,
		`{"op":"replace","path":"emails.value","value":"x"}`:                                                 scimerr.NoTarget,
		`{"op":"replace","path":"emails[type eq \"yacht\"].value","value":"x"}`:                              scimerr.NoTarget,
		`{"op":"add","path":"emails[since eq \"x\"].value","value":"x"}`:                                     scimerr.NoTarget,
		`{"op":"add","path":"members[value eq \"a\"]","value":{"value":"b"}}`:                                scimerr.Mutability,
		`{"op":"replace","path":"members[value eq \"a\"]","value":"b"}`:                                      scimerr.Mutability,
		`{"op":"replace","path":"members[value eq \"a\"]","value":{}}`:                                       scimerr.InvalidValue,
		`{"op":"replace","path":"members","value":[{}]}`:                                                     scimerr.InvalidValue,
		`{"op":"replace","path":"emails","value":[{"value":null}]}`:                                          scimerr.InvalidValue,
		`{"op":"add","path":"name","value":"Full Name"}`:                                                     scimerr.InvalidValue,
		`{"op":"add","value":{"name":["Full","Name"]}}`:                                                      scimerr.InvalidValue,
		`{"op":"remove","path":"members","value":[{"id":"a"}]}`:                                              scimerr.InvalidValue,
		`{"op":"replace","path":"id","value":"2"}`:                                                           scimerr.Mutability,
		`{"op":"replace","value":{"id":"2"}}`:                                                                scimerr.Mutability,
		`{"op":"remove","path":"id"}`:                                                                        scimerr.Mutability,
		`{"op":"remove","path":"groups"}`:                                                                    scimerr.Mutability,
		`{"op":"add","path":"groups","value":[{"value":"1","primary":true},{"value":"2","primary":true}]}`:   scimerr.Mutability,
		`{"op":"add","path":"` + extURN + `","value":"D"}`:                                                   scimerr.InvalidValue,
		`{"op":"add","path":"` + extURN + `","value":[]}`:                                                    scimerr.InvalidValue,
		`{"op":"replace","path":"employeeId","value":"8"}`:                                                   scimerr.Mutability,
		`{"op":"replace","path":"members[value eq \"a\"].value","value":"b"}`:                                scimerr.Mutability,
		`{"op":"add","path":"` + extURN + `:manager.displayName","value":"B"}`:                               scimerr.Mutability,
		`{"op":"add","path":"emails","value":[{"value":"1","primary":true},{"value":"2","primary":"True"}]}`: scimerr.InvalidValue,
	}
	for operation, want := range tests {
		resource := decode(t, user)
		got, err := apply(t, resource, `{"op":"replace","path":"active","value":false},`+operation)
		var e *scimerr.Error
		if !errors.As(err, &e) || e.ScimType != want || got != nil || !strings.HasPrefix(e.Detail, "operation 2: ") {
			t.Errorf("%s: got %v, %+v, want %s", operation, got, err, want)
		}
		if !reflect.DeepEqual(resource, decode(t, user)) {
			t.Errorf("%s changed the resource", operation)
		}
	}
	for _, body := range []string{`{}`, `{"schemas":["` + patch.Message + `"]}`, `{"schemas":["x"],"Operations":[{}]}`} {
		var e *scimerr.Error
		if _, err := patch.Parse(decode(t, body)); !errors.As(err, &e) || e.ScimType != scimerr.InvalidSyntax {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestCreates: a value that is not there is made by replace only where the rules say so,
// and by add in any case.
func TestCreates(t *testing.T) {
	t.Parallel()
	for op, made := range map[string]bool{"add": true, "replace": false} {
		ops := operations(t, `{"op":"`+op+`","path":"emails[type eq \"work\"].value","value":"w"}`)
		result, err := patch.Apply(map[string]any{}, ops, patch.Rules{Type: testType})
		got := result.Resource
		var e *scimerr.Error
		if made != (err == nil) || made != (got != nil) || !made && (!errors.As(err, &e) || e.ScimType != scimerr.NoTarget) {
			t.Errorf("%s: %v, %v", op, got, err)
		}
	}
}

// TestMembers holds adds and removes of members against a simple model of a set.
func TestMembers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		group, model := map[string]any{}, map[string]bool{}
		id := rapid.SampledFrom([]string{"a", "A", "b", "c"})
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			value := id.Draw(rt, "id")
			operation := rapid.SampledFrom([]string{
				`{"op":"add","path":"members","value":[{"value":"ID"}]}`,
				`{"op":"Add","value":{"members":[{"value":"ID"}]}}`,
				`{"op":"remove","path":"members[value eq \"ID\"]"}`,
				`{"op":"Remove","path":"members","value":[{"value":"ID"}]}`,
			}).Draw(rt, "operation")
			model[value] = strings.Contains(strings.ToLower(operation), `"add"`)
			once, err := apply(t, group, strings.ReplaceAll(operation, "ID", value))
			if err != nil {
				rt.Fatal(err)
			}
			if group, err = apply(t, once, strings.ReplaceAll(operation, "ID", value)); err != nil || !reflect.DeepEqual(group, once) {
				rt.Fatalf("the same again made %v of %v, %v", group, once, err)
			}
		}
		members, _ := group["members"].([]any)
		got := map[any]bool{}
		for _, m := range members {
			object, _ := m.(map[string]any)
			got[object["value"]] = true
		}
		for value, in := range model {
			if got[value] != in {
				rt.Errorf("%s is a member: %v, want %v", value, got[value], in)
			}
		}
		if len(got) != len(members) {
			rt.Errorf("doubles in %v", members)
		}
	})
}

// FuzzApply looks for requests that crash, or that change the given resource.
func FuzzApply(f *testing.F) {
	const user = `{"id":"1","active":true,"name":{"familyName":"J"},"members":[{"value":"a"},{"value":"b"}],"tags":["x"],
		"emails":[{"value":"w","type":"work","primary":true}],"` + extURN + `":{"manager":{"value":"1"}}}`
	f.Add(`{"op":"add","path":"members","value":[{"value":"b"},"c",null]}`)
	f.Add(`{"op":"replace","path":"emails[type eq \"home\"].value","value":"h"}`)
	f.Add(`{"op":"replace","value":{"name.familyName":5,"` + extURN + `":{"manager":"2"},"emails":{"primary":true}}}`)
	f.Add(`{"op":"remove","path":"` + extURN + `"}`)
	f.Fuzz(func(t *testing.T, operations string) {
		var body map[string]any
		if json.Unmarshal([]byte(`{"schemas":["`+patch.Message+`"],"Operations":[`+operations+`]}`), &body) != nil {
			return
		}
		resource := decode(t, user)
		ops, err := patch.Parse(body)
		if err == nil {
			_, err = patch.Apply(resource, ops, rules)
		}
		var e *scimerr.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%q: %v", operations, err)
		}
		if !reflect.DeepEqual(resource, decode(t, user)) {
			t.Errorf("%q changed the resource", operations)
		}
	})
}

package schema_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
)

// decode reads a resource as the server does.
func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out
}

func encode(t testing.TB, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// same compares JSON documents, the order of lists included.
func same(t testing.TB, got map[string]any, want string) {
	t.Helper()
	if g, w := encode(t, got), encode(t, decode(t, want)); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	tests := []struct {
		rt         *schema.ResourceType
		path, want string // the attribute's name, empty for none
		caseExact  bool
	}{
		{schema.User(), "userName", "userName", false},
		{schema.User(), "USERNAME", "userName", false},
		{schema.User(), "urn:ietf:params:scim:schemas:core:2.0:User:userName", "userName", false},
		{schema.User(), "URN:IETF:params:scim:schemas:CORE:2.0:user:Name.FamilyName", "familyName", false},
		{schema.User(), "id", "id", true},
		{schema.User(), "externalId", "externalId", true},
		{schema.User(), "meta.lastModified", "lastModified", false},
		{schema.User(), "emails", "emails", false},
		{schema.User(), "emails.value", "value", false},
		{schema.User(), "groups", "groups", true},
		{schema.User(), "groups.$ref", "$ref", true},
		{schema.User(), schema.EnterpriseUserURN, schema.EnterpriseUserURN, false},
		{schema.User(), schema.EnterpriseUserURN + ":department", "department", false},
		{schema.User(), schema.EnterpriseUserURN + ":manager.value", "value", true},
		{schema.User(), "department", "", false},
		{schema.User(), "name.nonsense", "", false},
		{schema.User(), "userName.value", "", false},
		{schema.User(), "members", "", false},
		{schema.User(), "", "", false},
		{schema.Group(), "members.value", "value", true},
		{schema.Group(), schema.GroupURN + ":displayName", "displayName", false},
		{schema.Group(), schema.UserURN + ":displayName", "", false},
	}
	for _, test := range tests {
		t.Run(test.rt.ID+" "+test.path, func(t *testing.T) {
			t.Parallel()
			a, ok := test.rt.Lookup(test.path)
			if ok != (test.want != "") || ok && a.Name != test.want {
				t.Errorf("found %+v, want %q", a, test.want)
			}
			if got := test.rt.CaseExact(test.path); got != test.caseExact {
				t.Errorf("case exact %t, want %t", got, test.caseExact)
			}
		})
	}
}

// TestCharacteristics holds those that the rest of the server leans on.
func TestCharacteristics(t *testing.T) {
	t.Parallel()
	tests := []struct {
		rt   *schema.ResourceType
		path string
		is   func(*schema.Attribute) bool
	}{
		{schema.User(), "userName", func(a *schema.Attribute) bool { return a.Required && a.Uniqueness == schema.Server }},
		{schema.User(), "password", func(a *schema.Attribute) bool {
			return a.Mutability == schema.WriteOnly && a.Returned == schema.Never
		}},
		{schema.User(), "id", func(a *schema.Attribute) bool {
			return a.Mutability == schema.ReadOnly && a.Returned == schema.Always
		}},
		{schema.User(), "groups", func(a *schema.Attribute) bool { return a.Mutability == schema.ReadOnly && a.MultiValued }},
		{schema.User(), "active", func(a *schema.Attribute) bool { return a.Type == schema.Boolean }},
		{schema.User(), schema.EnterpriseUserURN + ":manager.displayName", func(a *schema.Attribute) bool { return a.Mutability == schema.ReadOnly }},
		{schema.Group(), "displayName", func(a *schema.Attribute) bool { return a.Required && a.Uniqueness == schema.None }},
		{schema.Group(), "members.value", func(a *schema.Attribute) bool { return a.Mutability == schema.Immutable }},
	}
	for _, test := range tests {
		a, ok := test.rt.Lookup(test.path)
		if !ok || !test.is(a) {
			t.Errorf("%s %s: %+v", test.rt.ID, test.path, a)
		}
	}
}

// TestSchemaDocuments checks each document against the schema of schemas, in
// which all characteristics of RFC 7643 section 7 are.
func TestSchemaDocuments(t *testing.T) {
	t.Parallel()
	var describing *schema.Schema
	for _, s := range schema.Schemas() {
		if s.ID == schema.SchemaURN {
			describing = s
		}
	}
	for _, s := range schema.Schemas() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			doc := decode(t, encode(t, s.Document("https://example.com/v2")))
			if doc["id"] != s.ID || doc["name"] != s.Name {
				t.Errorf("id %v, name %v", doc["id"], doc["name"])
			}
			meta, _ := doc["meta"].(map[string]any)
			if meta["location"] != "https://example.com/v2/Schemas/"+s.ID {
				t.Errorf("meta %v", meta)
			}
			delete(doc, "schemas")
			delete(doc, "id")
			delete(doc, "meta")
			conforms(t, describing.Attributes, doc, s.Name)
		})
	}
}

// conforms checks names, types, required and canonical values.
func conforms(t *testing.T, attributes []schema.Attribute, doc map[string]any, path string) {
	t.Helper()
	known := make(map[string]bool)
	for i := range attributes {
		a := &attributes[i]
		known[a.Name] = true
		value, ok := doc[a.Name]
		if !ok {
			if a.Required {
				t.Errorf("%s has no %s", path, a.Name)
			}
			continue
		}
		values := []any{value}
		if a.MultiValued {
			if values, ok = value.([]any); !ok || len(values) == 0 {
				t.Errorf("%s.%s is %v", path, a.Name, value)
			}
		}
		for _, value := range values {
			conformsValue(t, a, value, path+"."+a.Name)
		}
	}
	for name := range doc {
		if !known[name] {
			t.Errorf("%s has an unknown %s", path, name)
		}
	}
}

func conformsValue(t *testing.T, a *schema.Attribute, value any, path string) {
	t.Helper()
	switch value := value.(type) {
	case map[string]any:
		attributes := a.SubAttributes
		if a.Name == "subAttributes" {
			// The schema of schemas describes itself, but its listing has to end.
			attributes = append(slices.Clone(attributes), *a)
		}
		conforms(t, attributes, value, path)
		if isComplex := value["type"] == "complex"; isComplex != (value["subAttributes"] != nil) {
			t.Errorf("%s %v: a complex attribute, and no other, has sub-attributes", path, value["name"])
		}
		if isReference := value["type"] == "reference"; isReference != (value["referenceTypes"] != nil) {
			t.Errorf("%s %v: a reference, and no other, has reference types", path, value["name"])
		}
	case string:
		found := len(a.CanonicalValues) == 0
		for _, canonical := range a.CanonicalValues {
			found = found || canonical == value
		}
		found = found || a.Name == "type" && value == "complex"
		if !found || a.Type == schema.Boolean || value == "" {
			t.Errorf("%s is %q", path, value)
		}
	case bool:
		if a.Type != schema.Boolean {
			t.Errorf("%s is %t", path, value)
		}
	default:
		t.Errorf("%s is %v", path, value)
	}
}

func TestResourceTypeDocuments(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"User": `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"id":"User","name":"User","endpoint":"/Users",
			"description":"User account","schema":"urn:ietf:params:scim:schemas:core:2.0:User",
			"schemaExtensions":[{"schema":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","required":false}],
			"meta":{"location":"https://example.com/v2/ResourceTypes/User","resourceType":"ResourceType"}}`,
		"Group": `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"id":"Group","name":"Group","endpoint":"/Groups",
			"description":"Group of users","schema":"urn:ietf:params:scim:schemas:core:2.0:Group",
			"meta":{"location":"https://example.com/v2/ResourceTypes/Group","resourceType":"ResourceType"}}`,
	}
	for _, rt := range schema.ResourceTypes() {
		same(t, rt.Document("https://example.com/v2"), want[rt.ID])
		delete(want, rt.ID)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

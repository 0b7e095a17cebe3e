package schema_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

const (
	userSchemas       = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]`
	enterpriseSchemas = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]`
	groupSchemas      = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]`
	enterprise        = `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
)

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rt         *schema.ResourceType
		body, want string
	}{
		"RFC 7644 section 3.3": {
			schema.User(),
			`{` + userSchemas + `,"userName":"bjensen","externalId":"bjensen","name":{"formatted":"Ms. Barbara J Jensen III","familyName":"Jensen","givenName":"Barbara"}}`,
			`{` + userSchemas + `,"userName":"bjensen","externalId":"bjensen","name":{"formatted":"Ms. Barbara J Jensen III","familyName":"Jensen","givenName":"Barbara"}}`,
		},
		"what is readOnly is ignored, also where it makes no sense": {
			schema.User(),
			`{` + userSchemas + `,"id":"2819c223","meta":5,"groups":[{"value":"x"}],"userName":"bjensen"}`,
			`{` + userSchemas + `,"userName":"bjensen"}`,
		},
		"RFC 7643 section 8.3": {
			schema.User(),
			`{` + enterpriseSchemas + `,"userName":"bjensen@example.com","password":"t1meMa$heen","active":true,
				"emails":[{"value":"bjensen@example.com","type":"work","primary":true},{"value":"babs@jensen.org","type":"home"}],
				"x509Certificates":[{"value":"MIIDQzCCAqyg"}],
				` + enterprise + `:{"employeeNumber":"701984","manager":{"value":"26118915","$ref":"../Users/26118915","displayName":"John Smith"}}}`,
			`{` + enterpriseSchemas + `,"userName":"bjensen@example.com","active":true,
				"emails":[{"value":"bjensen@example.com","type":"work","primary":true},{"value":"babs@jensen.org","type":"home"}],
				"x509Certificates":[{"value":"MIIDQzCCAqyg"}],
				` + enterprise + `:{"employeeNumber":"701984","manager":{"value":"26118915","$ref":"../Users/26118915"}}}`,
		},
		"Entra ID: strings for booleans, a plain manager, null references": {
			schema.User(),
			`{` + enterpriseSchemas + `,"userName":"a","active":"False","emails":[{"value":"a@b.c","primary":"True"}],"roles":[],
				` + enterprise + `:{"manager":"26118915"}}`,
			`{` + enterpriseSchemas + `,"userName":"a","active":false,"emails":[{"value":"a@b.c","primary":true}],
				` + enterprise + `:{"manager":{"value":"26118915"}}}`,
		},
		"OneLogin: the schemas of a draft, and a manager of SCIM 1.1": {
			schema.User(),
			`{"schemas":["urn:scim:schemas:core:2.0","urn:scim:schemas:extension:enterprise:2.0"],"id":null,"userName":"a",
				"urn:scim:schemas:extension:enterprise:2.0":{"department":"D","manager":{"managerId":"m","displayName":"M"}}}`,
			`{` + enterpriseSchemas + `,"userName":"a",` + enterprise + `:{"department":"D","manager":{"value":"m"}}}`,
		},
		"an extension by two names, with an attribute each": {
			schema.User(),
			`{"userName":"a","urn:scim:schemas:extension:enterprise:1.0":{"division":"D"},` + enterprise + `:{"department":"E"}}`,
			`{` + enterpriseSchemas + `,"userName":"a",` + enterprise + `:{"division":"D","department":"E"}}`,
		},
		"attributes of the core schema in its object, and others that are not its": {
			schema.User(),
			`{` + userSchemas + `,"urn:ietf:params:scim:schemas:core:2.0:User":{"userName":"a","department":"x"},` + enterprise + `:{"title":"x","name.givenName":"x"}}`,
			`{` + userSchemas + `,"userName":"a"}`,
		},
		"SCIM 1.1: its schemas": {
			schema.User(),
			`{"schemas":["urn:scim:schemas:core:1.0","urn:scim:schemas:extension:enterprise:1.0"],"userName":"a","urn:scim:schemas:extension:enterprise:1.0":{"division":"D"}}`,
			`{` + enterpriseSchemas + `,"userName":"a",` + enterprise + `:{"division":"D"}}`,
		},
		"a group's schema of a draft": {schema.Group(), `{"schemas":["urn:scim:schemas:core:2.0:Group"],"displayName":"A"}`, `{` + groupSchemas + `,"displayName":"A"}`},
		"Entra ID: a group's second URN": {
			schema.Group(),
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
				"displayName":"Tour Guides","members":[{"value":"u1","$ref":null,"display":"Babs"}]}`,
			`{` + groupSchemas + `,"displayName":"Tour Guides","members":[{"value":"u1"}]}`,
		},
		"Okta: a password and no groups": {
			schema.User(),
			`{` + userSchemas + `,"userName":"a","password":"1mz050nq","groups":[],"locale":"en-US"}`,
			`{` + userSchemas + `,"userName":"a","locale":"en-US"}`,
		},
		"names in any case": {
			schema.User(),
			`{"SCHEMAS":["URN:ietf:params:scim:schemas:core:2.0:user"],"USERNAME":"Babs","Name":{"FAMILYNAME":"Jensen"},` + strings.ToUpper(enterprise) + `:{"Department":"Tours"}}`,
			`{` + enterpriseSchemas + `,"userName":"Babs","name":{"familyName":"Jensen"},` + enterprise + `:{"department":"Tours"}}`,
		},
		"what is unknown is dropped": {
			schema.User(),
			`{"userName":"a","shoeSize":9,"SHOESIZE":9,"name":{"clan":"x","givenName":"A"},"emails":[{"value":"a@b.c","since":1}],"urn:example:2.0:User":{"a":1}}`,
			`{` + userSchemas + `,"userName":"a","name":{"givenName":"A"},"emails":[{"value":"a@b.c"}]}`,
		},
		"null, empty lists and empty objects are nothing": {
			schema.User(),
			`{"schemas":null,"userName":"a","nickName":null,"emails":[{"value":null,"type":"work"},{"value":"","primary":true}],"addresses":[{"type":"home","locality":null}],"ims":[],"name":{},"title":"",` + enterprise + `:{"manager":""}}`,
			`{` + userSchemas + `,"userName":"a","title":""}`,
		},
		"values that are not canonical": {
			schema.User(),
			`{"userName":"a","emails":[{"value":"a@b.c","type":"yacht"}]}`,
			`{` + userSchemas + `,"userName":"a","emails":[{"value":"a@b.c","type":"yacht"}]}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := decode(t, test.body)
			before := encode(t, in)
			got, err := test.rt.Validate(in)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, test.want)
			if after := encode(t, in); after != before {
				t.Errorf("the input became %s", after)
			}
		})
	}
}

func TestValidateMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		rt         *schema.ResourceType
		body, want string
	}{
		{schema.User(), `{}`, "userName is required"},
		{schema.User(), `{"userName":null}`, "userName is required"},
		{schema.User(), `{"userName":" "}`, "userName is required"},
		{schema.User(), `{"userName":5}`, "userName must be a string, not a number"},
		{schema.User(), `{"userName":["a","b"]}`, "userName must be a string, not a list"},
		{schema.User(), `{"userName":[{"display":"a"}]}`, "userName must be a string, not an object"},
		{schema.User(), `{"userName":"a","active":"secret"}`, "active must be true or false, not another string"},
		{schema.User(), `{"userName":"a","active":1}`, "active must be true or false, not a number"},
		{schema.User(), `{"userName":"a","password":{"secret":1}}`, "password must be a string, not an object"},
		{schema.User(), `{"userName":"a","name":"secret"}`, "name must be an object, not a string"},
		{schema.User(), `{"userName":"a","name":{"givenName":true}}`, "name.givenName must be a string, not a boolean"},
		{schema.User(), `{"userName":"a","name":{"clan":"secret"}}`, "name has none of its attributes: formatted, familyName, givenName, middleName, honorificPrefix, honorificSuffix"},
		{schema.User(), `{"userName":"a","emails":5}`, "emails[0] must be an object, not a number"},
		{schema.User(), `{"userName":"a","emails":[{"value":"a@b.c"},null]}`, "emails[1] must be an object, not null"},
		{schema.User(), `{"userName":"a","emails":[{}]}`, "emails[0].value is missing"},
		{schema.User(), `{"userName":"a","emails":[{"type":"work","address":"secret"}]}`, "emails[0].value is missing"},
		{schema.User(), `{"userName":"a","emails":["a",{"value":["secret","secret"]}]}`, "emails[1].value must be a string, not a list"},
		{schema.User(), `{"userName":"a","addresses":["secret"]}`, "addresses[0] must be an object, not a string"},
		{schema.User(), `{"userName":"a","addresses":[{"type":"work"}]}`, "addresses[0] says nothing: it has none of formatted, streetAddress, locality, region, postalCode, country"},
		{schema.User(), `{"userName":"a","emails":[{"value":"a","primary":true},{"value":"b","primary":"TRUE"}]}`, "emails has 2 primary values, and at most one is allowed"},
		{schema.User(), `{"userName":"a","x509Certificates":[{"value":"?secret"}]}`, "x509Certificates[0].value must be base64"},
		{schema.User(), `{"userName":"a",` + enterprise + `:"secret"}`, schema.EnterpriseUserURN + " must be an object, not a string"},
		{schema.User(), `{"userName":"a",` + enterprise + `:{"manager":7}}`, schema.EnterpriseUserURN + ":manager must be an object, not a number"},
		{schema.User(), `{"userName":"a",` + enterprise + `:{"manager":{"value":7}}}`, schema.EnterpriseUserURN + ":manager.value must be a string, not a number"},
		{schema.User(), `{` + groupSchemas + `,"userName":"a"}`, "schemas must include " + schema.UserURN},
		{schema.User(), `{"schemas":"x","userName":"a"}`, "schemas must be a list, not a string"},
		{schema.User(), `{"schemas":[5],"userName":"a"}`, "schemas[0] must be a string, not a number"},
		{schema.User(), `{"userName":"a","USERNAME":"b"}`, "userName is there more than once"},
		{schema.User(), `{"userName":"a",` + enterprise + `:{"division":"D"},"urn:scim:schemas:extension:enterprise:2.0":{"division":"E"}}`, schema.EnterpriseUserURN + ":division is there more than once"},
		{schema.User(), `{"schemas":["urn:scim:schemas:core:2.0:Group"],"userName":"a"}`, "schemas must include " + schema.UserURN},
		{schema.User(), `{"schemas":["urn:scim:schemas:extension:enterprise:2.0"],"userName":"a"}`, "schemas must include " + schema.UserURN},
		{schema.Group(), `{"members":[]}`, "displayName is required"},
		{schema.Group(), `{"displayName":"a","members":[{"id":"x"}]}`, "members[0].value is missing"},
		{schema.Group(), `{"displayName":"a","members":[{"value":"x"},{}]}`, "members[1].value is missing"},
	}
	for _, test := range tests {
		t.Run(test.body, func(t *testing.T) {
			t.Parallel()
			_, err := test.rt.Validate(decode(t, test.body))
			var refused *scimerr.Error
			if !errors.As(err, &refused) {
				t.Fatalf("%v", err)
			}
			want := scimerr.InvalidValue
			if strings.HasSuffix(test.want, "more than once") {
				want = scimerr.InvalidSyntax
			}
			if refused.ScimType != want || refused.Detail != test.want {
				t.Errorf("%s: %s\nwant %s", refused.ScimType, refused.Detail, test.want)
			}
		})
	}
}

// TestTolerances: each way to write a value means the same in a whole resource as it
// does in a value of PATCH.
func TestTolerances(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ path, sent, want string }{
		"one value for a list":            {"emails", `{"value":"a@b.c","type":"work"}`, `[{"value":"a@b.c","type":"work"}]`},
		"a string for a list":             {"emails", `"a@b.c"`, `[{"value":"a@b.c"}]`},
		"strings in a list":               {"roles", `["a","b"]`, `[{"value":"a"},{"value":"b"}]`},
		"a list of one for a string":      {"title", `["x"]`, `"x"`},
		"a list of one value":             {"title", `[{"$ref":null,"value":"x"}]`, `"x"`},
		"a list of one for an object":     {"name", `[{"givenName":"x"}]`, `{"givenName":"x"}`},
		"a string for a boolean":          {"active", `"False"`, `false`},
		"a list of one string for one":    {"active", `["TRUE"]`, `true`},
		"a string for a manager":          {schema.EnterpriseUserURN + ":manager", `"m"`, `{"value":"m"}`},
		"a list for a manager":            {schema.EnterpriseUserURN + ":manager", `[{"$ref":null,"value":"m"}]`, `{"value":"m"}`},
		"an empty manager":                {schema.EnterpriseUserURN + ":manager", `""`, `null`},
		"a manager without a value":       {schema.EnterpriseUserURN + ":manager", `{"value":"","$ref":"x"}`, `null`},
		"an empty manager in a list":      {schema.EnterpriseUserURN + ":manager", `{"value":[""],"$ref":"x"}`, `null`},
		"a manager of SCIM 1.1":           {schema.EnterpriseUserURN + ":manager", `{"managerId":"m","displayName":"M"}`, `{"value":"m"}`},
		"a manager of both":               {schema.EnterpriseUserURN + ":manager", `{"ManagerID":"m","value":"n"}`, `{"value":"n"}`},
		"no manager of SCIM 1.1":          {schema.EnterpriseUserURN + ":manager", `{"managerId":"","displayName":" "}`, `null`},
		"a manager who is null":           {schema.EnterpriseUserURN + ":manager", `[{"managerId":null}]`, `null`},
		"blanks around a userName":        {"userName", `" a b\t"`, `"a b"`},
		"the same address twice":          {"emails", `[{"value":"a@b.c","type":"work","display":"A"},{"value":"b@b.c"},{"value":"A@b.c","type":"WORK","primary":true,"display":""}]`, `[{"value":"A@b.c","type":"WORK","primary":true,"display":"A"},{"value":"b@b.c"}]`},
		"the same address of other types": {"emails", `[{"value":"a@b.c","type":"work"},{"value":"a@b.c","type":"home"}]`, `[{"value":"a@b.c","type":"work"},{"value":"a@b.c","type":"home"}]`},
		"letters beyond A to Z":           {"emails", `[{"value":"JOS\u00c9@b.c"},{"value":"jos\u00e9@b.c"}]`, `[{"value":"JOS\u00c9@b.c"},{"value":"jos\u00e9@b.c"}]`},
		"equal certificates, cased":       {"x509Certificates", `[{"value":"AAAA"},{"value":"aaaa"}]`, `[{"value":"AAAA"},{"value":"aaaa"}]`},
		"equal postal addresses":          {"addresses", `[{"locality":"X"},{"locality":"X"}]`, `[{"locality":"X"},{"locality":"X"}]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, ok := schema.User().Lookup(test.path)
			if !ok {
				t.Fatal("no such attribute")
			}
			value := func(document string) any { return decode(t, `{"is":`+document+`}`)["is"] }
			got, err := a.Whole(value(test.sent), test.path)
			if want := value(test.want); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
			resource := map[string]any{"userName": "x"}
			urn, inner, extended := strings.Cut(test.path, ":2.0:User:")
			if resource[test.path] = value(test.sent); extended {
				resource = map[string]any{"userName": "x", urn + ":2.0:User": map[string]any{inner: value(test.sent)}}
			}
			stored, err := schema.User().Validate(resource)
			if err != nil {
				t.Fatal(err)
			}
			if extended {
				stored, _ = stored[schema.EnterpriseUserURN].(map[string]any)
				test.path = inner
			}
			if !reflect.DeepEqual(stored[test.path], value(test.want)) {
				t.Errorf("in a resource it is %v", stored[test.path])
			}
		})
	}
}

// TestHealed: what earlier versions kept of entries that say nothing is gone, and
// nothing else.
func TestHealed(t *testing.T) {
	t.Parallel()
	kept := decode(t, `{"userName":"a","emails":[{"type":"work"},{"value":"a@b.c"}],"ims":[{"value":""}],"addresses":[{"type":"home"},{"region":"R"}],"groups":[{}],"schemas":["x"]}`)
	same(t, schema.User().Healed(kept), `{"userName":"a","emails":[{"value":"a@b.c"}],"addresses":[{"region":"R"}],"groups":[{}],"schemas":["x"]}`)
}

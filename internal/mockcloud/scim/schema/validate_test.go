package schema_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/scimerr"
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
		"Entra ID: a group's second URN": {
			schema.Group(),
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
				"displayName":"Tour Guides","members":[{"value":"u1","$ref":null,"display":"Babs"}]}`,
			`{` + groupSchemas + `,"displayName":"Tour Guides","members":[{"value":"u1","display":"Babs"}]}`,
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
			`{"userName":"a","shoeSize":9,"SHOESIZE":9,"name":{"clan":"x"},"emails":[{"value":"a@b.c","since":1}],"urn:example:2.0:User":{"a":1}}`,
			`{` + userSchemas + `,"userName":"a","emails":[{"value":"a@b.c"}]}`,
		},
		"null, empty lists and empty objects are nothing": {
			schema.User(),
			`{"schemas":null,"userName":"a","nickName":null,"emails":[null,{},{"value":null}],"name":{},"title":"",` + enterprise + `:{"manager":""}}`,
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
		{schema.User(), `{"userName":["a"]}`, "userName must be a string, not a list"},
		{schema.User(), `{"userName":"a","active":"secret"}`, "active must be true or false, not another string"},
		{schema.User(), `{"userName":"a","active":1}`, "active must be true or false, not a number"},
		{schema.User(), `{"userName":"a","password":{"secret":1}}`, "password must be a string, not an object"},
		{schema.User(), `{"userName":"a","name":"secret"}`, "name must be an object, not a string"},
		{schema.User(), `{"userName":"a","name":{"givenName":true}}`, "name.givenName must be a string, not a boolean"},
		{schema.User(), `{"userName":"a","emails":{"value":"a@b.c"}}`, "emails must be a list, not an object"},
		{schema.User(), `{"userName":"a","emails":["secret"]}`, "emails[0] must be an object, not a string"},
		{schema.User(), `{"userName":"a","emails":[{},{"value":[]}]}`, "emails[1].value must be a string, not a list"},
		{schema.User(), `{"userName":"a","emails":[{"primary":true},{"primary":"TRUE"}]}`, "emails has 2 primary values, and at most one is allowed"},
		{schema.User(), `{"userName":"a","x509Certificates":[{"value":"?secret"}]}`, "x509Certificates[0].value must be base64"},
		{schema.User(), `{"userName":"a",` + enterprise + `:"secret"}`, schema.EnterpriseUserURN + " must be an object, not a string"},
		{schema.User(), `{"userName":"a",` + enterprise + `:{"manager":7}}`, schema.EnterpriseUserURN + ":manager must be an object, not a number"},
		{schema.User(), `{"userName":"a",` + enterprise + `:{"manager":{"value":7}}}`, schema.EnterpriseUserURN + ":manager.value must be a string, not a number"},
		{schema.User(), `{` + groupSchemas + `,"userName":"a"}`, "schemas must include " + schema.UserURN},
		{schema.User(), `{"schemas":"x","userName":"a"}`, "schemas must be a list, not a string"},
		{schema.User(), `{"schemas":[5],"userName":"a"}`, "schemas[0] must be a string, not a number"},
		{schema.User(), `{"userName":"a","USERNAME":"b"}`, "userName is there more than once"},
		{schema.Group(), `{"members":[]}`, "displayName is required"},
		{schema.Group(), `{"displayName":"a","members":{"value":"x"}}`, "members must be a list, not an object"},
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

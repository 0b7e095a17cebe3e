package patch_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/patch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

// TestWithSchema holds that what a request leaves is fit for the schema's check,
// and what it comes out as.
func TestWithSchema(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ operation, want string }{
		"booleans and a manager as strings": {
			`{"op":"Replace","value":{"ACTIVE":"False","` + extURN + `:manager":"m","emails[type eq \"work\"].value":"w@x.com"}}`,
			`{"schemas":["` + coreURN + `","` + extURN + `"],"userName":"ada","active":false,
			"emails":[{"type":"work","value":"w@x.com"}],"` + extURN + `":{"manager":{"value":"m"}}}`,
		},
		"a choice by a boolean as a string": {
			`{"op":"Add","path":"roles[primary eq \"True\"].value","value":"admin"}`,
			`{"schemas":["` + coreURN + `"],"userName":"ada","active":true,"roles":[{"primary":true,"value":"admin"}]}`,
		},
		"a password, and a schema inside another": {
			`{"op":"replace","value":{"password":"p","` + extURN + `":{"department":"D","` + extURN + `":{"department":"E"}}}}`,
			`{"schemas":["` + coreURN + `","` + extURN + `"],"userName":"ada","active":true,"` + extURN + `":{"department":"D"}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := decode(t, `{"schemas":["`+coreURN+`"],"id":"1","userName":"ada","active":true}`)
			left, err := patch.Apply(before, operations(t, test.operation), patch.Rules{Type: schema.User(), Creates: true})
			if err != nil {
				t.Fatal(err)
			}
			got, err := schema.User().Validate(left.Resource)
			if want := decode(t, test.want); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, %v\nwant %v", got, err, want)
			}
		})
	}
}

// TestMutabilityOfSchema holds that the schema's word on who may write counts.
func TestMutabilityOfSchema(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rt                  *schema.ResourceType
		resource, operation string
	}{
		"id":             {schema.User(), `{"id":"1"}`, `{"op":"replace","path":"id","value":"2"}`},
		"meta":           {schema.User(), `{"id":"1"}`, `{"op":"add","path":"meta.version","value":"2"}`},
		"groups":         {schema.User(), `{"groups":[{"value":"g"}]}`, `{"op":"replace","value":{"groups":[]}}`},
		"a member's own": {schema.Group(), `{"members":[{"value":"a"}]}`, `{"op":"replace","path":"members[value eq \"a\"].value","value":"b"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e *scimerr.Error
			_, err := patch.Apply(decode(t, test.resource), operations(t, test.operation), patch.Rules{Type: test.rt})
			if !errors.As(err, &e) || e.ScimType != scimerr.Mutability {
				t.Errorf("got %v", err)
			}
		})
	}
}

func operations(t testing.TB, list string) []patch.Operation {
	t.Helper()
	out, err := patch.Parse(decode(t, `{"schemas":["`+patch.Message+`"],"Operations":[`+list+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

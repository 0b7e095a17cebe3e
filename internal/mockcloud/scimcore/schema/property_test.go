package schema_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

// written makes users with attributes that clients may write, of the right
// types. Each test needs its own: generators are not for several goroutines.
func written() *rapid.Generator[map[string]any] { return rapid.Custom(writtenUser) }

func writtenUser(t *rapid.T) map[string]any {
	text := rapid.StringMatching(`[a-z@.]{0,6}`)
	email := rapid.Custom(func(t *rapid.T) any {
		out := some(t, map[string]any{"type": text.Draw(t, "type"), "display": nil})
		out["value"] = rapid.OneOf(text.AsAny(), rapid.Just[any](nil)).Draw(t, "value")
		return out
	})
	user := some(t, map[string]any{
		"schemas":     []any{schema.UserURN},
		"externalId":  text.Draw(t, "externalId"),
		"title":       text.Draw(t, "title"),
		"active":      rapid.SampledFrom([]any{true, false, "True", "False"}).Draw(t, "active"),
		"password":    "forgotten",
		"id":          "ignored",
		"name":        some(t, map[string]any{"givenName": text.Draw(t, "given"), "familyName": text.Draw(t, "family")}),
		"emails":      rapid.SliceOfN(email, 0, 4).Draw(t, "emails"),
		"shoeSize":    json.Number("9"),
		"preferences": map[string]any{"a": []any{nil}},
		schema.EnterpriseUserURN: some(t, map[string]any{
			"department": text.Draw(t, "department"),
			"manager":    rapid.SampledFrom([]any{"m", nil, "", map[string]any{"value": "m", "$ref": nil}}).Draw(t, "manager"),
		}),
	})
	user["userName"] = rapid.StringMatching(`[a-z]{1,5}`).Draw(t, "userName")
	return user
}

// some drops some members of an object.
func some(t *rapid.T, object map[string]any) map[string]any {
	out := make(map[string]any)
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if rapid.Bool().Draw(t, "has "+name) {
			out[name] = object[name]
		}
	}
	return out
}

// disguised says the same in another way: names in capitals, lists backwards,
// nothings added to objects.
func disguised(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{"nickName": nil}
		for name, member := range v {
			out[strings.ToUpper(name)] = disguised(member)
		}
		return out
	case []any:
		out := []any{}
		for _, element := range slices.Backward(v) {
			out = append(out, disguised(element))
		}
		return out
	}
	return v
}

func TestValidateProperties(t *testing.T) {
	t.Parallel()
	users := written()
	rapid.Check(t, func(t *rapid.T) {
		in := users.Draw(t, "user")
		once, err := schema.User().Validate(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"password", "id", "shoeSize", "preferences"} {
			if _, ok := once[name]; ok {
				t.Errorf("%s was kept", name)
			}
		}
		twice, err := schema.User().Validate(once)
		if err != nil || !schema.Equal(once, twice) {
			t.Errorf("what is valid does not stay so: %v, %v, %v", once, twice, err)
		}
		again, ok := disguised(in).(map[string]any)
		if !ok {
			t.Fatal("an object is disguised as one")
		}
		other, err := schema.User().Validate(again)
		if err != nil || !schema.Equal(once, other) {
			t.Errorf("said in another way it is another: %v, %v, %v", once, other, err)
		}
	})
}

func TestEqualProperties(t *testing.T) {
	t.Parallel()
	users := written()
	rapid.Check(t, func(t *rapid.T) {
		a := users.Draw(t, "user")
		if b, ok := disguised(a).(map[string]any); !ok || !schema.Equal(a, b) || !schema.Equal(b, a) {
			t.Errorf("%v and %v differ", a, b)
		}
		b := users.Draw(t, "other")
		b["userName"] = "another name"
		if schema.Equal(a, b) {
			t.Errorf("%v and %v are equal", a, b)
		}
	})
}

// TestProjectProperties: a projection shows a part of the resource, the same
// part when it is applied to what it shows, and what Includes announces.
func TestProjectProperties(t *testing.T) {
	t.Parallel()
	paths := rapid.SliceOfN(rapid.SampledFrom([]string{
		"id", "userName", "name", "name.givenName", "emails", "emails.value", "emails.type", "active", "password", "shoeSize",
		schema.EnterpriseUserURN, schema.EnterpriseUserURN + ":department", schema.EnterpriseUserURN + ":manager.value",
	}), 0, 4)
	users := written()
	rapid.Check(t, func(t *rapid.T) {
		user := users.Draw(t, "user")
		user["id"] = "1"
		p := schema.User().Projection(paths.Draw(t, "attributes"), paths.Draw(t, "excluded"))
		shown := p.Apply(user)
		if shown["id"] != "1" {
			t.Errorf("no id in %v", shown)
		}
		if again := p.Apply(shown); !schema.Equal(shown, again) {
			t.Errorf("%v becomes %v", shown, again)
		}
		for name := range user {
			if _, ok := shown[name]; ok && !p.Includes(name) {
				t.Errorf("%s is shown unannounced", name)
			}
		}
		for name := range shown {
			if _, ok := user[name]; !ok || name == "password" || name == "shoeSize" {
				t.Errorf("%s is shown", name)
			}
		}
	})
}

// FuzzValidate: whatever is sent is refused with a detail, or becomes a
// resource that is valid itself and holds no password.
func FuzzValidate(f *testing.F) {
	f.Add(`{"userName":"a","active":"True","emails":[{"value":"a@b.c","primary":true},null]}`)
	f.Add(`{"displayName":"a","members":[{"value":"x","$ref":null}],"schemas":["` + schema.GroupURN + `"]}`)
	f.Add(`{"userName":"a",` + enterprise + `:{"manager":"x"},"password":"x","PASSWORD":"y"}`)
	f.Fuzz(func(t *testing.T, body string) {
		d := json.NewDecoder(strings.NewReader(body))
		d.UseNumber()
		var in map[string]any
		if err := d.Decode(&in); err != nil {
			t.Skip("not an object")
		}
		for _, rt := range schema.ResourceTypes() {
			out, err := rt.Validate(in)
			var refused *scimerr.Error
			switch {
			case err == nil:
			case !errors.As(err, &refused) || refused.Detail == "":
				t.Fatalf("%v", err)
			default:
				continue
			}
			again, err := rt.Validate(out)
			if err != nil || !schema.Equal(out, again) {
				t.Errorf("%v becomes %v, %v", out, again, err)
			}
			if _, ok := out["password"]; ok {
				t.Error("the password was kept")
			}
		}
	})
}

package filter_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
)

// barbara is the user of RFC 7643, 8.3, as far as filters ask for it.
const barbara = `{
	"schemas": ["` + userURN + `", "` + enterpriseURN + `"],
	"id": "2819c223-7f76-453a-919d-413861904646", "externalId": "701984", "userName": "bjensen@example.com",
	"name": {"familyName": "Jensen", "givenName": "Barbara", "middleName": null},
	"emails": [
		{"value": "bjensen@example.com", "type": "work", "primary": true},
		{"value": "babs@jensen.org", "type": "home"}
	],
	"roles": [{"value": "admin", "primary": "True"}],
	"photos": [], "nickName": "", "ims": [{"value": null}],
	"title": "Tour Guide", "active": true, "loginCount": 12,
	"` + enterpriseURN + `": {
		"employeeNumber": "701984", "hireDate": "2011-05-13T04:42:34Z",
		"manager": {"value": "26118915-6090-4610-87e4-49d8ca9f808d", "displayName": "John Smith"}
	},
	"meta": {"resourceType": "User", "created": "2010-01-23T04:56:22Z", "lastModified": "2011-05-13T04:42:34.5Z"}
}`

func resource(t testing.TB, document string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func exact(path string) bool {
	return path == "id" || path == "externalId" || path == "roles.value" || strings.HasPrefix(path, enterpriseURN)
}

// TestMatch holds what one well-known user matches and what not.
func TestMatch(t *testing.T) {
	t.Parallel()
	user := resource(t, barbara)
	tests := map[string]bool{
		`userName eq "BJENSEN@example.com"`:            true,
		userURN + `:userName eq "bjensen@example.com"`: true,
		`USERNAME sw "bjen" and userName ew ".COM"`:    true,
		`userName co ""`:                                              true,
		`userName ne "bjensen@example.com"`:                           false,
		`externalId eq "701984"`:                                      true,
		`externalId eq 701984`:                                        false,
		`externalId ne 701984`:                                        true,
		`id eq "2819C223-7F76-453A-919D-413861904646"`:                false,
		`id sw "2819c223"`:                                            true,
		`name.familyName co "ense"`:                                   true,
		`title pr and userType eq "Employee"`:                         false,
		`title pr or userType eq "Intern"`:                            true,
		`userType ne "Employee" and not (emails co "x.com")`:          true,
		`schemas eq "` + enterpriseURN + `"`:                          true,
		`schemas[value eq "` + userURN + `"]`:                         true,
		`emails co "jensen.org"`:                                      true,
		`emails.value co "jensen.org"`:                                true,
		`emails eq "jensen.org"`:                                      false,
		`emails.type eq "work" and emails.value eq "babs@jensen.org"`: true,
		`emails[type eq "work" and value eq "babs@jensen.org"]`:       false,
		`emails[type eq "work" and value co "@EXAMPLE.com"]`:          true,
		`emails[not (type eq "work") and not (primary pr)]`:           true,
		`emails[primary eq "True"]`:                                   true,
		`emails[primary eq "False"]`:                                  false,
		`emails[primary eq "maybe"]`:                                  false,
		`roles[primary eq true]`:                                      true,
		`roles[primary eq "true"]`:                                    true,
		`roles[value eq "Admin"]`:                                     false,
		`roles eq "Admin"`:                                            false,
		`roles eq "admin"`:                                            true,
		`phoneNumbers[type eq "work"]`:                                false,

		`nickName pr`:        false,
		`nickName eq ""`:     true,
		`nickName eq null`:   true,
		`title ne ""`:        true,
		`title ne null`:      true,
		`title eq null`:      false,
		`photos pr`:          false,
		`ims pr`:             false,
		`name pr`:            true,
		`name.middleName pr`: false,
		`userType eq null`:   true,
		`userType ne "x"`:    true,
		`userType gt "x"`:    false,
		`unknown.sub pr`:     false,

		`active eq true`:      true,
		`active eq "TRUE"`:    true,
		`active ne false`:     true,
		`active eq "x"`:       false,
		`active gt "false"`:   false,
		`loginCount gt 11.5`:  true,
		`loginCount eq 12.0`:  true,
		`loginCount lt 1e400`: true,
		`loginCount ge "12"`:  false,
		`loginCount le 11`:    false,

		`meta.lastModified gt "2011-05-13T04:42:34Z"`:          true,
		`meta.lastModified eq "2011-05-13T06:42:34.500+02:00"`: true,
		`meta.lastModified ne "2011-05-13T06:42:34.500+02:00"`: false,
		`meta.lastModified le "2011-05-13T04:42:34.5"`:         true,
		`meta.lastModified lt "2011-05-13T04:42:34.5Z"`:        false,
		`meta.lastModified sw "2011-05"`:                       true,
		`meta.lastModified gt "2011"`:                          true,
		`meta.resourceType eq "user"`:                          true,

		enterpriseURN + ` pr`:                                                true,
		enterpriseURN + `:employeeNumber eq "701984"`:                        true,
		strings.ToLower(enterpriseURN) + `:manager.displayName sw "John"`:    true,
		enterpriseURN + `:manager eq "26118915-6090-4610-87e4-49d8ca9f808d"`: true,
		enterpriseURN + `:manager.displayName eq "john smith"`:               false,
		enterpriseURN + `:hireDate eq "2011-05-13T04:42:34.0Z"`:              true,
		`employeeNumber pr`:                   false,
		`urn:example:other:employeeNumber pr`: false,
	}
	for source, want := range tests {
		e, err := filter.Parse(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
		} else if got := filter.Match(e, user, exact); got != want {
			t.Errorf("%s: %v, want %v", source, got, want)
		}
	}
}

// TestEquality holds which filters an index can answer first.
func TestEquality(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`userName eq "Ada"`:                                   "userName=Ada",
		`USERNAME EQ "Ada"`:                                   "userName=Ada",
		userURN + `:username eq "ada"`:                        "userName=ada",
		`active eq true and (title pr and externalId eq "1")`: "externalId=1",
		`userName eq "a" and id eq "b"`:                       "id=b",
		`userName eq "a" or id eq "b"`:                        "",
		`not (userName eq "a")`:                               "",
		`userName sw "a"`:                                     "",
		`userName eq ""`:                                      "",
		`userName eq 5`:                                       "",
		`userName.x eq "a"`:                                   "",
		enterpriseURN + `:userName eq "a"`:                    "",
		`emails[id eq "a"]`:                                   "",
		`displayName eq "a"`:                                  "",
	}
	for source, want := range tests {
		e, err := filter.Parse(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		attribute, value, ok := filter.Equality(e, "id", "externalId", "userName")
		if got := attribute + "=" + value; got != want && (ok || want != "") {
			t.Errorf("%s: %s, want %s", source, got, want)
		}
	}
}

// TestKey holds that an attribute written twice is found the same way each time.
func TestKey(t *testing.T) {
	t.Parallel()
	object := map[string]any{"USERNAME": 1, "UserName": 2, "title": 3}
	for range 20 {
		if k, ok := filter.Key(object, "username"); !ok || k != "USERNAME" {
			t.Fatalf("found %q", k)
		}
	}
	if _, ok := filter.Key(object, "name"); ok {
		t.Error("found what is not there")
	}
}

var resourceGen = rapid.Custom(func(t *rapid.T) map[string]any {
	scalar := rapid.OneOf(
		valueGen,
		rapid.Map(rapid.SampledFrom([]string{"x", "X", "", "true", "2011-05-13T04:42:34Z"}), func(s string) any { return s }),
	)
	object := rapid.Map(rapid.MapOf(nameGen, scalar), func(m map[string]any) any { return m })
	list := rapid.Map(rapid.SliceOfN(rapid.OneOf(scalar, object), 0, 3), func(l []any) any { return l })
	out := rapid.MapOf(nameGen, rapid.OneOf(scalar, object, list)).Draw(t, "attributes")
	out["urn:x:y"] = object.Draw(t, "extension")
	out["userName"] = rapid.StringMatching(`[a-cA-C]{1,2}`).Draw(t, "userName")
	return out
})

// TestMatchLaws holds what is true of every filter and every resource.
func TestMatchLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		user := resourceGen.Draw(t, "resource")
		before := maps.Clone(user)
		a, b := exprGen(2, false).Draw(t, "a"), exprGen(2, false).Draw(t, "b")
		match := func(e filter.Expr) bool { return filter.Match(e, user, exact) }
		if match(filter.Not{Filter: filter.And{Left: a, Right: b}}) != match(filter.Or{Left: filter.Not{Filter: a}, Right: filter.Not{Filter: b}}) {
			t.Error("not (a and b) is not (not a) or (not b)")
		}
		if match(filter.And{Left: a, Right: b}) != (match(a) && match(b)) || match(filter.Or{Left: a, Right: b}) != (match(a) || match(b)) {
			t.Error("and, or differ from their parts")
		}
		if len(user) != len(before) {
			t.Error("matching changed the resource")
		}
	})
}

// TestEqualityIsNecessary holds that an index never hides what matches.
func TestEqualityIsNecessary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		user := resourceGen.Draw(t, "resource")
		e := filter.Expr(filter.Compare{
			Path: filter.Path{Name: "username"}, Op: filter.Eq,
			Value: rapid.StringMatching(`[a-cA-C]{1,2}`).Draw(t, "value"),
		})
		if rest := exprGen(2, false).Draw(t, "rest"); rapid.Bool().Draw(t, "first") {
			e = filter.And{Left: e, Right: rest}
		} else {
			e = filter.And{Left: rest, Right: e}
		}
		_, value, ok := filter.Equality(e, "userName")
		if !ok {
			t.Fatal("not found inside an and")
		}
		if name, _ := user["userName"].(string); filter.Match(e, user, nil) && filter.Fold(name) != filter.Fold(value) {
			t.Errorf("%q matches, and an index on %q would not find it", name, value)
		}
	})
}

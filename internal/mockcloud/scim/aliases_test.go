package scim_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
)

const (
	coreUser   = "urn:ietf:params:scim:schemas:core:2.0:User"
	coreGroup  = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// aliases are other ways to write what a body says of one attribute: each names the
// attribute by another name, and means what the first of its list says.
func aliases() map[string][]obj {
	draft := "urn:scim:schemas:extension:enterprise:1.0"
	mails := []obj{{"value": "new@acme.com"}}
	return map[string][]obj{
		"title":  {{"title": "new"}, {"TITLE": "new"}, {coreUser + ":title": "new"}, {strings.ToUpper(coreUser) + ":Title": "new"}, {"urn:scim:schemas:core:1.0:title": "new"}, {coreUser: obj{"title": "new"}}, {coreUser + ".title": "new"}},
		"emails": {{"emails": mails}, {"Emails": mails}, {coreUser + ":emails": mails}, {coreUser: obj{"EMAILS": mails}}, {"urn:scim:schemas:core:2.0:User:emails": mails}},
		"name":   {{"name": obj{"givenName": "new"}}, {"name.givenName": "new"}, {coreUser + ":name.givenname": "new"}, {coreUser + ":name": obj{"GivenName": "new"}}},
		"department": {
			{enterprise: obj{"department": "new"}},
			{strings.ToUpper(enterprise): obj{"Department": "new"}},
			{enterprise + ":department": "new"},
			{enterprise + ".department": "new"},
			{draft: obj{"department": "new"}},
			{draft + ":department": "new"},
			{draft + ".department": "new"},
		},
		"manager": {
			{enterprise: obj{"manager": obj{"value": "new"}}},
			{enterprise: obj{"manager": "new"}},
			{enterprise: obj{"manager": obj{"managerId": "new"}}},
			{enterprise: obj{"manager": obj{"managerId": "new", "value": ""}}},
			{enterprise: obj{"manager": obj{"managerId": "new", "value": nil}}},
			{enterprise + ":manager": "new"},
			{enterprise + ":manager": obj{"managerId": "new"}},
			{enterprise + ":manager.value": "new"},
			{draft + ":manager": obj{"managerId": "new"}},
			{draft: obj{"manager": obj{"managerId": "new", "displayName": "M"}}},
		},
	}
}

// whole is a user who has all that aliases are of, and more.
func whole(name string) obj {
	return user(name, obj{
		"schemas": []string{coreUser, enterprise}, "title": "old", "displayName": "D", "emails": []obj{{"value": "old-" + name, "type": "work", "primary": true}},
		"name":     obj{"givenName": "old", "familyName": "F"},
		enterprise: obj{"department": "old", "costCenter": "C", "manager": obj{"value": "old"}},
	})
}

// kept is what a user is, without what the server says of them.
func kept(shown obj) obj {
	for _, name := range []string{"id", "meta", "groups"} {
		delete(shown, name)
	}
	return shown
}

// TestAliases: whatever name an attribute has in a body, it is the same attribute. A
// request that names it takes nothing away.
func TestAliases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for attribute, alike := range aliases() {
		t.Run(attribute, func(t *testing.T) {
			t.Parallel()
			w := w.in(t)
			name := attribute + "@acme.com"
			at := "/Users/" + w.addUser(name)
			for method, body := range map[string]func(obj) obj{
				"PUT":           func(alias obj) obj { return user(name, alias) },
				"PATCH add":     func(alias obj) obj { return patchOf(obj{"op": "add", "value": alias}) },
				"PATCH replace": func(alias obj) obj { return patchOf(obj{"op": "replace", "value": alias}) },
				"PATCH path": func(alias obj) obj {
					for path, value := range alias {
						if path != coreUser { // no attribute
							return patchOf(obj{"op": "replace", "path": path, "value": value})
						}
					}
					return patchOf(obj{"op": "replace", "value": alias})
				},
			} {
				var want obj
				for i, alias := range alike {
					w.made("PUT", at, whole(name))
					w.made(strings.Fields(method)[0], at, body(alias))
					if got := kept(w.made("GET", at, nil)); i == 0 {
						want = got
					} else if !reflect.DeepEqual(got, want) {
						t.Errorf("%s %v: %v, not %v", method, alias, got, want)
					}
				}
			}
			w.made("DELETE", at, nil)
			var want obj
			for i, alias := range alike {
				made := w.made("POST", "/Users", user(name, alias))
				w.made("DELETE", "/Users/"+text(made, "id"), nil)
				if got := kept(made); i == 0 {
					want = got
				} else if !reflect.DeepEqual(got, want) {
					t.Errorf("POST %v: %v, not %v", alias, got, want)
				}
			}
		})
	}
}

// TestAliasesTwice: a body that has an attribute by two names is refused: which of them
// was meant cannot be told, and the other would be lost.
func TestAliasesTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := "/Users/" + text(w.made("POST", "/Users", whole("ada@acme.com")), "id")
	before := w.everything()
	for name, both := range map[string]obj{
		"a text":                      {"title": "a", coreUser + ":title": "b"},
		"a text, nested":              {"title": "a", coreUser: obj{"title": "b"}},
		"a list":                      {"emails": []obj{{"value": "a@acme.com"}}, coreUser + ":emails": []obj{{"value": "b@acme.com"}}},
		"a list, and none":            {"emails": []obj{{"value": "a@acme.com"}}, coreUser + ":emails": []obj{}},
		"a draft's name":              {coreUser + ":title": "a", "urn:scim:schemas:core:1.0:title": "b"},
		"an extension's attribute":    {enterprise: obj{"department": "a"}, enterprise + ":department": "b"},
		"a draft's extension":         {enterprise + ":department": "a", "urn:scim:schemas:extension:enterprise:1.0:department": "b"},
		"a part, and the same":        {coreUser + ":name.givenName": "a", "name.givenName": "b"},
		"an attribute of a name in a": {"name": obj{"givenName": "a"}, "name.givenName": "b"},
		"a manager's value":           {enterprise + ":manager": obj{"value": "a"}, enterprise + ":manager.value": "b"},
	} {
		w.failed(w.send("POST", "/Users", user("x@acme.com", both)), http.StatusBadRequest, "invalidSyntax", "more than once")
		w.failed(w.send("PUT", at, user("ada@acme.com", both)), http.StatusBadRequest, "invalidSyntax", "more than once")
		for _, op := range []string{"add", "replace"} {
			w.failed(w.send("PATCH", at, patchOf(obj{"op": op, "value": both})), http.StatusBadRequest, "invalidSyntax", "more than once")
		}
		if now := w.everything(); now != before {
			t.Fatalf("%s: %s\nwas\n%s", name, now, before)
		}
	}
	// A PUT that chooses values, as only a PATCH can, or sets a part of all, would lose them.
	for _, name := range []string{`emails[type eq "work"].value`, coreUser + `:emails[type eq "work"].value`, "emails.value"} {
		w.failed(w.send("PUT", at, user("ada@acme.com", obj{name: "new@acme.com"})), http.StatusBadRequest, "invalidValue", "emails")
	}
	if now := w.everything(); now != before {
		t.Errorf("%s\nwas\n%s", now, before)
	}
}

// TestAliasesOfMembers is TestAliases and TestAliasesTwice for a group's members.
func TestAliasesOfMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.addUser("ada@acme.com"), w.addUser("bob@acme.com")
	at := "/Groups/" + w.addGroup("team", ada, bob)
	one := []obj{{"value": bob}}
	for _, alias := range []obj{{"MEMBERS": one}, {coreGroup + ":members": one}, {coreGroup: obj{"members": one}}, {"urn:scim:schemas:core:2.0:Group:members": one}} {
		w.made("PUT", at, group("team", ada, bob))
		body := obj{"schemas": []string{coreGroup}, "displayName": "team"}
		for name, value := range alias {
			body[name] = value
		}
		if got := each(w.made("PUT", at, body)["members"], "value"); !reflect.DeepEqual(got, []string{bob}) {
			t.Errorf("PUT %v: %v", alias, got)
		}
		w.made("PUT", at, group("team", ada))
		w.made("PATCH", at, patchOf(obj{"op": "add", "value": alias}))
		if got := each(w.made("GET", at, nil)["members"], "value"); !reflect.DeepEqual(got, []string{ada, bob}) {
			t.Errorf("PATCH %v: %v", alias, got)
		}
	}
	before := w.everything()
	for _, both := range []obj{
		{"members": one, coreGroup + ":members": []obj{{"value": ada}}},
		{"members": one, coreGroup: obj{"members": []obj{}}},
		{"displayName": "a", coreGroup + ":displayName": "b"},
	} {
		w.failed(w.send("PATCH", at, patchOf(obj{"op": "replace", "value": both})), http.StatusBadRequest, "invalidSyntax", "more than once")
		both["schemas"] = []string{coreGroup}
		w.failed(w.send("PUT", at, both), http.StatusBadRequest, "invalidSyntax", "more than once")
	}
	if now := w.everything(); now != before {
		t.Errorf("%s\nwas\n%s", now, before)
	}
}

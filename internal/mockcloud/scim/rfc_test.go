package scim_test

import (
	"net/http"
	"strings"
	"testing"
)

// babs is the full user of RFC 7643, 8.2, in short.
func babs() obj {
	return user("bjensen@acme.com", obj{
		"externalId": "701984", "nickName": "Babs", "profileUrl": "https://login.example.com/bjensen", "title": "Tour Guide",
		"name": obj{"formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara", "honorificPrefix": "Ms."},
		"emails": []obj{
			{"value": "bjensen@acme.com", "type": "work", "primary": true},
			{"value": "babs@jensen.org", "type": "home"},
		},
		"addresses": []obj{
			{"type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "primary": true},
			{"type": "home", "streetAddress": "456 Hollywood Blvd", "locality": "Hollywood"},
		},
	})
}

// TestRFCPatches are the examples of RFC 7644, 3.5.2, on a user.
func TestRFCPatches(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		operation obj
		path      string // of what is looked at afterwards
		want      string
	}{
		"add attributes": {
			obj{"op": "add", "value": obj{"emails": []obj{{"value": "babs@else.example", "type": "other"}}, "nickname": "Barb"}},
			"emails", `[{"primary":true,"type":"work","value":"bjensen@acme.com"},{"type":"home","value":"babs@jensen.org"},{"type":"other","value":"babs@else.example"}]`,
		},
		"add in another case": {obj{"op": "ADD", "value": obj{"nickname": "Barb"}}, "nickName", "Barb"},
		"remove by a filter": {
			obj{"op": "remove", "path": `emails[type eq "home" and value ew "jensen.org"]`},
			"emails", `[{"primary":true,"type":"work","value":"bjensen@acme.com"}]`,
		},
		"replace a value": {
			obj{"op": "replace", "path": `addresses[type eq "home"]`, "value": obj{"type": "home", "streetAddress": "911 Universal City Plaza"}},
			"addresses", `[{"locality":"Hollywood","primary":true,"streetAddress":"100 Universal City Plaza","type":"work"},{"streetAddress":"911 Universal City Plaza","type":"home"}]`,
		},
		"replace a part of a value": {
			obj{"op": "replace", "path": `addresses[type eq "work"].streetAddress`, "value": "1010 Broadway Ave"},
			"addresses", `[{"locality":"Hollywood","primary":true,"streetAddress":"1010 Broadway Ave","type":"work"},{"locality":"Hollywood","streetAddress":"456 Hollywood Blvd","type":"home"}]`,
		},
		"replace attributes": {
			obj{"op": "replace", "value": obj{"emails": []obj{{"value": "babs@acme.com", "type": "work", "primary": true}}, "nickName": "Barb"}},
			"emails", `[{"primary":true,"type":"work","value":"babs@acme.com"}]`,
		},
		"remove a part": {obj{"op": "remove", "path": "name.honorificPrefix"}, "name", `{"familyName":"Jensen","formatted":"Ms. Barbara J Jensen, III","givenName":"Barbara"}`},
		"another primary": {
			obj{"op": "add", "path": "emails", "value": []obj{{"value": "babs@jensen.org", "type": "home", "primary": true}}},
			"emails", `[{"primary":false,"type":"work","value":"bjensen@acme.com"},{"primary":true,"type":"home","value":"babs@jensen.org"}]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			made := w.made("POST", "/Users", babs())
			id := text(made, "id")
			after := w.made("PATCH", "/Users/"+id, patchOf(test.operation))
			if got := text(after, test.path); got != test.want {
				t.Errorf("%s is %s, want %s", test.path, got, test.want)
			}
			if text(after, "meta.version") != `W/"2"` || text(w.made("GET", "/Users/"+id, nil), "meta") != text(after, "meta") {
				t.Errorf("meta %s", text(after, "meta"))
			}
		})
	}
}

// TestRFCSearch is the example of RFC 7644, 3.4.3.
func TestRFCSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addUser("smith@acme.com", obj{"displayName": "Smith, James"})
	w.addUser("jones@acme.com", obj{"displayName": "Jones"})
	w.addGroup("Smith Family")
	found := w.made("POST", "/.search", obj{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:SearchRequest"},
		"attributes": []string{"displayName", "userName"}, "filter": `displayName sw "smith"`, "startIndex": 1, "count": 10,
	})
	if text(found, "totalResults") != "2" || text(found, "schemas") != `["urn:ietf:params:scim:api:messages:2.0:ListResponse"]` {
		t.Errorf("%v", found)
	}
	got := strings.Join(each(found["Resources"], "displayName"), "; ") + "; " + strings.Join(each(found["Resources"], "meta"), "")
	if got != "Smith, James; Smith Family; " {
		t.Errorf("found %s", got)
	}
}

// TestIdPShapes: what Entra ID and Okta send, where it is not what the RFC says.
func TestIdPShapes(t *testing.T) {
	t.Parallel()
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	for name, test := range map[string]struct {
		body any
		path string
		want string
	}{
		"Entra ID, a boolean in words":        {patchOf(obj{"op": "Replace", "path": "active", "value": "False"}), "active", "false"},
		"Entra ID, dotted and URN keys":       {patchOf(obj{"op": "Replace", "value": obj{"name.familyName": "J", enterprise + ":department": "D"}}), "name.familyName", "J"},
		"Entra ID, a value that is not there": {patchOf(obj{"op": "Replace", "path": `phoneNumbers[type eq "work"].value`, "value": "1"}), "phoneNumbers", `[{"type":"work","value":"1"}]`},
		"Entra ID, a primary role":            {patchOf(obj{"op": "Add", "path": `roles[primary eq "True"].value`, "value": "r"}), "roles", `[{"primary":true,"value":"r"}]`},
		"Okta, without a path":                {patchOf(obj{"op": "replace", "value": obj{"active": false}}), "active", "false"},
		"a null":                              {patchOf(obj{"op": "replace", "value": obj{"title": nil}}), "title", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := text(w.made("POST", "/Users", babs()), "id")
			if got := text(w.made("PATCH", "/Users/"+id, test.body), test.path); got != test.want {
				t.Errorf("%s is %s, want %s", test.path, got, test.want)
			}
		})
	}
	w := newWorld(t)
	id := text(w.made("POST", "/Users", babs()), "id")
	managed := w.made("PATCH", "/Users/"+id, patchOf(obj{"op": "Add", "path": enterprise + ":manager", "value": "m1"}))
	extension, _ := managed[enterprise].(obj)
	if got := text(extension, "manager"); got != `{"value":"m1"}` {
		t.Errorf("manager %s", got)
	}
	w.send("POST", "/Groups", obj{
		"schemas":     []string{"urn:ietf:params:scim:schemas:core:2.0:Group", "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"},
		"displayName": "team", "externalId": "8aa1", "meta": obj{"resourceType": "Group"},
		"members": []obj{{"$ref": nil, "value": id}},
	}).Want(http.StatusCreated, id)
	// Okta's PUT: a password, and groups, which are read-only here.
	put := babs()
	put["password"], put["groups"], put["active"] = "x", []obj{}, false
	if got := w.made("PUT", "/Users/"+id, put); text(got, "active") != "false" || len(each(got["groups"], "value")) != 1 {
		t.Errorf("put %v", got)
	}
}

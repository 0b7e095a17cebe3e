package scim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func bulkOf(operations ...obj) obj {
	return obj{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:BulkRequest"}, "Operations": operations}
}

func post(path, bulkID string, data obj) obj {
	return obj{"method": "POST", "path": path, "bulkId": bulkID, "data": data}
}

// TestBulk is the example of RFC 7644, 3.7.3: one of each method.
func TestBulk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bob, cy, dee := w.addUser("bob@acme.com"), w.addUser("cy@acme.com"), w.addUser("dee@acme.com")
	out := w.made("POST", "/Bulk", bulkOf(
		post("/Users", "qwerty", user("alice@acme.com")),
		obj{"method": "PUT", "path": "/Users/" + bob, "version": `W/"1"`, "data": user("bob2@acme.com")},
		obj{"method": "patch", "path": "/Users/" + cy, "version": `W/"1"`, "data": patchOf(obj{"op": "add", "path": "title", "value": "x"})},
		obj{"method": "DELETE", "path": "/Users/" + dee, "version": `W/"1"`},
		obj{"method": "DELETE", "path": "/Users/" + dee},
	))
	list := out["Operations"]
	if got := each(list, "status"); !slices.Equal(got, []string{"201", "200", "200", "204", "404"}) {
		t.Errorf("status %q", got)
	}
	if got := each(list, "method"); !slices.Equal(got, []string{"POST", "PUT", "PATCH", "DELETE", "DELETE"}) {
		t.Errorf("method %q", got)
	}
	if got := each(list, "version"); !slices.Equal(got, []string{`W/"1"`, `W/"2"`, `W/"2"`, "", ""}) {
		t.Errorf("version %q", got)
	}
	if got := each(list, "response.status"); !slices.Equal(got, []string{"", "", "", "", "404"}) {
		t.Errorf("response %q", got)
	}
	if got := each(list, "bulkId"); got[0] != "qwerty" || text(out, "schemas") != `["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]` {
		t.Errorf("%v", out)
	}
	locations := each(list, "location")
	if locations[4] != locations[3] {
		t.Errorf("what failed was at %s", locations[4])
	}
	if alice := w.made("GET", strings.TrimPrefix(locations[0], w.URL+w.path("")), nil); text(alice, "userName") != "alice@acme.com" || text(alice, "meta.location") != locations[0] {
		t.Errorf("%v", alice)
	}
	if locations[1] != w.URL+w.path("/Users/"+bob) || locations[3] != w.URL+w.path("/Users/"+dee) {
		t.Errorf("%q", locations)
	}
}

// TestBulkFailures: what fails says of which resource, unless that was to be made (RFC 7644, 3.7.3).
func TestBulkFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bob := w.addUser("ada"), w.addUser("bob")
	out := w.made("POST", "/Bulk", bulkOf(
		obj{"method": "PATCH", "path": "/Users/" + ada, "data": patchOf(obj{"op": "replace", "path": "id", "value": "x"})},
		obj{"method": "PUT", "path": "/Users/" + bob, "version": `W/"7"`, "data": user("bob")},
		obj{"method": "PUT", "path": "/Users/" + bob, "data": "nothing"},
		obj{"method": "PUT", "path": "/Groups/none", "data": group("team", "bulkId:none")},
		obj{"method": "DELETE", "path": "/Users/bulkId:none"},
		obj{"method": "DELETE", "path": "/Users"},
		post("/Users", "again", user("ada")),
	))
	at := w.URL + w.path("")
	want := []string{at + "/Users/" + ada, at + "/Users/" + bob, at + "/Users/" + bob, at + "/Groups/none", "", "", ""}
	if got := each(out["Operations"], "location"); !slices.Equal(got, want) {
		t.Errorf("locations %q", got)
	}
	if got := each(out["Operations"], "status"); !slices.Equal(got, []string{"400", "412", "400", "400", "400", "400", "409"}) {
		t.Errorf("status %q", got)
	}
}

// TestBulkReferences: operations that refer to what others make, in any order and in
// circles (RFC 7644, 3.7.1 and 3.7.2).
func TestBulkReferences(t *testing.T) {
	t.Parallel()
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	managed := func(name, by string) obj { return user(name, obj{enterprise: obj{"manager": obj{"value": by}}}) }
	for name, test := range map[string]struct {
		operations []obj
		status     string
		groups     map[string]string // group → members, by name
		managers   map[string]string
		versions   string // if not asked for, not looked at
	}{
		"backward": {
			operations: []obj{post("/Users", "u", user("ada")), post("/Groups", "g", group("team", "bulkId:u"))},
			status:     "201 201", groups: map[string]string{"team": "ada"},
		},
		"forward": {
			operations: []obj{post("/Groups", "g", group("team", "bulkId:u", "bulkId:v")), post("/Users", "u", user("ada")), post("/Users", "v", user("bob"))},
			status:     "201 201 201", groups: map[string]string{"team": "ada bob"}, versions: "1 1-x 1-x",
		},
		"a manager, as a text": {
			operations: []obj{post("/Users", "u", user("ada", obj{enterprise: obj{"manager": "bulkId:v"}})), post("/Users", "v", user("bob"))},
			status:     "201 201", managers: map[string]string{"ada": "bob"},
		},
		"in a path, and in a patch": {
			operations: []obj{
				{"method": "PATCH", "path": "/Groups/bulkId:g", "data": patchOf(obj{"op": "add", "path": "members", "value": []obj{{"value": "bulkId:u"}}})},
				post("/Groups", "g", group("team")), post("/Users", "u", user("ada")),
			},
			status: "204 201 201", groups: map[string]string{"team": "ada"},
		},
		"two groups in a circle": {
			operations: []obj{post("/Groups", "a", group("one", "bulkId:b", "bulkId:u")), post("/Groups", "b", group("two", "bulkId:a")), post("/Users", "u", user("ada"))},
			status:     "201 201 201", groups: map[string]string{"one": "two ada", "two": "one"}, versions: "1 2 1-x",
		},
		"three groups in a circle": {
			operations: []obj{post("/Groups", "a", group("one", "bulkId:b")), post("/Groups", "b", group("two", "bulkId:c")), post("/Groups", "c", group("three", "bulkId:a"))},
			status:     "201 201 201", groups: map[string]string{"one": "two", "two": "three", "three": "one"},
		},
		"a group in itself": {
			operations: []obj{post("/Groups", "a", group("one", "bulkId:a"))},
			status:     "400",
		},
		"managers of each other": {
			operations: []obj{post("/Users", "u", managed("ada", "bulkId:v")), post("/Users", "v", managed("bob", "bulkId:u"))},
			status:     "201 201", managers: map[string]string{"ada": "bob", "bob": "ada"},
		},
		"of nothing": {
			operations: []obj{post("/Groups", "g", group("team", "bulkId:u")), post("/Users", "v", user("ada"))},
			status:     "400 201",
		},
		"of what fails": {
			operations: []obj{post("/Groups", "g", group("team", "bulkId:u")), post("/Users", "u", obj{"userName": ""})},
			status:     "409 400",
		},
		"a circle that fails": {
			operations: []obj{post("/Groups", "a", group("one", "bulkId:b", "bulkId:c")), post("/Groups", "b", group("two", "bulkId:a")), post("/Groups", "c", group(""))},
			status:     "409 409 400",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			out := w.made("POST", "/Bulk", bulkOf(test.operations...))
			if got := strings.Join(each(out["Operations"], "status"), " "); got != test.status {
				t.Fatalf("status %s, want %s: %v", got, test.status, out)
			}
			names := map[string]string{}
			all := w.made("GET", "/", nil)
			ids := each(all["Resources"], "id")
			for i, name := range namesOf(all) {
				names[name] = ids[i]
			}
			groups := w.made("GET", "/Groups", nil)
			if list, _ := groups["Resources"].([]any); len(list) != len(test.groups) {
				t.Errorf("groups %v", groups)
			}
			for name, want := range test.groups {
				members := strings.Fields(called(w.made("GET", "/Groups/"+names[name], nil)["members"], names))
				slices.Sort(members)
				wanted := strings.Fields(want)
				slices.Sort(wanted)
				if !slices.Equal(members, wanted) {
					t.Errorf("in %s are %q, want %q", name, members, wanted)
				}
			}
			for name, want := range test.managers {
				extension, _ := w.made("GET", "/Users/"+names[name], nil)[enterprise].(obj)
				if got := text(extension, "manager.value"); got != names[want] {
					t.Errorf("%s's manager is %s, want %s", name, got, names[want])
				}
			}
			if test.versions == "" {
				return
			}
			for i, location := range each(out["Operations"], "location") {
				version := each(out["Operations"], "version")[i]
				if want := strings.Fields(test.versions)[i]; strings.HasSuffix(want, "-x") {
					continue // a user's version changed with the group that came later
				} else if version != `W/"`+want+`"` || version != text(w.made("GET", strings.TrimPrefix(location, w.URL+w.path("")), nil), "meta.version") {
					t.Errorf("version of operation %d: %s, want %s", i, version, want)
				}
			}
		})
	}
}

// TestBulkStops: failOnErrors (RFC 7644, 3.7).
func TestBulkStops(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]string{0: "201 400 400 201", 1: "201 400", 2: "201 400 400", 3: "201 400 400 201"} {
		w := newWorld(t)
		body := bulkOf(post("/Users", "a", user("a")), post("/Users", "b", user("")), post("/Users", "c", user("")), post("/Users", "d", user("d")))
		if limit > 0 {
			body["failOnErrors"] = limit
		}
		out := w.made("POST", "/Bulk", body)
		if got := strings.Join(each(out["Operations"], "status"), " "); got != want {
			t.Errorf("failOnErrors %d: %s, want %s", limit, got, want)
		}
		if got := len(namesOf(w.made("GET", "/Users", nil))); got != strings.Count(want, "201") {
			t.Errorf("failOnErrors %d: %d users", limit, got)
		}
	}
	// One of two that refer to each other is never run: the other is not left there.
	w := newWorld(t)
	body := bulkOf(post("/Groups", "a", group("one", "bulkId:b", "bulkId:c")), post("/Groups", "b", group("two", "bulkId:a")), post("/Groups", "c", group("")))
	body["failOnErrors"] = 1
	out := w.made("POST", "/Bulk", body)
	if got := strings.Join(each(out["Operations"], "status"), " "); got != "409 400" {
		t.Errorf("status %s: %v", got, out)
	}
	if left := namesOf(w.made("GET", "/Groups", nil)); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

// TestBadBulk: what is wrong with an operation is told with it, what is wrong with
// the request with that.
func TestBadBulk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addUser("ada@acme.com")
	many := make([]obj, 1001)
	for i := range many {
		many[i] = post("/Users", fmt.Sprint(i), user(fmt.Sprint(i)))
	}
	for name, test := range map[string]struct {
		body     any
		status   int
		scimType string
		says     string
	}{
		"no schema":          {obj{"Operations": []obj{post("/Users", "a", user("a"))}}, 400, "invalidSyntax", "BulkRequest"},
		"no operations":      {bulkOf(), 400, "invalidSyntax", "at least one"},
		"too many":           {bulkOf(many...), 413, "", "1001 operations, over the limit of 1000"},
		"too large":          {strings.Repeat(" ", 1<<20) + "{}", 413, "", "1048576 bytes"},
		"the same bulkId":    {bulkOf(post("/Users", "a", user("a")), post("/Users", "a", user("b"))), 400, "invalidValue", "operation 2"},
		"failOnErrors of 0":  {obj{"schemas": bulkOf()["schemas"], "failOnErrors": 0, "Operations": many[:1]}, 400, "invalidValue", "failOnErrors"},
		"failOnErrors, text": {obj{"schemas": bulkOf()["schemas"], "failOnErrors": "1", "Operations": many[:1]}, 400, "invalidValue", "failOnErrors"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := w.in(t)
			w.failed(w.send("POST", "/Bulk", test.body), test.status, test.scimType, test.says)
		})
	}
	for name, test := range map[string]struct {
		operation any
		status    string
		scimType  string
		says      string
	}{
		"no object":         {1, "400", "invalidSyntax", "an object"},
		"no method":         {obj{"path": "/Users"}, "400", "invalidSyntax", "POST, PUT, PATCH or DELETE"},
		"a read":            {obj{"method": "GET", "path": "/Users/" + id}, "400", "invalidSyntax", "POST, PUT, PATCH or DELETE"},
		"no bulkId":         {obj{"method": "POST", "path": "/Users", "data": user("a")}, "400", "invalidSyntax", "bulkId"},
		"no data":           {obj{"method": "PUT", "path": "/Users/" + id}, "400", "invalidSyntax", "data"},
		"a path of numbers": {obj{"method": "DELETE", "path": 1}, "400", "invalidSyntax", "path must be a string"},
		"no such path":      {obj{"method": "DELETE", "path": "/Bulk"}, "400", "invalidPath", "/Users and /Groups"},
		"a bulk in it":      {post("/Bulk", "a", bulkOf()), "400", "invalidPath", "/Users and /Groups"},
		"another version":   {obj{"method": "DELETE", "path": "/Users/" + id, "version": `W/"7"`}, "412", "", "read it again"},
		"a duplicate":       {post("/Users", "a", user("ADA@acme.com")), "409", "uniqueness", "userName"},
		"an unknown id":     {obj{"method": "PATCH", "path": "/Users/x", "data": patchOf(obj{"op": "remove", "path": "title"})}, "404", "", "User not found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := w.in(t).made("POST", "/Bulk", obj{"schemas": bulkOf()["schemas"], "Operations": []any{test.operation}})
			list := out["Operations"]
			if each(list, "status")[0] != test.status || each(list, "response.scimType")[0] != test.scimType || !strings.Contains(each(list, "response.detail")[0], test.says) {
				t.Errorf("%v", out)
			}
		})
	}
	if got := w.send("GET", "/Users/"+id, nil).Want(http.StatusOK).Header.Get("ETag"); got != `W/"1"` {
		t.Errorf("version %s", got)
	}
}

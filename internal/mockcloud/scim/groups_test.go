package scim_test

import (
	"net/http"
	"slices"
	"testing"
)

// TestGroupPatch: what operations on a group leave of it. Members are named by what
// they are called here.
func TestGroupPatch(t *testing.T) {
	t.Parallel()
	const all = "ada bob cy"
	for name, test := range map[string]struct {
		operations []obj
		want       string // members, in order
		called     string // if not "team"
		same       bool   // the version stays
	}{
		"add one":                    {operations: []obj{{"op": "add", "path": "members", "value": []obj{{"value": "$dee"}}}}, want: all + " dee"},
		"add an object":              {operations: []obj{{"op": "add", "path": "members", "value": obj{"value": "$dee"}}}, want: all + " dee"},
		"add a text":                 {operations: []obj{{"op": "add", "path": "members", "value": "$dee"}}, want: all + " dee"},
		"add by URN":                 {operations: []obj{{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members", "value": []obj{{"value": "$dee"}}}}, want: all + " dee"},
		"add who is there":           {operations: []obj{{"op": "add", "path": "members", "value": []obj{{"value": "$ada", "display": "Ada"}}}}, want: all, same: true},
		"add twice":                  {operations: []obj{{"op": "add", "path": "members", "value": []obj{{"value": "$dee"}, {"value": "$dee"}}}}, want: all + " dee"},
		"add who is not":             {operations: []obj{{"op": "add", "path": "members", "value": []obj{{"value": "nobody"}, {"value": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}}}}, want: all, same: true},
		"add nobody":                 {operations: []obj{{"op": "add", "path": "members", "value": []obj{}}}, want: all, same: true},
		"add without a path":         {operations: []obj{{"op": "Add", "value": obj{"members": []obj{{"value": "$dee"}}, "displayName": "gang"}}}, want: all + " dee", called: "gang"},
		"a key in another case":      {operations: []obj{{"op": "Add", "value": obj{"MEMBERS": []obj{{"VALUE": "$dee"}}}}}, want: all + " dee"},
		"below the schema":           {operations: []obj{{"op": "add", "value": obj{"urn:ietf:params:scim:schemas:core:2.0:Group": obj{"members": []obj{{"value": "$dee"}}, "displayName": "gang"}}}}, want: all + " dee", called: "gang"},
		"a key that is a path":       {operations: []obj{{"op": "add", "value": obj{"urn:ietf:params:scim:schemas:core:2.0:Group:members": []obj{{"value": "$dee"}}}}}, want: all + " dee"},
		"replace":                    {operations: []obj{{"op": "replace", "path": "members", "value": []obj{{"value": "$dee"}, {"value": "$ada"}}}}, want: "ada dee"},
		"replace with the same":      {operations: []obj{{"op": "replace", "path": "members", "value": []obj{{"value": "$cy"}, {"value": "$ada"}, {"value": "$bob"}}}}, want: all, same: true},
		"replace with none":          {operations: []obj{{"op": "replace", "path": "members", "value": []obj{}}}},
		"replace without a path":     {operations: []obj{{"op": "replace", "value": obj{"members": []obj{{"value": "$dee"}}}}}, want: "dee"},
		"remove one":                 {operations: []obj{{"op": "remove", "path": `members[value eq "$bob"]`}}, want: "ada cy"},
		"remove one, Entra ID's way": {operations: []obj{{"op": "Remove", "path": "members", "value": []obj{{"value": "$bob"}}}}, want: "ada cy"},
		"remove none of a list":      {operations: []obj{{"op": "Remove", "path": "members", "value": []obj{}}}, want: all, same: true},
		"remove who is not":          {operations: []obj{{"op": "remove", "path": `members[value eq "$dee"]`}}, want: all, same: true},
		"remove by two values":       {operations: []obj{{"op": "remove", "path": `members[value eq "$ada" or value eq "$cy"]`}}, want: "bob"},
		"remove by the type":         {operations: []obj{{"op": "remove", "path": `members[type eq "User"]`}}},
		"remove by another type":     {operations: []obj{{"op": "remove", "path": `members[type eq "Group"]`}}, want: all, same: true},
		"remove all":                 {operations: []obj{{"op": "remove", "path": "members"}}},
		"replace one by another":     {operations: []obj{{"op": "replace", "path": `members[value eq "$bob"]`, "value": obj{"value": "$dee"}}}, want: "ada cy dee"},
		"in order": {operations: []obj{
			{"op": "remove", "path": "members"},
			{"op": "add", "path": "members", "value": []obj{{"value": "$dee"}, {"value": "$bob"}}},
			{"op": "remove", "path": `members[value eq "$dee"]`},
			{"op": "add", "path": "members", "value": []obj{{"value": "$cy"}}},
		}, want: "bob cy"},
		"add and remove": {operations: []obj{
			{"op": "add", "path": "members", "value": []obj{{"value": "$dee"}}},
			{"op": "remove", "path": `members[value eq "$dee"]`},
		}, want: all, same: true},
		"remove and add": {operations: []obj{
			{"op": "remove", "path": `members[value eq "$ada"]`},
			{"op": "remove", "path": `members[type eq "User"]`},
			{"op": "add", "path": "members", "value": []obj{{"value": "$ada"}}},
		}, want: "ada"},
		"rename":                 {operations: []obj{{"op": "replace", "path": "displayName", "value": "gang"}}, want: all, called: "gang"},
		"rename, Okta's way":     {operations: []obj{{"op": "replace", "value": obj{"id": "$team", "displayName": "gang"}}}, want: all, called: "gang"},
		"rename to the same":     {operations: []obj{{"op": "replace", "value": obj{"id": "$team", "displayName": "team"}}}, want: all, same: true},
		"what is not known here": {operations: []obj{{"op": "add", "value": obj{"urn:ietf:params:scim:schemas:extension:x:2.0:Group": obj{"x": 1}}}}, want: all, same: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			names := w.cast()
			before := text(w.made("GET", "/Groups/"+names["$team"], nil), "meta.version")
			a := w.send("PATCH", "/Groups/"+names["$team"], replace(patchOf(test.operations...), names)).Want(http.StatusNoContent)
			after := w.made("GET", "/Groups/"+names["$team"], nil)
			version := text(after, "meta.version")
			if got := called(after["members"], names); got != test.want {
				t.Errorf("members %q, want %q", got, test.want)
			}
			want := test.called
			if want == "" {
				want = "team"
			}
			if got := text(after, "displayName"); got != want {
				t.Errorf("displayName %q, want %q", got, want)
			}
			if test.same != (version == before) || a.Header.Get("ETag") != version {
				t.Errorf("version %s, before %s, ETag %s", version, before, a.Header.Get("ETag"))
			}
		})
	}
}

// cast makes users and a group of the first three, and gives their ids.
func (w *world) cast() map[string]string {
	names := make(map[string]string)
	for _, name := range []string{"ada", "bob", "cy", "dee"} {
		names["$"+name] = w.addUser(name + "@acme.com")
	}
	names["$team"] = w.addGroup("team", names["$ada"], names["$bob"], names["$cy"])
	return names
}

// TestBadGroupPatch: one bad operation, and nothing of the request is done.
func TestBadGroupPatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := w.cast()
	before := w.everything()
	for name, test := range map[string]struct {
		operation obj
		scimType  string
		says      string
	}{
		"another id":               {obj{"op": "replace", "value": obj{"id": "x"}}, "mutability", "id is read-only"},
		"another version":          {obj{"op": "replace", "path": "meta.version", "value": "x"}, "mutability", "read-only"},
		"no name":                  {obj{"op": "remove", "path": "displayName"}, "mutability", "displayName is required"},
		"an empty name":            {obj{"op": "replace", "path": "displayName", "value": ""}, "invalidValue", "displayName is required"},
		"a name that is a number":  {obj{"op": "replace", "path": "displayName", "value": 1}, "invalidValue", "displayName"},
		"members that are numbers": {obj{"op": "add", "path": "members", "value": []any{1}}, "invalidValue", "operation 2: members[0] must be"},
		"members without a value":  {obj{"op": "replace", "value": obj{"members": []obj{{"display": "Ada"}}}}, "invalidValue", "operation 2: members[0].value"},
		"a member that is no id":   {obj{"op": "replace", "path": `members[value eq "$ada"]`, "value": obj{}}, "invalidValue", "operation 2: members.value is missing"},
		"members by their id":      {obj{"op": "add", "path": "members", "value": []obj{{"id": "$dee"}}}, "invalidValue", "operation 2: members[0].value is missing"},
		"nobody":                   {obj{"op": "replace", "path": "members", "value": []any{nil}}, "invalidValue", "operation 2: members[0] must be"},
		"somebody without a value": {obj{"op": "replace", "path": "members", "value": []obj{{"value": nil}}}, "invalidValue", "operation 2: members[0].value is missing"},
		"a member's type":          {obj{"op": "replace", "path": `members[value eq "$ada"].type`, "value": "Group"}, "mutability", "operation 2: "},
		"a member that is not":     {obj{"op": "replace", "path": `members[value eq "$dee"]`, "value": obj{"value": "$dee"}}, "noTarget", "operation 2: no value matches"},
		"no attribute":             {obj{"op": "add", "path": "shade", "value": "red"}, "invalidPath", "there is no attribute shade"},
		"no attribute of members":  {obj{"op": "add", "path": "members.shade", "value": "red"}, "invalidPath", "operation 2: "},
		"half a filter":            {obj{"op": "remove", "path": "members[value eq"}, "invalidFilter", "(at character"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := w.in(t)
			body := replace(patchOf(obj{"op": "remove", "path": `members[value eq "$bob"]`}, test.operation), names)
			w.failed(w.send("PATCH", "/Groups/"+names["$team"], body), http.StatusBadRequest, test.scimType, test.says)
			if now := w.everything(); now != before {
				t.Errorf("%s\nwas\n%s", now, before)
			}
		})
	}
}

// TestGroupLife walks a group through every method.
func TestGroupLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := w.cast()
	inner := w.addGroup("inner", names["$dee"])
	a := w.send("POST", "/Groups", group("outer", inner, names["$ada"], "nobody", inner)).Want(http.StatusCreated)
	var made obj
	a.Into(&made)
	id := text(made, "id")
	if a.Header.Get("Location") != w.URL+w.path("/Groups/"+id) || text(made, "meta.resourceType") != "Group" ||
		!slices.Equal(each(made["members"], "value"), []string{inner, names["$ada"]}) || !slices.Equal(each(made["members"], "type"), []string{"Group", "User"}) ||
		!slices.Equal(each(made["members"], "$ref"), []string{w.URL + w.path("/Groups/"+inner), w.URL + w.path("/Users/"+names["$ada"])}) ||
		!slices.Equal(each(made["members"], "display"), []string{"inner", text(w.made("GET", "/Users/"+names["$ada"], nil), "userName")}) {
		t.Errorf("made %s", a.Body)
	}
	for query, want := range map[string]bool{"": true, "?excludedAttributes=members": false, "?attributes=displayName": false, "?attributes=members.value": true} {
		shown := w.made("GET", "/Groups/"+id+query, nil)
		if _, ok := shown["members"]; ok != want || text(shown, "id") != id {
			t.Errorf("%s shows %v", query, shown)
		}
	}
	same := w.made("PUT", "/Groups/"+id, made)
	if text(same, "meta.version") != text(made, "meta.version") {
		t.Errorf("put %v", same)
	}
	put := w.made("PUT", "/Groups/"+id, obj{"displayName": "outer", "externalId": "7"})
	if put["members"] != nil || text(put, "externalId") != "7" {
		t.Errorf("put %v", put)
	}
	shown := w.made("PATCH", "/Groups/"+id+"?attributes=displayName", patchOf(obj{"op": "replace", "path": "displayName", "value": "other"}))
	if text(shown, "displayName") != "other" || shown["externalId"] != nil {
		t.Errorf("patched %v", shown)
	}
	if again := w.addGroup("other"); again == id {
		t.Error("groups with one name are one")
	}
	w.send("DELETE", "/Users/"+names["$ada"], nil).Want(http.StatusNoContent)
	if got := called(w.made("GET", "/Groups/"+names["$team"], nil)["members"], names); got != "bob cy" {
		t.Errorf("members %q", got)
	}
	w.failed(w.send("GET", "/Groups/"+id, nil, "If-Match", `"x"`), http.StatusPreconditionFailed, "")
	w.send("GET", "/Groups/"+id, nil, "If-None-Match", "*").Want(http.StatusNotModified)
	w.failed(w.send("DELETE", "/Groups/"+id, nil, "If-Match", `"x"`), http.StatusPreconditionFailed, "")
	w.send("DELETE", "/Groups/"+id, nil).Want(http.StatusNoContent)
	w.failed(w.send("GET", "/Groups/"+id, nil), http.StatusNotFound, "")
}

// TestBadGroupPut: members that are none are refused by PUT and POST, too, instead of
// emptying the group.
func TestBadGroupPut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := w.cast()
	before := w.everything()
	for name, members := range map[string]any{
		"by their id": []obj{{"id": "$ada"}}, "empty": []obj{{}}, "a null": []any{nil}, "null values": []obj{{"value": nil}}, "empty values": []obj{{"value": ""}},
		"one that is right": []obj{{"value": "$ada"}, {"display": "Bob"}}, "numbers": []any{1}, "a boolean": true, "an object": obj{"id": "$ada"}, "lists": []any{[]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := w.in(t)
			body := replace(obj{"displayName": "team", "members": members}, names)
			w.failed(w.send("PUT", "/Groups/"+names["$team"], body), http.StatusBadRequest, "invalidValue", "members[")
			w.failed(w.send("POST", "/Groups", body), http.StatusBadRequest, "invalidValue", "members[")
			if now := w.everything(); now != before {
				t.Errorf("%s\nwas\n%s", now, before)
			}
		})
	}
}

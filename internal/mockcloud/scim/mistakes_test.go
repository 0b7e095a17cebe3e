package scim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// TestMistakes: each gets the RFC's error with a sentence to act on, and changes
// nothing.
func TestMistakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.addUser("ada@acme.com", obj{"title": "x"})
	w.addUser("bob@acme.com", obj{"emails": []obj{{"value": "b@acme.com"}}})
	resting := w.addUser("cy@acme.com", obj{"emails": []obj{{"value": "b@acme.com"}}, "active": false})
	team := w.addGroup("team", ada)
	before := w.everything()
	search := func(filter string) string { return "/Users?" + query("filter", filter) }
	one := func(op obj) obj {
		return patchOf(obj{"op": "replace", "path": "title", "value": "changed"}, op)
	}
	for name, test := range map[string]struct {
		method, path string
		body         any
		status       int
		scimType     string
		says         []string
	}{
		"a filter that does not parse":  {"GET", search(`userName eq`), nil, 400, "invalidFilter", []string{"(at character 12)"}},
		"an operator that is not":       {"GET", search(`userName is "x"`), nil, 400, "invalidFilter", []string{"(at character 10)"}},
		"a filter that is too deep":     {"GET", search(strings.Repeat("(", 33) + "title pr" + strings.Repeat(")", 33)), nil, 400, "invalidFilter", []string{"32"}},
		"a filter that is too long":     {"GET", search(`title eq "` + strings.Repeat("x", 4096) + `"`), nil, 400, "invalidFilter", []string{"4096"}},
		"a filter of numbers":           {"POST", "/Users/.search", obj{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:SearchRequest"}, "filter": 1}, 400, "invalidValue", []string{"filter must be a string"}},
		"a search without its schema":   {"POST", "/.search", obj{}, 400, "invalidSyntax", []string{"SearchRequest"}},
		"attributes as a text":          {"POST", "/.search", obj{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:SearchRequest"}, "attributes": "id"}, 400, "invalidValue", []string{"attributes must be a list"}},
		"an order that is none":         {"GET", "/Users?sortBy=title&sortOrder=up", nil, 400, "invalidValue", []string{"ascending or descending"}},
		"a sort by nothing known":       {"GET", "/Users?sortBy=displayNam", nil, 400, "invalidPath", []string{"sortBy"}},
		"a sort by chosen values":       {"GET", "/Users?" + query("sortBy", `emails[type eq "work"]`), nil, 400, "invalidPath", []string{"sortBy"}},
		"a count that is no number":     {"GET", "/Users?count=many", nil, 400, "invalidValue", []string{"count must be a whole number"}},
		"a start that is no number":     {"GET", "/Users?startIndex=1.5", nil, 400, "invalidValue", []string{"startIndex must be a whole number"}},
		"a query that cannot be read":   {"GET", "/Users?filter=%zz", nil, 400, "", []string{"query string"}},
		"no userName":                   {"POST", "/Users", obj{"displayName": "x"}, 400, "invalidValue", []string{"userName is required"}},
		"a blank userName":              {"POST", "/Users", user("  "), 400, "invalidValue", []string{"userName is required"}},
		"a wrong type":                  {"POST", "/Users", user("x", obj{"emails": 5}), 400, "invalidValue", []string{"emails[0] must be an object"}},
		"a wrong type inside":           {"POST", "/Users", user("x", obj{"emails": []obj{{"value": 1}}}), 400, "invalidValue", []string{"emails[0].value"}},
		"a boolean that is none":        {"POST", "/Users", user("x", obj{"active": "perhaps"}), 400, "invalidValue", []string{"active must be true or false"}},
		"two primary emails":            {"POST", "/Users", user("x", obj{"emails": []obj{{"value": "a", "primary": true}, {"value": "b", "primary": true}}}), 400, "invalidValue", []string{"at most one"}},
		"another schema":                {"POST", "/Users", obj{"schemas": []string{"urn:x"}, "userName": "x"}, 400, "invalidValue", []string{"schemas must include urn:ietf:params:scim:schemas:core:2.0:User"}},
		"a taken userName":              {"POST", "/Users", user("ADA@acme.com"), 409, "uniqueness", []string{"userName", "ADA@acme.com"}},
		"a taken email":                 {"POST", "/Users", user("x", obj{"emails": []obj{{"value": "B@acme.com"}}}), 409, "uniqueness", []string{"email", "B@acme.com"}},
		"a taken email, on coming back": {"PATCH", "/Users/" + resting, patchOf(obj{"op": "replace", "value": obj{"active": true}}), 409, "uniqueness", []string{"email", "b@acme.com"}},
		"a taken userName, by PUT":      {"PUT", "/Users/" + ada, user("bob@acme.com"), 409, "uniqueness", []string{"userName"}},
		"PUT of nobody":                 {"PUT", "/Users/3f2504e0-4f89-41d3-9a0c-0305e82c3301", user("x"), 404, "", []string{"User not found"}},
		"PATCH of nobody":               {"PATCH", "/Users/x", one(obj{"op": "remove", "path": "title"}), 404, "", []string{"User not found"}},
		"an id in another spelling":     {"GET", "/Users/" + strings.ToUpper(ada), nil, 404, "", []string{"User not found"}},
		"a group's path for a user":     {"GET", "/Groups/" + ada, nil, 404, "", []string{"Group not found"}},
		"a group without a name":        {"POST", "/Groups", obj{"members": []obj{}}, 400, "invalidValue", []string{"displayName is required"}},
		"a member without an id":        {"POST", "/Groups", obj{"displayName": "x", "members": []obj{{"display": "x"}}}, 400, "invalidValue", []string{"members[0].value"}},
		"a patch without its schema":    {"PATCH", "/Users/" + ada, obj{"Operations": []obj{{"op": "remove", "path": "title"}}}, 400, "invalidSyntax", []string{"PatchOp"}},
		"a patch without operations":    {"PATCH", "/Users/" + ada, patchOf(), 400, "invalidSyntax", []string{"Operations"}},
		"an op that is none":            {"PATCH", "/Users/" + ada, one(obj{"op": "move", "path": "title"}), 400, "invalidSyntax", []string{"operation 2", "add, replace or remove"}},
		"a path that does not exist":    {"PATCH", "/Users/" + ada, one(obj{"op": "add", "path": "favorite", "value": "x"}), 400, "invalidPath", []string{"operation 2", "no attribute favorite"}},
		"a path that does not parse":    {"PATCH", "/Users/" + ada, one(obj{"op": "add", "path": "emails[", "value": "x"}), 400, "invalidFilter", []string{"operation 2", "(at character"}},
		"a group in itself":             {"PATCH", "/Groups/" + team, patchOf(obj{"op": "add", "path": "members", "value": []obj{{"value": team}}}), 400, "invalidValue", []string{"cannot be a member of itself"}},
		"PUT of a group into itself":    {"PUT", "/Groups/" + team, group("team", ada, team), 400, "invalidValue", []string{"cannot be a member of itself"}},
		"a readOnly attribute":          {"PATCH", "/Users/" + ada, one(obj{"op": "replace", "path": "id", "value": "x"}), 400, "mutability", []string{"operation 2", "id is read-only"}},
		"groups of a user":              {"PATCH", "/Users/" + ada, one(obj{"op": "add", "path": "groups", "value": []obj{{"value": "x"}}}), 400, "mutability", []string{"operation 2", "groups is read-only"}},
		"no groups of a user":           {"PATCH", "/Users/" + ada, one(obj{"op": "replace", "value": obj{"groups": []obj{}}}), 400, "mutability", []string{"operation 2", "groups is read-only"}},
		"a remove without a path":       {"PATCH", "/Users/" + ada, one(obj{"op": "remove"}), 400, "noTarget", []string{"operation 2", "needs a path"}},
		"an add without a value":        {"PATCH", "/Users/" + ada, one(obj{"op": "add", "path": "title"}), 400, "invalidValue", []string{"operation 2", "needs a value"}},
		"a wrong type by PATCH":         {"PATCH", "/Users/" + ada, one(obj{"op": "add", "path": "active", "value": "perhaps"}), 400, "invalidValue", []string{"operation 2: active must be true or false"}},
		"a userName taken away":         {"PATCH", "/Users/" + ada, one(obj{"op": "remove", "path": "userName"}), 400, "mutability", []string{"operation 2: userName is required"}},
		"a userName emptied":            {"PATCH", "/Users/" + ada, one(obj{"op": "replace", "path": "userName", "value": ""}), 400, "invalidValue", []string{"operation 2: userName is required"}},
		"a group's name taken away":     {"PATCH", "/Groups/" + team, patchOf(obj{"op": "remove", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:displayName"}), 400, "mutability", []string{"displayName is required"}},
		"no JSON":                       {"POST", "/Users", `{"userName": x}`, 400, "invalidSyntax", []string{"not valid JSON", "(at character 14)"}},
		"half of it":                    {"POST", "/Users", `{"userName": "x"`, 400, "invalidSyntax", []string{"cut off", "(at character 17)"}},
		"a wrong end":                   {"POST", "/Users", `{"userName"]`, 400, "invalidSyntax", []string{"not valid JSON: invalid character", "(at character 12)"}},
		"half a word":                   {"POST", "/Users", `{"active": tru`, 400, "invalidSyntax", []string{"cut off", "(at character 15)"}},
		"nothing":                       {"POST", "/Users", ` `, 400, "invalidSyntax", []string{"empty"}},
		"more than an object":           {"POST", "/Users", `{"userName": "x"} {}`, 400, "invalidSyntax", []string{"something follows"}},
		"a list":                        {"POST", "/Users", `[]`, 400, "invalidSyntax", []string{"a JSON object"}},
		"a name twice":                  {"POST", "/Users", `{"userName": "x", "userName": "y"}`, 400, "invalidSyntax", []string{"twice", "(at character"}},
		"a name twice in another case":  {"PATCH", "/Users/" + ada, replaceAll(patchOf(obj{"op": "replace", "value": obj{"active": true, "X": false}}), "X", "Active"), 400, "invalidSyntax", []string{"twice"}},
		"no UTF-8":                      {"POST", "/Users", "{\"userName\": \"ü\xff\"}", 400, "invalidSyntax", []string{"not UTF-8", "(at character 16)"}},
		"far too deep":                  {"POST", "/Users", strings.Repeat(`{"a":`, 100_000), 400, "invalidSyntax", []string{"nested"}},
		"too much":                      {"POST", "/Users", `{"userName":"` + strings.Repeat("x", 2_000_000) + `"}`, 413, "", []string{"2000000 bytes"}},
		"no endpoint":                   {"GET", "/Devices", nil, 404, "", []string{"/ResourceTypes"}},
		"no endpoint below":             {"GET", "/Users/" + ada + "/groups", nil, 404, "", nil},
		"no such resource type":         {"GET", "/ResourceTypes/Device", nil, 404, "", []string{"Resource type not found"}},
		"no such schema":                {"GET", "/Schemas/urn:x", nil, 404, "", []string{"Schema not found"}},
		"a filter of schemas":           {"GET", "/Schemas?filter=id+pr", nil, 403, "", []string{"no filter"}},
		"a method too many":             {"PUT", "/Users", user("x"), 405, "", []string{"GET, POST only"}},
		"another method too many":       {"POST", "/Users/" + ada, user("x"), 405, "", []string{"DELETE, GET, PATCH, PUT only"}},
		"a bulk that is read":           {"GET", "/Bulk", nil, 405, "", []string{"POST only"}},
		"oneself":                       {"GET", "/Me", nil, 501, "", []string{"/Me is not offered"}},
		"oneself, by PATCH":             {"PATCH", "/Me", patchOf(), 501, "", nil},
		"a wrong type before a right one": {"PATCH", "/Users/" + ada, patchOf(
			obj{"op": "replace", "path": "displayName", "value": 1}, obj{"op": "replace", "path": "displayName", "value": "Ada"},
			obj{"op": "replace", "path": "title", "value": "changed"},
		), 400, "invalidValue", []string{"operation 1: displayName must be a string"}},
		"a group that gets no name": {"PATCH", "/Groups/" + team, patchOf(
			obj{"op": "add", "path": "members", "value": []obj{{"value": resting}}}, obj{"op": "replace", "path": "displayName", "value": 1},
		), 400, "invalidValue", []string{"operation 2: displayName must be"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := w.in(t)
			a := w.send(test.method, test.path, test.body)
			w.failed(a, test.status, test.scimType, test.says...)
			if (a.Header.Get("Allow") != "") != (test.status == http.StatusMethodNotAllowed) {
				t.Errorf("Allow: %s", a.Header.Get("Allow"))
			}
			if now := w.everything(); now != before {
				t.Errorf("%s\nwas\n%s", now, before)
			}
		})
	}
}

func replaceAll(body obj, old, with string) string {
	return replace(body, map[string]string{`"` + old + `"`: `"` + with + `"`})
}

// TestMedia: what a body may be called.
func TestMedia(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for media, status := range map[string]int{
		"application/scim+json": 201, "application/json": 201, "Application/SCIM+JSON; charset=UTF-8": 201, "": 201,
		"text/plain": 415, "application/xml": 415, "application/json; charset=latin1": 415, "nonsense/": 415,
	} {
		a := w.send("POST", "/Users", user("for "+media), "Content-Type", media)
		if a.Want(status); status == 415 {
			w.failed(a, status, "", "application/scim+json")
		}
	}
}

// TestTokens: who may come in, and that all others hear the same.
func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const other = "another-token-of-more-than-32-characters"
	elsewhere, _ := w.addDirectory("elsewhere", other)
	w.update(func(tx *store.Tx) error {
		_, _, err := tx.AddSCIMToken(w.account, w.directory.ID, store.NewSCIMToken{Name: "run", Token: "a-token-for-a-run-of-32-characters", Run: true})
		return err
	})
	id := w.addUser("ada@acme.com")
	var refusals []string
	for name, headers := range map[string][]string{
		"none":           {"Authorization", ""},
		"empty":          {"Authorization", "Bearer "},
		"another scheme": {"Authorization", "Basic " + token},
		"unknown":        {"Authorization", "Bearer " + token + "x"},
		"of another":     {"Authorization", "Bearer " + other},
		"an api key":     {"Authorization", "Bearer pnu_owner"},
	} {
		for _, path := range []string{"/Users/" + id, "/ServiceProviderConfig", "/nowhere", ""} {
			a := w.send("GET", path, nil, headers...)
			w.failed(a, http.StatusUnauthorized, "")
			if got := a.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
				t.Errorf("%s: WWW-Authenticate %q", name, got)
			}
			refusals = append(refusals, a.Body)
		}
	}
	a, err := w.Try("GET", scim.Endpoint("", "nowhere")+"/Users", token, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.failed(a, http.StatusUnauthorized, "")
	for _, refusal := range append(refusals, a.Body) {
		if refusal != refusals[0] {
			t.Errorf("%s tells more than %s", refusal, refusals[0])
		}
	}
	a, err = w.Try("GET", scim.Endpoint("", elsewhere.Endpoint)+"/Users/"+id, other, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.failed(a, http.StatusNotFound, "")

	w.send("GET", "/Users", nil, "Authorization", "bearer a-token-for-a-run-of-32-characters").Want(http.StatusOK)
	w.setState(store.DirectoryUnlinked)
	w.failed(w.send("GET", "/Users", nil), http.StatusForbidden, "", "unlinked", "nothing is read from it")
	w.failed(w.send("POST", "/Users", user("bob@acme.com")), http.StatusForbidden, "", "unlinked")
	w.failed(w.send("GET", "/Users", nil, "Authorization", "Bearer x"), http.StatusUnauthorized, "")
	w.setState(store.DirectoryLinked)
	w.send("GET", "/Users", nil).Want(http.StatusOK)
	w.update(func(tx *store.Tx) error { return tx.DeleteSCIMToken(w.account, w.directory.ID, w.tokenID) })
	w.failed(w.send("GET", "/Users", nil), http.StatusUnauthorized, "")
	if log := w.log.String(); strings.Contains(log, token) || strings.Contains(log, w.directory.Endpoint) || strings.Contains(log, id) ||
		!strings.Contains(log, `"route":"/scim/v2.0/{endpoint}/Users/{id}"`) {
		t.Errorf("log %s", log)
	}
}

func (w *world) setState(state store.DirectoryState) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		_, err := tx.UpdateDirectory(w.account, w.directory.ID, store.DirectoryChange{State: &state})
		return err
	})
}

// TestFirstCallLinks: whatever a call with a good token asks, it links the directory.
func TestFirstCallLinks(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*world) int{
		"a read":      func(w *world) int { return w.send("GET", "/Users", nil).Status },
		"a failure":   func(w *world) int { return w.send("POST", "/Users", "x").Status },
		"no endpoint": func(w *world) int { return w.send("GET", "/nowhere", nil).Status },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.send("GET", "/Users", nil, "Authorization", "Bearer x")
			state := func() (state store.DirectoryState) {
				w.view(func(r *store.Reader) error {
					d, err := r.Directory(w.account, w.directory.ID)
					state = d.State
					return err
				})
				return state
			}
			if got := state(); got != store.DirectoryValidating {
				t.Errorf("after a foreign call it is %s", got)
			}
			call(w)
			if got := state(); got != store.DirectoryLinked {
				t.Errorf("it is %s", got)
			}
		})
	}
}

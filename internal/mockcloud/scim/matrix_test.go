package scim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
)

// TestMatrix sends some cells of the matrix, of which TestEveryCell computes all: every path
// of User, its Enterprise extension and Group with every operation, with a path, without
// one and with a value path, and every JSON type and shape. What it holds the answers against is not the implementation but what any
// right one does:
//
//   - 400 with one of the scimTypes of RFC 7644, table 9, and nothing has changed;
//   - or what a POST of the result stores is the result;
//   - nothing is lost but what the operation names, and of that nothing is less than
//     before unless null, an empty list or a remove asks for it;
//   - sending it again changes nothing, unless it asks for less or changes what it
//     is found by.
func TestMatrix(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	for _, rt := range schema.ResourceTypes() {
		for _, a := range attributesOf(rt) {
			m.try(rt, a.path)
		}
	}
	if m.tried < 400 || m.done < 120 || m.refused < 120 {
		t.Errorf("%d tried, of which %d done and %d refused: the matrix has holes", m.tried, m.done, m.refused)
	}
	t.Logf("%d tried, of which %d done and %d refused", m.tried, m.done, m.refused)
}

// listed is an attribute of a schema document, by its path.
type listed struct {
	path                    string
	kind                    string
	multiValued, isReadOnly bool
}

// attributesOf reads the schema documents as a client does.
func attributesOf(rt *schema.ResourceType) []listed {
	out := []listed{{path: "externalId", kind: "string"}, {path: "id", kind: "string", isReadOnly: true}, {path: "meta", kind: "complex", isReadOnly: true}, {path: "schemas", kind: "reference", multiValued: true}}
	for i, s := range append([]*schema.Schema{rt.Schema}, rt.Extensions...) {
		prefix := ""
		if i > 0 {
			prefix = s.ID + ":"
			out = append(out, listed{path: s.ID, kind: "complex"})
		}
		for _, a := range s.Attributes {
			one := listed{prefix + a.Name, a.Type.String(), a.MultiValued, a.Mutability == schema.ReadOnly}
			out = append(out, one)
			for _, sub := range a.SubAttributes {
				out = append(out, listed{one.path + "." + sub.Name, sub.Type.String(), false, sub.Mutability == schema.ReadOnly})
			}
		}
	}
	return out
}

// matrix is two resources that have something everywhere, and what was tried on them.
type matrix struct {
	*world
	bodies               map[string]obj // by resource type
	others               []string       // ids of users that are in no group
	tried, done, refused int
	random               *rand.Rand
	oneIn                int // how much of the less usual is tried
}

func newMatrix(t *testing.T) *matrix {
	m := &matrix{world: newWorld(t), random: rand.New(rand.NewPCG(13, 2)), oneIn: 500}
	first, second := m.addUser("first@acme.com"), m.addUser("second@acme.com")
	m.others = []string{first, second}
	m.bodies = map[string]obj{"Group": group("team", first, second), "User": {
		"schemas": []any{schema.UserURN}, "userName": "ada@acme.com", "externalId": "x1", "displayName": "Ada King", "active": true,
		"nickName": "A", "profileUrl": "https://acme.com/ada", "title": "T", "userType": "U", "preferredLanguage": "en", "locale": "en-US", "timezone": "UTC",
		"name": obj{"formatted": "Ada King", "familyName": "King", "givenName": "Ada", "middleName": "M", "honorificPrefix": "Ms.", "honorificSuffix": "II"},
		schema.EnterpriseUserURN: obj{
			"employeeNumber": "7", "costCenter": "C", "organization": "O", "division": "D", "department": "P",
			"manager": obj{"value": first, "$ref": "../Users/" + first},
		},
		"addresses": []any{obj{"type": "work", "locality": "London", "primary": true}, obj{"type": "home", "formatted": "Here"}},
	}}
	m.bodies["Group"]["externalId"] = "x2"
	for _, name := range []string{"emails", "phoneNumbers", "ims", "photos", "entitlements", "roles", "x509Certificates"} {
		m.bodies["User"][name] = []any{obj{"value": "YWJj", "type": "work", "primary": true, "display": "One"}, obj{"value": "ZGVm", "type": "home"}}
	}
	return m
}

// shapes are values of every JSON type and shape, and some that fit. Others are the ids of
// two users.
func shapes(others []string) []any {
	plain := []any{"Full Name", "", " ", json.Number("7"), json.Number("1.5"), true, false, "True", nil, "YWJj"}
	out := slices.Clone(plain)
	for _, one := range plain {
		out = append(out, []any{one}, obj{"value": one}, []any{obj{"value": one}}, obj{"unknown": one}, []any{one, one})
	}
	return append(
		out, obj{}, []any{}, []any{obj{}}, []any{[]any{}}, obj{"": nil}, obj{"value": obj{}}, obj{"value": []any{}}, []any{obj{"value": obj{"value": "x"}}},
		obj{"type": "work"}, []any{obj{"type": "work"}}, []any{obj{"id": "x"}}, obj{"primary": true}, obj{"givenName": "X"}, obj{"givenName": 1}, obj{"locality": "X", "type": "other"},
		[]any{obj{"locality": "X"}}, obj{"value": "bmV3", "type": "other", "primary": true}, []any{obj{"value": "bmV3"}, obj{}}, []any{obj{"value": "bmV3"}, nil},
		[]any{obj{"value": "YWJj", "type": "work"}, obj{"value": "YWJj", "type": "work"}}, []any{obj{"value": "bmV3", "primary": true}, obj{"value": "bm93", "primary": "True"}},
		obj{"department": "X"}, obj{"manager": 5}, obj{"manager": "x"}, obj{"$ref": nil, "value": "bmV3"}, obj{"display": "X"}, obj{"displayName": "X"},
		[]any{obj{"value": others[0]}}, others[1], obj{"value": others[0], "type": "User"}, []any{schema.UserURN}, []any{schema.GroupURN}, []any{"urn:x"},
	)
}

// filters choose values in value paths.
func filters(others []string) []string {
	return []string{`type eq "work"`, `type eq "other"`, `type eq "yacht"`, `value pr`, `type eq "home" and primary eq true`, `value eq "` + others[0] + `"`}
}

func chosen(name, filter, sub string) string {
	path := name + "[" + filter + "]"
	if sub != "" {
		path += "." + sub
	}
	return path
}

// cutSub cuts a path into an attribute's and the sub-attribute's name.
func cutSub(path string) (name, sub string) {
	before, after, extended := strings.Cut(path, "2.0:User")
	if !extended {
		before, after = "", path
	} else {
		before += "2.0:User"
	}
	name, sub, _ = strings.Cut(after, ".")
	return before + name, sub
}

// try sends every operation at a path.
func (m *matrix) try(rt *schema.ResourceType, path string) {
	name, sub := cutSub(path)
	a, known := rt.Lookup(name)
	paths := []string{path, strings.ToUpper(path)}
	if known && a.MultiValued && a.Type == schema.Complex {
		for _, filter := range filters(m.others) {
			paths = append(paths, chosen(name, filter, sub))
		}
	}
	for _, value := range shapes(m.others) {
		for _, op := range []string{"add", "replace", "remove", "Replace"} {
			for _, at := range paths {
				// All of it would be very much: a part is drawn, the same in every run.
				if m.random.IntN(m.oneIn) != 0 {
					continue
				}
				m.hold(rt, name, obj{"op": op, "path": at, "value": value})
			}
			if op != "remove" && m.random.IntN(m.oneIn) == 0 {
				m.hold(rt, name, obj{"op": op, "value": obj{path: value}})
			}
		}
	}
	m.hold(rt, name, obj{"op": "remove", "path": path})
}

// hold sends one operation, and holds what came of it against what has to.
func (m *matrix) hold(rt *schema.ResourceType, name string, operation obj) {
	m.tried++
	id := text(m.do(http.MethodPost, rt.Endpoint, m.bodies[rt.ID], http.StatusCreated), "id")
	at := rt.Endpoint + "/" + id
	defer m.request(http.MethodDelete, at, nil)
	before := m.do(http.MethodGet, at, nil, http.StatusOK)
	status, answered := m.request(http.MethodPatch, at, patchOf(operation))
	after := m.do(http.MethodGet, at, nil, http.StatusOK)
	told := fmt.Sprintf("%s %s", rt.ID, text(operation, "op")+" "+text(operation, "path")+" "+text(operation, "value"))
	switch status {
	case http.StatusBadRequest:
		m.refused++
		if !slices.Contains(strings.Fields("invalidValue invalidPath invalidSyntax invalidFilter noTarget mutability"), text(answered, "scimType")) {
			m.t.Errorf("%s: scimType %s", told, text(answered, "scimType"))
		}
		if !reflect.DeepEqual(before, after) {
			m.t.Errorf("%s: was refused and made\n%s", told, text(obj{"is": after}, "is"))
		}
		return
	case http.StatusOK, http.StatusNoContent:
		m.done++
	default:
		m.t.Errorf("%s: %d %s", told, status, text(obj{"is": answered}, "is"))
		return
	}
	for _, problem := range lost(name, operation, before, after) {
		m.t.Errorf("%s: %s", told, problem)
	}
	if isRepeatable(name, operation) {
		m.holdAgain(at, operation, status, after, told)
	}
	m.holdPost(rt, at, after, told)
}

// isRepeatable says whether an operation once more changes nothing: unless it asks for less
// or changes what it is found by.
func isRepeatable(name string, operation obj) bool {
	_, sub, _ := strings.Cut(text(operation, "path"), "].")
	parts, _ := operation["value"].(obj)
	found := sub == "type" || sub == "primary" || strings.Contains(text(operation, "path"), "[") && parts["type"] != nil
	return !found && !strings.EqualFold(name, "members") && !asksForLess(operation["value"])
}

// holdAgain: the same once more changes nothing, whatever is removed by what is said.
func (m *matrix) holdAgain(at string, operation obj, status int, after obj, told string) {
	if now, answered := m.request(http.MethodPatch, at, patchOf(operation)); now != status {
		m.t.Errorf("%s: again answers %d %v", told, now, answered)
	}
	if again := m.do(http.MethodGet, at, nil, http.StatusOK); !reflect.DeepEqual(again, after) {
		m.t.Errorf("%s: again made\n%s\nof\n%s", told, text(obj{"is": again}, "is"), text(obj{"is": after}, "is"))
	}
}

// lost says what is lost: attributes that an operation does not name are as they were,
// and the one that it names has not less, unless it asks for less.
func lost(name string, operation, before, after obj) (problems []string) {
	for key, was := range before {
		// An extension, and what is listed of it.
		named := strings.EqualFold(key, name) || strings.HasPrefix(strings.ToLower(name), strings.ToLower(key)+":")
		if key != "meta" && key != "schemas" && !named && !reflect.DeepEqual(was, after[key]) {
			problems = append(problems, fmt.Sprintf("%s was %v and is %v", key, was, after[key]))
		}
	}
	// Members whom the directory does not know are left out, as the vendor does.
	if operation["op"] == "remove" || asksForLess(operation["value"]) || strings.EqualFold(name, "members") {
		return problems
	}
	if urn, inner, extended := strings.Cut(name, "2.0:User:"); extended {
		was, is := before, after
		before, _ = was[urn+"2.0:User"].(obj)
		after, _ = is[urn+"2.0:User"].(obj)
		name = inner
	}
	// Chosen entries that are given one value are one.
	parts, _ := operation["value"].(obj)
	becomesOne := strings.Contains(text(operation, "path"), "[") && parts["value"] != nil
	return append(problems, lessOf(name, operation["op"] == "add" && !becomesOne, member(before, name), member(after, name))...)
}

// lessOf says what an attribute has less of.
func lessOf(name string, added bool, was, is any) (problems []string) {
	if was != nil && is == nil {
		problems = append(problems, name+" is lost")
	}
	if some, ok := was.([]any); ok && added {
		if left, _ := is.([]any); len(left) < len(some) {
			problems = append(problems, fmt.Sprintf("%v became %v", was, is))
		}
	}
	if parts, ok := was.(obj); ok {
		now, _ := is.(obj)
		for sub := range parts {
			// Another manager has another address.
			if now[sub] == nil && sub != "$ref" {
				problems = append(problems, name+"."+sub+" is lost")
			}
		}
	}
	return problems
}

// asksForLess: null and an empty list do, and an empty text in the place of a value.
func asksForLess(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case []any:
		return len(value) == 0 || len(value) == 1 && asksForLess(value[0])
	case obj:
		if len(value) == 1 {
			for _, inner := range value {
				return asksForLess(inner)
			}
		}
	}
	return false
}

// holdPost: what a resource shows can be sent back, and is what is kept then.
func (m *matrix) holdPost(rt *schema.ResourceType, at string, after obj, told string) {
	again := maps.Clone(after)
	delete(again, "meta")
	delete(again, "id")
	// The name is taken as long as the resource is there.
	m.do(http.MethodDelete, at, nil, http.StatusNoContent)
	status, posted := m.request(http.MethodPost, rt.Endpoint, again)
	if status != http.StatusCreated {
		m.t.Errorf("%s: a POST of what came of it answers %d %s", told, status, text(obj{"is": posted}, "is"))
		return
	}
	made, _ := posted.(obj)
	defer m.do(http.MethodDelete, rt.Endpoint+"/"+text(made, "id"), nil, http.StatusNoContent)
	shown := m.do(http.MethodGet, rt.Endpoint+"/"+text(made, "id"), nil, http.StatusOK)
	delete(shown, "meta")
	delete(shown, "id")
	if !reflect.DeepEqual(shown, again) {
		m.t.Errorf("%s: a POST of\n%s\nmakes\n%s", told, text(obj{"is": again}, "is"), text(obj{"is": shown}, "is"))
	}
}

func member(object obj, name string) any {
	for key, value := range object {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return nil
}

// do is request for what has to answer with a status.
func (m *matrix) do(method, below string, body any, want int) obj {
	status, answered := m.request(method, below, body)
	if status != want {
		m.t.Fatalf("%s %s %v: %d %v", method, below, body, status, answered)
	}
	out, _ := answered.(obj)
	return out
}

// request makes a request without the network: there are very many.
func (m *matrix) request(method, below string, body any) (int, any) {
	var sent string
	if body != nil {
		sent = text(obj{"is": body}, "is")
	}
	r := httptest.NewRequest(method, "http://localhost"+m.path(below), strings.NewReader(sent))
	r.Header.Set("Authorization", "Bearer "+token)
	rec := httptest.NewRecorder()
	m.handler.ServeHTTP(rec, r)
	var out any
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
			m.t.Fatal(err)
		}
	}
	return rec.Code, out
}

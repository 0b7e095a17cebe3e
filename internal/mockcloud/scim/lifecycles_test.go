package scim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// lifecycle is what one identity provider's client sends, from the test of its
// credentials to the end of everybody whom it pushed. Each file in testdata/lifecycles
// is one, made for these tests: no request of a customer's is in them.
type lifecycle struct {
	// Client names the product and how it is configured, About what is its own in how it
	// speaks SCIM, and Sources the public documentation and reports that this is known from.
	Client  string   `json:"client"`
	About   string   `json:"about"`
	Sources []string `json:"sources"`
	// Agent and Media are the User-Agent and the Content-Type of the requests.
	Agent string `json:"agent"`
	Media string `json:"media"`
	// Directory is the directory as a scenario has it, but for its endpoint and token.
	Directory map[string]any `json:"directory"`
	// Mappings are mappings of the directory by an attribute.
	Mappings []attributeMapping `json:"mappings"`
	// Never says of stages that the client has none of them, and why.
	Never map[string]string `json:"never"`
	Steps []step            `json:"steps"`
}

// attributeMapping gives the people of whom an attribute says something a role.
type attributeMapping struct {
	Attribute string `json:"attribute"`
	Equals    string `json:"equals"`
	Role      string `json:"role"`
}

// stages are what every lifecycle has, unless its client never does it.
var stages = []string{
	"probe", "look up user", "create user", "look up user again", "update user", "create group", "add members",
	"remove members", "rename group", "deactivate user", "reactivate user", "delete user", "create user again",
}

// step is one request and what has to come of it. In its texts, names included,
// {{ada.id}} is a value of the answer that an earlier step keeps As ada.
type step struct {
	Name string `json:"name"`
	// Does is the stage that the step is, if it is one.
	Does    string `json:"does"`
	Method  string `json:"method"`
	Path    string `json:"path"`
	Request any    `json:"request"`
	Status  int    `json:"status"`
	// ScimType is that of an error.
	ScimType string `json:"scimType"`
	// Response is compared as compare says; nil is no body, or what an error's has to be.
	Response any    `json:"response"`
	As       string `json:"as"`
	// What became of the account holds in all steps that follow, until one says otherwise:
	// Account is the members by their email, null for who is none. There are no others.
	Account map[string]any `json:"account"`
	// Groups are the directory's groups by their SCIM id, with their teams' names and
	// people by email; null for one that is gone, whose team is gone with it.
	Groups map[string]any `json:"groups"`
	// Held are the userNames of all who are held.
	Held []any `json:"held"`
}

// TestLifecycles plays each lifecycle to a server.
func TestLifecycles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "lifecycles", "*.json"))
	if err != nil || len(files) < 9 {
		t.Fatalf("%d lifecycles: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var l lifecycle
			d := json.NewDecoder(bytes.NewReader(raw))
			d.DisallowUnknownFields()
			if err := d.Decode(&l); err != nil {
				t.Fatal(err)
			}
			checkWhole(t, l)
			walk(t, l)
		})
	}
}

// checkWhole checks that a lifecycle has every stage, or says why its client never does it.
func checkWhole(t *testing.T, l lifecycle) {
	t.Helper()
	if l.Client == "" || l.About == "" || len(l.Sources) == 0 {
		t.Error("it does not say of what client it is, and from what that is known")
	}
	does := make(map[string]bool)
	for _, s := range l.Steps {
		if does[s.Does] = true; s.Does != "" && !slices.Contains(stages, s.Does) {
			t.Errorf("%s: there is no stage %q", s.Name, s.Does)
		}
	}
	for _, stage := range stages {
		if does[stage] == (l.Never[stage] != "") {
			t.Errorf("%s: is there %t, never for the reason %q", stage, does[stage], l.Never[stage])
		}
	}
	for stage := range l.Never {
		if !slices.Contains(stages, stage) {
			t.Errorf("there is no stage %q", stage)
		}
	}
}

// lifecycleEndpoint is where the directory of a lifecycle is pushed to.
const lifecycleEndpoint = "/scim/v2.0/lifecycles"

func walk(t *testing.T, l lifecycle) {
	l.Directory["endpoint"], l.Directory["token"] = "lifecycles", token
	directory, err := json.Marshal(l.Directory)
	if err != nil {
		t.Fatal(err)
	}
	// JSON is YAML. Grace was here before the directory.
	server := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [sso, scim, teams]
    rate_limit_per_minute: 0
    domains: [acme.com]
    users:
      - {email: owner@acme.com, role: Owner, api_key: `+mocktest.Owner+`}
      - {email: grace@acme.com, role: Collaborator}
    directories: [`+string(directory)+`]
`)})
	w := &walker{
		Server: server, t: t, lifecycle: l, kept: obj{}, teams: make(map[string]string), groups: obj{}, held: new([]any),
		members: obj{
			"owner@acme.com": obj{"role": "Owner", "active": true, "directory": false},
			"grace@acme.com": obj{"role": "Collaborator", "active": true, "directory": false},
		},
	}
	var directories []mocktest.Row
	w.Call(http.MethodGet, mocktest.Root+"/sso/directories", mocktest.Owner, nil).Want(http.StatusOK).Into(&directories)
	w.directory = mocktest.Root + "/sso/directories/" + directories[0].ID
	for i, m := range l.Mappings {
		w.Call(http.MethodPost, w.directory+"/group_role_mappings", mocktest.Owner, obj{
			"match": obj{"attribute": m.Attribute, "equals": m.Equals}, "account_role_id": w.RoleNamed(m.Role).ID, "priority": i + 1,
		}).Want(http.StatusCreated)
	}
	for i, s := range l.Steps {
		if !t.Run(fmt.Sprintf("%02d %s", i+1, s.Name), func(t *testing.T) { w.in(t).take(s) }) {
			t.FailNow() // what follows builds on it
		}
	}
}

// walker goes through a lifecycle.
type walker struct {
	*mocktest.Server
	t         testing.TB
	lifecycle lifecycle
	// directory is the path of the directory in the account's API.
	directory string
	// kept are the answers that steps keep, by name.
	kept obj
	// members and groups are what the account has to say, as in steps, held who is held.
	members, groups obj
	held            *[]any
	// teams are the ids of teams by those of their groups.
	teams map[string]string
}

func (w *walker) in(t testing.TB) *walker {
	other := *w
	other.t, other.Server = t, w.In(t)
	return &other
}

func (w *walker) take(s step) {
	w.t.Helper()
	a, err := w.Try(s.Method, lifecycleEndpoint+w.address(s.Path), token, w.filled(s.Request),
		"Content-Type", w.lifecycle.Media, "Accept", "application/scim+json", "User-Agent", w.lifecycle.Agent)
	if err != nil {
		w.t.Fatal(err)
	}
	a.Want(s.Status)
	var body any
	if a.Body != "" {
		a.Into(&body)
		if media := a.Header.Get("Content-Type"); media != "application/scim+json" {
			w.t.Errorf("Content-Type %s", media)
		}
	}
	if s.Status >= http.StatusBadRequest && s.Response == nil {
		s.Response = obj{"schemas": []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": strconv.Itoa(s.Status), "detail": "<any>"}
	}
	if problems := compare(w.filled(s.Response), body, "response"); len(problems) > 0 {
		w.t.Errorf("%s\nof %s", strings.Join(problems, "\n"), a.Body)
	}
	if got := text(body, "scimType"); got != s.ScimType {
		w.t.Errorf("scimType %s of %s", got, a.Body)
	}
	w.checkResource(a, body)
	if s.As != "" {
		w.kept[s.As] = body
	}
	w.expect(s)
	w.checkMembers()
	w.checkGroups()
	w.checkHeld()
}

// expect takes in what a step says of the account.
func (w *walker) expect(s step) {
	w.t.Helper()
	for email, says := range s.Account {
		w.members[email] = says
	}
	for id, says := range s.Groups {
		name, _ := w.filled(id).(string)
		w.groups[name] = says
	}
	if s.Held != nil {
		*w.held = s.Held
	}
}

// checkResource checks what is the same for every answer that is a resource: meta and
// the headers say the same, and where it is found.
func (w *walker) checkResource(a mocktest.Answer, body any) {
	w.t.Helper()
	kind := text(body, "meta.resourceType")
	if kind != "User" && kind != "Group" {
		return
	}
	location := w.URL + lifecycleEndpoint + "/" + kind + "s/" + text(body, "id")
	version := text(body, "meta.version")
	if text(body, "meta.location") != location || a.Header.Get("Location") != location || version == "" || a.Header.Get("ETag") != version {
		w.t.Errorf("%v does not fit the body %s, or is not at %s", a.Header, a.Body, location)
	}
	for _, when := range []string{"created", "lastModified"} {
		if _, err := time.Parse(time.RFC3339, text(body, "meta."+when)); err != nil {
			w.t.Errorf("%s: %v", when, err)
		}
	}
}

// rows are the account's members.
func (w *walker) rows() (rows []mocktest.Row) {
	w.t.Helper()
	w.Call(http.MethodPost, mocktest.Root+"/account_memberships/filter", mocktest.Owner, obj{}).Want(http.StatusOK).Into(&rows)
	return rows
}

// checkMembers holds what the account's API says of each member against what it has to.
func (w *walker) checkMembers() {
	w.t.Helper()
	there := make(map[string]string)
	for _, row := range w.rows() {
		if there[row.Email] = row.ID; w.members[row.Email] == nil {
			w.t.Errorf("%s is a member", row.Email)
		}
	}
	for email, want := range w.members {
		var got any
		if id := there[email]; id != "" {
			got = w.member(id)
		}
		if problems := compare(want, got, email); len(problems) > 0 {
			w.t.Errorf("the account says\n%s", strings.Join(problems, "\n"))
		}
	}
}

func (w *walker) member(id string) any {
	w.t.Helper()
	var m obj
	w.Call(http.MethodGet, mocktest.Root+"/account_memberships/"+id, mocktest.Owner, nil).Want(http.StatusOK).Into(&m)
	teams := []any{}
	for _, name := range each(m["teams"], "name") {
		teams = append(teams, name)
	}
	return obj{
		"role": m["account_role_name"], "active": m["active"], "teams": teams, "directory": m["directory_id"] != nil,
		"name": strings.TrimSpace(text(m, "first_name") + " " + text(m, "last_name")),
	}
}

// checkGroups holds the directory's groups and their teams against what they have to be.
// A group keeps its team, whatever becomes of its name and people.
func (w *walker) checkGroups() {
	w.t.Helper()
	var teams []obj
	w.Call(http.MethodPost, mocktest.Root+"/teams/filter", mocktest.Owner, obj{}).Want(http.StatusOK).Into(&teams)
	people := make(map[string]string)
	for _, row := range w.rows() {
		people[row.ActorID] = row.Email
	}
	alive := 0
	for group, want := range w.groups {
		var found struct{ Data []obj }
		w.Call(http.MethodGet, w.directory+"/groups?filter="+url.QueryEscape(`id eq "`+group+`"`), mocktest.Owner, nil).Want(http.StatusOK).Into(&found)
		var got any
		if len(found.Data) > 0 {
			alive++
			got = w.group(group, found.Data[0], teams, people)
		}
		if problems := compare(want, got, "group "+group); len(problems) > 0 {
			w.t.Errorf("%s", strings.Join(problems, "\n"))
		}
	}
	if len(teams) != alive {
		w.t.Errorf("%d groups have %d teams", alive, len(teams))
	}
}

// group is a group as lifecycles have it.
func (w *walker) group(id string, row obj, teams []obj, people map[string]string) any {
	w.t.Helper()
	for _, team := range teams {
		if team["workos_directory_group_id"] != row["id"] {
			continue
		}
		if known := w.teams[id]; known != "" && known != team["id"] {
			w.t.Errorf("the team of the group %s was %s and is %s", id, known, team["id"])
		}
		w.teams[id] = text(team, "id")
		emails := each(team["memberships"], "email")
		for i, actor := range each(team["memberships"], "id") {
			if people[actor] != emails[i] {
				w.t.Errorf("%s in the team is %s, who is %q", actor, emails[i], people[actor])
			}
		}
		slices.Sort(emails)
		in := []any{}
		for _, email := range emails {
			in = append(in, email)
		}
		return obj{"name": row["name"], "team": team["name"], "members": in}
	}
	return obj{"name": row["name"]}
}

// checkHeld holds who is held against who has to be.
func (w *walker) checkHeld() {
	w.t.Helper()
	var found struct{ Data []obj }
	w.Call(http.MethodGet, w.directory+"/users?held=true", mocktest.Owner, nil).Want(http.StatusOK).Into(&found)
	got := []any{}
	for _, row := range found.Data {
		if got = append(got, row["username"]); text(row, "held_reason") == "" || row["account_membership_id"] != nil {
			w.t.Errorf("%v is held", row)
		}
	}
	want := append([]any{}, *w.held...)
	if problems := compare(want, got, "held"); len(problems) > 0 {
		w.t.Errorf("%s", strings.Join(problems, "\n"))
	}
}

var blank = regexp.MustCompile(`\{\{[^{}]+\}\}`)

// filled puts kept values in the place of their names in all texts of a value.
func (w *walker) filled(value any) any {
	switch value := value.(type) {
	case string:
		return blank.ReplaceAllStringFunc(value, func(name string) string {
			found := text(w.kept, strings.Trim(name, "{}"))
			if found == "" {
				w.t.Fatalf("%s was not kept", name)
			}
			return found
		})
	case []any:
		out := make([]any, len(value))
		for i, element := range value {
			out[i] = w.filled(element)
		}
		return out
	case obj:
		out := make(obj, len(value))
		for name, member := range value {
			out[name] = w.filled(member)
		}
		return out
	}
	return value
}

// address fills a path and escapes its query as clients do.
func (w *walker) address(path string) string {
	path, query, ok := strings.Cut(text(obj{"path": w.filled(path)}, "path"), "?")
	if !ok {
		return path
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue // OneLogin ends its addresses with an & or a ?
		}
		pairs[i] = name + "=" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	}
	return path + "?" + strings.Join(pairs, "&")
}

// compare says what is not as wanted. An object may have more than is wanted of it, a
// list may not. "<absent>" wants nothing there, "<any>" something, and "<not x>"
// something else than x.
func compare(want, got any, at string) (problems []string) {
	differs := []string{fmt.Sprintf("%s is %s, not %s", at, text(obj{"": got}, ""), text(obj{"": want}, ""))}
	switch want := want.(type) {
	case obj:
		object, ok := got.(obj)
		if !ok {
			return differs
		}
		for name, member := range want {
			if value, there := object[name]; member != "<absent>" {
				problems = append(problems, compare(member, value, at+"."+name)...)
			} else if there {
				problems = append(problems, fmt.Sprintf("%s has %s", at, name))
			}
		}
		return problems
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return differs
		}
		for i, element := range want {
			problems = append(problems, compare(element, list[i], fmt.Sprintf("%s[%d]", at, i))...)
		}
		return problems
	case string:
		other, not := strings.CutPrefix(strings.TrimSuffix(want, ">"), "<not ")
		if want == "<any>" && got != nil || not && got != nil && got != other {
			return nil
		}
	}
	if !reflect.DeepEqual(want, got) {
		return differs
	}
	return nil
}

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
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// life is what one identity provider sends, from the test of its credentials to the
// end of everybody whom it pushed. Each file in testdata is one.
type life struct {
	About string `json:"about"`
	// Agent and Media are the User-Agent and the Content-Type of the requests.
	Agent string `json:"agent"`
	Media string `json:"media"`
	// Directory is the directory as a scenario has it, but for its endpoint and token.
	Directory map[string]any `json:"directory"`
	Steps     []step         `json:"steps"`
}

// step is one request and what has to come of it. In its texts {{ada.id}} is a value
// of the answer that an earlier step keeps As ada.
type step struct {
	Name    string `json:"name"`
	Method  string `json:"method"`
	Path    string `json:"path"`
	Request any    `json:"request"`
	Status  int    `json:"status"`
	// Response is compared as compare says; nil is no body.
	Response any    `json:"response"`
	As       string `json:"as"`
	// Account is what the account's API says of members by their email, null for who
	// is none. It holds in all steps that follow, until one says otherwise.
	Account map[string]any `json:"account"`
}

// TestLives plays each life to a server.
func TestLives(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no lives: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var told life
			d := json.NewDecoder(bytes.NewReader(raw))
			d.DisallowUnknownFields()
			if err := d.Decode(&told); err != nil {
				t.Fatal(err)
			}
			walk(t, told)
		})
	}
}

// livesEndpoint is where the directory of a life is pushed to.
const livesEndpoint = "/scim/v2.0/lives"

func walk(t *testing.T, told life) {
	told.Directory["endpoint"], told.Directory["token"] = "lives", token
	directory, err := json.Marshal(told.Directory)
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
	w := &walker{Server: server, t: t, told: told, kept: obj{}, members: map[string]any{
		"owner@acme.com": obj{"role": "Owner", "active": true, "directory": false},
	}}
	for i, s := range told.Steps {
		if !t.Run(fmt.Sprintf("%02d %s", i+1, s.Name), func(t *testing.T) { w.in(t).take(s) }) {
			t.FailNow() // what follows builds on it
		}
	}
}

// walker goes through a life.
type walker struct {
	*mocktest.Server
	t    testing.TB
	told life
	// kept are the answers that steps keep, by name.
	kept obj
	// members is what the account has to say, by email.
	members map[string]any
}

func (w *walker) in(t testing.TB) *walker {
	other := *w
	other.t, other.Server = t, w.In(t)
	return &other
}

func (w *walker) take(s step) {
	w.t.Helper()
	a, err := w.Try(s.Method, livesEndpoint+w.address(s.Path), token, w.filled(s.Request),
		"Content-Type", w.told.Media, "Accept", "application/scim+json", "User-Agent", w.told.Agent)
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
	if problems := compare(w.filled(s.Response), body, "response"); len(problems) > 0 {
		w.t.Errorf("%s\nof %s", strings.Join(problems, "\n"), a.Body)
	}
	w.checkResource(a, body)
	if s.As != "" {
		w.kept[s.As] = body
	}
	for email, says := range s.Account {
		w.members[email] = says
	}
	for email, want := range w.members {
		if problems := compare(want, w.member(email), email); len(problems) > 0 {
			w.t.Errorf("the account says\n%s", strings.Join(problems, "\n"))
		}
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
	location := w.URL + livesEndpoint + "/" + kind + "s/" + text(body, "id")
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

// member is what the account's API says of the member with an email address.
func (w *walker) member(email string) any {
	w.t.Helper()
	var rows []mocktest.Row
	w.Call(http.MethodPost, mocktest.Root+"/account_memberships/filter", mocktest.Owner,
		obj{"account_memberships": obj{"email": obj{"any_": []string{email}}}}).Want(http.StatusOK).Into(&rows)
	if len(rows) == 0 {
		return nil
	}
	var m obj
	w.Call(http.MethodGet, mocktest.Root+"/account_memberships/"+rows[0].ID, mocktest.Owner, nil).Want(http.StatusOK).Into(&m)
	teams := []any{}
	for _, name := range each(m["teams"], "name") {
		teams = append(teams, name)
	}
	return obj{
		"role": m["account_role_name"], "active": m["active"], "teams": teams, "directory": m["directory_id"] != nil,
		"name": strings.TrimSpace(text(m, "first_name") + " " + text(m, "last_name")),
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
		name, value, _ := strings.Cut(pair, "=")
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

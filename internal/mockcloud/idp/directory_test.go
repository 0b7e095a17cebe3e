package idp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const scimToken = "scim-token-0123456789"

// endpoint is as much of a SCIM endpoint as a push needs; package push has the
// tests of what is pushed.
type endpoint struct {
	*httptest.Server
	mu     sync.Mutex
	made   int
	writes []string
}

func startEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	status, answer := http.StatusOK, `{"Resources":[]}`
	switch {
	case r.Header.Get("Authorization") != "Bearer "+scimToken:
		status, answer = http.StatusUnauthorized, `{"detail":"unknown token"}`
	case strings.Contains(string(body), "refused@"):
		status, answer = http.StatusBadRequest, `{"detail":"not this one"}`
	case r.Method == http.MethodPost:
		e.made++
		status, answer = http.StatusCreated, fmt.Sprintf(`{"id":"%d"}`, e.made)
	}
	if r.Method != http.MethodGet {
		e.writes = append(e.writes, r.Method+" "+r.URL.Path+" "+string(body))
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer) // the pusher may be gone
}

func (e *endpoint) last() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.writes) == 0 {
		return ""
	}
	return e.writes[len(e.writes)-1]
}

// call makes a call of the directory's API.
func (w *world) call(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, w.base+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return w.do(t, r)
}

// TestLeaversCannotLogIn: from the moment on, also with what they had begun.
func TestLeaversCannotLogIn(t *testing.T) {
	t.Parallel()
	w := startSAML(t)
	codes := w.logIn(t, w.request(), ada.Subject)
	status, tokens := w.exchange(t, w.logIn(t, w.request(), ada.Subject).Get("code"))
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, tokens)
	}
	if err := w.Leave("ADA@acme.com"); err != nil {
		t.Fatal(err)
	}
	if page := w.get(t, w.request()); strings.Contains(page.body, ada.Email) || !strings.Contains(page.body, "grace@acme.com") {
		t.Error("the page offers somebody who has left")
	}
	for _, form := range []url.Values{{"person": {ada.Subject}}, {"email": {ada.Email}}} {
		if got := callbackOf(t, w.post(t, w.request(), form)); got.Get("error") != "access_denied" || got.Has("code") || got.Get("iss") != w.base {
			t.Errorf("%v: %v", form, got)
		}
	}
	if status, body := w.exchange(t, codes.Get("code")); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("a code from before: %d %v", status, body)
	}
	if got := w.call(t, "GET", "/userinfo", "", "Authorization", fmt.Sprint("Bearer ", tokens["access_token"])); got.status != http.StatusUnauthorized {
		t.Errorf("an access token from before: %d %s", got.status, got.body)
	}
	_, err := w.login(t)
	var refusal *saml.Error
	if !errors.As(err, &refusal) || refusal.Reason != saml.StatusNotSuccess || !strings.Contains(err.Error(), "RequestDenied") {
		t.Errorf("SAML: %v", err)
	}

	if err := w.Return(ada.Email); err != nil {
		t.Fatal(err)
	}
	if got := w.logIn(t, w.request(), ada.Subject); got.Get("code") == "" {
		t.Errorf("back, but: %v", got)
	}
	if _, err := w.login(t); err != nil {
		t.Errorf("back, but: %v", err)
	}
}

// TestDirectoryAPI plays the whole API.
func TestDirectoryAPI(t *testing.T) {
	t.Parallel()
	w, e := start(t), startEndpoint(t)
	target := func(token, style string) string {
		return fmt.Sprintf(`{"endpoint":%q,"token":%q,"style":%q}`, e.URL, token, style)
	}
	const delivered = `{"state":"delivered","delivered_ms":`
	for _, step := range []struct {
		method, path, body string
		status             int
		want               string // in the answer
		then               string // in what the endpoint got last
	}{
		{"GET", "/directory/push", "", 200, `"state":"not_connected","pending":0,`, ""},
		{"POST", "/directory/people?wait=true", `{"email":"early@acme.com"}`, 200, `{"state":"not_connected"}`, ""},
		{"POST", "/directory/leave", `{"email":"early@acme.com"}`, 200, `{"state":"not_connected"}`, ""},
		{"POST", "/directory/people", `{"email":"early@acme.com"}`, 409, "a person with the address early@acme.com has left; a return brings them back", ""},
		{"POST", "/directory/resync", "", 409, "not connected to an endpoint", ""},
		{"PUT", "/directory/target?wait=true", target("wrong", "okta"), 502, `{"state":"quarantined","error":"in quarantine`, ""},
		{"GET", "/directory/push", "", 200, `"state":"quarantined"`, ""},
		{"POST", "/directory/leave?wait=true", `{"email":"grace@acme.com"}`, 502, `"state":"quarantined"`, ""},
		{"PUT", "/directory/target", target(scimToken, "fax"), 422, "none of [entra okta okta-put]", ""},
		{"PUT", "/directory/target", `{"endpoint":"http://192.0.2.1/","token":"x","style":"okta"}`, 422, "192.0.2.1 is neither this machine", ""},
		{"PUT", "/directory/target?wait=true", target(scimToken, "okta"), 200, delivered, ""},
		{"POST", "/directory/people?wait=true", `[{"email":"a@acme.com","groups":["Staff"]},{"email":"b@acme.com","first_name":"B","last_name":"X","title":"T","department":"D"}]`, 200, delivered, ""},
		{"POST", "/directory/people?wait=true", `[{"email":"c@acme.com"},{"email":"C@acme.com"}]`, 409, "already has the email address C@acme.com", ""},
		{"POST", "/directory/people?wait=true", `{"email":"refused@acme.com"}`, 502, `{"state":"failed","error":"refused@acme.com: the endpoint answered 400: not this one"}`, ""},
		{"DELETE", "/directory/people/refused@acme.com?wait=true", "", 200, delivered, ""},
		{"POST", "/directory/people", `{"email":"nobody"}`, 422, `\"nobody\" is not an email address`, ""},
		{"POST", "/directory/people", `{"email":"x@acme.com","salary":1}`, 422, `unknown field \"salary\"`, ""},
		{"POST", "/directory/people", `{"email":"x@acme.com"} {}`, 422, "more than one JSON value", ""},
		{"POST", "/directory/people", `{"email":"x@acme.com","title":"` + strings.Repeat("x", 300<<10) + `"}`, 413, "over 256 KiB", ""},
		{"POST", "/directory/people?wait=maybe", `{"email":"x@acme.com"}`, 422, "wait is true or false", ""},
		{"PATCH", "/directory/people/b@acme.com?wait=true", `{"title":"Boss"}`, 200, delivered, `"title":"Boss"`},
		{"PATCH", "/directory/people/b@acme.com", `{"email":"ada@acme.com"}`, 409, "already has the email address ada@acme.com", ""},
		{"PATCH", "/directory/people/x@acme.com", `{}`, 404, "no person here has the email address", ""},
		{"POST", "/directory/leave?wait=true", `{"email":"b@acme.com"}`, 200, delivered, `{"active":false}`},
		{"POST", "/directory/return?wait=true", `{"email":"b@acme.com"}`, 200, delivered, `{"active":true}`},
		{"POST", "/directory/leave", `{"email":"x@acme.com"}`, 404, "no person here", ""},
		{"POST", "/directory/groups?wait=true", `{"name":"R&D / Ops","members":["a@acme.com"]}`, 200, delivered, `"op":"add"`},
		{"POST", "/directory/groups", `{"name":"r&d / ops"}`, 409, "there is a group", ""},
		{"POST", "/directory/groups", `{"name":""}`, 422, "name is empty", ""},
		{"POST", "/directory/groups/R&D%20%2F%20Ops/members?wait=true", `{"members":["b@acme.com"]}`, 200, delivered, `"display":"b@acme.com"`},
		{"DELETE", "/directory/groups/R&D%20%2F%20Ops/members/b@acme.com?wait=true", "", 200, delivered, `"op":"remove"`},
		{"PATCH", "/directory/groups/R&D%20%2F%20Ops?wait=true", `{"name":"Ops"}`, 200, delivered, `"displayName":"Ops"`},
		{"PATCH", "/directory/groups/Ops", `{"name":"Staff"}`, 409, "there is a group", ""},
		{"DELETE", "/directory/groups/Ops?wait=true", "", 200, delivered, "DELETE /Groups/"},
		{"DELETE", "/directory/groups/Ops", "", 404, "there is no group", ""},
		{"GET", "/directory", "", 200, `{"email":"a@acme.com","first_name":"","last_name":"","title":"","department":"","groups":["Staff"],"active":true,"push":"delivered"}`, ""},
		{"GET", "/directory", "", 200, `"groups":[{"name":"Engineers","members":["ada@acme.com"],"push":"delivered"},{"name":"Staff","members":["a@acme.com"],"push":"delivered"}]`, ""},
		{"DELETE", "/directory/target", "", 204, "", ""},
		{"GET", "/directory/push", "", 200, `"state":"not_connected"`, ""},
		{"GET", "/directory/leave", "", 405, "", ""},
	} {
		got := w.call(t, step.method, step.path, step.body)
		if got.status != step.status || !strings.Contains(got.body, strings.NewReplacer("&", `\u0026`).Replace(step.want)) {
			t.Errorf("%s %s %.80s: %d %s", step.method, step.path, step.body, got.status, got.body)
		}
		if !strings.Contains(e.last(), step.then) {
			t.Errorf("%s %s %s: the endpoint got %s", step.method, step.path, step.body, e.last())
		}
		if strings.Contains(got.body, scimToken) {
			t.Errorf("%s %s tells the token", step.method, step.path)
		}
		if got.status >= 400 && got.status != 405 && !json.Valid([]byte(got.body)) {
			t.Errorf("%s %s: %s", step.method, step.path, got.body)
		}
	}
}

// TestDirectoryWalls: pages of other origins neither read nor change anything.
func TestDirectoryWalls(t *testing.T) {
	t.Parallel()
	w := start(t)
	for name, tt := range map[string]struct {
		method string
		path   string
		header []string
		want   int
	}{
		"another site reads":     {"GET", "/directory", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"another origin reads":   {"GET", "/directory/push", []string{"Origin", "https://evil.example"}, 403},
		"another site writes":    {"POST", "/directory/leave", []string{"Sec-Fetch-Site", "same-site"}, 403},
		"another origin writes":  {"POST", "/directory/leave", []string{"Origin", "null"}, 403},
		"another origin targets": {"PUT", "/directory/target", []string{"Origin", "http://127.0.0.1:1"}, 403},
		"a form":                 {"POST", "/directory/leave", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		"plain text":             {"POST", "/directory/leave", []string{"Content-Type", "text/plain"}, 415},
		"a form of another site": {"POST", "/people", []string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site"}, 403},
		"its own page":           {"POST", "/directory/leave", []string{"Origin", w.base, "Sec-Fetch-Site", "same-origin"}, 200},
	} {
		body := ""
		if tt.method != "GET" {
			body = `{"email":"grace@acme.com"}`
		}
		if tt.path == "/people" {
			body = "do=leave&email=ada%40acme.com"
		}
		if got := w.call(t, tt.method, tt.path, body, tt.header...); got.status != tt.want || got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if people := w.People(); len(people) != 1 || people[0].Email != ada.Email {
		t.Errorf("%v", people)
	}
}

// TestDirectoryPage uses the page's forms as a browser does.
func TestDirectoryPage(t *testing.T) {
	t.Parallel()
	w, e := start(t), startEndpoint(t)
	press := func(form url.Values) answer {
		t.Helper()
		got := w.post(t, w.base+"/people", form, "Origin", w.base, "Sec-Fetch-Site", "same-origin")
		if got.status != http.StatusSeeOther {
			return got
		}
		return w.get(t, w.base+got.header.Get("Location"))
	}
	if err := w.Connect(idp.Target{Endpoint: e.URL, Token: scimToken, Style: push.Entra}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		form  url.Values
		wants []string
	}{
		{url.Values{"do": {"leave"}, "email": {ada.Email}}, []string{`role="status">Ada Lovelace has left, and cannot log in any more. Delivered after `, `value="return" aria-label="Return: Ada Lovelace"`}},
		{url.Values{"do": {"return"}, "email": {ada.Email}, "q": {"ada"}}, []string{"Ada Lovelace works here. Delivered after ", `aria-label="Leave: Ada Lovelace"`, "1 in all", `value="ada"`}},
		{url.Values{"do": {"add"}, "email": {"new@acme.com"}, "first_name": {"<b>New</b>"}, "group": {"Staff"}}, []string{"&lt;b&gt;New&lt;/b&gt; works here. Delivered after ", `<option value="Staff">`}},
		{url.Values{"do": {"add"}, "email": {"grace@acme.com"}, "group": {"Staff"}}, []string{"Grace Hopper works here.", "<td>Staff</td><td>2</td>"}},
		{url.Values{"do": {"add"}, "email": {"grace@acme.com"}}, []string{`role="alert">A person here already has the email address grace@acme.com.`}},
		{url.Values{"do": {"leave"}, "email": {"x@acme.com"}}, []string{`role="alert">No person here has the email address`}},
		{url.Values{"email": {"x@acme.com"}}, []string{"The form is not understood"}},
		{url.Values{"do": {"add"}, "email": {"refused@acme.com"}}, []string{"refused@acme.com works here. It could not be delivered: ", "not this one", "1 given up"}},
	} {
		got := press(tt.form)
		for _, want := range tt.wants {
			if !strings.Contains(got.body, want) {
				t.Errorf("%v: %d, no %q in\n%s", tt.form, got.status, want, got.body)
			}
		}
		if strings.Contains(got.body, scimToken) || strings.Contains(got.body, "<b>") {
			t.Errorf("%v: %s", tt.form, got.body)
		}
	}
	w.Disconnect()
	if got := press(url.Values{"do": {"leave"}, "email": {ada.Email}}); !strings.Contains(got.body, "so the change was not pushed") || !strings.Contains(got.body, "Not connected.") {
		t.Errorf("%s", got.body)
	}
}

// TestReset: everybody from the start is back, no others are, and nothing is
// pushed.
func TestReset(t *testing.T) {
	t.Parallel()
	w, e := start(t), startEndpoint(t)
	if err := w.Connect(idp.Target{Endpoint: e.URL, Token: scimToken, Style: push.Okta}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Join(idp.Person{Email: "new@acme.com", Groups: []string{"Staff"}}); err != nil {
		t.Fatal(err)
	}
	for _, change := range []error{
		w.Leave(ada.Email), w.RenameGroup("Engineers", "Crew"), w.AddToGroup("Crew", "grace@acme.com"),
		w.RemoveFromGroup("Crew", ada.Email), w.DeleteGroup("Staff"), w.Resync(), w.Idle(t.Context()),
	} {
		if change != nil {
			t.Error(change)
		}
	}
	if took, err := w.Delivered(t.Context(), ada.Email); err != nil || took <= 0 {
		t.Errorf("%v, %v", took, err)
	}
	w.Misbehave(w.Modes()[0])
	if err := w.Reset(); err != nil {
		t.Fatal(err)
	}
	groups := w.Directory().Groups()
	if people := w.People(); len(people) != 2 || len(groups) != 1 || groups[0].Name != "Engineers" || w.PushStatus().State != push.NotConnected {
		t.Errorf("%v, %v, %+v", people, groups, w.PushStatus())
	}
	if got := w.logIn(t, w.request(), ada.Subject); got.Get("code") == "" {
		t.Errorf("%v", got)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

const scimToken, scimSecret = "scim-token-0123456789", "scim-secret-0123456789"

// endpoint is as much of a SCIM endpoint as a push needs.
type endpoint struct {
	*httptest.Server
	mu       sync.Mutex
	made     int
	requests []string
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
	_, secret, _ := r.BasicAuth()
	switch {
	case r.URL.Path == "/oauth/token" && secret == scimSecret:
		answer = `{"access_token":"` + scimToken + `","token_type":"Bearer"}`
	case r.URL.Path == "/oauth/token":
		status, answer = http.StatusUnauthorized, `{"error":"invalid_client","error_description":"unknown client"}`
	case r.Header.Get("Authorization") != "Bearer "+scimToken:
		status, answer = http.StatusUnauthorized, `{"detail":"unknown token"}`
	case strings.Contains(string(body), "refused@"):
		status, answer = http.StatusBadRequest, `{"detail":"not this one","scimType":"invalidValue"}`
	case r.Method == http.MethodPost:
		e.made++
		status, answer = http.StatusCreated, fmt.Sprintf(`{"id":"%d"}`, e.made)
	case r.Method == http.MethodGet && !r.URL.Query().Has("filter"):
		answer = `{"displayName":"Math"}`
	}
	if r.Method != http.MethodGet && r.URL.Path != "/oauth/token" {
		e.requests = append(e.requests, r.Method+" "+r.URL.Path+" "+string(body))
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer) // the pusher may be gone
}

// last is the newest request that writes.
func (e *endpoint) last() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.requests) == 0 {
		return ""
	}
	return e.requests[len(e.requests)-1]
}

// TestIdP plays a working life with the commands.
func TestIdP(t *testing.T) {
	t.Parallel()
	e := startEndpoint(t)
	r := start(t, "", "--listen", "127.0.0.1:0", "--idp")
	environment := map[string]string{idpVariable: r.IdPURL}
	const delivered = "Delivered after "
	for _, step := range []struct {
		args   string
		stdin  string
		env    string // the token
		code   int
		stdout string
		stderr string
		then   string // in the endpoint's newest request
	}{
		{args: "status", stdout: "The directory is not connected (mockcloud idp connect).\n"},
		{args: "leave grace@acme.com", stdout: "grace@acme.com has left, and cannot log in any more. The directory is not connected, so the change was not pushed (mockcloud idp connect).\n"},
		{args: "connect --endpoint " + e.URL, code: 2, stderr: "connect needs the token, in MOCKCLOUD_SCIM_TOKEN or on standard input"},
		{args: "connect --endpoint " + e.URL, env: "wrong", code: 1, stderr: "The directory pushes to " + e.URL + ", but that could not be delivered: in quarantine, nothing is sent until the token changes: the endpoint answered 401: unknown token"},
		{args: "status", stdout: "quarantined, "},
		{args: "connect --client-id okta --endpoint " + e.URL, code: 2, env: scimToken, stderr: "connect needs the client's secret, in MOCKCLOUD_SCIM_CLIENT_SECRET or on standard input"},
		{args: "connect --client-id okta --endpoint " + e.URL, stdin: "wrong\n", code: 1, stderr: "in quarantine, nothing is sent until the token changes: the endpoint answered 401: no access token was given: unknown client (invalid_client)"},
		{args: "connect --client-id okta --endpoint " + e.URL, stdin: scimSecret + "\n", stdout: "The directory pushes to " + e.URL + ". " + delivered},
		{args: "connect --style entra --endpoint " + e.URL, stdin: scimToken + "\n", stdout: "The directory pushes to " + e.URL + ". " + delivered},
		{args: "connect --endpoint " + e.URL + " --style okta", env: scimToken, stdout: delivered},
		{args: "join new@acme.com --first-name New --group Math --last-name Comer --group Poets", stdout: "new@acme.com has joined. " + delivered, then: `"display":"new@acme.com"`},
		{args: "join new@acme.com", code: 1, stderr: "a person here already has the email address new@acme.com"},
		{args: "join refused@acme.com", code: 1, stderr: "refused@acme.com has joined, but that could not be delivered: refused@acme.com: the endpoint answered 400: not this one (invalidValue)"},
		{args: "leave new@acme.com", stdout: delivered, then: `"Operations":[{"op":"replace","value":{"active":false}}]`},
		{args: "return --json new@acme.com", stdout: `{"state":"delivered","delivered_ms":`, then: `"active":true`},
		{args: "group-add Math ada@acme.com linus@acme.com", stdout: "Math has ada@acme.com, linus@acme.com. " + delivered, then: `"op":"add"`},
		{args: "group-remove Math ada@acme.com", stdout: "Math has no more ada@acme.com. " + delivered, then: `"op":"remove"`},
		{args: "group-remove None ada@acme.com", code: 1, stderr: `there is no group "None"`},
		{args: "leave nobody@acme.com --json", code: 1, stdout: `{"state":"refused","detail":"no person here has the email address \"nobody@acme.com\""}`, stderr: "no person here"},
		{args: "resync", code: 1, stderr: "refused@acme.com: the endpoint answered 400"},
		{args: "status", stdout: " in the style of okta: idle, 0 to deliver, 1 given up; last delivered "},
		{args: "status --json", stdout: `"state":"idle"`},
		{args: "connect --endpoint http://192.0.2.1/scim", env: scimToken, code: 1, stderr: "192.0.2.1 is neither this machine nor the server's public address"},
		{args: "connect", code: 2, stderr: "connect needs --endpoint"},
		{args: "leave", code: 2, stderr: "it is mockcloud idp leave EMAIL; see"},
		{args: "leave a b", code: 2, stderr: "it is mockcloud idp leave EMAIL; see"},
		{args: "fire ada@acme.com", code: 2, stderr: `there is no command "idp fire"`},
		{args: "leave ada@acme.com --force", code: 2, stderr: "flag provided but not defined: -force"},
		{args: "help", stdout: "mockcloud idp leave EMAIL"},
		{args: "leave ada@acme.com --idp-url http://127.0.0.1:1", code: 1, stderr: "nothing listens at http://127.0.0.1:1: start it with \"mockcloud serve --idp\""},
		{args: "leave ada@acme.com --idp-url " + r.URL, code: 1, stderr: "not as a test identity provider does"},
		{args: "leave ada@acme.com --idp-url idp", code: 2, stderr: "--idp-url takes a URL"},
	} {
		environment[scimTokenVariable] = step.env
		var stdout, stderr strings.Builder
		code := run(t.Context(), append([]string{"idp"}, strings.Fields(step.args)...), func(name string) string { return environment[name] },
			strings.NewReader(step.stdin), &stdout, &stderr)
		if code != step.code || !strings.Contains(stdout.String(), step.stdout) || !strings.Contains(stderr.String(), step.stderr) || (stderr.Len() > 0) != (code != 0) {
			t.Errorf("%s: exit code %d\n%s\n%s", step.args, code, stdout.String(), stderr.String())
		}
		if !strings.Contains(e.last(), step.then) {
			t.Errorf("%s: the endpoint got %s", step.args, e.last())
		}
		if strings.Contains(stdout.String()+stderr.String(), scimToken) || strings.Contains(stdout.String()+stderr.String(), scimSecret) {
			t.Errorf("%s tells the token", step.args)
		}
	}
	r.client.CloseIdleConnections()
	r.stop()
	if code := <-r.code; code != 0 || strings.Contains(r.stderr.String(), scimToken) {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
}

// TestIdPHidesTokens: what the provider answers about its target has no token.
func TestIdPHidesTokens(t *testing.T) {
	t.Parallel()
	e := startEndpoint(t)
	r := start(t, "", "--listen", "127.0.0.1:0", "--idp")
	var stdout, stderr strings.Builder
	environment := map[string]string{idpVariable: r.IdPURL, scimTokenVariable: scimToken}
	if code := run(t.Context(), []string{"idp", "connect", "--json", "--endpoint", e.URL}, func(name string) string { return environment[name] }, strings.NewReader(""), &stdout, &stderr); code != 0 {
		t.Fatalf("%d: %s", code, stderr.String())
	}
	for _, path := range []string{"/directory", "/directory/push", "/"} {
		answer, err := r.client.Get(r.IdPURL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.Body.Close() != nil {
			t.Fatal(err)
		}
		stdout.Write(body)
		if path == "/directory" && !json.Valid(body) {
			t.Errorf("%s", body)
		}
	}
	if strings.Contains(stdout.String(), scimToken) || !strings.Contains(stdout.String(), "ada@acme.com") {
		t.Errorf("%s", stdout.String())
	}
	r.client.CloseIdleConnections()
	r.stop()
	<-r.code
}

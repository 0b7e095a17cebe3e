package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		beServer()
	}
	goleak.VerifyTestMain(m)
}

func noEnvironment(string) string { return "" }

// TestArguments: what needs no server.
func TestArguments(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("accounts:\n  - handle: acme\n    domain: acme.com\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		args   []string
		env    string
		code   int
		stdout string
		stderr string
	}{
		{"nothing", nil, "", 0, "mockcloud serve [flags]", ""},
		{"help", []string{"help"}, "", 0, "mockcloud version", ""},
		{"version", []string{"version"}, "", 0, "mockcloud dev\n", ""},
		{"flags", []string{"serve", "-h"}, "", 0, "127.0.0.1:8787", ""},
		{"unknown command", []string{"run"}, "", 2, "", `there is no command "run"`},
		{"unknown flag", []string{"serve", "--port", "1"}, "", 2, "", "flag provided but not defined: -port; see mockcloud serve -h"},
		{"argument", []string{"serve", "acme.yaml"}, "", 2, "", `not "acme.yaml"`},
		{"log format", []string{"serve", "--log-format", "xml"}, "", 2, "", `text or json, not "xml"`},
		{"no address", []string{"serve", "--listen", "8787"}, "", 2, "", `not "8787"`},
		{"public URL with a path", []string{"serve", "--public-url", "https://mock.example.com/x"}, "", 2, "", "a URL without a path"},
		{"public URL without a scheme", []string{"serve", "--public-url", "mock.example.com"}, "", 2, "", "such as https://mock.example.com"},
		{"reachable", []string{"serve", "--listen", "0.0.0.0:0"}, "", 2, "", "needs --allow-remote"},
		{"reachable by all names", []string{"serve", "--listen", ":0"}, "", 2, "", "needs --allow-remote"},
		{"reachable by name", []string{"serve", "--listen", "example.com:0"}, "secret", 2, "", "needs --allow-remote"},
		{"reachable without token", []string{"serve", "--listen", "0.0.0.0:0", "--allow-remote"}, "", 2, "", "--control-token or MOCKCLOUD_CONTROL_TOKEN"},
		{"remote by a proxy without token", []string{"serve", "--allow-remote"}, "", 2, "", "--control-token or"},
		{"misbehaving nobody", []string{"serve", "--idp-misbehave"}, "", 2, "", "only with --idp"},
		{"beginning anew with nothing kept", []string{"serve", "--state-new"}, "", 2, "", "only with --state"},
		{"pushing for nobody", []string{"serve", "--idp-push-to", "https://scim.example.com"}, "", 2, "", "only with --idp"},
		{"pushing to a path", []string{"serve", "--idp", "--idp-push-to", "https://scim.example.com/v2"}, "", 2, "", "an origin such as"},
		{"identity provider for others", []string{"serve", "--listen", "127.0.0.1:0", "--idp", "--idp-listen", "0.0.0.0:0"}, "", 1, "", "on loopback only"},
		{"no such file", []string{"serve", "--scenario", filepath.Join(t.TempDir(), "none.yaml")}, "", 1, "", "none.yaml: no such file"},
		{"broken scenario", []string{"serve", "--scenario", broken}, "", 1, "", broken + `:3: unknown field "domain"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr strings.Builder
			code := run(t.Context(), tt.args, func(string) string { return tt.env }, strings.NewReader(""), &stdout, &stderr)
			if code != tt.code || !strings.Contains(stdout.String(), tt.stdout) || !strings.Contains(stderr.String(), tt.stderr) {
				t.Errorf("exit code %d\n%s\n%s", code, stdout.String(), stderr.String())
			}
			if tt.code != 0 && stdout.Len() != 0 {
				t.Errorf("a failure wrote to standard output: %s", stdout.String())
			}
		})
	}
}

// running is a server that runs in this process.
type running struct {
	t      *testing.T
	stop   context.CancelFunc
	code   chan int
	stderr *lockedBuilder
	client *http.Client

	URL        string `json:"url"`
	APIURL     string `json:"api_url"`
	ConsoleURL string `json:"console_url"`
	IdPURL     string `json:"idp_url"`
}

type lockedBuilder struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (b *lockedBuilder) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuilder) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func start(t *testing.T, env string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t: t, stop: cancel, code: make(chan int, 1), stderr: &lockedBuilder{}, client: &http.Client{Transport: &http.Transport{}}}
	pipe, stdout := io.Pipe()
	go func() {
		r.code <- run(ctx, append([]string{"serve"}, args...), func(string) string { return env }, strings.NewReader(""), stdout, r.stderr)
		_ = stdout.Close() // a pipe's Close never fails
	}()
	if err := json.NewDecoder(pipe).Decode(r); err != nil {
		cancel()
		t.Fatalf("no ready line: %v\n%s", err, r.stderr)
	}
	t.Cleanup(func() { r.client.CloseIdleConnections() })
	return r
}

func (r *running) get(url string, headers ...string) int {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
	}
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode
}

func TestServe(t *testing.T) {
	t.Parallel()
	r := start(t, "", "--listen", "127.0.0.1:0", "--log-format", "json")
	if !strings.HasPrefix(r.URL, "http://127.0.0.1:") || r.APIURL != r.URL+"/api" {
		t.Errorf("%+v", r)
	}
	if status := r.get(r.APIURL+"/me", "Authorization", "Bearer pnu_owner"); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	r.client.CloseIdleConnections()
	r.stop()
	if code := <-r.code; code != 0 {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
	var line struct{ Route, Method string }
	if err := json.Unmarshal([]byte(strings.SplitN(r.stderr.String(), "\n", 2)[0]), &line); err != nil || line.Route != "/api/me/" {
		t.Errorf("%v, %+v: %s", err, line, r.stderr)
	}
}

// TestServeConsole: the console is where the first line says, and whoever watches the
// audit trail there does not hold up the end.
func TestServeConsole(t *testing.T) {
	t.Parallel()
	r := start(t, "", "--listen", "127.0.0.1:0")
	if status := r.get(r.ConsoleURL + "acme/"); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.ConsoleURL+"acme/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	r.stop()
	if text, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(text), "audit trail") {
		t.Errorf("the stream is cut off: %v, %s", err, text)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	r.client.CloseIdleConnections()
	if code := <-r.code; code != 0 {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
}

// TestServeScenario: a scenario of one's own, without our extension.
func TestServeScenario(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "scenario.yaml")
	text := "accounts:\n  - {handle: mine, users: [{email: me@mine.example, role: Owner, api_key: pnu_mine}]}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "", "--listen", "localhost:0", "--scenario", file, "--published-only")
	for key, want := range map[string]int{"pnu_mine": http.StatusOK, "pnu_owner": http.StatusUnauthorized} {
		if status := r.get(r.APIURL+"/me", "Authorization", "Bearer "+key); status != want {
			t.Errorf("%s: %d, want %d", key, status, want)
		}
	}
	r.client.CloseIdleConnections()
	r.stop()
	if code := <-r.code; code != 0 {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
}

// TestServeIdP: the test identity provider is where the first line says, and misbehaves
// only on a server that was told so.
func TestServeIdP(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]int{"--idp-misbehave=false": http.StatusNotFound, "--idp-misbehave": http.StatusOK} {
		r := start(t, "", "--listen", "127.0.0.1:0", "--idp", flag)
		for address, want := range map[string]int{
			r.IdPURL + "/.well-known/openid-configuration": http.StatusOK,
			r.IdPURL + "/saml/metadata":                    http.StatusOK,
			r.URL + "/login":                               http.StatusOK,
			r.URL + "/_mockcloud/idp":                      want,
		} {
			if status := r.get(address); status != want {
				t.Errorf("%s: %s: %d, want %d", flag, address, status, want)
			}
		}
		r.client.CloseIdleConnections()
		r.stop()
		if code := <-r.code; code != 0 {
			t.Errorf("exit code %d: %s", code, r.stderr)
		}
	}
}

// TestServeRemote: others reach it by the names it was told, and steer it with
// the token.
func TestServeRemote(t *testing.T) {
	t.Parallel()
	r := start(t, "s3cret", "--listen", "0.0.0.0:0", "--allow-remote", "--allow-host", "mock.internal")
	for _, tt := range []struct {
		headers []string
		want    int
	}{
		{[]string{"Authorization", "Bearer s3cret"}, http.StatusOK},
		{[]string{"Authorization", "Bearer s3cret", "Host", "mock.internal"}, http.StatusOK},
		{[]string{"Authorization", "Bearer s3cret", "Host", "other.internal"}, http.StatusMisdirectedRequest},
		{nil, http.StatusUnauthorized},
	} {
		if status := r.get(r.URL+"/_mockcloud/requests", tt.headers...); status != tt.want {
			t.Errorf("%v: %d, want %d", tt.headers, status, tt.want)
		}
	}
	r.client.CloseIdleConnections()
	r.stop()
	if code := <-r.code; code != 0 || strings.Contains(r.stderr.String(), "s3cret") {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
}

// TestAddressInUse: the second server says why it cannot.
func TestAddressInUse(t *testing.T) {
	t.Parallel()
	r := start(t, "", "--listen", "127.0.0.1:0")
	var stdout, stderr strings.Builder
	code := run(t.Context(), []string{"serve", "--listen", strings.TrimPrefix(r.URL, "http://")}, noEnvironment, strings.NewReader(""), &stdout, &stderr)
	if code != 1 || !strings.Contains(stderr.String(), "address already in use") || stdout.Len() != 0 {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	r.stop()
	if code := <-r.code; code != 0 {
		t.Errorf("exit code %d: %s", code, r.stderr)
	}
}

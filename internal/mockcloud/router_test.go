package mockcloud_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// TestWalls walks what is refused before any handler runs.
func TestWalls(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{AllowedHosts: []string{"Mock.Example"}})
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	const root = mocktest.Root
	tests := []struct {
		name, method, path, key string
		body                    any
		headers                 []string
		status                  int
		says                    string
	}{
		{"no key", "GET", root, "", nil, nil, 401, "Invalid authentication credentials"},
		{"unknown key", "GET", root, "pnu_nobody", nil, nil, 401, `{"detail":"Invalid authentication credentials"}`},
		{"another scheme", "GET", root, "", nil, []string{"Authorization", "Basic pnu_owner"}, 401, "detail"},
		{"an id that is none", "GET", "/api/accounts/acme", mocktest.Owner, nil, nil, 422, `"loc":["path","account_id"]`},
		{"unknown account", "GET", "/api/accounts/0c1f1d2e-0000-4000-8000-00000000ffff", mocktest.Owner, nil, nil, 404, `{"detail":"Account not found"}`},
		{"no permission", "PATCH", root, mocktest.Member, map[string]any{}, nil, 403, `{"detail":"Missing permission: update:account"}`},
		{"no permission, bad body", "PATCH", root, mocktest.Member, "{", nil, 403, "update:account"},
		{"unknown route", "GET", root + "/nothing", mocktest.Owner, nil, nil, 404, `{"detail":"Not Found"}`},
		{"unknown route without a key", "GET", "/nothing", "", nil, nil, 404, `{"detail":"Not Found"}`},
		{"unclean path", "GET", "/api//accounts/permissions", mocktest.Owner, nil, nil, 404, "Not Found"},
		{"path that climbs", "GET", "/api/me/../accounts/permissions", mocktest.Owner, nil, nil, 404, "Not Found"},
		{"wrong method", "PUT", root, mocktest.Owner, map[string]any{}, nil, 405, "Method Not Allowed"},
		{"trailing slash added", "GET", root + "/domains/", mocktest.Owner, nil, nil, 200, "[]"},
		{"trailing slash left out", "GET", "/api/me", mocktest.Owner, nil, nil, 200, "owner@acme.com"},
		{"too large", "PATCH", root + "/domains", mocktest.Owner, strings.Repeat("x", 5<<20+1), nil, 413, "5 MiB"},
		{"largest", "PATCH", root + "/domains", mocktest.Owner, strings.Repeat(" ", 5<<20-20) + `{"domain_names":[]}`, nil, 204, ""},
		{"not JSON", "PATCH", root, mocktest.Owner, "{", nil, 422, `"type":"json_invalid"`},
		{"a form", "PATCH", root, mocktest.Owner, "name=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 422, "model_attributes_type"},
		{"foreign host", "GET", root, mocktest.Owner, nil, []string{"Host", "evil.example"}, 421, "host name"},
		{"host that looks local", "GET", root, mocktest.Owner, nil, []string{"Host", "localhost.evil.example"}, 421, "host name"},
		{"localhost", "GET", root, mocktest.Owner, nil, []string{"Host", "localhost:" + port}, 200, "acme"},
		{"IPv6 loopback", "GET", root, mocktest.Owner, nil, []string{"Host", "[::1]:" + port}, 200, "acme"},
		{"allowed host", "GET", root, mocktest.Owner, nil, []string{"Host", "mock.example:80"}, 200, "acme"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answer := s.In(t).Call(tt.method, tt.path, tt.key, tt.body, tt.headers...).Want(tt.status, tt.says)
			if answer.Header.Get("X-Request-Id") == "" {
				t.Error("no request id")
			}
			if answer.Status == http.StatusMethodNotAllowed && answer.Header.Get("Allow") != "DELETE, GET, PATCH" {
				t.Errorf("Allow: %q", answer.Header.Get("Allow"))
			}
			for name := range answer.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("a CORS header: %s", name)
				}
			}
		})
	}
}

// TestLengthRequired writes requests by hand: Go's client always says a length.
func TestLengthRequired(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	for name, tt := range map[string]struct{ rest, want string }{
		"none":    {"\r\n", "411"},
		"chunked": {"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "411"},
		"zero":    {"Content-Length: 0\r\n\r\n", "422"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.WriteString(conn, "PATCH "+mocktest.Root+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer pnu_owner\r\n"+tt.rest)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn)
			if err := errors.Join(err, conn.Close()); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(answer), "HTTP/1.1 "+tt.want) {
				t.Errorf("%s, want %s", answer, tt.want)
			}
		})
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	for given, kept := range map[string]bool{"run-1.2_A": true, "a b": false, "<script>": false, strings.Repeat("x", 129): false} {
		got := s.Call("GET", mocktest.Root, mocktest.Owner, nil, "X-Request-Id", given).Header.Get("X-Request-Id")
		if (got == given) != kept || got == "" {
			t.Errorf("%q came back as %q", given, got)
		}
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	c := mocktest.NewClock()
	s := mocktest.Start(t, mockcloud.Config{Clock: c.Now, Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    rate_limit_per_minute: 2
    rate_limit_window: 1500ms
    users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}, {email: ada@acme.com, api_key: pnu_ada}]
  - handle: other
    rate_limit_per_minute: 0
    users: [{email: stranger@other.com, role: Owner, api_key: pnu_stranger}]
`)})
	read := func(key string) mocktest.Answer { return s.Call("GET", mocktest.Root, key, nil) }
	read("pnu_stranger").Want(404)
	read("pnu_nobody").Want(401)
	read("pnu_owner").Want(200) // the refused ones did not count
	read("pnu_ada").Want(200)
	answer := read("pnu_owner").Want(429, "rate limit")
	if got := answer.Header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q, want the window's 1.5 s rounded up", got)
	}
	s.Call("GET", "/api/me", "pnu_owner", nil).Want(200) // belongs to no account
	c.Advance(1500 * time.Millisecond)
	read("pnu_owner").Want(200)
}

func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	s.Call("GET", mocktest.Root+"/domains", mocktest.Owner, nil).Want(200)
	s.Call("GET", mocktest.Root+"/domains/", "", nil).Want(401)
	s.Call("GET", "/api/me", mocktest.Owner, nil).Want(200)
	s.Call("GET", "/nothing", "", nil).Want(404)
	s.Call("PUT", "/api/me", "", "{}").Want(405)
	s.Call("GET", "/_mockcloud/requests", "", nil).Want(200,
		`"total":5`, `{"method":"GET","route":"/api/accounts/{account_id}/domains","count":2}`,
		`{"method":"GET","route":"/api/me/","count":1}`,
		`{"method":"GET","route":"unknown","count":1}`, `{"method":"PUT","route":"unknown","count":1}`)
	s.Call("POST", "/_mockcloud/requests/reset", "", nil).Want(204)
	s.Call("GET", "/_mockcloud/requests", "", nil).Want(200, `"total":0`, `"routes":[]`)
}

// TestLogsTellNothing: patterns and ids of requests, no paths, queries, headers
// or bodies.
func TestLogsTellNothing(t *testing.T) {
	t.Parallel()
	var log mocktest.Log
	s := mocktest.Start(t, mockcloud.Config{Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	s.Call("PATCH", mocktest.Root+"/domains?canary=1", mocktest.Owner, map[string]any{"domain_names": []string{"canary.example"}},
		"X-Request-Id", "req-1", "Referer", "http://canary.example").Want(204)
	s.Call("GET", "/canary", "pnu_canary", nil).Want(404)
	text := log.String()
	for _, secret := range []string{"canary", mocktest.Owner, mocktest.Account} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q: %s", secret, text)
		}
	}
	for _, wanted := range []string{`"route":"/api/accounts/{account_id}/domains"`, `"status":204`, `"request_id":"req-1"`, `"level":"WARN"`, `"route":"unknown"`} {
		if !strings.Contains(text, wanted) {
			t.Errorf("the log lacks %s: %s", wanted, text)
		}
	}
}

// isCut says whether a request got no whole answer.
func isCut(err error) bool {
	var failed *url.Error
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &failed) && !failed.Timeout()
}

// TestFaults walks what goes wrong on purpose, and whether the change was made.
func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, fault string
		status      int // 0: no whole answer
		retryAfter  string
		changed     bool
	}{
		{"status", `{"status":503,"retry_after_s":7}`, 503, "7", false},
		{"status after the write", `{"status":500,"after_write":true}`, 500, "", true},
		{"drop", `{"drop":true}`, 0, "", false},
		{"drop after the write", `{"drop":true,"after_write":true}`, 0, "", true},
		{"truncated status", `{"status":502,"truncate":true}`, 0, "", false},
		{"delay", `{"latency_ms":1}`, 204, "", true},
		{"method", `{"method":"get","status":500}`, 204, "", true},
		{"route", `{"route":"/api/accounts/{account_id}/domains/","status":500}`, 500, "", false},
		{"another route", `{"route":"/api/me/","status":500}`, 204, "", true},
		{"every route", `{"method":"*","route":"*","status":429}`, 429, "", false},
		{"never", `{"status":500,"probability":0}`, 204, "", true},
		{"all at once", `{"method":"PATCH","route":"*","status":503,"retry_after_s":1,"latency_ms":1,"drop":true,"truncate":true,"after_write":true,"times":3,"probability":1,"seed":1}`, 0, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := mocktest.Start(t, mockcloud.Config{})
			s.Call("POST", "/_mockcloud/faults", "", tt.fault).Want(201)
			answer, err := s.Try("PATCH", mocktest.Root+"/domains", mocktest.Owner, map[string]any{"domain_names": []string{"acme.com"}})
			switch {
			case tt.status == 0 && !isCut(err):
				t.Errorf("got a whole answer: %d, %v", answer.Status, err)
			case tt.status != 0 && err != nil:
				t.Error(err)
			case answer.Status != tt.status && tt.status != 0:
				t.Errorf("status %d, want %d", answer.Status, tt.status)
			}
			if got := answer.Header.Get("Retry-After"); got != tt.retryAfter {
				t.Errorf("Retry-After %q", got)
			}
			s.Call("DELETE", "/_mockcloud/faults", "", nil).Want(204)
			body := s.Call("GET", mocktest.Root+"/domains", mocktest.Owner, nil).Want(200).Body
			if strings.Contains(body, "acme.com") != tt.changed {
				t.Errorf("changed: %v, want %v", !tt.changed, tt.changed)
			}
		})
	}
}

// TestTruncatedBody: the answer promises more than comes.
func TestTruncatedBody(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	whole := s.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(200).Body
	s.Call("POST", "/_mockcloud/faults", "", `{"truncate":true,"times":1}`).Want(201)
	half, err := s.Try("GET", mocktest.Root, mocktest.Owner, nil)
	if !errors.Is(err, io.ErrUnexpectedEOF) || half.Status != 200 || half.Body != whole[:len(whole)/2] {
		t.Errorf("%v, %d of %d bytes", err, len(half.Body), len(whole))
	}
	s.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(200)
}

// TestFaultTimes: it strikes as often as told; the dice fall the same each time.
func TestFaultTimes(t *testing.T) {
	t.Parallel()
	strikes := func(fault string) (out string) {
		s := mocktest.Start(t, mockcloud.Config{})
		s.Call("POST", "/_mockcloud/faults", "", fault).Want(201)
		for range 40 {
			out += map[int]string{200: ".", 500: "x"}[s.Call("GET", "/api/me", mocktest.Owner, nil).Status]
		}
		return out
	}
	if got := strikes(`{"status":500,"times":3}`); got != "xxx"+strings.Repeat(".", 37) {
		t.Error(got)
	}
	once, again, other := strikes(`{"status":500,"probability":0.5,"seed":1}`),
		strikes(`{"status":500,"probability":0.5,"seed":1}`), strikes(`{"status":500,"probability":0.5,"seed":2}`)
	if once != again || once == other || strings.Count(once, "x") < 5 || strings.Count(once, ".") < 5 {
		t.Errorf("\n%s\n%s\n%s", once, again, other)
	}
}

// TestDelayEndsWithTheServer: a delay holds up neither the server's end nor, once
// the caller is gone, a goroutine (goleak).
func TestDelayEndsWithTheServer(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	s.Call("POST", "/_mockcloud/faults", "", `{"latency_ms":60000}`).Want(201)
	answered := make(chan int)
	go func() { answered <- s.Call("GET", "/api/me", mocktest.Owner, nil).Status }()
	for !strings.Contains(s.Call("GET", "/_mockcloud/faults", "", nil).Body, `"struck":1`) {
		// until the request waits
	}
	if err := s.Mock.Close(); err != nil {
		t.Fatal(err)
	}
	if status := <-answered; status != 200 {
		t.Errorf("status %d", status)
	}
}

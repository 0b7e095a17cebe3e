package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func askedForConnection(ctx context.Context) {
	httptrace.ContextClientTrace(ctx).GetConn("localhost:80")
}

func gotConnection(ctx context.Context) {
	askedForConnection(ctx)
	httptrace.ContextClientTrace(ctx).GotConn(httptrace.GotConnInfo{})
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	type sent struct {
		Line, Body string
		Header     map[string]string
	}
	for name, c := range map[string]struct {
		do     func(context.Context, *Client) error
		line   string
		body   string
		length string
	}{
		"account": {
			func(ctx context.Context, c *Client) error { _, err := c.GetAccount(ctx, testAccount); return err },
			"GET " + accountPath, "", "",
		},
		"me": {
			func(ctx context.Context, c *Client) error { _, err := c.Me(ctx); return err },
			"GET /api/me/", "", "",
		},
		"membership role": {
			func(ctx context.Context, c *Client) error { return c.UpdateMembershipRole(ctx, testAccount, "m", "r") },
			"PATCH " + accountPath + "/account_memberships/m", `{"account_role_id":"r"}`, "23",
		},
		"count": {func(ctx context.Context, c *Client) error {
			_, err := c.CountMemberships(ctx, testAccount, MembershipQuery{OnlyUsers: true})
			return ignoreAnswer(err)
		}, "POST " + accountPath + "/account_memberships/count", `{"only_users":true}`, "19"},
		"page": {func(ctx context.Context, c *Client) error {
			inactive := false
			_, err := c.membershipPage(ctx, testAccount, MembershipQuery{
				Filter: &MembershipFilter{Emails: []string{"a@b.c"}, EmailLike: "b", RoleIDs: []string{"r"}, UserIDs: []string{"u"}, ActorIDs: []string{"x"}},
				Sort:   "EMAIL_ASC", OnlyBots: true, Active: &inactive,
			}, page{Limit: 200, Offset: 400})
			return ignoreAnswer(err)
		}, "POST " + accountPath + "/account_memberships/filter", `{"account_memberships":{"email":{"any_":["a@b.c"],"like_":"b"},` +
			`"account_role_id":{"any_":["r"]},"user_id":{"any_":["u"]},"actor_id":{"any_":["x"]}},"only_bots":true,"active":false,` +
			`"limit":200,"offset":400,"sort":"EMAIL_ASC"}`, "224"},
		"no body": {func(ctx context.Context, c *Client) error {
			_, err := c.send(ctx, call{method: http.MethodPost, path: []string{"x"}})
			return err
		}, "POST /api/x", "", "0"},
		"nothing escapes its place": {func(ctx context.Context, c *Client) error {
			_, err := c.send(ctx, call{method: http.MethodDelete, path: []string{"accounts", "../a/b?c#d%2e é", "e"}})
			return err
		}, "DELETE /api/accounts/..%2Fa%2Fb%3Fc%23d%252e%20%C3%A9/e", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got sent
			client := newNetworkClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				got = sent{Line: r.Method + " " + r.RequestURI, Body: string(body), Header: map[string]string{}}
				for name := range r.Header {
					got.Header[name] = r.Header.Get(name)
				}
				answer(w, http.StatusOK, map[string]string{})
			}), func(cfg *Config) { cfg.UserAgent = "test/1" })
			if err := c.do(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			if got.Line != c.line || got.Body != c.body || got.Header["Content-Length"] != c.length {
				t.Errorf("sent %+v", got)
			}
			if got.Header["Authorization"] != "Bearer "+testKey || got.Header["User-Agent"] != "test/1" || got.Header["Accept"] != "application/json" {
				t.Errorf("headers %v", got.Header)
			}
			if wantType := c.body != ""; (got.Header["Content-Type"] == "application/json") != wantType {
				t.Errorf("headers %v", got.Header)
			}
		})
	}
}

// ignoreAnswer is for calls whose answer {} has another form on purpose.
func ignoreAnswer(err error) error {
	var answer *UnexpectedAnswerError
	if errors.As(err, &answer) {
		return nil
	}
	return err
}

func TestPathElementsThatAreRejected(t *testing.T) {
	t.Parallel()
	client := newTestClient(t, roundTripFunc(func(req *http.Request) (*http.Response, error) {
		t.Errorf("sent %s", req.URL)
		return nil, io.EOF
	}))
	for _, id := range []string{"", ".", ".."} {
		if _, err := client.GetAccount(t.Context(), id); err == nil || !strings.Contains(err.Error(), "cannot stand in the path") {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestErrorAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status      int
		contentType string
		body        string
		is          func(error) bool
		text        string
	}{
		"detail": {
			404, "application/json", `{"detail":"Account not found"}`, isNoAccount,
			"GET " + accountPath + " answered 404 Not Found: Account not found (request id req-1)",
		},
		"validation": {
			422, "application/json", `{"detail":[{"loc":["body","domain_names",0],"msg":"too short","type":"value_error"},{"loc":["query","x"],"msg":"missing","type":"missing"}]}`,
			func(err error) bool {
				var apiError *APIError
				return errors.As(err, &apiError) && len(apiError.Fields) == 2 &&
					apiError.Fields[0] == FieldError{Loc: "body.domain_names.0", Message: "too short", Type: "value_error"}
			},
			"422 Unprocessable Entity: the request is not valid; body.domain_names.0: too short; query.x: missing (request id req-1)",
		},
		"unauthorized":       {401, "application/json", `{"detail":"Invalid authentication credentials"}`, func(err error) bool { return hasStatus(err, http.StatusUnauthorized) }, "401 Unauthorized: Invalid"},
		"conflict":           {409, "application/json", `{"detail":"taken"}`, IsConflict, "409 Conflict: taken"},
		"empty":              {404, "", ``, isNoAccount, "404 Not Found (request id"},
		"another shape":      {403, "application/json", `{"detail":{"a":1}}`, IsForbidden, "403 Forbidden (request id"},
		"a gateway":          {413, "application/json", `{"message":"too large"}`, func(err error) bool { return hasStatus(err, 413) }, "413 Request Entity Too Large: too large"},
		"500 with a page":    {500, "text/html", `<title>Oops</title>`, func(err error) bool { return hasStatus(err, 500) }, `500 Internal Server Error: a web page came instead (it is a page titled "Oops")`},
		"control characters": {409, "application/json", `{"detail":"a\u001b[31mb\nc\u202ed"}`, IsConflict, "409 Conflict: a [31mb c d (request id"},
		"long words":         {409, "application/json", `{"detail":"` + strings.Repeat("x", 5000) + `"}`, IsConflict, strings.Repeat("x", 1000) + "…"},
		"404 of a proxy": {404, "text/html", `<html><title>Not
			here &amp; there</title>`, isUnexpected, `404 Not Found, text/html): a web page came instead (it is a page titled "Not here & there")`},
		"200 of a proxy":    {200, "text/html; charset=utf-8", `<title>Log in</title>`, isUnexpected, `a web page came instead (it is a page titled "Log in")`},
		"200 of plain text": {200, "text/plain", `hello`, isUnexpected, "the answer is not JSON"},
		"cut JSON":          {200, "application/json", `{"id":"0c1f`, isUnexpected, "unexpected end of JSON input"},
		"another form":      {200, "application/json", `["a"]`, isUnexpected, "the JSON is broken or has another form"},
		"empty 200":         {200, "application/json", ``, isUnexpected, "unexpected end of JSON input"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int32
			client := newNetworkClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				attempts.Add(1)
				w.Header().Set("Content-Type", c.contentType)
				w.Header().Set("X-Request-Id", "req-1")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			account, err := client.GetAccount(t.Context(), testAccount)
			if err == nil || !c.is(err) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want %s", err, c.text)
			}
			if isUnexpected(err) && (IsNotFound(err) || account != nil) {
				t.Errorf("an answer that is not the API's was believed: %+v", account)
			}
			if got := attempts.Load(); got != 1 {
				t.Errorf("%d attempts", got)
			}
		})
	}
}

func isUnexpected(err error) bool {
	var answer *UnexpectedAnswerError
	return errors.As(err, &answer)
}

// TestWritesDoNotBelievePages: a login page with 200 is no proof of a write.
func TestWritesDoNotBelievePages(t *testing.T) {
	t.Parallel()
	client := newNetworkClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<title>Log in</title>")
	}))
	if err := client.UpdateMembershipRole(t.Context(), testAccount, "m", "r"); !isUnexpected(err) {
		t.Errorf("got %v", err)
	}
}

func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct {
		call call
		want int32
	}{"PATCH": {writeCall, 3}, "read": {readCall, 3}, "create": {createCall, 1}} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int32
			client := newNetworkClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				attempts.Add(1)
				w.Header().Set("Content-Length", "1000")
				_, _ = io.WriteString(w, `{"a":`)
			}), func(cfg *Config) { cfg.MaxRetries = 2 })
			_, err := client.send(t.Context(), c.call)
			if !isUnexpected(err) || !strings.Contains(err.Error(), "the body broke off") || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("got %v", err)
			}
			if got := attempts.Load(); got != c.want {
				t.Errorf("%d attempts, want %d", got, c.want)
			}
		})
	}
}

// An error answer that breaks off speaks by its status all the same: it is the API's.
func TestErrorThatBreaksOff(t *testing.T) {
	t.Parallel()
	client := newNetworkClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(http.StatusPreconditionFailed)
		_, _ = io.WriteString(w, `{"detail":"The`)
	}))
	if _, err := client.send(t.Context(), writeCall); !IsPreconditionFailed(err) {
		t.Errorf("got %v", err)
	}
}

func TestBodyThatIsTooLarge(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{200: "the body is larger than 32 MiB", 500: "the answer is not JSON"} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			client := newNetworkClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				for range maxBody>>20 + 1 {
					if _, err := w.Write(make([]byte, 1<<20)); err != nil {
						return // the client has read enough
					}
				}
			}))
			if _, err := client.Me(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestRedirectsAreNotFollowed: the key stays with the host it was meant for.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			client := newNetworkClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/me/" {
					t.Errorf("followed to %s", r.URL)
				}
				http.Redirect(w, r, "/login?next=secret", status)
			}))
			_, err := client.Me(t.Context())
			if !isUnexpected(err) || !strings.Contains(err.Error(), "/login, and the API key is not sent there") || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestNothingListens: a refused connection is repeated for every call, since
// nothing was sent.
func TestNothingListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	client := newTestClient(t, nil, func(cfg *Config) { cfg.Endpoint = "http://" + address + "/api"; cfg.MaxRetries = 2 })
	client.retry.base = 0
	_, err = client.send(t.Context(), createCall)
	var failure *ConnectionError
	if !errors.As(err, &failure) || failure.Attempts != 3 || !strings.Contains(err.Error(), "connection refused (3 attempts)") {
		t.Errorf("got %v", err)
	}
}

// TestTLSMistakesAreNotRepeated: they are the same the next time.
func TestTLSMistakesAreNotRepeated(t *testing.T) {
	t.Parallel()
	client := newNetworkClient(t, http.NotFoundHandler(), func(cfg *Config) {
		cfg.Endpoint = strings.Replace(cfg.Endpoint, "http://", "https://", 1)
	})
	_, err := client.Me(t.Context())
	var failure *ConnectionError
	if !errors.As(err, &failure) || failure.Attempts != 1 {
		t.Errorf("got %v", err)
	}
}

// TestTheKeyStaysInside drives every path with a server that echoes the key
// wherever it can, and looks for it in all that comes out.
func TestTheKeyStaysInside(t *testing.T) {
	t.Parallel()
	echo := func(status int, contentType, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("X-Request-Id", key)
			w.Header().Set("Location", "/"+key)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, strings.ReplaceAll(body, "KEY", key))
		})
	}
	hangUp := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(connection, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+"\r\n\r\n")
		_ = connection.Close()
	})
	handlers := map[string]http.Handler{
		"detail":       echo(409, "application/json", `{"detail":"KEY at the end`+strings.Repeat("x", maxShown-20)+`KEY"}`),
		"fields":       echo(422, "application/json", `{"detail":[{"loc":["body","KEY"],"msg":"KEY","type":"KEY"}]}`),
		"page":         echo(502, "text/html", `<title>KEY</title>KEY`),
		"200 page":     echo(200, "text/html", `<title>KEY</title>KEY`),
		"content type": echo(200, testKey, `{}`),
		"bad JSON":     echo(200, "application/json", `{"created":"KEY","id":"KEY"}`),
		"redirect":     echo(302, "text/plain", `KEY`),
		"success":      echo(200, "application/json", `{}`),
		"429":          echo(429, "application/json", `{"detail":"KEY"}`),
		"no HTTP":      hangUp,
	}
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var out strings.Builder
			write := func(v ...any) {
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintln(&out, v...)
			}
			client := newNetworkClient(t, handler, func(cfg *Config) {
				cfg.MaxRetries = 1
				cfg.Log = func(_ context.Context, level Level, msg string, fields map[string]any) { write(level, msg, fields) }
			})
			show := func(_ any, err error) {
				if err != nil {
					encoded, jsonErr := json.Marshal(err)
					write(string(encoded), jsonErr)
					for ; err != nil; err = errors.Unwrap(err) {
						write(err)
					}
				}
			}
			ctx := t.Context()
			show(client.GetAccount(ctx, testAccount))
			show(client.GetAccount(ctx, testKey))
			show(client.Me(ctx))
			show(client.ListDomains(ctx, testAccount))
			domains, _, err := client.SetDomains(ctx, testAccount, []string{"acme.com"})
			show(domains, err)
			show(client.Roles(testAccount).List(ctx))
			show(client.Members(testAccount).ByEmail(ctx, "ada@acme.com"))
			show(nil, client.UpdateMembershipRole(ctx, testAccount, "m", "r"))
			if out.Len() == 0 {
				t.Fatal("nothing came out")
			}
			for _, form := range []string{testKey, "pnu_canary", "canary%2F", "Bearer"} {
				if strings.Contains(out.String(), form) {
					t.Errorf("%q came out:\n%s", form, out.String())
				}
			}
		})
	}
}

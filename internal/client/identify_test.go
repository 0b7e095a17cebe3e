package client

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// strangers are servers that are not the account API, as people point the
// provider at them by mistake.
var strangers = map[string]struct {
	handler http.HandlerFunc
	kind    Stranger
	says    string
}{
	"a browser's address": {respond(http.StatusOK, "text/html; charset=utf-8", "<!doctype html><title>Prefect Cloud</title>"), StrangerPage, `"Prefect Cloud"`},
	"a page for GET alone": {func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			respond(http.StatusOK, "text/html", "<title>Prefect Server</title>")(w, r)
			return
		}
		respond(http.StatusMethodNotAllowed, "application/json", `{"detail":"Method Not Allowed"}`)(w, r)
	}, StrangerPage, `"Prefect Server"`},
	"a self-hosted server": {func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + r.URL.Path {
		case "GET/api/admin/version":
			respond(http.StatusOK, "application/json", `"3.4.1"`)(w, r)
		case "GET/api/health":
			respond(http.StatusOK, "application/json", `true`)(w, r)
		default:
			respond(http.StatusNotFound, "application/json", `{"detail":"Not Found"}`)(w, r)
		}
	}, StrangerSelfHosted, "self-hosted Prefect server (version 3.4.1)"},
	"one with a password":     {respond(http.StatusUnauthorized, "application/json", `{"exception_message":"Unauthorized"}`), StrangerSelfHosted, "self-hosted Prefect server"},
	"a 404 of everything":     {respond(http.StatusNotFound, "application/json", `{"detail":"Not Found"}`), StrangerNothing, "none of the API's routes"},
	"a gateway without route": {respond(http.StatusNotFound, "application/json", `{"message":"no Route matched with those values"}`), StrangerNothing, "none of the API's routes"},
	"an empty 404":            {respond(http.StatusNotFound, "", ""), StrangerNothing, "none of the API's routes"},
	"a 404 in plain text":     {http.NotFound, StrangerOther, "the answer is not JSON"},
	"a 404 page":              {respond(http.StatusNotFound, "text/html", "<html><title>404 Not Found</title>"), StrangerPage, `"404 Not Found"`},
	"a proxy's page":          {respond(http.StatusForbidden, "text/html", "<title>Access denied</title>"), StrangerPage, `"Access denied"`},
	"a proxy's page for all":  {respond(http.StatusOK, "text/html", "no title"), StrangerPage, "web page"},
	"another service":         {respond(http.StatusOK, "text/plain", "it works"), StrangerOther, "the answer is not JSON"},
	"a bucket":                {respond(http.StatusForbidden, "application/xml", "<Error><Code>AccessDenied</Code></Error>"), StrangerOther, "the answer is not JSON"},
	"a login page elsewhere": {func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://login.example/sign-in?next=secret", http.StatusFound)
	}, StrangerRedirect, "https://login.example/sign-in, another host"},
	"the same host with TLS": {func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://"+r.Host+r.URL.Path, http.StatusMovedPermanently)
	}, StrangerRedirect, "own address"},
}

func respond(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // the client sees what arrives
	}
}

// firstCalls are calls that a run may begin with: of a data source, of resources,
// and of the drift report.
var firstCalls = map[string]func(ctx context.Context, c *Client) error{
	"GetAccount":  func(ctx context.Context, c *Client) error { _, err := c.GetAccount(ctx, testAccount); return err },
	"Me":          func(ctx context.Context, c *Client) error { _, err := c.Me(ctx); return err },
	"ListDomains": func(ctx context.Context, c *Client) error { _, err := c.ListDomains(ctx, testAccount); return err },
	"EnableDomain": func(ctx context.Context, c *Client) error {
		_, _, err := c.EnableDomain(ctx, testAccount, "acme.com")
		return err
	},
	"DisableDomains": func(ctx context.Context, c *Client) error {
		_, err := c.DisableDomains(ctx, testAccount, []string{"acme.com"})
		return err
	},
	"ListMemberships": func(ctx context.Context, c *Client) error {
		_, err := c.ListMemberships(ctx, testAccount, MembershipQuery{})
		return err
	},
	"ByEmail": func(ctx context.Context, c *Client) error {
		_, err := c.Members(testAccount).ByEmail(ctx, "ada@acme.com")
		return err
	},
	"Roles": func(ctx context.Context, c *Client) error {
		_, err := c.Roles(testAccount).Resolve(ctx, "Member")
		return err
	},
	"ListConnections": func(ctx context.Context, c *Client) error { _, err := c.ListConnections(ctx, testAccount); return err },
	"GetConnection": func(ctx context.Context, c *Client) error {
		_, err := c.GetConnection(ctx, testAccount, "conn_1")
		return err
	},
	"DeleteConnection": func(ctx context.Context, c *Client) error { return c.DeleteConnection(ctx, testAccount, "conn_1") },
	"DeleteMembership": func(ctx context.Context, c *Client) error { return c.DeleteMembership(ctx, testAccount, "m_1") },
	"ListSCIMTokens": func(ctx context.Context, c *Client) error {
		_, err := c.ListSCIMTokens(ctx, testAccount, "dir_1")
		return err
	},
	"ListTeamAccess": func(ctx context.Context, c *Client) error {
		_, err := c.ListTeamAccess(ctx, testAccount, "w_1")
		return err
	},
	"SetupURL": func(ctx context.Context, c *Client) error { _, err := c.SetupURL(ctx, testAccount); return err },
	"ListEvents": func(ctx context.Context, c *Client) error {
		_, err := c.ListEvents(ctx, testAccount, recentEvents())
		return err
	},
}

func recentEvents() EventQuery {
	return EventQuery{Since: time.Now().Add(-time.Hour), Until: time.Now(), Limit: 10}
}

// Whatever a run begins with, a server that is not the account API is told as
// that: never as a missing account, never as something that is gone, never as a
// bad key. It costs two more requests at most.
func TestStrangers(t *testing.T) {
	t.Parallel()
	for who, stranger := range strangers {
		for first, call := range firstCalls {
			t.Run(who+"/"+first, func(t *testing.T) {
				t.Parallel()
				var requests atomic.Int32
				c := strangersClient(t, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					requests.Add(1)
					stranger.handler(w, r)
				})))
				err := call(t.Context(), c)
				wantStranger(t, err, stranger.kind, stranger.says)
				if n := requests.Load(); n > 3 {
					t.Errorf("%d requests, want 3 at most", n)
				}
			})
		}
	}
}

func wantStranger(t *testing.T, err error, kind Stranger, says string) {
	t.Helper()
	var other *NotAccountAPIError
	if !errors.As(err, &other) {
		t.Fatalf("got %v, want a NotAccountAPIError", err)
	}
	if other.Kind != kind || !strings.Contains(err.Error(), says) || other.Fix == "" {
		t.Errorf("got %s: %v; want %s and %q", other.Kind, err, kind, says)
	}
	var account *AccountNotFoundError
	if IsNotFound(err) || IsForbidden(err) || hasStatus(err, http.StatusUnauthorized) || IsNotOffered(err) || IsConflict(err) || errors.As(err, &account) {
		t.Errorf("%v counts as an answer of the API", err)
	}
	for _, never := range []string{testKey, "account_id", "secret"} {
		if strings.Contains(err.Error(), never) {
			t.Errorf("%q is in %v", never, err)
		}
	}
}

// strangersClient makes a client of a server that it knows nothing of.
func strangersClient(t *testing.T, server *httptest.Server) *Client {
	t.Helper()
	c, err := New(Config{Endpoint: server.URL + "/api", APIKey: testKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		server.Close()
	})
	return c
}

// The API's own 404 stays what it is, with one more request at most, and only as
// long as the server has not answered as the API does.
func TestOwn404(t *testing.T) {
	t.Parallel()
	for who, mine := range map[string]http.HandlerFunc{
		"a user":            respond(http.StatusOK, "application/json", "[]"),
		"a service account": respond(http.StatusForbidden, "application/json", `{"detail":"for users"}`),
	} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			c := strangersClient(t, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/me/accounts" {
					asked.Add(1)
					mine(w, r)
					return
				}
				respond(http.StatusNotFound, "application/json", `{"detail":"Account not found"}`)(w, r)
			})))
			for range 3 {
				_, err := c.GetAccount(t.Context(), testAccount)
				var account *AccountNotFoundError
				if !errors.As(err, &account) || IsNotFound(err) {
					t.Fatalf("got %v", err)
				}
				if _, err = c.GetConnection(t.Context(), testAccount, "conn_1"); !errors.As(err, &account) {
					t.Fatalf("got %v", err)
				}
			}
			if n := asked.Load(); n != 1 {
				t.Errorf("asked who it is %d times, want once", n)
			}
		})
	}
}

// Where nobody can say whose 404 it was, nothing counts as gone.
func TestUndecided404(t *testing.T) {
	t.Parallel()
	for name, mine := range map[string]http.HandlerFunc{
		"an error":         respond(http.StatusInternalServerError, "application/json", `{"detail":"no"}`),
		"another key":      respond(http.StatusUnauthorized, "application/json", `{"detail":"no"}`),
		"the line is down": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := strangersClient(t, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/me/accounts" {
					mine(w, r)
					return
				}
				respond(http.StatusNotFound, "application/json", `{"detail":"Not Found"}`)(w, r)
			})))
			if err := c.DeleteConnection(t.Context(), testAccount, "conn_1"); err == nil || IsNotFound(err) {
				t.Errorf("got %v, want an error that says nothing of the connection", err)
			}
		})
	}
}

// A page that comes once the server is known is no reason to doubt the endpoint.
func TestPageOfAKnownServer(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	c := strangersClient(t, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			respond(http.StatusForbidden, "text/html", "<title>Maintenance</title>")(w, r)
			return
		}
		respond(http.StatusOK, "application/json", `{"id":"`+testAccount+`"}`)(w, r)
	})))
	if _, err := c.GetAccount(t.Context(), testAccount); err != nil {
		t.Fatal(err)
	}
	down.Store(true)
	_, err := c.GetAccount(t.Context(), testAccount)
	var page *UnexpectedAnswerError
	var other *NotAccountAPIError
	if !errors.As(err, &page) || errors.As(err, &other) || !strings.Contains(err.Error(), "Maintenance") {
		t.Errorf("got %v", err)
	}
}

// Many calls at once ask once.
func TestStrangerIsAskedOnce(t *testing.T) {
	t.Parallel()
	var extra atomic.Int32
	c := strangersClient(t, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/accounts/") {
			extra.Add(1)
		}
		respond(http.StatusNotFound, "application/json", `{"detail":"Not Found"}`)(w, r)
	})))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := c.GetAccount(t.Context(), testAccount)
			var other *NotAccountAPIError
			if !errors.As(err, &other) || other.Kind != StrangerNothing {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if n := extra.Load(); n != 2 {
		t.Errorf("%d requests to find out who it is, want 2", n)
	}
}

// A caller that gives up while another asks is not kept.
func TestStrangerAndACallerWhoGivesUp(t *testing.T) {
	t.Parallel()
	asked, end := make(chan struct{}), make(chan struct{})
	c := strangersClient(t, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/me/accounts" {
			close(asked)
			<-end
		}
		respond(http.StatusNotFound, "application/json", `{"detail":"Not Found"}`)(w, r)
	})))
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = c.GetAccount(t.Context(), testAccount) }) // the one who asks
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	wg.Go(func() {
		if _, err := c.GetAccount(ctx, testAccount); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	cancel()
	close(end)
	wg.Wait()
}

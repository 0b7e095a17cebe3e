package idp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
)

const (
	application = "https://app.example.com"
	callback    = application + "/callback"
	secret      = "the client's secret"
)

var ada = idp.Person{Subject: "ada-1", Email: "ada@acme.com", FirstName: "Ada", LastName: "Lovelace", Groups: []string{"Engineers"}}

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type world struct {
	*idp.IdP
	base  string
	clock *clock
	// http follows no redirect, so that tests see each of them.
	http *http.Client
}

func start(t *testing.T, change ...func(*idp.Config)) *world {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	w := &world{base: server.URL, clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
	config := idp.Config{
		BaseURL: server.URL, ClientSecret: secret, RedirectOrigins: []string{application},
		People: []idp.Person{
			ada,
			{Subject: "grace-1", Email: "grace@acme.com", FirstName: "Grace", LastName: "Hopper"},
		},
		SigningAlg: "ES256", Clock: w.clock.Now,
	}
	for _, c := range change {
		c(&config)
	}
	var err error
	if w.IdP, err = idp.New(config); err != nil {
		t.Fatal(err)
	}
	handler = w
	t.Cleanup(w.Close)
	w.http = &http.Client{
		Transport:     server.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return w
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (w *world) do(t *testing.T, r *http.Request) answer {
	t.Helper()
	resp, err := w.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func (w *world) get(t *testing.T, address string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.do(t, r)
}

func (w *world) post(t *testing.T, address string, form url.Values, header ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return w.do(t, r)
}

// client is a relying party made of nothing but the two libraries, to see that
// others can log in here.
func (w *world) client(t *testing.T) (context.Context, *oidc.Provider, oauth2.Config) {
	t.Helper()
	ctx := oidc.ClientContext(t.Context(), w.http)
	provider, err := oidc.NewProvider(ctx, w.base)
	if err != nil {
		t.Fatal(err)
	}
	return ctx, provider, oauth2.Config{
		ClientID: "app & co", ClientSecret: secret, Endpoint: provider.Endpoint(),
		RedirectURL: callback, Scopes: []string{"openid", "email"},
	}
}

// logIn logs a person in on the page and returns what the browser brings back.
func (w *world) logIn(t *testing.T, authURL, person string) url.Values {
	t.Helper()
	return callbackOf(t, w.post(t, authURL, url.Values{"person": {person}}))
}

func callbackOf(t *testing.T, a answer) url.Values {
	t.Helper()
	location, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.status != http.StatusSeeOther || !strings.HasPrefix(location.String(), callback+"?") {
		t.Fatalf("status %d, to %q: %s", a.status, location, a.body)
	}
	return location.Query()
}

func TestPeopleChange(t *testing.T) {
	t.Parallel()
	w := start(t)
	byEmail := func(email string) bool {
		return w.post(t, w.request(), url.Values{"email": {email}}).status == http.StatusSeeOther
	}
	moved := ada
	moved.Email = "Ada@new.example"
	if err := w.SetPerson(moved); err != nil {
		t.Fatal(err)
	}
	if byEmail("ada@acme.com") || !byEmail("ada@NEW.example") {
		t.Error("the old address is still hers, or the new one is not")
	}
	if err := w.SetPerson(idp.Person{Subject: "other", Email: "GRACE@acme.com"}); err == nil {
		t.Error("two people have one address")
	}
	if err := w.SetPerson(idp.Person{Subject: "other", Email: "ada@acme.com"}); err != nil {
		t.Errorf("an address that is free again: %v", err)
	}
	w.RemovePerson("grace-1")
	w.RemovePerson("nobody")
	if people := w.People(); byEmail("grace@acme.com") || len(people) != 2 {
		t.Errorf("%+v", people)
	}
	if err := w.SetPerson(idp.Person{Subject: "grace-2", Email: "grace@acme.com"}); err != nil {
		t.Errorf("an address of somebody who left: %v", err)
	}
}

func TestLoginWithTheLibrariesAlone(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		for name, style := range map[string]oauth2.AuthStyle{"basic": oauth2.AuthStyleInHeader, "post": oauth2.AuthStyleInParams} {
			t.Run(alg+" "+name, func(t *testing.T) {
				t.Parallel()
				w := start(t, func(c *idp.Config) { c.SigningAlg = alg })
				ctx, provider, config := w.client(t)
				config.Endpoint.AuthStyle = style
				verifier := oauth2.GenerateVerifier()
				answer := w.logIn(t, config.AuthCodeURL("state-1", oidc.Nonce("nonce-1"), oauth2.S256ChallengeOption(verifier)), ada.Subject)
				if answer.Get("state") != "state-1" || answer.Get("iss") != w.base {
					t.Errorf("answer: %v", answer)
				}
				tokens, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(verifier))
				if err != nil {
					t.Fatal(err)
				}
				raw, _ := tokens.Extra("id_token").(string)
				id, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID, Now: w.clock.Now}).Verify(ctx, raw)
				if err != nil {
					t.Fatal(err)
				}
				if err := id.VerifyAccessToken(tokens.AccessToken); err != nil {
					t.Error(err)
				}
				var claims struct {
					Email    string   `json:"email"`
					Verified bool     `json:"email_verified"`
					First    string   `json:"given_name"`
					Groups   []string `json:"groups"`
				}
				if err := id.Claims(&claims); err != nil {
					t.Fatal(err)
				}
				if id.Subject != ada.Subject || id.Nonce != "nonce-1" || claims.Email != ada.Email ||
					!claims.Verified || claims.First != "Ada" || !slices.Equal(claims.Groups, ada.Groups) {
					t.Errorf("token %+v, claims %+v", id, claims)
				}
				info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
				if err != nil {
					t.Fatal(err)
				}
				if info.Subject != ada.Subject || info.Email != ada.Email {
					t.Errorf("userinfo %+v", info)
				}

				if _, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(verifier)); err == nil {
					t.Error("a code was taken twice")
				}
			})
		}
	}
}

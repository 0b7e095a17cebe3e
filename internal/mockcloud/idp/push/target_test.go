package push_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
)

// TestTargets: requests go to this machine, and nowhere else but where they were
// allowed to.
func TestTargets(t *testing.T) {
	t.Parallel()
	p := push.New(push.Config{Directory: people.New(), Allow: func(u *url.URL) bool { return u.Host == "mock.example.com" }})
	t.Cleanup(p.Disconnect)
	for _, tt := range []struct {
		target push.Target
		want   string
	}{
		{push.Target{Endpoint: "http://127.0.0.1:1/scim", Token: token, Style: push.Okta}, ""},
		{push.Target{Endpoint: "http://[::1]:1/scim/", Token: token, Style: push.OktaPUT}, ""},
		{push.Target{Endpoint: "http://localhost:1/scim?aadOptscim062020", Token: token, Style: push.Entra}, ""},
		{push.Target{Endpoint: "https://mock.example.com/scim", Token: token, Style: push.Entra}, ""},
		{push.Target{Endpoint: "https://scim.example.com/scim", Token: token, Style: push.Entra}, "scim.example.com is neither this machine"},
		{push.Target{Endpoint: "http://169.254.169.254/latest", Token: token, Style: push.Entra}, "neither this machine"},
		{push.Target{Endpoint: "http://127.0.0.1.example.com/", Token: token, Style: push.Entra}, "neither this machine"},
		{push.Target{Endpoint: "http://0.0.0.0:8787/", Token: token, Style: push.Entra}, "neither this machine"},
		{push.Target{Endpoint: "http://10.0.0.1/", Token: token, Style: push.Entra}, "neither this machine"},
		{push.Target{Endpoint: "http://user:pw@127.0.0.1/", Token: token, Style: push.Entra}, "has to be a URL"},
		{push.Target{Endpoint: "file:///etc/passwd", Token: token, Style: push.Entra}, "has to be a URL"},
		{push.Target{Endpoint: "127.0.0.1:8787", Token: token, Style: push.Entra}, "has to be a URL"},
		{push.Target{Endpoint: endpoint, Style: push.Entra}, "there is no token"},
		{push.Target{Endpoint: endpoint, Token: "a\r\nb", Style: push.Entra}, "characters that no token has"},
		{push.Target{Endpoint: endpoint, ClientID: "okta", ClientSecret: token, Style: push.Okta}, ""},
		{push.Target{Endpoint: endpoint, ClientID: "okta", Style: push.Okta}, "a client has an id and a secret"},
		{push.Target{Endpoint: endpoint, ClientSecret: token, Style: push.Okta}, "a client has an id and a secret"},
		{push.Target{Endpoint: endpoint, ClientID: "okta", ClientSecret: "a b", Style: push.Okta}, "a client has an id and a secret"},
		{push.Target{Endpoint: endpoint, Token: token, ClientID: "okta", ClientSecret: token, Style: push.Okta}, "one of the two is enough"},
		{push.Target{Endpoint: endpoint, Token: token, Style: "ping"}, `the style "ping" is none of [entra okta okta-put]`},
	} {
		err := p.Connect(tt.target)
		var bad *push.BadTarget
		if tt.want == "" && err != nil || tt.want != "" && (!errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%+v: %v, want %q", tt.target, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("the token is told: %v", err)
		}
	}
}

// TestNetwork: real connections, to where no server listens. What is said of it has
// neither the path nor the token.
func TestNetwork(t *testing.T) {
	t.Parallel()
	s := newScene(t, "ada")
	p := push.New(push.Config{Directory: s.Directory, Now: s.time, After: s.later})
	t.Cleanup(p.Disconnect)
	if err := p.Connect(push.Target{Endpoint: "http://127.0.0.1:1/secret-path", Token: token, Style: push.Okta}); err != nil {
		t.Fatal(err)
	}
	if err := p.Idle(t.Context()); err == nil || !strings.Contains(err.Error(), "the endpoint cannot be reached") ||
		strings.Contains(err.Error(), "secret-path") || strings.Contains(err.Error(), token) {
		t.Error(err)
	}
}

// TestNotSCIM: an endpoint that answers anything else is a failure that says so,
// and nothing is made twice.
func TestNotSCIM(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"<!doctype html>": "the endpoint's answer is not understood",
		"{}":              "the endpoint's answer has no id",
	} {
		directory, posts := people.New(), 0
		if _, err := directory.Join(people.Person{Email: "ada@acme.com"}); err != nil {
			t.Fatal(err)
		}
		p := push.New(push.Config{Directory: directory, Transport: roundTripper(func(r *http.Request) *http.Response {
			w := httptest.NewRecorder()
			if r.Method == http.MethodPost {
				posts++
			}
			_, _ = w.WriteString(answer) // a recorder takes everything
			return w.Result()
		})})
		t.Cleanup(p.Disconnect)
		if err := p.Connect(push.Target{Endpoint: endpoint, Token: token, Style: push.Okta}); err != nil {
			t.Fatal(err)
		}
		if err := p.Idle(t.Context()); err == nil || !strings.Contains(err.Error(), want) || posts > 1 {
			t.Errorf("%s: %v, %d times", answer, err, posts)
		}
	}
}

// TestFaultOfTheDelivery: a fault of this server while it delivers ends neither the server nor the waiting.
func TestFaultOfTheDelivery(t *testing.T) {
	t.Parallel()
	directory := people.New()
	if _, err := directory.Join(people.Person{Email: "ada@acme.com"}); err != nil {
		t.Fatal(err)
	}
	p := push.New(push.Config{Directory: directory, Transport: roundTripper(func(*http.Request) *http.Response { panic("unexpected") })})
	t.Cleanup(p.Disconnect)
	if err := p.Connect(push.Target{Endpoint: endpoint, Token: token, Style: push.Okta}); err != nil {
		t.Fatal(err)
	}
	if err := p.Idle(t.Context()); err == nil || !strings.Contains(err.Error(), "unexpected") {
		t.Errorf("%v", err)
	}
}

type roundTripper func(*http.Request) *http.Response

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

package client

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A client sends its id and secret form-encoded in the Authorization header, no API key, and calls with the token that it
// gets. A refused request for one may be sent again.
func TestSCIMByClient(t *testing.T) {
	t.Parallel()
	const id, secret, access = "client:1", "canary+/secret==", "access-canary"
	var asked atomic.Int32
	c := newNetworkClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != scimPath+"/oauth/token" {
			if r.Header.Get("Authorization") != "Bearer "+access {
				t.Errorf("called with %s", r.Header.Get("Authorization"))
			}
			answer(w, http.StatusOK, map[string]any{"Resources": []any{}})
			return
		}
		body, err := io.ReadAll(r.Body)
		user, password, ok := r.BasicAuth()
		if err != nil || !ok || user != url.QueryEscape(id) || password != url.QueryEscape(secret) ||
			string(body) != "grant_type=client_credentials" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.URL.RawQuery != "" {
			t.Errorf("%v %s %s %s %v", err, user, password, body, r.Header)
		}
		if asked.Add(1) == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		answer(w, http.StatusOK, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 3600})
	}))
	c.retry.base, c.retry.maxWait = time.Microsecond, time.Microsecond
	scim, err := c.SCIMByClient(t.Context(), strings.TrimSuffix(c.base, "/api")+scimPath+"/", id, secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scim.UsersByName(t.Context(), "ada@acme.com"); err != nil || asked.Load() != 2 {
		t.Errorf("%v, after %d requests for a token", err, asked.Load())
	}
}

func TestSCIMByClientRefused(t *testing.T) {
	t.Parallel()
	const secret = "canary+/secret=="
	basic := base64.StdEncoding.EncodeToString([]byte("id:" + url.QueryEscape(secret)))
	for name, test := range map[string]struct {
		status     int
		body       string
		code, says string
	}{
		"an unknown client":       {401, `{"error":"invalid_client","error_description":"no such client ` + secret + ` ` + url.QueryEscape(secret) + `"}`, "invalid_client", "no such client [redacted] [redacted], error invalid_client"},
		"what came in the header": {401, `{"error":"invalid_client","error_description":"not ` + basic + `"}`, "invalid_client", "not [redacted], error"},
		"no description":          {400, `{"error":"invalid_request"}`, "invalid_request", "400 Bad Request"},
		"no token endpoint":       {404, `{"detail":"There is no such endpoint","status":"404"}`, "", "There is no such endpoint"},
		"no token":                {200, `{"token_type":"Bearer"}`, "none", "has no access token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newNetworkClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			_, err := c.SCIMByClient(t.Context(), strings.TrimSuffix(c.base, "/api")+scimPath, "id", secret)
			var refused *TokenError
			if err == nil || !strings.Contains(err.Error(), test.says) || errors.As(err, &refused) != (test.code != "none") || refused != nil && refused.Code != test.code {
				t.Errorf("got %v", err)
			}
			if text := fmt.Sprintf("%v %+v", err, refused); strings.Contains(text, "canary") || strings.Contains(text, basic) {
				t.Errorf("the secret came out: %s", text)
			}
		})
	}
	c := newTestClient(t, nil)
	for in, want := range map[[3]string]string{
		{"http://scim.example/v2", "id", "s"}: "set allow_insecure_http if the SCIM client's secret may travel unencrypted",
		{"https://scim.example/v2", "", "s"}:  "the SCIM client's id is empty",
		{"https://scim.example/v2", "id", ""}: "the SCIM client's secret is empty",
	} {
		if _, err := c.SCIMByClient(t.Context(), in[0], in[1], in[2]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", in, err, want)
		}
	}
}

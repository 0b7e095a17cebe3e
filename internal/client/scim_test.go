package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	scimPath  = "/scim/v2.0/opaque"
	scimToken = "scim-canary/+token=="
)

// newSCIM returns a client of a SCIM endpoint on loopback whose backoff lasts
// microseconds.
func newSCIM(t *testing.T, handler http.Handler, change ...func(*Config)) *SCIM {
	t.Helper()
	c := newNetworkClient(t, handler, change...)
	scim, err := c.SCIM(strings.TrimSuffix(c.base, "/api")+scimPath+"/", scimToken)
	if err != nil {
		t.Fatal(err)
	}
	scim.c.retry.base, scim.c.retry.maxWait, scim.c.retry.pause = time.Microsecond, time.Microsecond, time.Microsecond
	return scim
}

func TestWhatIsSentToSCIM(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do         func(context.Context, *SCIM) (any, error)
		line, body string
		status     int
		answer     string
		want       any
	}{
		"users by name": {
			func(ctx context.Context, s *SCIM) (any, error) { return s.UsersByName(ctx, `a"b\<c>@acme.com`) },
			"GET " + scimPath + `/Users?count=100&filter=userName+eq+%22a%5C%22b%5C%5C%3Cc%3E%40acme.com%22`, "",
			200, `{"totalResults":1,"Resources":[{"id":"u1","userName":"a@acme.com","externalId":"x","active":true,"meta":{"created":"2026-01-02T03:04:05Z"}}]}`,
			[]SCIMUser{{ID: "u1", UserName: "a@acme.com", ExternalID: "x", Active: true, Meta: SCIMMeta{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}},
		},
		"nobody": {
			func(ctx context.Context, s *SCIM) (any, error) { return s.UsersByPrefix(ctx, "a") },
			"GET " + scimPath + `/Users?count=100&filter=userName+sw+%22a%22`, "",
			200, `{"totalResults":0}`, []SCIMUser(nil),
		},
		"create": {
			func(ctx context.Context, s *SCIM) (any, error) {
				return s.CreateUser(ctx, NewSCIMUser{UserName: "a@acme.com", ExternalID: "x", GivenName: "A", FamilyName: "B"})
			},
			"POST " + scimPath + "/Users",
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a@acme.com","externalId":"x","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"a@acme.com","type":"work","primary":true}],"active":true}`,
			201, `{"id":"u1"}`,
			SCIMUser{ID: "u1"},
		},
		"deactivate": {
			func(ctx context.Context, s *SCIM) (any, error) { return nil, s.DeactivateUser(ctx, "u/1") },
			"PATCH " + scimPath + "/Users/u%2F1",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}`,
			200, `{"id":"u1"}`, nil,
		},
		"delete": {
			func(ctx context.Context, s *SCIM) (any, error) { return nil, s.DeleteUser(ctx, "u1") },
			"DELETE " + scimPath + "/Users/u1", "", 204, "", nil,
		},
		"delete what is gone": {
			func(ctx context.Context, s *SCIM) (any, error) { return nil, s.DeleteUser(ctx, "u1") },
			"DELETE " + scimPath + "/Users/u1", "", 404, `{"status":"404","detail":"no such user"}`, nil,
		},
		"groups by name": {
			func(ctx context.Context, s *SCIM) (any, error) { return s.GroupsByName(ctx, "Platform & Data") },
			"GET " + scimPath + "/Groups?count=100&excludedAttributes=members&filter=displayName+eq+%22Platform+%26+Data%22", "",
			200, `{"Resources":[{"id":"g1","displayName":"platform & data"}]}`,
			[]SCIMGroup{{"g1", "platform & data"}},
		},
		"add a member": {
			func(ctx context.Context, s *SCIM) (any, error) { return nil, s.AddMember(ctx, "g1", "u1") },
			"PATCH " + scimPath + "/Groups/g1",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"u1"}]}]}`,
			204, "", nil,
		},
		"remove a member": {
			func(ctx context.Context, s *SCIM) (any, error) { return nil, s.RemoveMember(ctx, "g1", "u1") },
			"PATCH " + scimPath + "/Groups/g1",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"u1\"]"}]}`,
			204, "", nil,
		},
		"remove a member of a group that is gone": {
			func(ctx context.Context, s *SCIM) (any, error) { return nil, s.RemoveMember(ctx, "g1", "u1") },
			"PATCH " + scimPath + "/Groups/g1",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"u1\"]"}]}`,
			404, "", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scim := newSCIM(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				if line := r.Method + " " + r.RequestURI; line != c.line || string(body) != c.body {
					t.Errorf("sent %s %s", line, body)
				}
				if r.Header.Get("Authorization") != "Bearer "+scimToken || r.Header.Get("Accept") != "application/scim+json" {
					t.Errorf("headers %v", r.Header)
				}
				if (r.Header.Get("Content-Type") == "application/scim+json") != (c.body != "") {
					t.Errorf("headers %v", r.Header)
				}
				w.Header().Set("Content-Type", "application/scim+json")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.answer)
			}))
			got, err := c.do(t.Context(), scim)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestSCIMErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status     int
		body, text string
		scimType   string
	}{
		"duplicate": {
			409, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"userName is taken"}`,
			"POST " + scimPath + "/Users answered 409 Conflict: userName is taken, scimType uniqueness", "uniqueness",
		},
		"token":        {401, `{"status":"401","detail":"unknown token ` + scimToken + `"}`, "401 Unauthorized: unknown token [redacted]", ""},
		"without JSON": {503, "", "503 Service Unavailable", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int32
			scim := newSCIM(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				attempts.Add(1)
				w.Header().Set("Content-Type", "application/scim+json")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			_, err := scim.CreateUser(t.Context(), NewSCIMUser{UserName: "a@acme.com"})
			var scimError *SCIMError
			if !errors.As(err, &scimError) || scimError.Type != c.scimType || !strings.Contains(err.Error(), c.text) || !hasStatus(err, c.status) {
				t.Errorf("got %#v: %v", err, err)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, scimError.Err), "canary") {
				t.Errorf("the token came out: %v", err)
			}
			if attempts.Load() != 1 {
				t.Errorf("%d attempts, and each may have made a user", attempts.Load())
			}
		})
	}
}

// A page with 404 is no word about a user.
func TestSCIMPages(t *testing.T) {
	t.Parallel()
	scim := newSCIM(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<title>Not here</title>")
	}))
	if err := scim.DeleteUser(t.Context(), "u1"); !isUnexpected(err) {
		t.Errorf("got %v", err)
	}
}

// Reads are repeated by the client's own policy, and a 429 is, whatever was sent.
func TestSCIMRetries(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int32
	scim := newSCIM(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusBadGateway
		if r.Method == http.MethodPost {
			status = http.StatusTooManyRequests
		}
		if attempts.Add(1)%2 == 1 {
			w.WriteHeader(status)
			return
		}
		answer(w, http.StatusOK, map[string]any{"id": "u1"})
	}))
	if _, err := scim.UsersByName(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if _, err := scim.CreateUser(t.Context(), NewSCIMUser{}); err != nil {
		t.Error(err)
	}
	if attempts.Load() != 4 {
		t.Errorf("%d attempts, want 4", attempts.Load())
	}
}

func TestSCIMEndpointsAndTokens(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, nil)
	for in, want := range map[[2]string]string{
		{"http://scim.example/v2", "t"}:  "set allow_insecure_http if the SCIM token may travel unencrypted",
		{"scim.example/v2", "t"}:         "has no scheme: start it with https://, as in https://api.prefect.cloud/scim",
		{"https://scim.example/v2", ""}:  "the SCIM token is empty",
		{"https://scim.example/v2", " "}: "the SCIM token holds a space",
	} {
		if _, err := c.SCIM(in[0], in[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", in, err, want)
		}
	}
	scim, err := c.SCIM("https://scim.example/v2", "t")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if _, err := scim.UsersByName(t.Context(), "a"); !errors.Is(err, ErrClosed) {
		t.Errorf("the client is closed, and SCIM says %v", err)
	}
}

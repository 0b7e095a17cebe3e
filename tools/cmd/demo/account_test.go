package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestSnapshotLines(t *testing.T) {
	t.Parallel()
	s := snapshot{Domains: []string{"acme.com", "acme.org"}, Roles: map[string]string{"b@acme.com": "Member", "ada@acme.com": "Admin"}}
	want := []string{"SSO domains   acme.com, acme.org", "ada@acme.com  Admin", "b@acme.com    Member"}
	if got := s.lines(); !slices.Equal(got, want) {
		t.Errorf("lines() = %q, want %q", got, want)
	}
	if got := (snapshot{}).lines(); !slices.Equal(got, []string{"SSO domains  none"}) {
		t.Errorf("lines() of an empty account = %q", got)
	}
}

// recorder answers like the account API and keeps the writes it got.
func recorder(t *testing.T) (*api, *[]string) {
	t.Helper()
	var writes []string
	const account = "/api/accounts/" + accountID
	mux := http.NewServeMux()
	answer := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
	}
	write := func(w http.ResponseWriter, r *http.Request) {
		var body json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		}
		writes = append(writes, strings.TrimPrefix(r.URL.Path, account)+" "+string(body))
		w.WriteHeader(http.StatusNoContent)
	}
	mux.HandleFunc("GET "+account+"/domains", answer(`[{"name":"b.org"},{"name":"acme.com"}]`))
	mux.HandleFunc("POST "+account+"/account_memberships/filter", answer(
		`[{"id":"m1","email":"ada@acme.com","account_role_name":"Member","active":true},{"id":"m2","email":null,"account_role_name":"Owner"}]`))
	mux.HandleFunc("POST "+account+"/account_roles/filter", answer(`[{"id":"r1","name":"Owner"},{"id":"r2","name":"Member"}]`))
	mux.HandleFunc("PATCH "+account+"/account_memberships/{id}", write)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer pnu_test" {
			http.Error(w, `{"detail":"Invalid authentication credentials"}`, http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return &api{url: srv.URL + "/api", key: "pnu_test"}, &writes
}

func TestSnapshotLeavesServiceAccountsOut(t *testing.T) {
	t.Parallel()
	a, _ := recorder(t)
	got, err := a.snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := snapshot{Domains: []string{"acme.com", "b.org"}, Roles: map[string]string{"ada@acme.com": "Member"}}
	if !got.equal(want) {
		t.Errorf("snapshot() = %+v, want %+v", got, want)
	}
	if got.equal(snapshot{Domains: want.Domains, Roles: map[string]string{"ada@acme.com": "Owner"}}) {
		t.Error("a snapshot with another role counts as equal")
	}
}

func TestWrites(t *testing.T) {
	t.Parallel()
	a, writes := recorder(t)
	if err := a.setRole(t.Context(), "ada@acme.com", "Owner"); err != nil {
		t.Fatal(err)
	}
	want := []string{`/account_memberships/m1 {"account_role_id":"r1"}`}
	if !slices.Equal(*writes, want) {
		t.Errorf("writes = %q, want %q", *writes, want)
	}
}

func TestRefusalsSayWhatWasExpected(t *testing.T) {
	t.Parallel()
	a, writes := recorder(t)
	stranger := &api{url: a.url, key: "pnu_stranger"}
	for want, err := range map[string]error{
		"expected eve@acme.com among":        a.setRole(t.Context(), "eve@acme.com", "Owner"),
		"expected a role named King":         a.setRole(t.Context(), "ada@acme.com", "King"),
		"Invalid authentication credentials": stranger.setRole(t.Context(), "ada@acme.com", "Owner"),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	if len(*writes) != 0 {
		t.Errorf("a refused change was written: %q", *writes)
	}
}

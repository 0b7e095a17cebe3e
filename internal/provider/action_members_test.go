package provider_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

const (
	deactivate = "prefectsso_members_deactivate"
	activate   = "prefectsso_members_activate"
)

func memberOf(t *testing.T, srv *acctest.Server, email string) acctest.Member {
	t.Helper()
	m, ok := srv.Member(email)
	if !ok {
		t.Fatalf("%s is no member", email)
	}
	return m
}

// People who are deactivated reach nothing until they are activated again; doing either twice changes nothing more, also
// where the server is like today's Prefect Cloud.
func TestMembersActions(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]acctest.Option{
		"managed": {acctest.WithDirectory}, "published only": {acctest.WithDirectory, acctest.PublishedOnly},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, options...)
			people := object{"emails": []string{"Ada@ACME.com", "grace@acme.com"}}
			role := memberOf(t, srv, "ada@acme.com").Role
			for _, step := range []struct {
				kind   string
				says   string
				status int
			}{
				{deactivate, "ada@acme.com", http.StatusForbidden},
				{deactivate, "inactive: 2 members", http.StatusForbidden},
				{activate, "ada@acme.com", http.StatusOK},
				{activate, "active: 2 members", http.StatusOK},
			} {
				said, found := invoked(t, sessionOf(srv), step.kind, people)
				if len(found) > 0 || !strings.Contains(strings.Join(said, "\n"), step.says) {
					t.Errorf("%s says %q, and finds %s", step.kind, said, detailsOf(found))
				}
				for _, key := range []string{"pnu_ada", "pnu_grace"} {
					if got := srv.Status(key, http.MethodGet, ""); got != step.status && got != http.StatusNotFound {
						t.Errorf("after %s %s gets %d", step.kind, key, got)
					}
				}
				if active := memberOf(t, srv, "ada@acme.com").IsActive; active != (step.kind == activate) {
					t.Errorf("after %s ada is active: %t", step.kind, active)
				}
			}
			if now := memberOf(t, srv, "ada@acme.com").Role; now != role {
				t.Errorf("ada was %s, and is %s", role, now)
			}
		})
	}
}

// The plan says whom it would lock out, and invoking looks again: the last one who bypasses single sign-on stays, and so does
// the caller. Nobody is deactivated when one of them cannot be.
func TestMembersActionsAreGuarded(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	inactive := func() (emails []string) {
		for _, m := range srv.Members() {
			if !m.IsActive {
				emails = append(emails, m.Email)
			}
		}
		return emails
	}
	owners := object{"emails": []string{"ada@acme.com", "owner@acme.com", "second.owner@acme.com"}}
	unprotected := sessionOf(srv)
	unprotected["lockout_protection"] = false
	asOwner := sessionOf(srv)
	asOwner["api_key"], asOwner["lockout_protection"] = acctest.OwnerKey, false
	asMember := sessionOf(srv)
	asMember["api_key"], asMember["plan_permissions"] = "pnu_grace", "error"
	for name, test := range map[string]struct {
		block  map[string]any
		config object
		id     string // of the finding; "" for another error
	}{
		"the last who bypass":            {sessionOf(srv), owners, "bypass-nobody-left"},
		"the last who bypass, warned of": {unprotected, owners, ""},
		"the caller":                     {asOwner, object{"emails": []string{"owner@acme.com"}}, ""},
		"a key that may not":             {asMember, object{"emails": []string{"ada@acme.com"}}, "permission-missing"},
		"one who is not a member":        {sessionOf(srv), object{"emails": []string{"ada@acme.com", "nobody@acme.com"}}, ""},
		"nobody":                         {sessionOf(srv), object{"emails": []string{}}, ""},
		"one twice":                      {sessionOf(srv), object{"emails": []string{"ada@acme.com", "ADA@acme.com"}}, ""},
		"no address":                     {sessionOf(srv), object{"emails": []string{"ada"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			said, found := invoked(t, test.block, deactivate, test.config)
			if errorsIn(found) == 0 || test.id != "" && !has(found, test.id) {
				t.Errorf("it says %q, and finds %s", said, detailsOf(found))
			}
			if gone := inactive(); len(gone) > 0 {
				t.Errorf("%q are inactive", gone)
			}
		})
	}
	// One of two may go.
	if said, found := invoked(t, unprotected, deactivate, object{"emails": []string{"second.owner@acme.com"}}); errorsIn(found) > 0 {
		t.Errorf("it says %q, and finds %s", said, detailsOf(found))
	}
	if gone := inactive(); !slices.Equal(gone, []string{"second.owner@acme.com"}) {
		t.Errorf("%q are inactive", gone)
	}
}

// Who is pushed by a directory may be let in again by it, which the plan says.
func TestMembersActionsOfADirectory(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	srv.PushUser("joan@acme.com")
	for email, warned := range map[string]bool{"joan@acme.com": true, "ada@acme.com": false} {
		_, found := acted(t, sessionOf(srv), deactivate, object{"emails": []string{email}}, "plan")
		if (strings.Contains(detailsOf(found), email) && len(found) == 1) != warned || errorsIn(found) > 0 {
			t.Errorf("%s: it finds %s", email, detailsOf(found))
		}
	}
}

// Sessions of a person end by the server's word; a person who is not there is an error of the plan.
func TestTerminateSessionsAction(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	const kind = "prefectsso_member_sessions_terminate"
	if said, found := invoked(t, sessionOf(srv), kind, object{"email": "Ada@acme.com"}); len(found) > 0 || !slices.Equal(said, []string{"Ended 0 sessions of Ada@acme.com."}) {
		t.Errorf("it says %q, and finds %s", said, detailsOf(found))
	}
	if said, found := invoked(t, sessionOf(srv), kind, object{"email": "nobody@acme.com"}); errorsIn(found) == 0 || len(said) > 0 {
		t.Errorf("it says %q, and finds %s", said, detailsOf(found))
	}
}

// A probe that is run finds out what the resource does, and leaves nobody and no token behind.
func TestProbeAction(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	tokens := func() (n int) {
		var rows []struct{ ID string }
		srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/directories/"+srv.DirectoryID()+"/tokens", nil, &rows)
		return len(rows)
	}
	people, live := srv.Emails(), tokens()
	for name, test := range map[string]struct {
		change object
		fails  bool
	}{
		"no expectation":                {nil, false},
		"the right role":                {object{"expected_role": "Member"}, false},
		"another role":                  {object{"expected_role": "Auditor", "max_seconds": 1}, true},
		"an unknown group":              {object{"groups": []string{"nobody pushed this"}}, true},
		"an unknown domain":             {object{"email_domain": "elsewhere.example"}, true},
		"a role that no canary may get": {object{"expected_role": "Owner"}, true},
		"no such directory":             {object{"directory_id": "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"}, true},
		"too long":                      {object{"max_seconds": 301}, true},
	} {
		config := object{"directory_id": srv.DirectoryID(), "email_domain": "acme.com", "max_seconds": 60}
		maps.Copy(config, test.change)
		said, found := invoked(t, sessionOf(srv), "prefectsso_scim_probe_run", config)
		if errorsIn(found) > 0 != test.fails || !test.fails && len(said) != 2 {
			t.Errorf("%s: it says %q, and finds %s", name, said, detailsOf(found))
		}
	}
	if after := srv.Emails(); !slices.Equal(people, after) || tokens() != live {
		t.Errorf("there were %q and %d tokens, and are %q and %d", people, live, after, tokens())
	}
}

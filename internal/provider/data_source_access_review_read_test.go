package provider

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

// What is not in a review, and why, by what of the account is not known.
func TestReviewLeftOut(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	whole := func() access.World {
		return access.World{
			Account: access.Known(access.Account{Handle: "acme"}), Offered: access.Known(true), Domains: access.Known([]access.Domain(nil)),
			Directories: access.Known([]access.Directory{{
				ID: "directory_1", Name: "Okta", Users: access.Known([]access.DirectoryUser(nil)),
				Mappings: access.Known([]access.Mapping(nil)), Tokens: access.Known([]access.Token(nil)),
			}}),
			ServiceAccounts: access.Known([]access.ServiceAccount{{ID: "b1", Name: "runner", Created: &made, Creator: access.Known(access.Creator{Name: "ada@acme.com"})}}),
			Workspaces:      access.Known([]access.Workspace(nil)),
		}
	}
	for name, test := range map[string]struct {
		change func(*access.World)
		want   map[string]string // part → a word of the reason
	}{
		"nothing":                {func(*access.World) {}, nil},
		"no domains":             {func(w *access.World) { w.Domains = access.Unknown[[]access.Domain]("no right") }, map[string]string{"domains": "No right."}},
		"directories":            {func(w *access.World) { w.Directories = access.Unknown[[]access.Directory]("no right") }, map[string]string{"directories": "No right."}},
		"a directory's people":   {func(w *access.World) { w.Directories.Or(nil)[0].Users = access.Unknown[[]access.DirectoryUser]("gone") }, map[string]string{"directories": "Gone."}},
		"a directory's mappings": {func(w *access.World) { w.Directories.Or(nil)[0].Mappings = access.Unknown[[]access.Mapping]("gone") }, map[string]string{"directories": "Gone."}},
		"a directory's tokens":   {func(w *access.World) { w.Directories.Or(nil)[0].Tokens = access.Unknown[[]access.Token]("gone") }, map[string]string{"directories": "Gone."}},
		"today's Prefect Cloud": {func(w *access.World) {
			w.Offered = access.Known(false)
			w.Directories.Or(nil)[0].Users = access.Unknown[[]access.DirectoryUser]("404")
		}, map[string]string{"directories": "does not tell"}},
		"today's Prefect Cloud without directories": {func(w *access.World) {
			w.Offered, w.Directories = access.Known(false), access.Known([]access.Directory(nil))
		}, nil},
		"service accounts": {func(w *access.World) {
			w.ServiceAccounts, w.Workspaces = access.Unknown[[]access.ServiceAccount]("no right"), access.Part[[]access.Workspace]{}
		}, map[string]string{"service_accounts": "No right."}},
		"makers": {func(w *access.World) {
			w.ServiceAccounts.Or(nil)[0].Creator = access.Unknown[access.Creator]("no trail")
		}, map[string]string{"service_account_creators": "No trail."}},
		"a maker of long ago": {func(w *access.World) {
			w.ServiceAccounts.Or(nil)[0].Creator = access.Unknown[access.Creator](access.WhyTooLongAgo)
		}, map[string]string{"service_account_creators": "Who made 1 service account: "}},
		"a maker of no record": {func(w *access.World) {
			w.ServiceAccounts.Or(nil)[0].Creator = access.Unknown[access.Creator](access.WhyNotRecorded)
		}, nil},
		"workspaces": {func(w *access.World) { w.Workspaces = access.Unknown[[]access.Workspace]("no right") }, map[string]string{"service_account_workspaces": "No right."}},
		"who is in the workspace": {func(w *access.World) {
			w.Workspaces = access.Known([]access.Workspace{{ID: "w", Handle: "w", ServiceAccounts: access.Unknown[[]access.ActorAccess]("no scope")}})
		}, map[string]string{"service_account_workspaces": "No scope."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := whole()
			test.change(&w)
			got := leftOut(w)
			for part, word := range test.want {
				if !strings.Contains(got[part], word) {
					t.Errorf("%s is left out because %q, want %q", part, got[part], word)
				}
			}
			if len(got) != len(test.want) {
				t.Errorf("left out %v, want %v", maps.Clone(got), test.want)
			}
			var m accessReviewModel
			m.fill(w, access.Limits{})
			if (m.ServiceAccounts["runner"].Workspaces == nil) != (test.want["service_account_workspaces"] != "") && w.ServiceAccounts.IsKnown() {
				t.Errorf("workspaces %v", m.ServiceAccounts["runner"].Workspaces)
			}
		})
	}
}

// The counts are those of the findings, and every severity has one.
func TestReviewCounts(t *testing.T) {
	t.Parallel()
	w := access.World{
		Account: access.Known(access.Account{Handle: "acme"}), Domains: access.Known([]access.Domain(nil)), Directories: access.Known([]access.Directory{{ID: "d", Name: "Okta", Off: true}}),
		ServiceAccounts: access.Known([]access.ServiceAccount(nil)), Roles: access.Known([]access.Role{{ID: "owner", Name: "Owner", Permissions: []string{"bypass:sso"}}}),
		People: access.People{Coverage: access.CoverEveryone, Rows: []access.Person{{ID: "m1", Email: "ada@acme.com", Active: access.Known(true), RoleID: access.Known("owner")}}},
	}
	var m accessReviewModel
	m.fill(w, access.Limits{})
	counts := map[string]int64{"high": 0, "medium": 0, "low": 0, "info": 0}
	for id, finding := range m.Findings {
		counts[finding.Severity]++
		if finding.Message == "" || finding.Subject == "" || !strings.HasPrefix(id, finding.Kind+":") {
			t.Errorf("%s: %+v", id, finding)
		}
	}
	if !maps.Equal(m.Counts, counts) || counts["high"] != 1 || counts["medium"] != 1 || counts["low"] != 2 {
		t.Errorf("counts %v of %v", m.Counts, m.Findings)
	}
}

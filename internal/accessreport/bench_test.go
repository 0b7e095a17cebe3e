package accessreport_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// The size that reports are made for.
const (
	manyPeople  = 10_000
	manyChanges = 1_000
	workspaces  = 12
	maxRequests = 75 // plus one a workspace that the plan touches
)

// crowd is an account of that size, and a plan that changes much of it.
func crowd(t testing.TB) (srv *acctest.Server, plan string) {
	var rooms, teams strings.Builder
	for i := range workspaces {
		fmt.Fprintf(&rooms, "      - {handle: w%02d, name: W}\n", i)
	}
	for i := range 60 {
		fmt.Fprintf(&teams, "      - {name: team%02d}\n", i)
	}
	srv = acctest.Start(t, acctest.Scenario(fmt.Sprintf(`
accounts:
  - id: %s
    handle: acme
    name: Acme
    features: [sso, scim, teams, custom_roles, audit_logs]
    rate_limit_per_minute: 0
    domains: [acme.com]
    users: [{email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: %s}]
    service_accounts: [{name: terraform, role: Owner, api_key: %s}]
    generate: {members: %d, domain: acme.com, role: Member}
    workspaces:
%s    teams:
%s    directories: [{name: Corp, endpoint: CORP0000000000000000000000, type: okta scim v2.0, token: %s}]
`, acctest.AccountID, acctest.OwnerKey, acctest.ServiceKey, manyPeople, rooms.String(), teams.String(), strings.Repeat("x", 40))))
	email := func(n int) string { return fmt.Sprintf("person%05d@acme.com", n+1) }
	p := newPlan()
	for i := range 850 {
		role := []string{"Admin", "Owner", "Collaborator"}[i%3]
		p.update("prefectsso_member_role", fmt.Sprintf("many[%d]", i), object{"email": email(i), "role": "Member"}, object{"email": email(i), "role": role})
	}
	roles := object{}
	for i := range 100 {
		roles[email(2000+i)] = "Admin"
	}
	p.create("prefectsso_member_roles", "map", object{"roles": roles})
	for i := range 100 {
		p.create("prefectsso_team_workspace_role", fmt.Sprintf("t[%d]", i), object{
			"team": object{"name": fmt.Sprintf("team%02d", i%60)}, "workspace": fmt.Sprintf("w%02d", i%workspaces), "role": "Viewer",
		})
	}
	directory := srv.DirectoryID()
	for i := range 48 {
		p.create("prefectsso_group_role_mapping", fmt.Sprintf("m[%d]", i), object{"directory_id": directory, "match": object{"group_name": fmt.Sprintf("g%d", i)}, "role": "Admin", "priority": i})
	}
	p.create("prefectsso_domain", "d", object{"name": "other.example"})
	if len(p.changes) != manyChanges {
		t.Fatalf("the plan has %d changes", len(p.changes))
	}
	return srv, p.json(t)
}

// TestRequestsOfManyPeople counts what a report on a large account and a large plan asks.
func TestRequestsOfManyPeople(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("10,000 people take a while to make")
	}
	srv, plan := crowd(t)
	srv.ResetRequests()
	got := run(t, srv, plan, "--format", "json")
	if requests := srv.Requests().Total; requests > maxRequests+workspaces {
		t.Errorf("%d requests, where %d are allowed: %+v", requests, maxRequests+workspaces, srv.Requests().Routes)
	}
	a := got.report(t).Accounts[0]
	if got.code != report.ExitChanges || len(a.People) != 950 || len(a.Workspaces) != workspaces {
		t.Errorf("exit code %d, %d people, %d workspaces; %s", got.code, len(a.People), len(a.Workspaces), got.err)
	}
	if markdown := run(t, srv, plan, "--format", "markdown").out; len(markdown) > 60_000 || !strings.Contains(markdown, "… and ") || strings.Count(markdown, "<details") != strings.Count(markdown, "</details>") {
		t.Errorf("%d bytes of Markdown", len(markdown))
	}
}

// BenchmarkReport measures a report on a large account and a large plan: 2 s are allowed.
func BenchmarkReport(b *testing.B) {
	srv, plan := crowd(b)
	for b.Loop() {
		if got := run(b, srv, plan, "--format", "json"); got.code != report.ExitChanges {
			b.Fatalf("%d %s", got.code, got.err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/report")
}

package provider_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// The table of plans: what a change of a directory or of domains does to people of an account.
func TestGuardDirectoryPlans(t *testing.T) {
	t.Parallel()
	const (
		directory, domains = "prefectsso_scim_directory", "prefectsso_domains"
		elsewhere          = "0c1f1d2e-0000-4000-8000-0000000000ff"
	)
	// Two people of the directory with the address of another domain than everybody else.
	branch := func(srv *acctest.Server) {
		srv.SetDomains("acme.com", "acme.example")
		srv.PushUser("lin@acme.example")
		srv.PushUser("wu@acme.example")
		srv.PushUser("ada@acme.com")
	}
	staff := func(role string) func(*acctest.Server) {
		return func(srv *acctest.Server) {
			srv.SetRole("ada@acme.com", role)
			srv.PushGroup("Staff", srv.PushUser("ada@acme.com"), srv.PushUser("grace@acme.com"))
		}
	}
	owners := func(srv *acctest.Server) {
		srv.PushGroup("Staff", srv.PushUser("owner@acme.com"), srv.PushUser("second.owner@acme.com"))
	}
	mapped := func(srv *acctest.Server) {
		staff("Member")(srv)
		srv.AddMapping("Staff", "Admin", 1)
	}
	asIs := map[string]any{"name": "Okta", "type": "okta scim v2.0"}
	config := func(name string, value any) map[string]any {
		return map[string]any{"name": "Okta", "type": "okta scim v2.0", name: value}
	}
	names := func(names ...string) map[string]any { return map[string]any{"names": names} }
	is := func(severity, id, at string, people ...string) finding {
		return finding{ID: id, Severity: severity, At: at, People: people}
	}
	const allowed = "allowed_domains"
	lost := is("error", "people-lose-access", allowed, "lin@acme.example", "wu@acme.example")
	fewer := config(allowed, []string{"acme.com"})

	for name, test := range map[string]struct {
		provider      map[string]any        // further arguments of the provider block
		arrange       func(*acctest.Server) // what the account is like
		publishedOnly bool                  // the server is as today's Prefect Cloud
		typeName      string
		before, after map[string]any // nil: it is made, it is destroyed
		want          []finding
	}{
		"fewer domains": {arrange: branch, typeName: directory, before: asIs, after: fewer, want: []finding{lost}},
		"fewer domains, whatever happens": {
			provider: map[string]any{"lockout_protection": false},
			arrange:  branch, typeName: directory, before: asIs, after: fewer,
			want: []finding{is("warning", "people-lose-access", allowed, "lin@acme.example", "wu@acme.example")},
		},
		"fewer domains, acknowledged": {
			provider: map[string]any{"acknowledge_lockout": []string{"*@acme.example"}},
			arrange:  branch, typeName: directory, before: asIs, after: fewer,
		},
		"fewer domains, acknowledged for one, and for somebody else": {
			provider: map[string]any{"acknowledge_lockout": []string{"wu@acme.example", "grace@acme.com"}},
			arrange:  branch, typeName: directory, before: asIs, after: fewer,
			want: []finding{
				is("error", "people-lose-access", allowed, "lin@acme.example"),
				is("warning", "acknowledgement-surplus", allowed, "grace@acme.com"),
			},
		},
		"fewer domains, the caller's": {
			provider: map[string]any{"api_key": "pnu_ada"},
			arrange: func(srv *acctest.Server) {
				srv.SetDomains("acme.com", "acme.example")
				staff("Admin")(srv)
			},
			typeName: directory, before: asIs, after: config(allowed, []string{"acme.example"}),
			want: []finding{
				is("error", "caller-deprovisioned", allowed, "ada@acme.com"),
				is("error", "people-lose-access", allowed, "grace@acme.com"),
			},
		},
		"fewer domains, the last who sign in without single sign-on": {
			provider: map[string]any{"acknowledge_lockout": []string{"*@acme.com"}},
			arrange: func(srv *acctest.Server) {
				srv.SetDomains("acme.com", "acme.example")
				owners(srv)
			},
			typeName: directory, before: asIs, after: config(allowed, []string{"acme.example"}),
			want: []finding{is("error", "bypass-nobody-left", allowed)},
		},
		"fewer domains, one of the two who sign in without single sign-on": {
			arrange: func(srv *acctest.Server) {
				srv.SetDomains("acme.com", "acme.example")
				srv.PushUser("second.owner@acme.com")
			},
			typeName: directory, before: asIs, after: config(allowed, []string{"acme.example"}),
			want: []finding{
				is("error", "people-lose-access", allowed, "second.owner@acme.com"),
				is("warning", "bypass-one-left", allowed),
			},
		},
		"fewer domains, which nobody has": {arrange: staff("Member"), typeName: directory, before: asIs, after: fewer},
		"domains that are not known yet": {
			arrange: branch, typeName: directory, before: asIs, after: config(allowed, tftypes.UnknownValue),
			want: []finding{is("warning", "lockout-not-checked", allowed)},
		},
		"a directory is switched off": {
			arrange: branch, typeName: directory, before: asIs, after: config("enabled", false),
			want: []finding{is("warning", "directory-off-keeps-leavers", "enabled")},
		},
		"a directory removes who leaves": {
			arrange: branch, typeName: directory, before: asIs, after: config("deprovision_action", "delete"),
			want: []finding{is("warning", "directory-removes-leavers", "deprovision_action")},
		},
		"a directory makes no more teams": {
			arrange: staff("Member"), typeName: directory, before: asIs, after: config("sync_groups_to_teams", false),
			want: []finding{is("warning", "teams-stop-following-groups", "sync_groups_to_teams")},
		},
		"a directory without groups makes no more teams": {arrange: branch, typeName: directory, before: asIs, after: config("sync_groups_to_teams", false)},
		"all of it at once": {
			arrange: func(srv *acctest.Server) {
				branch(srv)
				srv.PushGroup("Staff", srv.PushUser("grace@acme.com"))
			},
			typeName: directory, before: asIs,
			after: map[string]any{"name": "Okta", "type": "okta scim v2.0", "enabled": false, "deprovision_action": "delete", "sync_groups_to_teams": false, allowed: []string{"acme.com"}},
			want: []finding{
				lost, is("warning", "directory-off-keeps-leavers", "enabled"), is("warning", "directory-removes-leavers", "deprovision_action"),
				is("warning", "teams-stop-following-groups", "sync_groups_to_teams"),
			},
		},
		"a default role that bypasses single sign-on": {
			arrange: staff("Member"), typeName: directory, before: asIs, after: config("default_role", "Owner"),
			want: []finding{is("warning", "default-role-bypasses-sso", "default_role")},
		},
		"a directory goes": {arrange: staff("Member"), typeName: directory, before: asIs, want: []finding{is("warning", "directory-deleted-keeps-people", "name")}},
		"a directory goes, and its mapping with it": {
			arrange: mapped, typeName: directory, before: asIs,
			want: []finding{
				is("warning", "directory-deleted-keeps-people", "name"),
				is("warning", "earlier-roles-return", "name", "ada@acme.com", "grace@acme.com"),
			},
		},
		"a directory goes to another account": {
			arrange: mapped, typeName: directory, before: asIs, after: config("account_id", elsewhere),
			want: []finding{
				is("warning", "directory-deleted-keeps-people", "name"),
				is("warning", "earlier-roles-return", "name", "ada@acme.com", "grace@acme.com"),
				is("error", "key-rejected", ""),
			},
		},
		"a domain is disabled": {
			arrange: branch, typeName: domains, before: names("acme.com", "acme.example"), after: names("acme.com"),
			want: []finding{is("error", "people-lose-access", "names", "lin@acme.example", "wu@acme.example")},
		},
		"a domain is disabled that a directory names": {
			arrange: func(srv *acctest.Server) {
				srv.SetDomains("acme.com", "acme.example")
				srv.AllowDomains("acme.com", "acme.example")
			},
			typeName: domains, before: names("acme.com", "acme.example"), after: names("acme.com"),
			want: []finding{is("warning", "domain-allowed-by-directory", "names")},
		},
		"a domain's resource is destroyed that a directory names": {
			arrange: func(srv *acctest.Server) {
				srv.SetDomains("acme.com", "acme.example")
				srv.AllowDomains("acme.com", "acme.example")
				srv.PushUser("lin@acme.example")
			},
			typeName: "prefectsso_domain", before: map[string]any{"name": "acme.example"},
			want: []finding{
				is("warning", "domain-allowed-by-directory", "name"),
				is("warning", "people-lose-access", "name", "lin@acme.example"),
			},
		},
		"a domain's resource gets another name": {
			arrange: branch, typeName: "prefectsso_domain", before: map[string]any{"name": "acme.example"}, after: map[string]any{"name": "third.example"},
			want: []finding{is("warning", "people-lose-access", "name", "lin@acme.example", "wu@acme.example")},
		},
		"domains go to another account": {
			arrange: branch, typeName: domains, before: names("acme.com", "acme.example"),
			after: map[string]any{"account_id": elsewhere, "names": []string{"acme.com", "acme.example"}},
			want:  []finding{is("warning", "people-lose-access", "names", "ada@acme.com", "lin@acme.example", "wu@acme.example"), is("error", "key-rejected", "")},
		},
		"domains that are not known": {
			arrange: branch, typeName: domains, before: names("acme.com", "acme.example"), after: map[string]any{"names": tftypes.UnknownValue},
			want: []finding{is("warning", "lockout-not-checked", "names")},
		},
		"the whole list is taken over": {
			arrange: branch, typeName: domains, after: names("acme.com"),
			want: []finding{
				is("warning", "domains-replaced", "names"),
				is("error", "people-lose-access", "names", "lin@acme.example", "wu@acme.example"),
			},
		},
		"a domain is disabled, and whom the directory brought is not reported": {
			publishedOnly: true, typeName: domains, before: names("acme.com", "acme.example"), after: names("acme.com"),
			want: []finding{is("warning", "deprovisioning-not-checked", "names")},
		},
		"a domain is enabled, and whom the directory brought is not reported": {
			publishedOnly: true, typeName: domains, before: names("acme.com"), after: names("acme.com", "acme.example"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := []acctest.Option{acctest.WithDirectory}
			if test.publishedOnly {
				options = append(options, acctest.PublishedOnly)
			}
			srv := acctest.Start(t, options...)
			if test.arrange != nil {
				test.arrange(srv)
			}
			var prior *tfprotov6.DynamicValue
			switch {
			case test.before == nil:
			case test.typeName == directory:
				prior = inProcess(t, srv).imported(t, directory, map[string]any{"id": srv.DirectoryID()})
			default:
				prior = inProcess(t, srv).create(t, test.typeName, test.before).NewState
			}
			block := map[string]any{"endpoint": srv.URL + "/api", "api_key": acctest.ServiceKey, "account_id": acctest.AccountID}
			for name, value := range test.provider {
				block[name] = value
			}
			p := inProcessAs(t, block)
			var plan *tfprotov6.PlanResourceChangeResponse
			if prior == nil {
				plan, _, _ = p.plan(t, test.typeName, test.after)
			} else {
				plan, _ = p.change(t, test.typeName, prior, test.after)
			}
			wantFindings(t, plan.Diagnostics, test.want...)
		})
	}
}

// What destroys a domain is checked when it comes to it: people of a directory that is still there are not deprovisioned.
func TestGuardDeletion(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	srv.SetDomains("acme.com", "acme.example")
	srv.AllowDomains("acme.com", "acme.example")
	srv.PushUser("lin@acme.example")
	domain := inProcess(t, srv).create(t, "prefectsso_domain", map[string]any{"name": "acme.example"}).NewState
	p := inProcess(t, srv) // another run
	destroy := func() []*tfprotov6.Diagnostic {
		plan, given := p.change(t, "prefectsso_domain", domain, nil)
		noErrors(t, plan.Diagnostics)
		done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: "prefectsso_domain", PriorState: domain, PlannedState: given, Config: given})
		if err != nil {
			t.Fatal(err)
		}
		return done.Diagnostics
	}
	wantFindings(t, destroy(), finding{ID: "people-lose-access", Severity: "error", At: "name", People: []string{"lin@acme.example"}})
	if err := srv.WantDomains("acme.com", "acme.example"); err != nil {
		t.Error(err)
	}
	srv.Call(acctest.OwnerKey, http.MethodDelete, "/sso/directories/"+srv.DirectoryID(), nil, nil)
	if got := destroy(); len(got) > 0 {
		t.Errorf("got %v, want nothing", got)
	}
	if err := srv.WantDomains("acme.com"); err != nil {
		t.Error(err)
	}
}

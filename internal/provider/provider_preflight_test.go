package provider_test

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// aDozen are plans of all kinds, made side by side in one run.
func aDozen(t *testing.T, srv *acctest.Server, p *protocol) (diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	plans := map[string][]map[string]any{
		"prefectsso_domain":         {{"name": "a.example"}, {"name": "b.example"}},
		"prefectsso_member_role":    {{"email": "ada@acme.com", "role": "Admin"}, {"email": "grace@acme.com", "role": "Admin"}},
		"prefectsso_scim_directory": {{"name": "Entra", "type": "azure scim v2.0"}},
		"prefectsso_scim_token":     {{"directory_id": srv.DirectoryID(), "name": "okta", "token_wo": scimSecret(1), "token_wo_version": 1}},
		"prefectsso_scim_client":    {{"directory_id": srv.DirectoryID(), "name": "okta", "secret_wo": scimSecret(2), "secret_wo_version": 1}},
		"prefectsso_session_policy": {{"auth_expiration_seconds": 3600}},
		"prefectsso_setup_link":     {{"kind": "sso"}},
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	for typeName, configs := range plans {
		for _, config := range configs {
			all.Go(func() {
				plan, _, _ := p.plan(t, typeName, config)
				mu.Lock()
				defer mu.Unlock()
				diagnostics = append(diagnostics, plan.Diagnostics...)
			})
		}
	}
	all.Wait()
	return diagnostics
}

func errorsAmong(diagnostics []*tfprotov6.Diagnostic) (found []*tfprotov6.Diagnostic) {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			found = append(found, d)
		}
	}
	return found
}

// A key that the API does not know, and an account that is not the key's, are one error of a plan, whatever is in it, and
// nothing of that run can be applied.
func TestKeyRejectedOnce(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"unknown": "pnb_nobody", "of another account": acctest.StrangerKey} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			p := inProcessAs(t, map[string]any{"endpoint": srv.URL + "/api", "api_key": key, "account_id": acctest.AccountID})
			found := errorsAmong(aDozen(t, srv, p))
			wantFindings(t, found, fails("key-rejected", ""))
			if len(found) != 1 {
				t.Errorf("%d errors: %s", len(found), strings.Join(errorsOf(found), "\n"))
			}
			again, given, null := p.plan(t, "prefectsso_domain", map[string]any{"name": "c.example"})
			noErrors(t, again.Diagnostics)
			done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: "prefectsso_domain", PriorState: null, PlannedState: again.PlannedState, Config: given})
			if err != nil {
				t.Fatal(err)
			}
			if len(errorsAmong(done.Diagnostics)) != 1 {
				t.Errorf("what was planned after the error is applied: %+v", done.Diagnostics)
			}
		})
	}
}

// A refresh of many resources with a wrong key says so once, and forgets nothing.
func TestKeyRejectedByRefresh(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	own := inProcess(t, srv)
	states := map[string]*tfprotov6.DynamicValue{
		"prefectsso_domain":         own.imported(t, "prefectsso_domain", map[string]any{"name": "acme.com"}),
		"prefectsso_member_role":    own.imported(t, "prefectsso_member_role", map[string]any{"email": "ada@acme.com"}),
		"prefectsso_scim_directory": own.imported(t, "prefectsso_scim_directory", map[string]any{"id": srv.DirectoryID()}),
		"prefectsso_session_policy": own.imported(t, "prefectsso_session_policy", map[string]any{"account_id": acctest.AccountID}),
	}
	p := inProcessAs(t, map[string]any{"endpoint": srv.URL + "/api", "api_key": "pnb_nobody", "account_id": acctest.AccountID})
	var said []*tfprotov6.Diagnostic
	for typeName, state := range states {
		read, err := p.server.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{TypeName: typeName, CurrentState: state})
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, read.Diagnostics...)
		after, err := read.NewState.Unmarshal(p.resourceType(typeName))
		before, _ := state.Unmarshal(p.resourceType(typeName))
		if err != nil || !after.Equal(before) {
			t.Errorf("the refresh of %s made %s of %s, %v", typeName, after, before, err)
		}
	}
	wantFindings(t, said, fails("key-rejected", ""))
	if len(said) != 1 {
		t.Errorf("%d diagnostics: %s", len(said), strings.Join(errorsOf(said), "\n"))
	}
}

// A permission that only the apply needs is named once, as a warning or an error, as the provider block says, and what the
// server does not tell is not claimed.
func TestPermissionsOfPlans(t *testing.T) {
	t.Parallel()
	const route = "GET /api/me/accounts/{account_id}/permissions"
	roleOfAda := map[string]any{"email": "ada@acme.com", "role": "Auditor"}
	type plans []struct {
		typeName string
		config   map[string]any
	}
	var (
		roles   = plans{{"prefectsso_member_role", roleOfAda}, {"prefectsso_member_roles", map[string]any{"roles": map[string]string{"grace@acme.com": "Auditor"}}}}
		domains = plans{{"prefectsso_domain", map[string]any{"name": "a.example"}}, {"prefectsso_domain", map[string]any{"name": "b.example"}}}
		policy  = plans{{"prefectsso_session_policy", map[string]any{"auth_expiration_seconds": 60}}}
		same    = plans{{"prefectsso_member_role", map[string]any{"email": "ada@acme.com", "role": "Member"}}}
	)
	for name, test := range map[string]struct {
		key      string
		block    map[string]any
		fault    map[string]any
		options  []acctest.Option
		plans    plans
		want     []string // permissions that are named
		severity string
		asked    int
	}{
		"a key that may all":               {key: acctest.ServiceKey, plans: append(domains, policy...), asked: 1},
		"roles":                            {key: "pnu_grace", plans: roles, want: []string{"update:account_membership"}, severity: "warning", asked: 1},
		"domains":                          {key: "pnu_grace", plans: domains, want: []string{"administrate:sso"}, severity: "warning", asked: 1},
		"both, and a policy":               {key: "pnu_grace", plans: append(append(roles, domains...), policy...), want: []string{"administrate:sso", "update:account", "update:account_membership"}, severity: "warning", asked: 1},
		"as errors":                        {key: "pnu_grace", block: map[string]any{"plan_permissions": "error"}, plans: domains, want: []string{"administrate:sso"}, severity: "error", asked: 1},
		"as warnings, said so":             {key: "pnu_grace", block: map[string]any{"plan_permissions": "warning"}, plans: domains, want: []string{"administrate:sso"}, severity: "warning", asked: 1},
		"a role that somebody has":         {key: "pnu_grace", plans: same},
		"of today's Prefect Cloud":         {key: "pnu_grace", options: []acctest.Option{acctest.PublishedOnly}, plans: domains, want: []string{"administrate:sso"}, severity: "warning", asked: 1},
		"a server that does not say":       {key: "pnu_grace", fault: map[string]any{"status": http.StatusNotFound}, plans: append(domains, policy...), asked: 1},
		"a server without the route":       {key: "pnu_grace", fault: map[string]any{"status": http.StatusMethodNotAllowed}, plans: append(domains, policy...), asked: 1},
		"a server that says it to nobody":  {key: "pnu_grace", fault: map[string]any{"status": http.StatusForbidden}, plans: domains, asked: 1},
		"a key that may all, as errors":    {key: acctest.OwnerKey, block: map[string]any{"plan_permissions": "error"}, plans: append(roles, policy...), asked: 1},
		"what other requests have granted": {key: acctest.ServiceKey, plans: plans{{"prefectsso_scim_directory", map[string]any{"name": "Entra", "type": "azure scim v2.0"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, append(test.options, acctest.WithDirectory)...)
			if test.fault != nil {
				maps.Copy(test.fault, map[string]any{"method": http.MethodGet, "route": strings.TrimPrefix(route, "GET ")})
				srv.Fault(test.fault)
			}
			block := map[string]any{"endpoint": srv.URL + "/api", "api_key": test.key, "account_id": acctest.AccountID, "lockout_protection": false}
			maps.Copy(block, test.block)
			p := inProcessAs(t, block)
			srv.ResetRequests()
			var said []*tfprotov6.Diagnostic
			for _, of := range test.plans {
				plan, _, _ := p.plan(t, of.typeName, of.config)
				for _, d := range plan.Diagnostics {
					if strings.HasSuffix(d.Detail, "Guard: permission-missing") || strings.HasSuffix(d.Detail, "Guard: key-not-checked") {
						said = append(said, d)
					}
				}
			}
			var want []finding
			for range test.want {
				want = append(want, finding{ID: "permission-missing", Severity: test.severity})
			}
			wantFindings(t, said, want...)
			for _, permission := range test.want {
				named := 0
				for _, d := range said {
					if strings.Contains(d.Detail, "permission "+permission+" in account "+acctest.AccountID) {
						named++
					}
				}
				if named != 1 {
					t.Errorf("%s is named %d times: %+v", permission, named, said)
				}
			}
			asked := 0
			for _, row := range srv.Requests().Routes {
				if row.Method+" "+row.Route == route {
					asked += row.Count
				}
			}
			if asked != test.asked {
				t.Errorf("asked %d times what the key may do, want %d: %+v", asked, test.asked, srv.Requests().Routes)
			}
		})
	}
}

// Where the API does not answer what the key may do, the plan says so once, and goes on.
func TestKeyNotChecked(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	srv.Fault(map[string]any{"method": http.MethodGet, "route": "/api/me/accounts/{account_id}/permissions", "status": http.StatusInternalServerError})
	block := sessionOf(srv)
	block["max_retries"] = 0
	p := inProcessAs(t, block)
	var said []*tfprotov6.Diagnostic
	for _, name := range []string{"a.example", "b.example"} {
		plan, _, _ := p.plan(t, "prefectsso_domain", map[string]any{"name": name})
		said = append(said, plan.Diagnostics...)
	}
	wantFindings(t, said, warns("key-not-checked", ""))
}

// Who may give a team a role is decided by workspace.
func TestScopesOfWorkspaces(t *testing.T) {
	t.Parallel()
	const kind = "prefectsso_team_workspace_role"
	srv := acctest.Start(t, acctest.WithDirectory)
	srv.AddTeam("Crew")
	workspace, grace := srv.WorkspaceID("production"), "pnu_grace"
	made := inProcess(t, srv).create(t, kind, teamRoleOf("Viewer")(srv)).NewState
	member, _ := srv.Member("grace@acme.com")
	for role, want := range map[string][]finding{
		"Viewer": {warns("permission-missing", "")},
		"Owner":  nil,
	} {
		srv.Call(acctest.OwnerKey, http.MethodPost, "/workspaces/"+workspace+"/user_access/", []map[string]any{{"user_id": member.UserID, "workspace_role_id": srv.WorkspaceRoleID(role)}}, nil)
		block := sessionOf(srv)
		block["api_key"] = grace
		for name, config := range map[string]object{"a destroy": nil, "another role": teamRoleOf("Developer")(srv), "no change": teamRoleOf("Viewer")(srv)} {
			wanted := want
			if name == "no change" {
				wanted = nil
			}
			plan, _ := inProcessAs(t, block).change(t, kind, made, config)
			wantFindings(t, plan.Diagnostics, wanted...)
		}
		block["plan_permissions"] = "error"
		plan, _ := inProcessAs(t, block).change(t, kind, made, teamRoleOf("Developer")(srv))
		if got := has(plan.Diagnostics, "permission-missing"); got != (want != nil) {
			t.Errorf("%s: an error %t: %s", role, got, detailsOf(plan.Diagnostics))
		}
	}
}

// What ends nothing needs no permission, and what does is looked at while planning.
func TestPermissionsOfDestroys(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	own := inProcess(t, srv)
	missing := warns("permission-missing", "")
	for name, test := range map[string]struct {
		typeName string
		state    *tfprotov6.DynamicValue
		want     []finding
	}{
		"a domain":                       {"prefectsso_domain", own.imported(t, "prefectsso_domain", map[string]any{"name": "acme.com"}), []finding{missing}},
		"a policy, which stays":          {"prefectsso_session_policy", own.imported(t, "prefectsso_session_policy", map[string]any{"account_id": acctest.AccountID}), nil},
		"a role, which stays":            {"prefectsso_member_role", own.imported(t, "prefectsso_member_role", map[string]any{"email": "ada@acme.com"}), nil},
		"a role, which is reset to none": {"prefectsso_member_role", own.create(t, "prefectsso_member_role", map[string]any{"email": "ada@acme.com", "role": "Member", "on_destroy": "reset"}).NewState, []finding{missing}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := sessionOf(srv)
			block["api_key"] = "pnu_grace"
			plan, _ := inProcessAs(t, block).change(t, test.typeName, test.state, nil)
			var said []*tfprotov6.Diagnostic
			for _, d := range plan.Diagnostics {
				if strings.HasSuffix(d.Detail, "Guard: permission-missing") {
					said = append(said, d)
				}
			}
			wantFindings(t, said, test.want...)
		})
	}
}

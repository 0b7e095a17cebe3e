package provider_test

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// The table of plans of roles: resources that one run plans one after the other, and what guards find of each.
func TestRolePlans(t *testing.T) {
	t.Parallel()
	type step struct {
		typeName string
		config   map[string]any
		want     []finding
	}
	one := func(email, role string, want ...finding) step {
		return step{"prefectsso_member_role", map[string]any{"email": email, "role": role}, want}
	}
	some := func(roles map[string]string, want ...finding) step {
		return step{"prefectsso_member_roles", map[string]any{"roles": roles}, want}
	}
	holders := func(role string, members []string, want ...finding) step {
		return step{"prefectsso_role_members", map[string]any{"role": role, "members": members}, want}
	}
	mapping := func(role string, want ...finding) step {
		return step{"prefectsso_group_role_mapping", map[string]any{"match": matchGroup("Staff"), "role": role, "priority": 1}, want}
	}
	staff := func(srv *acctest.Server) {
		srv.PushGroup("Staff", srv.PushUser("ada@acme.com"), srv.PushUser("grace@acme.com"))
	}
	const ada, grace, owner, second = "ada@acme.com", "grace@acme.com", "owner@acme.com", "second.owner@acme.com"
	raised := warns("people-bypass-sso", "match", ada, grace)
	admin := func(srv *acctest.Server) { srv.SetRole(ada, "Admin") }
	byAda := map[string]any{"api_key": "pnu_ada"}
	const unknown = tftypes.UnknownValue
	later := tftypes.NewValue(tftypes.String, unknown)

	for name, test := range map[string]struct {
		provider map[string]any        // further arguments of the provider block
		arrange  func(*acctest.Server) // what the account is like
		steps    []step
	}{
		"the caller is demoted by member_role": {
			provider: byAda, arrange: admin,
			steps: []step{one("Ada@acme.com", "Member", fails("caller-demoted", "role", ada))},
		},
		"the caller is demoted by member_roles, whatever happens": {
			provider: map[string]any{"api_key": "pnu_ada", "lockout_protection": false, "acknowledge_lockout": []string{ada}}, arrange: admin,
			steps: []step{some(map[string]string{"Ada@acme.com": "Auditor", grace: "Auditor"}, fails("caller-demoted", `roles["Ada@acme.com"]`, ada))},
		},
		"the caller is demoted by role_members": {
			provider: byAda, arrange: admin,
			steps: []step{holders("Admin", []string{grace}, warns("role-members-replaced", "members", ada), fails("caller-demoted", "members", ada))},
		},
		"somebody else is demoted": {
			provider: map[string]any{"api_key": acctest.OwnerKey}, arrange: admin,
			steps: []step{one(ada, "Member"), one(grace, "Auditor")},
		},
		"several take it from everybody together": {
			arrange: func(srv *acctest.Server) { srv.SetRole(ada, "Owner") },
			steps: []step{
				one(owner, "Member"),
				holders("Admin", []string{second}, warns("bypass-one-left", "members")),
				some(map[string]string{ada: "Auditor", grace: "Auditor"}, warns("bypass-nobody-left-together", `roles["ada@acme.com"]`, ada, owner, second)),
			},
		},
		"several take it from everybody, whatever happens": {
			provider: map[string]any{"lockout_protection": false},
			steps:    []step{one(owner, "Member", warns("bypass-one-left", "role")), one(second, "Member", warns("bypass-nobody-left-together", "role", owner, second))},
		},
		"several take it, and somebody gets it first": {
			steps: []step{some(map[string]string{ada: "Owner", grace: "Owner"}), one(owner, "Member"), one(second, "Member")},
		},
		"a mapping gives it to people, and others lose it": {
			arrange: staff,
			steps:   []step{mapping("Owner", raised), one(owner, "Member"), one(second, "Member")},
		},
		"a mapping gives it to people, and a mapping takes it from others": {
			arrange: func(srv *acctest.Server) {
				staff(srv)
				srv.PushGroup("Founders", srv.PushUser(owner), srv.PushUser(second))
			},
			steps: []step{
				mapping("Owner", raised),
				{"prefectsso_group_role_mapping", map[string]any{"match": matchGroup("Founders"), "role": "Admin", "priority": 2}, []finding{warns("people-demoted", "match", owner, second)}},
			},
		},
		"a mapping takes it from one, and a resource from the other": {
			arrange: func(srv *acctest.Server) { srv.PushGroup("Staff", srv.PushUser(owner)) },
			steps: []step{
				mapping("Admin", warns("people-demoted", "match", owner), warns("bypass-one-left", "match")),
				one(second, "Member", warns("bypass-nobody-left-together", "role", owner, second)),
			},
		},
		"a mapping reaches nobody who is known": {
			steps: []step{
				mapping("Owner", warns("group-not-arrived", "match.group_name")),
				one(owner, "Member", warns("bypass-one-left", "role")),
			},
		},
		"one takes it from everybody": {
			steps: []step{some(map[string]string{owner: "Member", second: "Member"}, fails("bypass-nobody-left", `roles["owner@acme.com"]`))},
		},
		"one takes it from everybody after somebody gets it": {
			steps: []step{
				one(ada, "Owner"),
				some(map[string]string{owner: "Member", second: "Member"}, warns("bypass-one-left", `roles["owner@acme.com"]`)),
			},
		},
		"no domain serves them": {
			arrange: func(srv *acctest.Server) { enforceFor(t, srv, "other.example") },
			steps: []step{
				one(owner, "Member", fails("people-lose-access", "role", owner), warns("bypass-one-left", "role")),
				some(map[string]string{owner: "Member"}, fails("people-lose-access", `roles["owner@acme.com"]`, owner), warns("bypass-one-left", `roles["owner@acme.com"]`)),
			},
		},
		"no domain serves them, acknowledged": {
			provider: map[string]any{"acknowledge_lockout": []string{"*@acme.com", "unused@acme.com"}},
			arrange:  func(srv *acctest.Server) { enforceFor(t, srv, "other.example") },
			steps:    []step{one(owner, "Member", warns("bypass-one-left", "role"))},
		},
		"their domain is served": {
			arrange: func(srv *acctest.Server) { enforceFor(t, srv, "acme.com") },
			steps:   []step{one(owner, "Member", warns("bypass-one-left", "role"))},
		},
		"what is not known yet": {
			steps: []step{
				{"prefectsso_member_role", map[string]any{"email": ada, "role": unknown}, []finding{warns("lockout-not-checked", "role")}},
				{"prefectsso_member_role", map[string]any{"email": unknown, "role": "Member"}, []finding{warns("lockout-not-checked", "role")}},
				{"prefectsso_member_roles", map[string]any{"roles": unknown}, []finding{warns("lockout-not-checked", "roles")}},
				{"prefectsso_member_roles", map[string]any{"roles": map[string]tftypes.Value{ada: later, second: tftypes.NewValue(tftypes.String, "Member")}}, []finding{
					warns("lockout-not-checked", "roles"), warns("bypass-one-left", `roles["second.owner@acme.com"]`),
				}},
				{"prefectsso_role_members", map[string]any{"role": "Admin", "members": []tftypes.Value{later}}, []finding{warns("lockout-not-checked", "members")}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			if test.arrange != nil {
				test.arrange(srv)
			}
			block := map[string]any{"endpoint": srv.URL + "/api", "api_key": acctest.ServiceKey, "account_id": acctest.AccountID}
			maps.Copy(block, test.provider)
			p := inProcessAs(t, block)
			for _, step := range test.steps {
				if step.typeName == "prefectsso_group_role_mapping" {
					step.config["directory_id"] = srv.DirectoryID()
				}
				plan, _, _ := p.plan(t, step.typeName, step.config)
				wantFindings(t, plan.Diagnostics, step.want...)
			}
		})
	}
}

// A key that may not see connections cannot tell whether a role costs somebody their access: the plan fails, and does not
// take it for nobody.
func TestRolePlanWithoutConnections(t *testing.T) {
	t.Parallel()
	const owner = "owner@acme.com"
	srv := acctest.Start(t, acctest.WithDirectory)
	enforceFor(t, srv, "acme.com")
	srv.Fault(map[string]any{"method": http.MethodGet, "route": "/api/accounts/{account_id}/sso/integrations", "status": http.StatusForbidden})
	for name, test := range map[string]struct {
		provider map[string]any
		want     finding
	}{
		"protected":        {nil, fails("lockout-not-checked", "role")},
		"protection off":   {map[string]any{"lockout_protection": false}, warns("lockout-not-checked", "role")},
		"acknowledged":     {map[string]any{"acknowledge_lockout": []string{owner}}, finding{}},
		"acknowledged all": {map[string]any{"acknowledge_lockout": []string{"*@acme.com"}}, finding{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := sessionOf(srv)
			maps.Copy(block, test.provider)
			plan, _, _ := inProcessAs(t, block).plan(t, "prefectsso_member_role", map[string]any{"email": owner, "role": "Member"})
			want := []finding{warns("bypass-one-left", "role")}
			if test.want.ID != "" {
				want = append(want, test.want)
			}
			wantFindings(t, plan.Diagnostics, want...)
		})
	}
}

// enforceFor makes single sign-on enforced, by a connection that serves one domain.
func enforceFor(t *testing.T, srv *acctest.Server, domain string) {
	t.Helper()
	if domain != "acme.com" {
		srv.SetDomains("acme.com", domain)
	}
	var made struct{ ID string }
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/connections", map[string]any{
		"name": "Entra", "connection_type": "GenericSAML", "domains": []string{domain},
		"saml": map[string]any{"idp_entity_id": "https://idp.example/", "idp_sso_url": "https://idp.example/sso", "idp_certificates": []string{rsaCertificate(t, time.Now().AddDate(1, 0, 0))}},
	}, &made)
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/connections/"+made.ID+"/activate", map[string]any{"take_over": false}, nil)
}

package provider_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// The table of plans of roles: resources that one run plans one after the other, and the exact diagnostics of each.
func TestRolePlans(t *testing.T) {
	t.Parallel()
	type step struct {
		typeName string
		config   map[string]any
		want     []string
	}
	one := func(email, role string, want ...string) step {
		return step{"prefectsso_member_role", map[string]any{"email": email, "role": role}, want}
	}
	some := func(roles map[string]string, want ...string) step {
		return step{"prefectsso_member_roles", map[string]any{"roles": roles}, want}
	}
	holders := func(role string, members []string, want ...string) step {
		return step{"prefectsso_role_members", map[string]any{"role": role, "members": members}, want}
	}
	mapping := func(role string, want ...string) step {
		return step{"prefectsso_group_role_mapping", map[string]any{"match": matchGroup("Staff"), "role": role, "priority": 1}, want}
	}
	staff := func(srv *acctest.Server) {
		srv.PushGroup("Staff", srv.PushUser("ada@acme.com"), srv.PushUser("grace@acme.com"))
	}
	const raised = "warning: People would bypass single sign-on\nThe mapping of group \"Staff\" with the priority 1 would give 2 people a role with bypass:sso, with which they get in without single sign-on: ada@acme.com, grace@acme.com. Whoever joins the group or gets the attribute at the identity provider gets it, too."
	admin := func(srv *acctest.Server) { srv.SetRole("ada@acme.com", "Admin") }
	byAda := map[string]any{"api_key": "pnu_ada"}
	oneself := func(role string) string {
		return "error: This would demote yourself\nThe API key in use belongs to ada@acme.com, and the account does not let anybody take permissions from themselves: " + role + " may not do all that Admin may. Let somebody else apply this, or use the key of a service account."
	}
	const unknown = tftypes.UnknownValue
	later := tftypes.NewValue(tftypes.String, unknown)
	unchecked := func(what string) string {
		return "warning: Not checked who loses access\nSome of the " + what + " are not known while planning. The check is made again when this is applied."
	}
	const oneLeft = "warning: Only one person left\nAfter this plan a single active user of account $ACCOUNT could get in without single sign-on, unless another resource of it lets somebody else. When that person cannot log in, nobody can mend a broken identity provider. Two are safer."
	const together = "warning: Nobody could get in without single sign-on\nTogether, the resources of this plan take bypass:sso from everybody who has it in account $ACCOUNT: ada@acme.com, owner@acme.com, second.owner@acme.com. The account refuses to take it from the last one, so applying this plan fails unless another resource of it gives it to somebody else."
	const nobody = "error: Nobody could get in without single sign-on\nAfter this change no active user of account $ACCOUNT would hold a role with bypass:sso. The account refuses to take it from the last one. Keep at least one Owner, better two. If another resource of this configuration gives somebody such a role, let this one wait for it with `depends_on`."

	for name, test := range map[string]struct {
		provider map[string]any        // further arguments of the provider block
		arrange  func(*acctest.Server) // what the account is like
		steps    []step
	}{
		"the caller is demoted by member_role": {
			provider: byAda, arrange: admin,
			steps: []step{one("Ada@acme.com", "Member", oneself("Member"))},
		},
		"the caller is demoted by member_roles, whatever happens": {
			provider: map[string]any{"api_key": "pnu_ada", "lockout_protection": false, "acknowledge_lockout": []string{"ada@acme.com"}}, arrange: admin,
			steps: []step{some(map[string]string{"ada@acme.com": "Auditor", "grace@acme.com": "Auditor"}, oneself("Auditor"))},
		},
		"the caller is demoted by role_members": {
			provider: byAda, arrange: admin,
			steps: []step{holders("Admin", []string{"grace@acme.com"},
				"warning: People will lose the role\nThis resource makes `members` everybody who holds Admin. Holding it today, but not in `members`: ada@acme.com. They would become Member.",
				oneself("Member"))},
		},
		"somebody else is demoted": {
			provider: map[string]any{"api_key": acctest.OwnerKey}, arrange: admin,
			steps: []step{one("ada@acme.com", "Member"), one("grace@acme.com", "Auditor")},
		},
		"several take it from everybody together": {
			arrange: func(srv *acctest.Server) { srv.SetRole("ada@acme.com", "Owner") },
			steps: []step{
				one("owner@acme.com", "Member"),
				holders("Admin", []string{"second.owner@acme.com"}, oneLeft),
				some(map[string]string{"ada@acme.com": "Auditor", "grace@acme.com": "Admin"}, together),
			},
		},
		"several take it from everybody, whatever happens": {
			provider: map[string]any{"lockout_protection": false},
			steps:    []step{one("owner@acme.com", "Member", oneLeft), one("second.owner@acme.com", "Member", strings.Replace(together, "ada@acme.com, ", "", 1))},
		},
		"several take it, and somebody gets it first": {
			steps: []step{
				some(map[string]string{"ada@acme.com": "Owner", "grace@acme.com": "Owner"}),
				one("owner@acme.com", "Member"),
				one("second.owner@acme.com", "Member"),
			},
		},
		"a mapping gives it to people, and others lose it": {
			arrange: staff,
			steps:   []step{mapping("Owner", raised), one("owner@acme.com", "Member"), one("second.owner@acme.com", "Member")},
		},
		"a mapping gives it to people, and a mapping takes it from others": {
			arrange: func(srv *acctest.Server) {
				staff(srv)
				srv.PushGroup("Founders", srv.PushUser("owner@acme.com"), srv.PushUser("second.owner@acme.com"))
			},
			steps: []step{
				mapping("Owner", raised),
				{"prefectsso_group_role_mapping", map[string]any{"match": matchGroup("Founders"), "role": "Admin", "priority": 2}, []string{
					"warning: People would be demoted\nThe mapping of group \"Founders\" with the priority 2 would give 2 people a role that may do less: owner@acme.com (Admin, now Owner), second.owner@acme.com (Admin, now Owner).",
				}},
			},
		},
		"a mapping takes it from one, and a resource from the other": {
			arrange: func(srv *acctest.Server) { srv.PushGroup("Staff", srv.PushUser("owner@acme.com")) },
			steps: []step{
				mapping("Admin", "warning: People would be demoted\nThe mapping of group \"Staff\" with the priority 1 would give 1 person a role that may do less: owner@acme.com (Admin, now Owner).", oneLeft),
				one("second.owner@acme.com", "Member", strings.Replace(together, "ada@acme.com, ", "", 1)),
			},
		},
		"a mapping reaches nobody who is known": {
			steps: []step{
				mapping("Owner", "warning: The group has not arrived\nThe directory $DIRECTORY has no group \"Staff\", so the mapping gives nobody a role. It does as soon as the identity provider pushes the group: assign the group to the application there, and check that it is written alike."),
				one("owner@acme.com", "Member", oneLeft),
			},
		},
		"one takes it from everybody": {
			steps: []step{
				some(map[string]string{"owner@acme.com": "Member", "second.owner@acme.com": "Member"}, nobody),
			},
		},
		"one takes it from everybody after somebody gets it": {
			steps: []step{
				one("ada@acme.com", "Owner"),
				some(map[string]string{"owner@acme.com": "Member", "second.owner@acme.com": "Member"}, oneLeft),
			},
		},
		"what is not known yet": {
			steps: []step{
				{"prefectsso_member_role", map[string]any{"email": "ada@acme.com", "role": unknown}, []string{unchecked("arguments")}},
				{"prefectsso_member_role", map[string]any{"email": unknown, "role": "Member"}, []string{unchecked("arguments")}},
				{"prefectsso_member_roles", map[string]any{"roles": unknown}, []string{unchecked("roles")}},
				{"prefectsso_member_roles", map[string]any{"roles": map[string]tftypes.Value{"ada@acme.com": later, "second.owner@acme.com": tftypes.NewValue(tftypes.String, "Member")}}, []string{unchecked("roles"), oneLeft}},
				{"prefectsso_role_members", map[string]any{"role": "Admin", "members": []tftypes.Value{later}}, []string{unchecked("arguments")}},
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
				wantDiagnostics(t, srv, plan.Diagnostics, step.want)
			}
		})
	}
}

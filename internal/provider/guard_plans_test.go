package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// The table of plans: what a change of a mapping does to people of an account, and the exact
// diagnostics. $DIRECTORY and $ACCOUNT stand for the ids.
func TestGuardPlans(t *testing.T) {
	t.Parallel()
	const mapping = "prefectsso_group_role_mapping"
	staff := func(role string) func(*acctest.Server) {
		return func(srv *acctest.Server) {
			srv.SetRole("ada@acme.com", role)
			srv.PushGroup("Staff", srv.PushUser("ada@acme.com"), srv.PushUser("grace@acme.com"))
		}
	}
	// beside maps another group of the same people.
	beside := func(group, role string, priority int) func(*acctest.Server) {
		return func(srv *acctest.Server) {
			ada, grace := srv.PushUser("ada@acme.com"), srv.PushUser("grace@acme.com")
			srv.PushGroup("Staff", ada, grace)
			srv.PushGroup(group, ada, grace)
			srv.AddMapping(group, role, priority)
		}
	}
	owners := func(srv *acctest.Server) {
		srv.PushGroup("Staff", srv.PushUser("owner@acme.com"), srv.PushUser("second.owner@acme.com"))
	}
	toGroup := func(group, role string, priority int) map[string]any {
		return map[string]any{"match": matchGroup(group), "role": role, "priority": priority}
	}
	const elsewhere = "0c1f1d2e-0000-4000-8000-0000000000ff"

	for name, test := range map[string]struct {
		provider map[string]any        // further arguments of the provider block
		arrange  func(*acctest.Server) // what the account is like
		typeName string
		before   map[string]any // nil: it is made
		after    map[string]any // nil: it is destroyed
		want     []string
	}{
		"a mapping raises": {arrange: staff("Member"), typeName: mapping, after: toGroup("Staff", "Admin", 1)},
		"a mapping demotes": {
			arrange: staff("Admin"), typeName: mapping, after: toGroup("Staff", "Auditor", 1),
			want: []string{"warning: People would be demoted\nThe mapping of group \"Staff\" with the priority 1 would give 2 people a role that may do less: ada@acme.com (Auditor, now Admin), grace@acme.com (Auditor, now Member)."},
		},
		"a mapping demotes one of two Owners": {
			arrange: func(srv *acctest.Server) { srv.PushGroup("Staff", srv.PushUser("second.owner@acme.com")) }, typeName: mapping, after: toGroup("Staff", "Admin", 1),
			want: []string{
				"warning: People would be demoted\nThe mapping of group \"Staff\" with the priority 1 would give 1 person a role that may do less: second.owner@acme.com (Admin, now Owner).",
				"warning: Only one person left\nAfter this plan a single active user of account $ACCOUNT could get in without single sign-on, unless another resource of it lets somebody else. When that person cannot log in, nobody can mend a broken identity provider. Two are safer.",
			},
		},
		"a mapping demotes the caller": {
			provider: map[string]any{"api_key": "pnu_ada"},
			arrange:  staff("Admin"), typeName: mapping, after: toGroup("Staff", "Member", 1),
			want: []string{"error: This would demote yourself\nThe API key in use belongs to ada@acme.com. The mapping of group \"Staff\" with the priority 1 would give them Member instead of Admin, which may do more. Use the key of a service account, or let somebody apply this who is not concerned."},
		},
		"a mapping lets a group bypass single sign-on": {
			arrange: staff("Member"), typeName: mapping, after: toGroup("Staff", "Owner", 1),
			want: []string{"warning: People would bypass single sign-on\nThe mapping of group \"Staff\" with the priority 1 would give 2 people a role with bypass:sso, with which they get in without single sign-on: ada@acme.com, grace@acme.com. Whoever joins the group or gets the attribute at the identity provider gets it, too."},
		},
		"a mapping demotes all Owners": {
			arrange: owners, typeName: mapping, before: toGroup("Staff", "Owner", 1), after: toGroup("Staff", "Admin", 1),
			want: []string{
				"warning: People would be demoted\nThe mapping of group \"Staff\" with the priority 1 would give 2 people a role that may do less: owner@acme.com (Admin, now Owner), second.owner@acme.com (Admin, now Owner).",
				"error: Nobody could get in without single sign-on\nAfter this change no active user of account $ACCOUNT would hold a role with bypass:sso. The account refuses to take it from the last one. Keep at least one Owner, better two. If another resource of this configuration gives somebody such a role, let this one wait for it with `depends_on`.",
			},
		},
		"another mapping counts from now on": {
			arrange: beside("Zoo", "Auditor", 5), typeName: mapping, before: toGroup("Staff", "Admin", 9), after: toGroup("Staff", "Admin", 1),
			want: []string{"warning: People would be demoted\nThe mapping of group \"Staff\" with the priority 1 would give 2 people a role that may do less: ada@acme.com (Auditor, now Admin), grace@acme.com (Auditor, now Admin)."},
		},
		"a mapping ends, and another one counts": {
			arrange: beside("Zoo", "Auditor", 5), typeName: mapping, before: toGroup("Staff", "Admin", 9),
			want: []string{"warning: People would be demoted\nThe end of the mapping of group \"Staff\" with the priority 9 would give 2 people a role that may do less: ada@acme.com (Auditor, now Admin), grace@acme.com (Auditor, now Admin)."},
		},
		"a mapping goes to another directory": {
			arrange: beside("Zoo", "Auditor", 5), typeName: mapping, before: toGroup("Staff", "Admin", 9),
			after: map[string]any{"directory_id": "directory_01KABCDEFGHJKMNPQRSTVWXYZ0", "match": matchGroup("Staff"), "role": "Admin", "priority": 9},
			want:  []string{"warning: People would be demoted\nThe end of the mapping of group \"Staff\" with the priority 9 would give 2 people a role that may do less: ada@acme.com (Auditor, now Admin), grace@acme.com (Auditor, now Admin)."},
		},
		"a mapping goes to another account": {
			arrange: beside("Zoo", "Auditor", 5), typeName: mapping, before: toGroup("Staff", "Admin", 9),
			after: map[string]any{"account_id": elsewhere, "match": matchGroup("Staff"), "role": "Admin", "priority": 9},
			want:  []string{"warning: People would be demoted\nThe end of the mapping of group \"Staff\" with the priority 9 would give 2 people a role that may do less: ada@acme.com (Auditor, now Admin), grace@acme.com (Auditor, now Admin)."},
		},
		"a mapping is not the one that counts": {
			arrange: beside("Zoo", "Admin", 5), typeName: mapping, after: toGroup("Staff", "Auditor", 1),
		},
		"an equal priority, and the other match sorts first": {
			arrange: beside("Crew", "Auditor", 5), typeName: mapping, before: toGroup("Staff", "Admin", 9), after: toGroup("Staff", "Admin", 5),
			want: []string{"warning: People would be demoted\nThe mapping of group \"Staff\" with the priority 5 would give 2 people a role that may do less: ada@acme.com (Auditor, now Admin), grace@acme.com (Auditor, now Admin)."},
		},
		"an equal priority, and this match sorts first": {
			arrange: beside("Zoo", "Auditor", 5), typeName: mapping, before: toGroup("Staff", "Admin", 9), after: toGroup("Staff", "Admin", 5),
		},
		"a new one of an equal priority that sorts first": {
			arrange: beside("Zoo", "Admin", 5), typeName: mapping, after: toGroup("Staff", "Auditor", 5),
			want: []string{"warning: People would be demoted\nThe mapping of group \"Staff\" with the priority 5 would give 2 people a role that may do less: ada@acme.com (Auditor, now Admin), grace@acme.com (Auditor, now Admin)."},
		},
		"a new one of an equal priority that does not": {
			arrange: beside("Crew", "Admin", 5), typeName: mapping, after: toGroup("Staff", "Auditor", 5),
		},
		"a mapping ends": {
			provider: map[string]any{"api_key": "pnu_ada"},
			arrange:  staff("Admin"), typeName: mapping, before: toGroup("Staff", "Admin", 1),
			want: []string{"warning: Roles from before return\nThe end of the mapping of group \"Staff\" with the priority 1 would leave 2 people without a mapping: ada@acme.com (Admin now, and the owner of the API key in use), grace@acme.com (Admin now). They would have the role from before the mapping again, which the account does not tell. The last active one with bypass:sso keeps it."},
		},
		"groups that cannot be told apart": {
			arrange: func(srv *acctest.Server) {
				staff("Admin")(srv)
				srv.PushGroup("STAFF")
			},
			typeName: mapping, after: toGroup("Staff", "Auditor", 1),
			want: []string{"warning: Not checked whose role changes\nGroups of the directory have the same name, or differ only in its case, so the account does not tell who is in which of them."},
		},
		"a mapping whose role is not known yet": {
			arrange: staff("Member"), typeName: mapping,
			after: map[string]any{"match": matchGroup("Staff"), "role": tftypes.UnknownValue, "priority": 1},
			want:  []string{"warning: Not checked whose role changes\nSome of the arguments are not known while planning. The check is made again when this is applied."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			test.arrange(srv)
			for _, given := range []map[string]any{test.before, test.after} {
				if test.typeName == mapping && given != nil && given["directory_id"] == nil {
					given["directory_id"] = srv.DirectoryID()
				}
			}
			var prior *tfprotov6.DynamicValue
			if test.before != nil {
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
			wantDiagnostics(t, srv, plan.Diagnostics, test.want)
		})
	}
}

// matchGroup is the argument match for a group.
func matchGroup(name string) map[string]tftypes.Value {
	null := tftypes.NewValue(tftypes.String, nil)
	return map[string]tftypes.Value{"group_id": null, "group_name": tftypes.NewValue(tftypes.String, name), "attribute": null, "equals": null}
}

// wantDiagnostics compares diagnostics with their exact texts.
func wantDiagnostics(t *testing.T, srv *acctest.Server, got []*tfprotov6.Diagnostic, want []string) {
	t.Helper()
	wantTexts(t, strings.NewReplacer(acctest.AccountID, "$ACCOUNT", srv.DirectoryID(), "$DIRECTORY"), got, want)
}

func wantTexts(t *testing.T, neutral *strings.Replacer, got []*tfprotov6.Diagnostic, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		var is, should string
		if i < len(got) {
			is = neutral.Replace(strings.ToLower(got[i].Severity.String()) + ": " + got[i].Summary + "\n" + got[i].Detail)
		}
		if i < len(want) {
			should = want[i]
		}
		if is != should {
			t.Errorf("diagnostic %d:\n got %s\nwant %s", i+1, is, should)
		}
	}
}

package provider_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// The table of plans: what a change of a directory, a mapping or a domain does to people of an account, and the exact
// diagnostics. $DIRECTORY and $ACCOUNT stand for the ids.
func TestGuardPlans(t *testing.T) {
	t.Parallel()
	const (
		directory, mapping, domains = "prefectsso_scim_directory", "prefectsso_group_role_mapping", "prefectsso_domains"
		okta                        = "The directory Okta ($DIRECTORY)"
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
	asIs := map[string]any{"name": "Okta", "type": "okta scim v2.0"}
	config := func(name string, value any) map[string]any {
		return map[string]any{"name": "Okta", "type": "okta scim v2.0", name: value}
	}
	const lost = "error: People would lose access\n" + okta + " would deprovision 2 people of account $ACCOUNT: lin@acme.example, wu@acme.example. Their email domain would no longer be among its allowed domains. Keep the domain, or accept it in the provider block with acknowledge_lockout: email addresses, or \"*@domain\"."

	const named = "A directory allows this domain\n" + okta + " names acme.example in its allowed domains, and disabling it takes it out of there. That is all if `allowed_domains` refers to the domain's resource, or if the directory goes, too. If a configuration spells it out, take it out there as well: a directory cannot allow a domain that is not enabled."

	const later = " Applying this plan fails unless it destroys the directory, too, and before the domain, as it does where `allowed_domains` refers to the domain's resource."

	const elsewhere = "0c1f1d2e-0000-4000-8000-0000000000ff"

	for name, test := range map[string]struct {
		provider map[string]any        // further arguments of the provider block
		arrange  func(*acctest.Server) // what the account is like
		typeName string
		before   map[string]any // nil: it is made
		after    map[string]any // nil: it is destroyed
		want     []string
	}{
		"fewer domains": {
			arrange: branch, typeName: directory, before: asIs, after: config("allowed_domains", []string{"acme.com"}),
			want: []string{lost},
		},
		"fewer domains, whatever happens": {
			provider: map[string]any{"lockout_protection": false},
			arrange:  branch, typeName: directory, before: asIs, after: config("allowed_domains", []string{"acme.com"}),
			want: []string{strings.Replace(lost, "error", "warning", 1)},
		},
		"fewer domains, acknowledged": {
			provider: map[string]any{"acknowledge_lockout": []string{"*@acme.example"}},
			arrange:  branch, typeName: directory, before: asIs, after: config("allowed_domains", []string{"acme.com"}),
		},
		"fewer domains, acknowledged for one, and for somebody else": {
			provider: map[string]any{"acknowledge_lockout": []string{"wu@acme.example", "grace@acme.com"}},
			arrange:  branch, typeName: directory, before: asIs, after: config("allowed_domains", []string{"acme.com"}),
			want: []string{
				strings.Replace(lost, "2 people of account $ACCOUNT: lin@acme.example, wu@acme.example", "1 person of account $ACCOUNT: lin@acme.example", 1),
				"warning: Acknowledged without need\nacknowledge_lockout names grace@acme.com, who lose no access by the change of this resource. Another change of the same plan may cost them theirs; if none does, take them out, so that they do not hide a mistake later.",
			},
		},
		"fewer domains, the caller's": {
			provider: map[string]any{"api_key": "pnu_ada"},
			arrange: func(srv *acctest.Server) {
				srv.SetDomains("acme.com", "acme.example")
				staff("Admin")(srv)
			},
			typeName: directory, before: asIs, after: config("allowed_domains", []string{"acme.example"}),
			want: []string{
				"error: This would end your own access\nThe API key in use belongs to ada@acme.com. " + okta + " would deprovision them: their email domain would no longer be among its allowed domains. Use the key of a service account.",
				"error: People would lose access\n" + okta + " would deprovision 1 person of account $ACCOUNT: grace@acme.com. Their email domain would no longer be among its allowed domains. Keep the domain, or accept it in the provider block with acknowledge_lockout: email addresses, or \"*@domain\".",
			},
		},
		"fewer domains, the last who get in without single sign-on": {
			provider: map[string]any{"acknowledge_lockout": []string{"*@acme.com"}},
			arrange: func(srv *acctest.Server) {
				srv.SetDomains("acme.com", "acme.example")
				owners(srv)
			},
			typeName: directory, before: asIs, after: config("allowed_domains", []string{"acme.example"}),
			want: []string{"error: Nobody could get in without single sign-on\nAfter this change no active user of account $ACCOUNT would hold a role with bypass:sso. The account refuses to take it from the last one. Keep at least one Owner, better two. If another resource of this configuration gives somebody such a role, let this one wait for it with `depends_on`."},
		},
		"fewer domains, which nobody has": {
			arrange: staff("Member"), typeName: directory, before: asIs, after: config("allowed_domains", []string{"acme.com"}),
		},
		"domains that are not known yet": {
			arrange: branch, typeName: directory, before: asIs, after: config("allowed_domains", tftypes.UnknownValue),
			want: []string{"warning: Not checked who loses access\nSome of the domains are not known while planning. The check is made again when this is applied."},
		},
		"a directory is switched off": {
			arrange: branch, typeName: directory, before: asIs, after: config("enabled", false),
			want: []string{"warning: Nobody is deprovisioned while it is off\n" + okta + " has 3 active users. Nobody loses access by switching it off, but its identity provider is refused: whoever leaves keeps their access until it is on again, or until somebody takes it by hand."},
		},
		"a directory removes who leaves": {
			arrange: branch, typeName: directory, before: asIs, after: config("deprovision_action", "delete"),
			want: []string{"warning: Whoever leaves is removed\n" + okta + " has 3 active users. Nobody loses access by this change, but from then on whoever leaves loses the membership with its role, accesses and teams, and starts afresh on a return."},
		},
		"a directory makes no more teams": {
			arrange: staff("Member"), typeName: directory, before: asIs, after: config("sync_groups_to_teams", false),
			want: []string{"warning: Teams stop following their groups\n" + okta + " makes 1 team of its groups: Staff. Each keeps its people and its workspaces, but from then on nobody joins or leaves it by the identity provider: whoever leaves a group keeps what its team gives, until this is on again, or until somebody takes it by hand."},
		},
		"a directory without groups makes no more teams": {arrange: branch, typeName: directory, before: asIs, after: config("sync_groups_to_teams", false)},
		"a directory goes, and its mapping with it": {
			arrange: func(srv *acctest.Server) {
				staff("Member")(srv)
				srv.AddMapping("Staff", "Admin", 1)
			},
			typeName: directory, before: asIs,
			want: []string{
				"warning: Nobody is deprovisioned\nDeleting the directory Okta takes nobody's access: the people whom it brought stay members; roles that its mappings gave go back to what they were before; its teams stay and are then looked after by hand; its tokens stop working.",
				"warning: Roles from before return\n" + okta + ", whose mappings end with it, would leave 2 people without a mapping: ada@acme.com (Admin now), grace@acme.com (Admin now). They would have the role from before the mapping again, which the account does not tell. The last active one with bypass:sso keeps it.",
			},
		},
		"a domain is disabled": {
			arrange: branch, typeName: domains,
			before: map[string]any{"names": []string{"acme.com", "acme.example"}}, after: map[string]any{"names": []string{"acme.com"}},
			want: []string{"error: People would lose access\n" + okta + " would deprovision 2 people of account $ACCOUNT: lin@acme.example, wu@acme.example. It lets in only people of enabled domains, and acme.example would be enabled no more. Keep the domain enabled, or accept it in the provider block with acknowledge_lockout: email addresses, or \"*@domain\"."},
		},
		"a domain is disabled that a directory names": {
			arrange: func(srv *acctest.Server) {
				srv.SetDomains("acme.com", "acme.example")
				srv.AllowDomains("acme.com", "acme.example")
			},
			typeName: domains,
			before:   map[string]any{"names": []string{"acme.com", "acme.example"}}, after: map[string]any{"names": []string{"acme.com"}},
			want: []string{"warning: " + named},
		},
		"a domain's resource is destroyed that a directory names": {
			arrange: func(srv *acctest.Server) {
				srv.SetDomains("acme.com", "acme.example")
				srv.AllowDomains("acme.com", "acme.example")
				srv.PushUser("lin@acme.example")
			},
			typeName: "prefectsso_domain", before: map[string]any{"name": "acme.example"},
			want: []string{
				"warning: " + named,
				"warning: People would lose access\n" + okta + " would deprovision 1 person of account $ACCOUNT: lin@acme.example. It lets in only people of enabled domains, and acme.example would be enabled no more. Keep the domain enabled, or accept it in the provider block with acknowledge_lockout: email addresses, or \"*@domain\"." + later,
			},
		},
		"a directory goes to another account": {
			arrange: beside("Zoo", "Auditor", 5), typeName: directory, before: asIs, after: config("account_id", elsewhere),
			want: []string{
				"warning: Nobody is deprovisioned\nDeleting the directory Okta takes nobody's access: the people whom it brought stay members; roles that its mappings gave go back to what they were before; its teams stay and are then looked after by hand; its tokens stop working.",
				"warning: Roles from before return\n" + okta + ", whose mappings end with it, would leave 2 people without a mapping: ada@acme.com (Auditor now), grace@acme.com (Auditor now). They would have the role from before the mapping again, which the account does not tell. The last active one with bypass:sso keeps it.",
			},
		},
		"domains go to another account": {
			arrange: branch, typeName: domains,
			before: map[string]any{"names": []string{"acme.com", "acme.example"}}, after: map[string]any{"account_id": elsewhere, "names": []string{"acme.com", "acme.example"}},
			want: []string{"warning: People would lose access\n" + okta + " would deprovision 3 people of account $ACCOUNT: ada@acme.com, lin@acme.example, wu@acme.example. It lets in only people of enabled domains, and acme.com, acme.example would be enabled no more. Keep the domain enabled, or accept it in the provider block with acknowledge_lockout: email addresses, or \"*@domain\"." + later},
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
			wantDiagnostics(t, srv, plan.Diagnostics, test.want)
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
	destroy := func() (errors []string) {
		plan, given := p.change(t, "prefectsso_domain", domain, nil)
		noErrors(t, plan.Diagnostics)
		done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: "prefectsso_domain", PriorState: domain, PlannedState: given, Config: given})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range done.Diagnostics {
			errors = append(errors, d.Summary)
		}
		return errors
	}
	if got, want := strings.Join(destroy(), "; "), "People would lose access"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if err := srv.WantDomains("acme.com", "acme.example"); err != nil {
		t.Error(err)
	}
	srv.Call(acctest.OwnerKey, http.MethodDelete, "/sso/directories/"+srv.DirectoryID(), nil, nil)
	if got := destroy(); len(got) > 0 {
		t.Errorf("got %s, want nothing", got)
	}
	if err := srv.WantDomains("acme.com"); err != nil {
		t.Error(err)
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

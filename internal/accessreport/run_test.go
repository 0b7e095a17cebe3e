package accessreport_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/accessreport"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// office is an account where single sign-on is enforced for acme.com and labs.example: two Owners, an Admin, Ada and Grace
// at acme.com, Linus at labs.example. Grace and a robot are in the team Data, which reaches staging; Linus reaches production
// by himself.
type office struct {
	*acctest.Server
	connection, team string
}

func newOffice(t testing.TB) office {
	t.Helper()
	srv := acctest.Start(t, acctest.PrivateIssuers, acctest.Scenario(`
accounts:
  - id: `+acctest.AccountID+`
    handle: acme
    name: Acme
    features: [sso, scim, teams, custom_roles, audit_logs]
    rate_limit_per_minute: 0
    domains: [acme.com, labs.example]
    users:
      - {email: owner@acme.com, first_name: A, last_name: O, role: Owner, api_key: `+acctest.OwnerKey+`}
      - {email: second.owner@acme.com, first_name: S, last_name: O, role: Owner, api_key: `+acctest.SecondOwnerKey+`}
      - {email: admin@acme.com, first_name: A, last_name: A, role: Admin, api_key: pnu_admin}
      - {email: ada@acme.com, first_name: Ada, last_name: L, role: Member, api_key: pnu_ada}
      - {email: grace@acme.com, first_name: Grace, last_name: H, role: Member, api_key: pnu_grace}
      - {email: linus@labs.example, first_name: Linus, last_name: T, role: Member, api_key: pnu_linus, workspaces: {production: Viewer}}
    service_accounts: [{name: terraform, role: Owner, api_key: `+acctest.ServiceKey+`}, {name: robot, role: Member, api_key: pnb_robot}]
    workspaces: [{handle: production, name: Production}, {handle: staging, name: Staging}]
    teams: [{name: Data, users: [grace@acme.com], service_accounts: [robot], workspaces: {staging: Viewer}}]
    directories: [{name: Okta, type: okta scim v2.0, endpoint: `+acctest.DirectoryEndpoint+`, token: `+acctest.DirectoryToken+`}]
`))
	_, issuer := acctest.StartIdP(t, srv)
	o := office{Server: srv, team: srv.TeamID("Data")}
	var made struct{ ID string }
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/connections", object{
		"name": "Okta", "connection_type": "OktaOIDC", "domains": []string{"acme.com", "labs.example"}, "oidc": object{"issuer": issuer, "client_id": "c", "client_secret": "s"},
	}, &made)
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/connections/"+made.ID+"/activate", object{"take_over": false}, nil)
	o.connection = made.ID
	return o
}

// okta returns the connection as a state has it.
func (o office) okta(domains ...string) object {
	return object{"id": o.connection, "name": "Okta", "connection_type": "OktaOIDC", "domains": domains, "activation": "immediate", "state": "active", "configurable": true, "take_over_domains": false}
}

func (o office) teamRole(role string) object {
	return object{"team": object{"name": "Data"}, "team_id": o.TeamID("Data"), "workspace": "staging", "workspace_id": o.WorkspaceID("staging"), "role": role, "role_id": o.WorkspaceRoleID(role)}
}

// TestPeople: what a plan does to people, one kind of resource after the other.
func TestPeople(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for name, tc := range map[string]struct {
		plan  func(p *planDocument)
		args  []string
		code  int
		kinds map[string]accessreport.Kind // the worst of each person
		finds []string
	}{
		"a role": {
			func(p *planDocument) {
				p.create("prefectsso_member_role", "x", object{"email": "ADA@acme.com", "role": "Admin"})
			},
			nil, report.ExitChanges,
			map[string]accessreport.Kind{"ada@acme.com": accessreport.RoleUp},
			nil,
		},
		"a role of a person who has another address now": {
			func(p *planDocument) {
				ada, _ := o.Member("ada@acme.com")
				before := object{"id": ada.ID, "email": "ada.old@acme.com", "role": "Member", "on_destroy": "forget"}
				p.update("prefectsso_member_role", "x", before, object{"id": ada.ID, "email": "ada.old@acme.com", "role": "Admin", "on_destroy": "forget"})
			},
			nil, report.ExitChanges,
			map[string]accessreport.Kind{"ada@acme.com": accessreport.RoleUp},
			nil,
		},
		"roles": {
			func(p *planDocument) {
				p.update("prefectsso_member_roles", "x", object{"roles": object{"admin@acme.com": "Admin"}}, object{"roles": object{"admin@acme.com": "Member", "grace@acme.com": "Owner"}})
			}, nil, report.ExitChanges, map[string]accessreport.Kind{"admin@acme.com": accessreport.RoleDown, "grace@acme.com": accessreport.GainsBypass}, nil,
		},
		"who holds a role": {
			func(p *planDocument) {
				p.update("prefectsso_role_members", "x", object{"role": "Owner", "members": []string{"owner@acme.com", "second.owner@acme.com"}},
					object{"role": "Owner", "members": []string{"owner@acme.com", "ada@acme.com"}, "removed_role": "Member", "ignore_directory_managed": false})
			}, nil, report.ExitChanges, map[string]accessreport.Kind{"second.owner@acme.com": accessreport.LosesBypass, "ada@acme.com": accessreport.GainsBypass}, nil,
		},
		"a role that destroying resets": {
			func(p *planDocument) {
				p.delete("prefectsso_member_role", "x", object{"email": "admin@acme.com", "role": "Admin", "on_destroy": "reset"})
			},
			nil, report.ExitChanges,
			map[string]accessreport.Kind{"admin@acme.com": accessreport.RoleDown},
			nil,
		},
		"a role that destroying leaves": {
			func(p *planDocument) {
				p.delete("prefectsso_member_role", "x", object{"email": "admin@acme.com", "role": "Admin", "on_destroy": "forget"})
			},
			nil, report.ExitNothing, nil, nil,
		},
		"the last who bypass": {
			func(p *planDocument) {
				p.create("prefectsso_member_roles", "x", object{"roles": object{"owner@acme.com": "Member", "second.owner@acme.com": "Member"}})
			}, nil, report.ExitFinding, map[string]accessreport.Kind{"owner@acme.com": accessreport.LosesBypass}, []string{"bypass-nobody-left"}, // the API keeps it with one
		},
		"a domain that the connection no longer has": {
			func(p *planDocument) {
				p.update("prefectsso_identity_provider", "x", o.okta("acme.com", "labs.example"), o.okta("acme.com"))
			},
			nil, report.ExitFinding,
			map[string]accessreport.Kind{"linus@labs.example": accessreport.LosesAccess},
			[]string{"people-lose-access"},
		},
		"the same, acknowledged": {
			func(p *planDocument) {
				p.provider["acknowledge_lockout"] = []string{"*@Labs.example"}
				p.update("prefectsso_identity_provider", "x", o.okta("acme.com", "labs.example"), o.okta("acme.com"))
			}, nil, report.ExitChanges, map[string]accessreport.Kind{"linus@labs.example": accessreport.LosesAccess}, nil,
		},
		"the same, without protection": {
			func(p *planDocument) {
				p.provider["lockout_protection"] = false
				p.update("prefectsso_identity_provider", "x", o.okta("acme.com", "labs.example"), o.okta("acme.com"))
			}, nil, report.ExitChanges, map[string]accessreport.Kind{"linus@labs.example": accessreport.LosesAccess}, []string{"people-lose-access"},
		},
		"the same, where warnings count": {
			func(p *planDocument) {
				p.provider["lockout_protection"] = false
				p.update("prefectsso_identity_provider", "x", o.okta("acme.com", "labs.example"), o.okta("acme.com"))
			}, []string{"--fail-on", "warning"}, report.ExitFinding, map[string]accessreport.Kind{"linus@labs.example": accessreport.LosesAccess}, []string{"people-lose-access"},
		},
		"lost by one resource and won back by another": {
			func(p *planDocument) {
				p.update("prefectsso_identity_provider", "x", o.okta("acme.com", "labs.example"), o.okta("acme.com"))
				p.create("prefectsso_identity_provider", "y", object{"name": "Entra", "domains": []string{"labs.example"}, "activation": "immediate"})
			}, nil, report.ExitChanges, map[string]accessreport.Kind{"linus@labs.example": accessreport.OtherSignIn}, nil,
		},
		"the connection goes": {
			func(p *planDocument) {
				p.delete("prefectsso_identity_provider", "x", o.okta("acme.com", "labs.example"))
			},
			nil, report.ExitChanges,
			map[string]accessreport.Kind{"owner@acme.com": accessreport.OtherSignIn, "second.owner@acme.com": accessreport.OtherSignIn, "admin@acme.com": accessreport.OtherSignIn, "ada@acme.com": accessreport.OtherSignIn, "grace@acme.com": accessreport.OtherSignIn, "linus@labs.example": accessreport.OtherSignIn},
			[]string{"sso-ends"},
		},
		"a team's role": {
			func(p *planDocument) { p.delete("prefectsso_team_workspace_role", "x", o.teamRole("Viewer")) },
			nil, report.ExitChanges,
			map[string]accessreport.Kind{"grace@acme.com": accessreport.LosesWorkspaces},
			nil,
		},
		"a new directory with its mapping": {
			func(p *planDocument) {
				p.create("prefectsso_scim_directory", "d", object{"name": "New", "enabled": true, "deprovision_action": "delete", "sync_groups_to_teams": true, "default_role": "Member"})
				of(p.create("prefectsso_group_role_mapping", "m", object{"match": object{"group_name": "Staff"}, "role": "Owner", "priority": 1}))["after_unknown"] = object{"directory_id": true}
				p.expressions["prefectsso_group_role_mapping.m"] = object{"directory_id": object{"references": []string{"prefectsso_scim_directory.d.id", "prefectsso_scim_directory.d"}}}
			}, nil, report.ExitNothing, nil, nil,
		},
		"a replacement that deletes first": {
			func(p *planDocument) {
				p.change("prefectsso_identity_provider", "x", []string{"delete", "create"}, o.okta("acme.com", "labs.example"), object{"name": "Okta", "domains": []string{"acme.com", "labs.example"}, "activation": "immediate"})
			}, nil, report.ExitChanges, nil, []string{"sso-interrupted"},
		},
		"a replacement that creates first": {
			func(p *planDocument) {
				p.change("prefectsso_identity_provider", "x", []string{"create", "delete"}, o.okta("acme.com", "labs.example"), object{"name": "Okta", "domains": []string{"acme.com", "labs.example"}, "activation": "immediate", "take_over_domains": true})
			}, nil, report.ExitNothing, nil, nil,
		},
		"a session policy": {
			func(p *planDocument) {
				p.create("prefectsso_session_policy", "x", object{"auth_expiration_seconds": 3600})
			},
			nil, report.ExitChanges, nil, nil,
		},
		"forgotten, imported, moved and left alone": {
			func(p *planDocument) {
				p.change("prefectsso_identity_provider", "a", []string{"forget"}, o.okta("acme.com", "labs.example"), nil)
				of(p.change("prefectsso_member_role", "b", []string{"no-op"}, object{"email": "ada@acme.com", "role": "Member"}, object{"email": "ada@acme.com", "role": "Member"}))["importing"] = object{"id": "x"}
				p.change("prefectsso_member_role", "c", []string{"no-op"}, object{"email": "grace@acme.com", "role": "Member"}, object{"email": "grace@acme.com", "role": "Member"})["previous_address"] = "prefectsso_member_role.old"
			}, nil, report.ExitNothing, nil, nil,
		},
		"an import that changes something": {
			func(p *planDocument) {
				of(p.update("prefectsso_member_role", "b", object{"email": "ada@acme.com", "role": "Member"}, object{"email": "ada@acme.com", "role": "Admin"}))["importing"] = object{"id": "x"}
			}, nil, report.ExitChanges, map[string]accessreport.Kind{"ada@acme.com": accessreport.RoleUp}, nil,
		},
		"an adopted connection that is only forgotten": {
			func(p *planDocument) {
				adopted := o.okta("acme.com", "labs.example")
				adopted["configurable"] = false
				p.delete("prefectsso_identity_provider", "x", adopted)
			}, nil, report.ExitNothing, nil, nil,
		},
		"domains that others enabled": {
			func(p *planDocument) { p.create("prefectsso_domains", "x", object{"names": []string{"acme.com"}}) },
			nil, report.ExitFinding,
			map[string]accessreport.Kind{"linus@labs.example": accessreport.LosesAccess},
			[]string{"domains-replaced", "people-lose-access"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlan()
			tc.plan(p)
			got := run(t, o.Server, p.json(t), append(tc.args, "--format", "json")...)
			a := got.account(t)
			kinds := map[string]accessreport.Kind{}
			for _, person := range a.People {
				kinds[person.Email] = person.Kinds[0]
			}
			var finds []string
			for _, f := range a.Findings {
				finds = append(finds, f.ID)
			}
			slices.Sort(finds)
			if got.code != tc.code || fmt.Sprint(kinds) != fmt.Sprint(tc.kinds) || !slices.Equal(finds, tc.finds) || len(got.report(t).Unknown) > 0 || got.err != "" {
				t.Errorf("exit code %d, %v, findings %v; want %d, %v, %v; %+v\n%s", got.code, kinds, finds, tc.code, tc.kinds, tc.finds, got.report(t).Unknown, got.err)
			}
			for _, format := range []string{"text", "markdown", "svg"} {
				if other := run(t, o.Server, p.json(t), append(tc.args, "--format", format)...); other.code != tc.code || other.out == "" {
					t.Errorf("%s: exit code %d, %q", format, other.code, other.out)
				}
			}
		})
	}
}

// TestWorkspaces: who reaches which workspace, people and service accounts.
func TestWorkspaces(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := newPlan()
	p.delete("prefectsso_team_workspace_role", "x", o.teamRole("Viewer"))
	p.create("prefectsso_team_workspace_role", "y", object{"team": object{"name": "Data"}, "workspace": "production", "role": "Developer"})
	p.create("prefectsso_member_role", "z", object{"email": "linus@labs.example", "role": "Admin"})
	got := run(t, o.Server, p.json(t), "--format", "json")
	a := got.account(t)
	text := fmt.Sprintf("%+v", a.Workspaces)
	const want = "[{Handle:production Gained:[grace@acme.com] Lost:[] Otherwise:[linus@labs.example] GainedServiceAccounts:[robot] LostServiceAccounts:[]} " +
		"{Handle:staging Gained:[linus@labs.example] Lost:[grace@acme.com] Otherwise:[] GainedServiceAccounts:[] LostServiceAccounts:[robot]}]"
	if text != want {
		t.Errorf("workspaces are\n%s, want\n%s", text, want)
	}
	grace := got.person(t, "grace@acme.com")
	if len(grace.Gained) != 1 || grace.Gained[0] != (accessreport.Reach{Workspace: "production", Role: "Developer", Via: "team", Team: "Data"}) {
		t.Errorf("%+v", grace)
	}
	if len(a.ServiceAccounts) != 1 || a.ServiceAccounts[0].Name != "robot" || a.ServiceAccounts[0].Lost[0].Workspace != "staging" {
		t.Errorf("%+v", a.ServiceAccounts)
	}
}

// TestMeanwhile: who is without something while a thing is replaced, and only then.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.PushGroup("Staff", o.PushUser("ada@acme.com"))
	mapping := object{"directory_id": o.DirectoryID(), "match": object{"group_name": "Staff"}, "role": "Auditor", "priority": 1}
	before := maps.Clone(mapping)
	before["id"] = o.AddMapping("Staff", "Admin", 1)
	before["role"] = "Admin"
	mapping["role"] = "Admin"
	for name, tc := range map[string]struct {
		plan func(p *planDocument, actions []string)
		want map[string]accessreport.Kind
	}{
		"a role that is reset": {func(p *planDocument, actions []string) {
			p.change("prefectsso_member_role", "x", actions, object{"email": "second.owner@acme.com", "role": "Owner", "on_destroy": "reset"}, object{"email": "second.owner@acme.com", "role": "Owner"})
		}, map[string]accessreport.Kind{"second.owner@acme.com": accessreport.LosesBypass}},
		"a team's role": {func(p *planDocument, actions []string) {
			p.change("prefectsso_team_workspace_role", "x", actions, o.teamRole("Viewer"), o.teamRole("Viewer"))
		}, map[string]accessreport.Kind{"grace@acme.com": accessreport.LosesWorkspaces}},
		"a mapping": {func(p *planDocument, actions []string) {
			p.change("prefectsso_group_role_mapping", "x", actions, before, mapping)
		}, map[string]accessreport.Kind{"ada@acme.com": accessreport.EarlierRole}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for order, actions := range map[string][]string{"deleted first": {"delete", "create"}, "made first": {"create", "delete"}} {
				if name == "a mapping" && order == "made first" {
					continue // the API has one of a match
				}
				p := newPlan()
				tc.plan(p, actions)
				got := run(t, o.Server, p.json(t), "--format", "json")
				kinds := map[string]accessreport.Kind{}
				for _, i := range got.account(t).Meanwhile {
					kinds[i.Email] = i.Kinds[0]
				}
				want := tc.want
				if order == "made first" {
					want = map[string]accessreport.Kind{}
				}
				if fmt.Sprint(kinds) != fmt.Sprint(want) || got.hasFinding(t, accessreport.AccessInterrupted) != (order == "deleted first") {
					t.Errorf("%s: %v, want %v; exit code %d: %s", order, kinds, want, got.code, got.out)
				}
			}
		})
	}
}

// TestLater: what a first login does for which the apply does not wait is told apart.
func TestLater(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for activation, later := range map[string]int{"none": 6, "first_login": 0} {
		p := newPlan()
		p.delete("prefectsso_identity_provider", "x", o.okta("acme.com", "labs.example"))
		p.create("prefectsso_identity_provider", "y", object{"name": "Entra", "domains": []string{"acme.com", "labs.example"}, "activation": activation})
		a := run(t, o.Server, p.json(t), "--format", "json").account(t)
		if len(a.Later) != later {
			t.Errorf("with %s the first login concerns %+v", activation, a.Later)
		}
		if enforced := a.Enforced.After; enforced == nil || *enforced != (activation == "first_login") {
			t.Errorf("with %s single sign-on is enforced: %+v", activation, a.Enforced)
		}
	}
}

// TestUnknown: all that is not known is named, with what it depends on, and is never "nothing".
func TestUnknown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := newPlan()
	unknownOf := func(kind, name string, after, unknown object) {
		of(p.create(kind, name, after))["after_unknown"] = unknown
	}
	unknownOf("prefectsso_domain", "a", object{}, object{"name": true})
	unknownOf("prefectsso_domains", "a", object{}, object{"names": []any{false, true}})
	unknownOf("prefectsso_identity_provider", "a", object{"name": "N", "activation": "none"}, object{"domains": true})
	unknownOf("prefectsso_member_role", "a", object{"role": "Admin"}, object{"email": true})
	unknownOf("prefectsso_member_role", "b", object{"email": "ada@acme.com"}, object{"role": true})
	unknownOf("prefectsso_member_roles", "a", object{"roles": object{}}, object{"roles": object{"grace@acme.com": true}})
	unknownOf("prefectsso_role_members", "a", object{"role": "Owner"}, object{"members": true})
	unknownOf("prefectsso_group_role_mapping", "a", object{"match": object{}, "role": "Admin", "priority": 1}, object{"directory_id": true})
	unknownOf("prefectsso_team_workspace_role", "a", object{"workspace": "staging", "role": "Viewer"}, object{"team": true, "team_id": true})
	unknownOf("prefectsso_session_policy", "a", object{}, object{"auth_expiration_seconds": true})
	unknownOf("prefectsso_member_role", "c", object{"account_id": nil, "email": "ada@acme.com", "role": "Admin"}, object{"account_id": true})
	p.expressions["prefectsso_member_role.c"] = object{"account_id": object{"references": []string{"other_account.a.id", "other_account.a"}}}
	unknownOf("prefectsso_member_role", "all", object{}, object{"email": true, "role": true})
	unknownOf("prefectsso_identity_provider", "all", object{}, object{"name": true, "domains": true, "activation": true, "take_over_domains": true})
	unknownOf("prefectsso_group_role_mapping", "all", object{"match": object{}}, object{"directory_id": true, "match": object{"group_name": true}, "role": true, "priority": true})
	unknownOf("prefectsso_role_members", "all", object{}, object{"role": true, "members": []any{true}, "removed_role": true, "ignore_emails": []any{true}, "ignore_directory_managed": true})
	unknownOf("prefectsso_team_workspace_role", "all", object{"team": object{}}, object{"team": object{"name": true}, "team_id": true, "workspace": true, "workspace_id": true, "role": true, "role_id": true})
	unknownOf("prefectsso_scim_token", "all", object{}, object{"directory_id": true, "expires_in": true, "expires_at": true})
	directory := object{"id": o.DirectoryID(), "configurable": true}
	of(p.update("prefectsso_scim_directory", "all", directory, directory))["after_unknown"] = object{"enabled": true, "deprovision_action": true, "sync_groups_to_teams": true, "allowed_domains": true, "default_role": true}
	p.create("prefectsso_member_role", "d", object{"email": "nobody@acme.com", "role": "Admin"})
	p.create("prefectsso_member_role", "e", object{"email": "ada@acme.com", "role": "No such role"})
	p.create("prefectsso_something_new", "a", object{})
	p.expressions["prefectsso_member_role.a"] = object{"email": object{"references": []string{"other_user.u.mail", "other_user.u"}}}
	ours := object{"address": "prefectsso_domain.later", "provider_name": "registry.opentofu.org/prefectsso/prefectsso"}
	p.more["deferred_changes"] = []object{{"reason": "provider_config_unknown", "resource_change": ours}}
	p.more["action_invocations"] = []object{{"address": "action.prefectsso_x.y", "type": "prefectsso_x", "provider_name": "registry.terraform.io/prefectsso/prefectsso"}}
	got := run(t, o.Server, p.json(t), "--format", "json")
	why := map[string]string{}
	for _, u := range got.report(t).Unknown {
		why[u.Subject+" "+u.Attribute] = u.Why
	}
	for _, want := range []string{
		"prefectsso_domain.a name", "prefectsso_domains.a names", "prefectsso_identity_provider.a domains", "prefectsso_member_role.a email", "prefectsso_member_role.b role",
		"prefectsso_member_roles.a roles", "prefectsso_role_members.a members", "prefectsso_group_role_mapping.a directory_id", "prefectsso_team_workspace_role.a team",
		"prefectsso_session_policy.a auth_expiration_seconds", "prefectsso_member_role.d email", "prefectsso_member_role.e role", "prefectsso_something_new.a ",
		"prefectsso_domain.later ", "action.prefectsso_x.y ", "prefectsso_member_role.c account_id",
		"prefectsso_member_role.all email", "prefectsso_member_role.all role",
		"prefectsso_identity_provider.all name", "prefectsso_identity_provider.all domains", "prefectsso_identity_provider.all activation", "prefectsso_identity_provider.all take_over_domains",
		"prefectsso_group_role_mapping.all directory_id", "prefectsso_group_role_mapping.all match", "prefectsso_group_role_mapping.all role", "prefectsso_group_role_mapping.all priority",
		"prefectsso_role_members.all role", "prefectsso_role_members.all members", "prefectsso_role_members.all removed_role", "prefectsso_role_members.all ignore_emails", "prefectsso_role_members.all ignore_directory_managed",
		"prefectsso_team_workspace_role.all team", "prefectsso_team_workspace_role.all workspace", "prefectsso_team_workspace_role.all role", "prefectsso_scim_token.all expires_in",
		"prefectsso_scim_directory.all enabled", "prefectsso_scim_directory.all deprovision_action", "prefectsso_scim_directory.all sync_groups_to_teams", "prefectsso_scim_directory.all allowed_domains", "prefectsso_scim_directory.all default_role",
	} {
		if why[want] == "" {
			t.Errorf("%q is not named: %v", want, why)
		}
	}
	for _, person := range got.account(t).People {
		t.Errorf("something is known of %+v", person)
	}
	if !strings.Contains(why["prefectsso_member_role.a email"], "other_user.u") || got.code != report.ExitChanges {
		t.Errorf("exit code %d; %q", got.code, why["prefectsso_member_role.a email"])
	}
}

// TestIncomplete: a plan that failed, or that leaves something out, never passes for one that does nothing.
func TestIncomplete(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	configuration := object{
		"provider_config": object{"prefectsso": object{"full_name": "registry.terraform.io/prefectsso/prefectsso"}},
		"root_module": object{
			"resources": []object{
				{"address": "prefectsso_domain.there", "mode": "managed", "type": "prefectsso_domain"},
				{"address": "prefectsso_domain.absent", "mode": "managed", "type": "prefectsso_domain"},
				{"address": "prefectsso_domain.many", "mode": "managed", "type": "prefectsso_domain", "for_each_expression": object{}},
				{"address": "other.x", "mode": "managed", "type": "other"},
				{"address": "data.prefectsso_account.this", "mode": "data", "type": "prefectsso_account"},
			},
			"module_calls": object{"m": object{"module": object{"resources": []object{{"address": "prefectsso_member_role.inner", "mode": "managed", "type": "prefectsso_member_role"}}}}},
		},
	}
	for name, more := range map[string]object{"failed": {"errored": true}, "partial": {"complete": false}} {
		p := newPlan()
		p.change("prefectsso_domain", "there", []string{"no-op"}, object{"name": "acme.com"}, object{"name": "acme.com"})
		p.more = more
		more["configuration"] = configuration
		got := run(t, o.Server, p.json(t), "--format", "json")
		want := []string{"prefectsso_domain.absent", "prefectsso_domain.many (none of its instances, if there are any)", "module.m.prefectsso_member_role.inner"}
		if r := got.report(t); got.code != report.ExitError || r.Result != accessreport.ResultIncomplete || !slices.Equal(r.Missing, want) {
			t.Errorf("%s: exit code %d, %+v", name, got.code, r)
		}
		for _, format := range []string{"text", "markdown", "svg"} {
			if got := run(t, o.Server, p.json(t), "--format", format); got.code != report.ExitError || !strings.Contains(got.out, "Incomplete") || strings.Contains(got.out, "Nothing changes") {
				t.Errorf("%s as %s: %d %s", name, format, got.code, got.out)
			}
		}
	}
}

// TestAccounts: whose account a thing is in says the thing itself, its provider block with its alias, or the environment.
func TestAccounts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := newPlan()
	for name, id := range map[string]any{"own": acctest.AccountID, "alias": nil, "variable": nil, "environment": nil, "null": nil} {
		p.create("prefectsso_member_role", name, object{"account_id": id, "email": "ada@acme.com", "role": "Admin"})
	}
	of(p.create("prefectsso_member_role", "unknown", object{"account_id": nil, "email": "ada@acme.com", "role": "Admin"}))["after_unknown"] = object{"account_id": true}
	block := func(expression object) object {
		return object{"full_name": "registry.terraform.io/prefectsso/prefectsso", "expressions": object{"account_id": expression}}
	}
	resource := func(name, key string) object {
		return object{"address": "prefectsso_member_role." + name, "mode": "managed", "type": "prefectsso_member_role", "provider_config_key": key}
	}
	p.more["variables"] = object{"account": object{"value": strings.ToUpper(acctest.AccountID)}, "none": object{"value": nil}}
	expressions := object{"account_id": object{"references": []string{"var.none"}}}
	null := object{"full_name": "registry.terraform.io/prefectsso/prefectsso", "expressions": expressions}
	for _, name := range []string{"lockout_protection", "acknowledge_lockout"} {
		expressions[name] = object{"references": []string{"var.none"}}
	}
	expressions["allow_disable_sso"] = object{"references": []string{"other.thing.on", "other.thing"}}
	p.more["configuration"] = object{
		"provider_config": object{
			"prefectsso": object{"full_name": "registry.terraform.io/prefectsso/prefectsso"}, "prefectsso.a": block(object{"constant_value": acctest.AccountID}),
			"prefectsso.v": block(object{"references": []string{"var.account"}}), "prefectsso.u": block(object{"references": []string{"other.thing.id", "other.thing"}}), "prefectsso.n": null,
		},
		"root_module": object{"resources": []object{resource("own", "prefectsso"), resource("alias", "prefectsso.a"), resource("variable", "prefectsso.v"), resource("environment", "prefectsso"), resource("null", "prefectsso.n"), resource("unknown", "prefectsso.u")}},
	}
	got := run(t, o.Server, p.json(t), "--format", "json")
	r := got.report(t)
	by := slices.Sorted(slices.Values(got.person(t, "ada@acme.com").By))
	if want := []string{"prefectsso_member_role.alias", "prefectsso_member_role.environment", "prefectsso_member_role.null", "prefectsso_member_role.own", "prefectsso_member_role.variable"}; !slices.Equal(by, want) {
		t.Errorf("the account is found for %v, want %v", by, want)
	}
	var unknown []string
	for _, u := range r.Unknown {
		unknown = append(unknown, u.Subject+" "+u.Attribute)
	}
	slices.Sort(unknown)
	if want := []string{"prefectsso_member_role.unknown account_id", "provider prefectsso.n allow_disable_sso"}; !slices.Equal(unknown, want) {
		t.Errorf("unknown are %v, want %v", unknown, want)
	}
}

// TestMoved: what is another value by now than when the plan was made is named.
func TestMoved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := newPlan()
	still := func(kind string, values object) { p.change(kind, "x", []string{"no-op"}, values, values) }
	still("prefectsso_member_role", object{"email": "ada@acme.com", "role": "Admin"})
	still("prefectsso_member_roles", object{"roles": object{"grace@acme.com": "Owner", "gone@acme.com": "Member", "admin@acme.com": "Admin"}})
	still("prefectsso_role_members", object{"role": "Owner", "members": []string{"owner@acme.com", "linus@labs.example"}})
	still("prefectsso_domain", object{"name": "old.example"})
	still("prefectsso_identity_provider", object{"id": o.connection, "name": "Okta", "state": "inactive", "domains": []string{"acme.com"}})
	still("prefectsso_team_workspace_role", o.teamRole("Developer"))
	still("prefectsso_session_policy", object{"auth_expiration_seconds": 60})
	p.create("prefectsso_member_role", "y", object{"email": "linus@labs.example", "role": "Admin"})
	p.create("prefectsso_domain", "y", object{"name": "new.example"})
	a := run(t, o.Server, p.json(t), "--format", "json").account(t)
	moved := map[string]string{}
	for _, m := range a.Moved {
		moved[strings.TrimSuffix(m.Address, ".x")+" "+m.Attribute+" "+m.Planned] = m.Now
	}
	for what, now := range map[string]string{
		"prefectsso_member_role role Admin": "Member", `prefectsso_member_roles roles["grace@acme.com"] Owner`: "Member", `prefectsso_member_roles roles["gone@acme.com"] Member`: "not there",
		"prefectsso_role_members members linus@labs.example": "holds another role, or is no member", "prefectsso_role_members members without second.owner@acme.com": "holds the role",
		"prefectsso_domain name old.example": "not there", "prefectsso_identity_provider state inactive": "active", "prefectsso_identity_provider domains [acme.com]": "[acme.com, labs.example]",
		"prefectsso_team_workspace_role role Developer": "Viewer", "prefectsso_session_policy auth_expiration_seconds 60": "none",
	} {
		if moved[what] != now {
			t.Errorf("%s: %q, want %q", what, moved[what], now)
		}
	}
	if len(moved) != 10 || !slices.ContainsFunc(a.Findings, func(f accessreport.Finding) bool { return f.ID == accessreport.ValuesMoved }) {
		t.Errorf("moved are %v", moved)
	}
}

// TestExpiring: what expires within the time that was asked for, of the plan and of the account.
func TestExpiring(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := func(days int) string {
		return time.Now().Add(time.Duration(days)*24*time.Hour + time.Hour).UTC().Format(time.RFC3339)
	}
	okta := o.okta("acme.com", "labs.example")
	okta["certificates"] = object{"0123456789abcdef0123": in(10), "fedcba9876543210fedc": in(100), "expired0expired0": in(-2)}
	p := newPlan()
	p.change("prefectsso_identity_provider", "x", []string{"no-op"}, okta, okta)
	of(p.create("prefectsso_scim_token", "t", object{"name": "corp", "expires_in": "120h"}))["after_unknown"] = object{"id": true, "expires_at": true}
	for within, want := range map[string]string{"30d": "expired0expired0…: -1, corp: 5, 0123456789abcdef…: 10", "200d": "expired0expired0…: -1, corp: 5, 0123456789abcdef…: 10, fedcba9876543210…: 100", "0": ""} {
		got := run(t, o.Server, p.json(t), "--format", "json", "--expires-within", within)
		var names []string
		for _, e := range got.account(t).Expiring {
			names = append(names, fmt.Sprintf("%s: %d", e.Name, e.Days))
		}
		if strings.ReplaceAll(strings.Join(names, ", "), "corp: 4", "corp: 5") != want || got.hasFinding(t, accessreport.ExpiresSoon) != (want != "") {
			t.Errorf("within %s: %v", within, names)
		}
	}
}

// TestWorldInAFile: a report can be made without a key, from a file that only its owner can read, as long as it is fresh
// and of the right account.
func TestWorldInAFile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	world := filepath.Join(t.TempDir(), "world.json")
	now := time.Now()
	if got := runIn(t, environment(o.Server), now, "", "--save-world", world); got.code != report.ExitNothing || got.out+got.err != "" {
		t.Fatalf("%+v", got)
	}
	if info, err := os.Stat(world); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info.Mode(), err)
	}
	p := newPlan()
	p.update("prefectsso_identity_provider", "x", o.okta("acme.com", "labs.example"), o.okta("acme.com"))
	p.create("prefectsso_member_role", "y", object{"email": "ada@acme.com", "role": "Admin"})
	p.delete("prefectsso_team_workspace_role", "z", o.teamRole("Viewer"))
	direct := runIn(t, environment(o.Server), now, p.json(t), "--format", "json")
	noKey := map[string]string{"PREFECT_PROFILES_PATH": "/dev/null"}
	from := runIn(t, noKey, now.Add(26*time.Hour), p.json(t), "--format", "json", "--world", world)
	if got, want := from.report(t), direct.report(t); from.code != direct.code || !reflect.DeepEqual(got.Accounts, want.Accounts) || got.World.Source != "file" || *got.World.AgeSeconds < 93000 {
		t.Errorf("from the file\n%s\nfrom the API\n%s", from.out, direct.out)
	}
	if text := runIn(t, noKey, now.Add(26*time.Hour), p.json(t), "--world", world).out; !strings.Contains(text, "26 hours old") {
		t.Errorf("the age is not in %s", text)
	}
	late := now.Add(8 * 24 * time.Hour)
	if got := runIn(t, noKey, late, p.json(t), "--world", world); got.code != report.ExitError || !strings.Contains(got.err, "8 days ago") || got.out != "" {
		t.Errorf("%+v", got)
	}
	if got := runIn(t, noKey, late, p.json(t), "--world", world, "--stale-ok"); got.code != direct.code || !strings.Contains(got.out, "8 days old") {
		t.Errorf("%+v", got)
	}
	q := newPlan()
	q.create("prefectsso_member_role", "y", object{"account_id": "11111111-0000-4000-8000-000000000001", "email": "ada@acme.com", "role": "Admin"})
	if got := runIn(t, noKey, now, q.json(t), "--world", world); got.code != report.ExitError || !strings.Contains(got.err, "is of account "+acctest.AccountID+", and the plan is about account 11111111") {
		t.Errorf("%+v", got)
	}
}

// TestProgress: who watches hears of what is read one by one, and the report is the same.
func TestProgress(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := newPlan()
	p.create("prefectsso_member_roles", "x", object{"roles": object{"ada@acme.com": "Admin", "grace@acme.com": "Admin"}})
	p.delete("prefectsso_team_workspace_role", "z", o.teamRole("Viewer"))
	now, plan := time.Now(), p.json(t)
	var heard acctest.Heard
	watched, alone := runBefore(t, &heard, environment(o.Server), now, plan), runIn(t, environment(o.Server), now, plan)
	if watched != alone || watched.err != "" {
		t.Errorf("%+v, and without anybody %+v", watched, alone)
	}
	heard.Want(t, "memberships 6", "teams 1", "workspaces of people 1")
}

// TestBadInput: every mistake is one line on standard error, exit code 1, and nothing on standard output.
func TestBadInput(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	p := newPlan()
	p.create("prefectsso_member_role", "y", object{"email": "ada@acme.com", "role": "Admin"})
	plan := p.json(t)
	other := `{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":"a.b","mode":"managed","type":"a","provider_name":"registry.terraform.io/x/a","change":{"actions":["create"]}}]}`
	text := filepath.Join(t.TempDir(), "text.json")
	if err := os.WriteFile(text, []byte(`{"format":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(filepath.Dir(text), "half.json")
	if err := os.WriteFile(half, []byte(`{"format":"prefectsso-world-1","accounts":[{"Acc`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		plan, want string
		args       []string
		env        map[string]string
	}{
		"a plan of another provider": {other, "its resources are those of other providers", nil, nil},
		"another format":             {`{"format_version":"2.0","planned_values":{}}`, `format version "2.0"`, nil, nil},
		"no plan":                    {"", "the input is empty", nil, nil},
		"no key":                     {plan, "PREFECT_API_KEY is not set", nil, map[string]string{"PREFECT_PROFILES_PATH": "/dev/null"}},
		"a wrong key":                {plan, "could not read account", nil, map[string]string{"PREFECT_API_KEY": "pnb_canary", "PREFECT_API_URL": srv.URL + "/api"}},
		"another format of reports":  {plan, "takes text, markdown, json or svg", []string{"--format", "html"}, nil},
		"another severity":           {plan, "takes error, warning or none", []string{"--fail-on", "info"}, nil},
		"no span":                    {plan, `--expires-within is "soon"`, []string{"--expires-within", "soon"}, nil},
		"a file of no form":          {plan, "has to end with .txt, .md, .json or .svg", []string{"--out", "report.html"}, nil},
		"both worlds":                {plan, "--world and --save-world", []string{"--world", text, "--save-world", text}, nil},
		"stale without a world":      {plan, "--stale-ok is given without --world", []string{"--stale-ok"}, nil},
		"no world":                   {plan, "no such file", []string{"--world", "absent.json"}, nil},
		"another file":               {plan, "is no world", []string{"--world", text}, nil},
		"half a world":               {plan, "is no world", []string{"--world", half}, nil},
		"a folder for a world":       {plan, "could not read the world", []string{"--world", filepath.Dir(text)}, nil},
		"no place for a world":       {plan, "could not save the world", []string{"--save-world", filepath.Join(text, "x")}, nil},
		"no place for a report":      {plan, "could not write the report", []string{"--out", filepath.Join(text, "x.md")}, nil},
		"a folder for a plan":        {plan, "is a folder", []string{filepath.Dir(text)}, nil},
		"half a plan":                {plan[:len(plan)/2], "no whole JSON document", nil, nil},
		"a saved plan":               {"PK\x03\x04\x00\x00", "which only Terraform can read", nil, nil},
		"an unknown option":          {plan, "flag provided but not defined", []string{"--nonsense"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := tc.env
			if env == nil {
				env = environment(srv)
			}
			got := runIn(t, env, time.Now(), tc.plan, tc.args...)
			if got.code != report.ExitError || got.out != "" || !strings.Contains(got.err, tc.want) || strings.Count(got.err, "\n") != 1 || strings.Contains(got.err, "canary") {
				t.Errorf("%+v, want %q", got, tc.want)
			}
		})
	}
}

package provider_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
)

// Of two resources for one thing the one that is planned later says so, whichever that is; for different things, nothing is
// said.
func TestTwoResourcesForOneThing(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	crew, workspace := srv.AddTeam("Crew"), srv.WorkspaceID("production")
	directory := srv.DirectoryID()
	type resource struct {
		typeName string
		config   map[string]any
	}
	member := func(email, role string) resource {
		return resource{"prefectsso_member_role", map[string]any{"email": email, "role": role}}
	}
	members := func(roles map[string]string) resource {
		return resource{"prefectsso_member_roles", map[string]any{"roles": roles}}
	}
	holders := func(role string, more map[string]any, emails ...string) resource {
		config := map[string]any{"role": role, "members": emails, "removed_role": "Auditor", "ignore_directory_managed": false}
		for name, value := range more {
			config[name] = value
		}
		return resource{"prefectsso_role_members", config}
	}
	domain := func(name string) resource { return resource{"prefectsso_domain", map[string]any{"name": name}} }
	mapping := func(group, role string) resource {
		return resource{"prefectsso_group_role_mapping", map[string]any{"directory_id": directory, "match": matchGroup(group), "role": role, "priority": 1}}
	}
	token := func(name string, secret int) resource {
		return resource{"prefectsso_scim_token", map[string]any{"directory_id": directory, "name": name, "token_wo": scimSecret(secret), "token_wo_version": 1}}
	}
	oauth := func(name string, secret int) resource {
		return resource{"prefectsso_scim_client", map[string]any{"directory_id": directory, "name": name, "secret_wo": scimSecret(secret), "secret_wo_version": 1}}
	}
	named := func(typeName, name, kind string) resource {
		return resource{typeName, map[string]any{"name": name, "type": kind}}
	}
	team := func(role string, team map[string]tftypes.Value) resource {
		return resource{"prefectsso_team_workspace_role", map[string]any{"team": team, "workspace": "production", "role": role}}
	}
	for name, test := range map[string]struct {
		a, b     resource
		at, atBy string // where b says it, planned after a, and where a does, planned after b; "" for nowhere
	}{
		"one domain":                     {domain("a.example"), domain("A.example."), "name", "name"},
		"a domain beside all":            {domain("a.example"), resource{"prefectsso_domains", map[string]any{"names": []string{"b.example"}}}, "names", "name"},
		"two lists of all domains":       {resource{"prefectsso_domains", map[string]any{"names": []string{"a.example"}}}, resource{"prefectsso_domains", map[string]any{"names": []string{}}}, "names", "names"},
		"two domains":                    {a: domain("a.example"), b: domain("b.example")},
		"one person":                     {member("ada@acme.com", "Admin"), member("ADA@acme.com", "Auditor"), "email", "email"},
		"one person in a map":            {member("ada@acme.com", "Admin"), members(map[string]string{"ADA@acme.com": "Admin", "grace@acme.com": "Admin"}), "roles", "email"},
		"a person among those of a role": {member("ada@acme.com", "Admin"), holders("Admin", nil, "ada@acme.com"), "members", "email"},

		"a person with a role that others alone hold": {member("ada@acme.com", "Admin"), holders("Admin", nil, "grace@acme.com"), "members", "email"},
		"people with a role that others alone hold":   {members(map[string]string{"ada@acme.com": "Admin"}), holders("Admin", nil, "grace@acme.com"), "members", "roles"},
		"a person with a role who is ignored there":   {a: member("ada@acme.com", "Admin"), b: holders("Admin", map[string]any{"ignore_emails": []string{"Ada@acme.com"}}, "grace@acme.com")},
		"a person whom a directory may have brought":  {a: member("ada@acme.com", "Admin"), b: holders("Admin", map[string]any{"ignore_directory_managed": true}, "grace@acme.com")},
		"a person with another role":                  {a: member("ada@acme.com", "Member"), b: holders("Admin", nil, "grace@acme.com")},
		"a person with a role by its id":              {member("ada@acme.com", srv.RoleID("Admin")), holders("Admin", nil, "grace@acme.com"), "members", "email"},
		"people with a role, which has its id there":  {members(map[string]string{"ada@acme.com": "Admin"}), holders(srv.RoleID("Admin"), nil, "grace@acme.com"), "members", "roles"},
		"an id of another role":                       {a: member("ada@acme.com", srv.RoleID("Member")), b: holders("Admin", nil, "grace@acme.com")},
		"an id in capitals":                           {member("ada@acme.com", strings.ToUpper(srv.RoleID("Admin"))), holders(srv.RoleID("Admin"), nil, "grace@acme.com"), "members", "email"},
		"a list by name and one by id":                {holders("Admin", nil, "ada@acme.com"), holders(srv.RoleID("Admin"), nil, "grace@acme.com"), "members", "members"},
		"one person, whose role is named in two ways": {member("ada@acme.com", srv.RoleID("Admin")), member("ada@acme.com", "Admin"), "email", "email"},
		"two lists of who holds a role":               {holders("Admin", nil, "ada@acme.com"), holders("Admin", nil, "grace@acme.com"), "members", "members"},
		"two lists of who holds a role, each its own": {a: holders("Admin", map[string]any{"ignore_emails": []string{"grace@acme.com"}}, "ada@acme.com"), b: holders("Admin", map[string]any{"ignore_emails": []string{"ada@acme.com"}}, "grace@acme.com")},

		"two roles":                 {a: holders("Admin", nil, "ada@acme.com"), b: holders("Owner", map[string]any{"ignore_emails": []string{"owner@acme.com"}}, "second.owner@acme.com")},
		"two people":                {a: member("ada@acme.com", "Admin"), b: members(map[string]string{"grace@acme.com": "Admin"})},
		"one policy":                {resource{"prefectsso_session_policy", map[string]any{"auth_expiration_seconds": 60}}, resource{"prefectsso_session_policy", map[string]any{"auth_expiration_seconds": 60}}, "auth_expiration_seconds", "auth_expiration_seconds"},
		"one match":                 {mapping("Staff", "Admin"), mapping("Staff", "Auditor"), "match", "match"},
		"two matches":               {a: mapping("Staff", "Admin"), b: mapping("Crew", "Auditor")},
		"one directory":             {named("prefectsso_scim_directory", "Entra", "azure scim v2.0"), named("prefectsso_scim_directory", "Entra", "okta scim v2.0"), "name", "name"},
		"two directories":           {a: named("prefectsso_scim_directory", "Entra", "azure scim v2.0"), b: named("prefectsso_scim_directory", "Okta 2", "okta scim v2.0")},
		"one client":                {oauth("okta", 1), oauth("okta", 2), "name", "name"},
		"two clients":               {a: oauth("okta", 1), b: oauth("entra", 2)},
		"one secret of two tokens":  {token("okta", 1), token("entra", 1), "token_wo", "token_wo"},
		"two tokens of one name":    {a: token("okta", 1), b: token("okta", 2)},
		"one team in one workspace": {team("Viewer", teamAs("name", "Crew")), team("Developer", teamAs("name", "Crew")), "team.name", "team.name"},

		"a team and a workspace, each in two ways": {team("Viewer", teamAs("name", "Crew")), resource{"prefectsso_team_workspace_role", map[string]any{"team": teamAs("id", crew), "workspace": workspace, "role": "Viewer"}}, "team.id", "team.name"},

		"one probe twice, which is no thing of its own": {a: resource{"prefectsso_setup_link", map[string]any{"kind": "sso"}}, b: resource{"prefectsso_setup_link", map[string]any{"kind": "sso"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, order := range []struct {
				first, later resource
				at           string
			}{{test.a, test.b, test.at}, {test.b, test.a, test.atBy}} {
				p := inProcess(t, srv)
				first, _, _ := p.plan(t, order.first.typeName, order.first.config)
				later, _, _ := p.plan(t, order.later.typeName, order.later.config)
				wantFindings(t, onlyOf("managed-twice", first.Diagnostics))
				var want []finding
				if order.at != "" {
					want = append(want, fails("managed-twice", order.at))
				}
				said := onlyOf("managed-twice", later.Diagnostics)
				for _, d := range said {
					for _, typeName := range []string{order.first.typeName, order.later.typeName} {
						if !strings.Contains(d.Detail, typeName) {
							t.Errorf("the detail does not name %s: %s", typeName, d.Detail)
						}
					}
					if strings.Contains(d.Detail, scimSecret(1)) {
						t.Errorf("the detail has a secret: %s", d.Detail)
					}
				}
				for i := range said { // addresses are not the point here
					said[i].Detail = said[i].Detail[strings.LastIndex(said[i].Detail, "\n\nGuard: "):]
				}
				wantFindings(t, said, want...)
			}
		})
	}
}

// onlyOf returns the diagnostics of one rule.
func onlyOf(id string, diagnostics []*tfprotov6.Diagnostic) (found []*tfprotov6.Diagnostic) {
	for _, d := range diagnostics {
		if strings.HasSuffix(d.Detail, "\n\nGuard: "+id) {
			found = append(found, d)
		}
	}
	return found
}

// A plan of two resources for one thing fails where either changes something, and warns where neither does. The second plan
// of a replacement is the same resource, and a destruction takes nothing.
func TestTwoResourcesThatAreThere(t *testing.T) {
	t.Parallel()
	const typeName = "prefectsso_member_role"
	srv := acctest.Start(t, acctest.WithDirectory)
	config := map[string]any{"email": "ada@acme.com", "role": "Member"}
	admin := map[string]any{"email": "ada@acme.com", "role": "Admin"}
	grace := map[string]any{"email": "grace@acme.com", "role": "Member"}
	one, two := inProcess(t, srv).create(t, typeName, config).NewState, inProcess(t, srv).create(t, typeName, config).NewState
	ofGrace := inProcess(t, srv).create(t, typeName, grace).NewState
	for name, test := range map[string]struct {
		plans [][2]any // prior state, and configuration; nil for none
		want  []finding
	}{
		"neither changes":               {[][2]any{{one, config}, {two, config}}, []finding{warns("managed-twice", "email", "ada@acme.com")}},
		"the first changes":             {[][2]any{{one, admin}, {two, config}}, []finding{fails("managed-twice", "email", "ada@acme.com")}},
		"the later changes":             {[][2]any{{one, config}, {two, admin}}, []finding{fails("managed-twice", "email", "ada@acme.com")}},
		"one beside a new one":          {[][2]any{{one, config}, {nil, config}}, []finding{fails("managed-twice", "email", "ada@acme.com")}},
		"one goes":                      {[][2]any{{one, nil}, {two, config}}, nil},
		"both go":                       {[][2]any{{one, nil}, {two, nil}}, nil},
		"one gives way to a new one":    {[][2]any{{nil, config}, {one, nil}}, nil},
		"two exchange people":           {[][2]any{{one, grace}, {ofGrace, config}}, nil},
		"one takes another one's place": {[][2]any{{one, grace}, {ofGrace, nil}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := inProcess(t, srv)
			var said []*tfprotov6.Diagnostic
			for _, step := range test.plans {
				config, _ := step[1].(map[string]any)
				prior, there := step[0].(*tfprotov6.DynamicValue)
				var plan *tfprotov6.PlanResourceChangeResponse
				if there {
					plan, _ = p.change(t, typeName, prior, config)
				} else {
					plan, _, _ = p.plan(t, typeName, config)
				}
				said = append(said, plan.Diagnostics...)
				if config == nil || !there || len(test.want) > 0 {
					continue
				}
				// What Terraform does then where it replaces: a creation, with the private state of the first plan.
				typ := p.resourceType(typeName)
				given := p.value(t, typ, config)
				again, err := p.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
					TypeName: typeName, PriorState: p.null(t, typ), ProposedNewState: given, Config: given, PriorPrivate: plan.PlannedPrivate,
				})
				if err != nil {
					t.Fatal(err)
				}
				said = append(said, again.Diagnostics...)
			}
			wantFindings(t, onlyOf("managed-twice", said), test.want...)
		})
	}
}

// What Terraform plans twice, moves, imports or exchanges is no second resource for one thing, by plan and by apply.
func TestAccNoFalseSecondResource(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	crew, directory := srv.AddTeam("Crew"), srv.DirectoryID()
	d := acctest.NewDir(t, srv)
	const head = `
terraform {
  required_providers {
    prefectsso = { source = "prefectsso/prefectsso" }
  }
}
`
	rest := func(lifecycle string) string {
		return head + fmt.Sprintf(`
resource "prefectsso_domain" "acme" {
  name = "acme.com"
  %[1]s
}
resource "prefectsso_scim_directory" "entra" {
  name            = "Entra"
  type            = "azure scim v2.0"
  allowed_domains = [prefectsso_domain.acme.name]
  %[1]s
}
resource "prefectsso_scim_client" "entra" {
  directory_id      = %[2]q
  name              = "entra"
  secret_wo         = %[3]q
  secret_wo_version = 1
}
resource "prefectsso_team_workspace_role" "crew" {
  team      = { id = %[4]q }
  workspace = "production"
  role      = "Viewer"
  %[1]s
}
resource "prefectsso_session_policy" "this" {
  auth_expiration_seconds = 3600
  %[1]s
}
resource "prefectsso_group_role_mapping" "staff" {
  directory_id = %[2]q
  match        = { group_name = "Staff" }
  role         = "Auditor"
  priority     = 1
  %[1]s
}
`, lifecycle, directory, scimSecret(1), crew)
	}
	people := func(name string, of map[string]string, lifecycle string) string {
		var entries strings.Builder
		for _, key := range []string{"a", "b", "x", "y"} {
			if email, there := of[key]; there {
				fmt.Fprintf(&entries, "    %s = %q\n", key, email)
			}
		}
		return fmt.Sprintf("resource \"prefectsso_member_role\" %q {\n  for_each = {\n%s  }\n  email = each.value\n  role  = \"Admin\"\n  %s\n}\n", name, entries.String(), lifecycle)
	}
	const ada, grace, first = "ada@acme.com", "grace@acme.com", "create_before_destroy"
	both := map[string]string{"a": ada, "b": grace}
	before := "lifecycle {\n    " + first + " = true\n  }"
	// run wants a command to say nothing of a second resource, and to do what it is told.
	run := func(what string, codes []int, args ...string) {
		t.Helper()
		output, code := d.Run(append(args, "-input=false", "-no-color")...)
		ok := false
		for _, c := range codes {
			ok = ok || c == code
		}
		if !ok || strings.Contains(output, "managed-twice") {
			t.Errorf("%s: terraform %s ended with %d:\n%s", what, strings.Join(args, " "), code, output)
		}
	}
	plan := func(what string, code int, more ...string) {
		t.Helper()
		run(what, []int{code}, append([]string{"plan", "-detailed-exitcode"}, more...)...)
	}
	apply := func(what string, more ...string) {
		t.Helper()
		run(what, []int{0}, append([]string{"apply", "-auto-approve"}, more...)...)
		plan(what+", again", 0)
	}
	write := func(texts ...string) { t.Helper(); d.Write("main.tf", strings.Join(texts, "\n")) }

	write(rest(""), people("person", both, ""))
	apply("all of it")
	plan("a domain anew", 2, "-replace=prefectsso_domain.acme")
	plan("a team's role anew", 2, "-replace=prefectsso_team_workspace_role.crew")
	plan("a policy anew", 2, "-replace=prefectsso_session_policy.this")
	plan("a mapping anew", 2, "-replace=prefectsso_group_role_mapping.staff")
	plan("a directory anew", 2, "-replace=prefectsso_scim_directory.entra")
	apply("people anew", `-replace=prefectsso_member_role.person["a"]`, `-replace=prefectsso_member_role.person["b"]`)
	d.MustRun("taint", `prefectsso_member_role.person["a"]`)
	apply("a tainted one")

	write(rest(before), people("person", both, before))
	plan("nothing, with "+first, 0)
	plan("a domain anew, with "+first, 2, "-replace=prefectsso_domain.acme")
	plan("a directory anew, with "+first, 2, "-replace=prefectsso_scim_directory.entra")
	plan("a policy anew, with "+first, 2, "-replace=prefectsso_session_policy.this")
	apply("people anew, with "+first, `-replace=prefectsso_member_role.person["a"]`)

	write(rest(before), people("person", map[string]string{"a": grace, "b": ada}, before))
	apply("people exchanged, with " + first)
	write(rest(""), people("person", both, ""))
	apply("people exchanged")
	write(rest(""), people("person", map[string]string{"x": ada, "y": grace}, ""))
	apply("other keys")
	write(rest(""), people("member", map[string]string{"x": ada, "y": grace}, ""), "moved {\n  from = prefectsso_member_role.person\n  to   = prefectsso_member_role.member\n}")
	apply("another name")
	write(rest(""), people("member", map[string]string{"x": ada}, ""), `
resource "prefectsso_member_role" "grace" {
  email = "grace@acme.com"
  role  = "Admin"
}
import {
  to = prefectsso_member_role.grace
  id = "grace@acme.com"
}`)
	apply("imported beside one that goes")

	write(rest(""), people("member", map[string]string{"x": ada}, ""), `
resource "prefectsso_member_role" "grace" {
  email = "grace@acme.com"
  role  = "Admin"
}
resource "prefectsso_member_roles" "grace" {
  roles = { "grace@acme.com" = "Admin" }
}`)
	if output, code := d.Run("plan", "-input=false", "-no-color"); code != 1 || strings.Count(output, "Guard: managed-twice") != 1 {
		t.Errorf("two resources for one person: the plan ended with %d:\n%s", code, output)
	}
}

// Each resource type says what its plans have in common.
func TestEveryTypeIsPlanned(t *testing.T) {
	t.Parallel()
	var types []string
	for typeName := range inProcess(t, acctest.Start(t)).schemas.ResourceSchemas {
		types = append(types, typeName)
	}
	slices.Sort(types)
	if planned := provider.PlannedTypes(); !slices.Equal(types, planned) {
		t.Errorf("planned are %q, want %q", planned, types)
	}
}

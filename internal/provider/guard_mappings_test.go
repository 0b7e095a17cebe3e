package provider_test

import (
	"context"
	"maps"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// The table of plans of one mapping: what it does to the roles of people of the directory.
func TestMappingPlans(t *testing.T) {
	t.Parallel()
	const ada, grace, owner, second = "ada@acme.com", "grace@acme.com", "owner@acme.com", "second.owner@acme.com"
	const elsewhere = "0c1f1d2e-0000-4000-8000-0000000000ff"
	staff := func(role string) func(*acctest.Server) {
		return func(srv *acctest.Server) {
			srv.SetRole(ada, role)
			srv.PushGroup("Staff", srv.PushUser(ada), srv.PushUser(grace))
		}
	}
	// beside maps another group of the same people.
	beside := func(group, role string, priority int) func(*acctest.Server) {
		return func(srv *acctest.Server) {
			one, two := srv.PushUser(ada), srv.PushUser(grace)
			srv.PushGroup("Staff", one, two)
			srv.PushGroup(group, one, two)
			srv.AddMapping(group, role, priority)
		}
	}
	owners := func(srv *acctest.Server) { srv.PushGroup("Staff", srv.PushUser(owner), srv.PushUser(second)) }
	toStaff := func(role string, priority int) map[string]any {
		return map[string]any{"match": matchGroup("Staff"), "role": role, "priority": priority}
	}
	and := func(config map[string]any, name string, value any) map[string]any {
		config[name] = value
		return config
	}
	demoted := func(people ...string) finding { return warns("people-demoted", "match", people...) }
	both := demoted(ada, grace)

	for name, test := range map[string]struct {
		provider map[string]any        // further arguments of the provider block
		arrange  func(*acctest.Server) // what the account is like
		before   map[string]any        // nil: it is made
		after    map[string]any        // nil: it is destroyed
		want     []finding
	}{
		"a mapping raises":  {arrange: staff("Member"), after: toStaff("Admin", 1)},
		"a mapping demotes": {arrange: staff("Admin"), after: toStaff("Auditor", 1), want: []finding{both}},
		"a mapping demotes one of two Owners": {
			arrange: func(srv *acctest.Server) { srv.PushGroup("Staff", srv.PushUser(second)) }, after: toStaff("Admin", 1),
			want: []finding{demoted(second), warns("bypass-one-left", "match")},
		},
		"a mapping demotes the caller": {
			provider: map[string]any{"api_key": "pnu_ada", "lockout_protection": false, "acknowledge_lockout": []string{ada}},
			arrange:  staff("Admin"), after: toStaff("Member", 1),
			want: []finding{fails("caller-demoted", "match", ada)},
		},
		"a mapping lets a group bypass single sign-on": {
			arrange: staff("Member"), after: toStaff("Owner", 1), want: []finding{warns("people-bypass-sso", "match", ada, grace)},
		},
		"a mapping demotes all Owners": {
			arrange: owners, before: toStaff("Owner", 1), after: toStaff("Admin", 1),
			want: []finding{demoted(owner, second), fails("bypass-nobody-left", "match")},
		},
		"a mapping demotes all Owners, whatever happens": {
			provider: map[string]any{"lockout_protection": false},
			arrange:  owners, after: toStaff("Admin", 1),
			want: []finding{demoted(owner, second), warns("bypass-nobody-left", "match")},
		},
		"a mapping takes bypass from whom no domain serves": {
			arrange: func(srv *acctest.Server) {
				enforceFor(t, srv, "other.example")
				srv.PushGroup("Staff", srv.PushUser(second))
			},
			after: toStaff("Admin", 1),
			want:  []finding{fails("people-lose-access", "match", second), warns("bypass-one-left", "match")},
		},
		"acknowledged for one, and for somebody else": {
			provider: map[string]any{"acknowledge_lockout": []string{second, grace}},
			arrange: func(srv *acctest.Server) {
				enforceFor(t, srv, "other.example")
				srv.PushGroup("Staff", srv.PushUser(second))
			},
			after: toStaff("Admin", 1),
			want:  []finding{warns("bypass-one-left", "match"), warns("acknowledgement-surplus", "match", grace)},
		},
		"another mapping counts from now on": {
			arrange: beside("Zoo", "Auditor", 5), before: toStaff("Admin", 9), after: toStaff("Admin", 1), want: []finding{both},
		},
		"a mapping ends, and another one counts": {arrange: beside("Zoo", "Auditor", 5), before: toStaff("Admin", 9), want: []finding{both}},
		"a mapping goes to another directory": {
			arrange: beside("Zoo", "Auditor", 5), before: toStaff("Admin", 9),
			after: and(toStaff("Admin", 9), "directory_id", "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"),
			want:  []finding{both},
		},
		"a mapping goes to another account": {
			arrange: beside("Zoo", "Auditor", 5), before: toStaff("Admin", 9), after: and(toStaff("Admin", 9), "account_id", elsewhere),
			want: []finding{both, fails("key-rejected", "")},
		},
		"a mapping is not the one that counts": {arrange: beside("Zoo", "Admin", 5), after: toStaff("Auditor", 1)},
		"an equal priority, and the other match sorts first": {
			arrange: beside("Crew", "Auditor", 5), before: toStaff("Admin", 9), after: toStaff("Admin", 5), want: []finding{both},
		},
		"an equal priority, and this match sorts first": {
			arrange: beside("Zoo", "Auditor", 5), before: toStaff("Admin", 9), after: toStaff("Admin", 5),
		},
		"a new one of an equal priority that sorts first": {arrange: beside("Zoo", "Admin", 5), after: toStaff("Auditor", 5), want: []finding{both}},
		"a new one of an equal priority that does not":    {arrange: beside("Crew", "Admin", 5), after: toStaff("Auditor", 5)},
		"a mapping ends": {
			provider: map[string]any{"api_key": "pnu_ada"},
			arrange:  staff("Admin"), before: toStaff("Admin", 1),
			want: []finding{warns("earlier-roles-return", "match", ada, grace)},
		},
		"groups that cannot be told apart": {
			arrange: func(srv *acctest.Server) {
				staff("Admin")(srv)
				srv.PushGroup("STAFF")
				srv.AddMapping("Zoo", "Auditor", 9)
			},
			after: toStaff("Auditor", 1), want: []finding{warns("roles-not-checked", "match")},
		},
		"a mapping whose role is not known yet": {
			arrange: staff("Member"), after: and(toStaff("", 1), "role", tftypes.UnknownValue), want: []finding{warns("roles-not-checked", "match")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const typeName = "prefectsso_group_role_mapping"
			srv := acctest.Start(t, acctest.WithDirectory)
			test.arrange(srv)
			for _, given := range []map[string]any{test.before, test.after} {
				if given != nil && given["directory_id"] == nil {
					given["directory_id"] = srv.DirectoryID()
				}
			}
			block := sessionOf(srv)
			maps.Copy(block, test.provider)
			p := inProcessAs(t, block)
			var plan *tfprotov6.PlanResourceChangeResponse
			if test.before == nil {
				plan, _, _ = p.plan(t, typeName, test.after)
			} else {
				prior := inProcess(t, srv).create(t, typeName, test.before).NewState
				plan, _ = p.change(t, typeName, prior, test.after)
			}
			wantFindings(t, plan.Diagnostics, test.want...)
			if len(plan.Diagnostics) != len(test.want) {
				t.Errorf("there are diagnostics without an id: %+v", plan.Diagnostics)
			}
		})
	}
}

// What ends a mapping is judged again when it comes to it, by what the account is like then.
func TestMappingDeletionIsRechecked(t *testing.T) {
	t.Parallel()
	const typeName, ada, grace = "prefectsso_group_role_mapping", "ada@acme.com", "grace@acme.com"
	srv := acctest.Start(t, acctest.WithDirectory)
	srv.SetRole(ada, "Admin")
	user := srv.PushUser(ada)
	srv.PushGroup("Staff", user)
	prior := inProcess(t, srv).create(t, typeName, map[string]any{"directory_id": srv.DirectoryID(), "match": matchGroup("Staff"), "role": "Admin", "priority": 9}).NewState
	block := sessionOf(srv)
	block["api_key"] = "pnu_ada"
	p := inProcessAs(t, block)
	destroy := func() []*tfprotov6.Diagnostic {
		plan, given := p.change(t, typeName, prior, nil)
		wantFindings(t, plan.Diagnostics, warns("earlier-roles-return", "match", ada))
		// Meanwhile there is another mapping, which gives the caller less than this one.
		srv.AddMapping("Crew", "Auditor", 5)
		srv.PushGroup("Crew", srv.PushUser(grace), user)
		done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: typeName, PriorState: prior, PlannedState: given, Config: given})
		if err != nil {
			t.Fatal(err)
		}
		return done.Diagnostics
	}
	wantFindings(t, destroy(), fails("caller-demoted", "match", ada))
	if got := srv.Mappings(); len(got) != 2 {
		t.Errorf("there are the mappings %q, want both", got)
	}
}

// Whoever is in two directories is judged by the one that manages them, and what that is, is asked for few people only.
func TestMappingOfOneOfTwoDirectories(t *testing.T) {
	t.Parallel()
	const owner = "owner@acme.com"
	srv := acctest.Start(t, acctest.WithDirectory)
	first := srv.DirectoryID()
	srv.PushGroup("Staff", srv.PushUser(owner)) // managed by the first
	var other struct {
		ID       string `json:"id"`
		Endpoint string `json:"scim_endpoint"`
	}
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/directories", map[string]any{"name": "Entra", "type": "azure scim v2.0"}, &other)
	var token struct{ Token string }
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/directories/"+other.ID+"/tokens", map[string]any{"name": "t"}, &token)
	var made struct{ ID string }
	srv.SCIMTo(other.Endpoint, token.Token, http.MethodPost, "/Users", acctest.ActiveUser(owner), &made)
	srv.SCIMTo(other.Endpoint, token.Token, http.MethodPost, "/Groups", map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": "Staff", "members": []map[string]any{{"value": made.ID}},
	}, nil)
	for directory, want := range map[string][]finding{
		first:    {warns("people-demoted", "match", owner), warns("bypass-one-left", "match")},
		other.ID: nil, // it has no word in it
	} {
		p := inProcess(t, srv)
		srv.ResetRequests()
		plan, _, _ := p.plan(t, "prefectsso_group_role_mapping", map[string]any{"directory_id": directory, "match": matchGroup("Staff"), "role": "Admin", "priority": 1})
		wantFindings(t, plan.Diagnostics, want...)
		if got := srv.Requests(); got.Total > 12 {
			t.Errorf("the plan took %d requests: %+v", got.Total, got.Routes)
		}
	}
}

// matchGroup returns the argument match for a group.
func matchGroup(name string) map[string]tftypes.Value {
	null := tftypes.NewValue(tftypes.String, nil)
	return map[string]tftypes.Value{"group_id": null, "group_name": tftypes.NewValue(tftypes.String, name), "attribute": null, "equals": null}
}

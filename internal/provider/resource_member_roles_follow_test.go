package provider_test

import (
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// kept is a resource as Terraform keeps it: the state and the private state.
type kept struct {
	state   *tfprotov6.DynamicValue
	private []byte
}

// refreshed is a refresh in a run of its own.
func (k kept) refreshed(t *testing.T, srv *acctest.Server, kind string) (kept, []*tfprotov6.Diagnostic) {
	t.Helper()
	read, err := inProcess(t, srv).server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: kind, CurrentState: k.state, Private: k.private})
	if err != nil {
		t.Fatal(err)
	}
	return kept{read.NewState, read.Private}, read.Diagnostics
}

// planned is a plan in a run of its own.
func (k kept) planned(t *testing.T, srv *acctest.Server, kind string, config object) (*tfprotov6.PlanResourceChangeResponse, *tfprotov6.DynamicValue) {
	t.Helper()
	p := inProcess(t, srv)
	given := p.value(t, p.resourceType(kind), config)
	plan, err := p.server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: kind, PriorState: k.state, ProposedNewState: p.proposed(t, kind, k.state, given), Config: given, PriorPrivate: k.private,
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan, given
}

// applied is a plan and an apply, each in a run of its own.
func (k kept) applied(t *testing.T, srv *acctest.Server, kind string, config object) (kept, []*tfprotov6.Diagnostic) {
	t.Helper()
	plan, given := k.planned(t, srv, kind, config)
	noErrors(t, plan.Diagnostics)
	done, err := inProcess(t, srv).server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: kind, PriorState: k.state, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate,
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept{done.NewState, done.Private}, done.Diagnostics
}

// firstMade makes a resource.
func firstMade(t *testing.T, srv *acctest.Server, kind string, config object) kept {
	t.Helper()
	done := inProcess(t, srv).create(t, kind, config)
	noErrors(t, done.Diagnostics)
	return kept{done.NewState, done.Private}
}

// unchanged wants an empty plan.
func (k kept) unchanged(t *testing.T, srv *acctest.Server, kind string, config object) {
	t.Helper()
	plan, _ := k.planned(t, srv, kind, config)
	noErrors(t, plan.Diagnostics)
	typ := inProcess(t, srv).resourceType(kind)
	is, err := plan.PlannedState.Unmarshal(typ)
	was, wasErr := k.state.Unmarshal(typ)
	if err != nil || wasErr != nil || !is.Equal(was) {
		t.Errorf("planned is %s, want %s (%v, %v)", is, was, err, wasErr)
	}
}

// Many people are followed like one: the map goes on with the person whose address the identity provider changes, and never
// with whoever has the old one.
func TestMemberRolesFollowPeople(t *testing.T) {
	t.Parallel()
	const kind = "prefectsso_member_roles"
	const old, now = "lin@acme.com", "lin.wu@acme.com"
	of := func(pairs ...string) object {
		roles := map[string]string{"grace@acme.com": "Member"}
		for i := 0; i < len(pairs); i += 2 {
			roles[pairs[i]] = pairs[i+1]
		}
		return object{"roles": roles}
	}
	readdress := func(srv *acctest.Server, id string) {
		srv.SCIM(http.MethodPut, "/Users/"+id, acctest.ActiveUser(now), nil)
	}
	changed, reassigned := warns("address-changed", "roles", now, old), warns("address-reassigned", "roles", old)
	for name, test := range map[string]struct {
		happens func(srv *acctest.Server, scimID string)
		found   finding
		other   bool // another person has the old address
		stays   bool // the address, in the state
	}{
		"another address": {happens: readdress, found: changed, stays: true},
		"another address, and another person has the old one": {happens: func(srv *acctest.Server, id string) {
			readdress(srv, id)
			srv.PushUser(old)
		}, found: changed, other: true, stays: true},
		"removed, and another person has the address": {happens: func(srv *acctest.Server, id string) {
			readdress(srv, id)
			srv.RemoveMember(now)
			srv.PushUser(old)
		}, found: reassigned, other: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			id := srv.PushUser(old)
			is := firstMade(t, srv, kind, of(old, "Auditor"))
			test.happens(srv, id)
			before := roles(srv)
			read, diagnostics := is.refreshed(t, srv, kind)
			wantFindings(t, diagnostics, test.found)
			if !test.stays {
				plan, _ := read.planned(t, srv, kind, of(old, "Auditor"))
				if string(plan.PlannedState.MsgPack) == string(read.state.MsgPack) {
					t.Error("no plan says that another person is given the role")
				}
				if after := roles(srv); after != before {
					t.Errorf("the roles were %s, and are %s", before, after)
				}
				return
			}
			read.unchanged(t, srv, kind, of(old, "Auditor"))
			admin, diagnostics := read.applied(t, srv, kind, of(old, "Admin"))
			noErrors(t, diagnostics)
			if err := srv.WantRole(now, "Admin"); err != nil {
				t.Error(err)
			}
			_, diagnostics = admin.refreshed(t, srv, kind)
			wantFindings(t, diagnostics, changed)
			// Both addresses: the old one is not given to anybody without a plan that says so.
			plan, _ := admin.planned(t, srv, kind, of(old, "Admin", now, "Admin"))
			wantFindings(t, errorsAmong(plan.Diagnostics), fails("person-written-twice", `roles["`+old+`"]`, now, old))
			// The new one, written by hand, sends nothing.
			srv.ResetRequests()
			written, diagnostics := admin.applied(t, srv, kind, of(now, "Admin"))
			noErrors(t, diagnostics)
			if n := srv.Requests().Writes(); n != 0 {
				t.Errorf("writing the new address sent %d writes", n)
			}
			again, diagnostics := written.refreshed(t, srv, kind)
			wantFindings(t, diagnostics)
			again.unchanged(t, srv, kind, of(now, "Admin"))
			if !test.other {
				return
			}
			if err := srv.WantRole(old, "Member"); err != nil {
				t.Error(err)
			}
			// Then the old one is who has it now.
			_, diagnostics = again.applied(t, srv, kind, of(now, "Admin", old, "Auditor"))
			noErrors(t, diagnostics)
			for email, role := range map[string]string{old: "Auditor", now: "Admin"} {
				if err := srv.WantRole(email, role); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// The same by the real terraform, which keeps who the people are in the private state.
func TestAccMemberRolesFollowPeople(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	id := srv.PushUser("lin@acme.com")
	const resourceName = "prefectsso_member_roles.team"
	runSteps(
		t,
		resource.TestStep{Config: memberRolesConfig(srv, "Lin@acme.com", "Auditor", "grace@acme.com", "Admin")},
		resource.TestStep{
			PreConfig: func() {
				srv.SCIM(http.MethodPut, "/Users/"+id, acctest.ActiveUser("lin.wu@acme.com"), nil)
				srv.PushUser("lin@acme.com")
			},
			Config: memberRolesConfig(srv, "Lin@acme.com", "Auditor", "grace@acme.com", "Admin"), PlanOnly: true,
		},
		resource.TestStep{
			Config:           memberRolesConfig(srv, "lin.wu@acme.com", "Auditor", "lin@acme.com", "Admin", "grace@acme.com", "Admin"),
			ConfigPlanChecks: planned(resourceName, plancheck.ResourceActionUpdate),
		},
	)
	for email, role := range map[string]string{"lin.wu@acme.com": "Auditor", "lin@acme.com": "Admin", "grace@acme.com": "Admin"} {
		if err := srv.WantRole(email, role); err != nil {
			t.Error(err)
		}
	}
}

// Of two resources for one person, the plan finds out also where one has them by an address that they do not go by any more.
func TestPersonByTwoAddressesIsManagedTwice(t *testing.T) {
	t.Parallel()
	const old, now = "lin@acme.com", "lin.wu@acme.com"
	ofOne := func(email string) object { return object{"email": email, "role": "Auditor"} }
	ofMany := func(email string) object { return object{"roles": map[string]string{email: "Auditor"}} }
	ofRole := func(email string) object {
		return object{"role": "Auditor", "members": []string{"ada@acme.com", email}}
	}
	for kind, config := range map[string]func(string) object{"prefectsso_member_role": ofOne, "prefectsso_member_roles": ofMany, "prefectsso_role_members": ofRole} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			id := srv.PushUser(old)
			is := firstMade(t, srv, kind, config(old))
			srv.SCIM(http.MethodPut, "/Users/"+id, acctest.ActiveUser(now), nil)
			srv.PushUser(old)
			// One run refreshes, plans, and plans another resource.
			plans := func(written, other string) []*tfprotov6.Diagnostic {
				p := inProcess(t, srv)
				read, err := p.server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: kind, CurrentState: is.state, Private: is.private})
				if err != nil {
					t.Fatal(err)
				}
				given := p.value(t, p.resourceType(kind), config(written))
				plan, err := p.server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
					TypeName: kind, PriorState: read.NewState, ProposedNewState: p.proposed(t, kind, read.NewState, given), Config: given, PriorPrivate: read.Private,
				})
				if err != nil {
					t.Fatal(err)
				}
				noErrors(t, plan.Diagnostics)
				second, _, _ := p.plan(t, "prefectsso_member_role", object{"email": other, "role": "Member"})
				return onlyOf("managed-twice", second.Diagnostics)
			}
			wantFindings(t, plans(old, now), fails("managed-twice", "email", now))
			wantFindings(t, plans(now, old)) // each by the address that they go by
		})
	}
}

package provider_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// A person is known by their membership: where the identity provider changes their address, the resource goes on with
// them, and never with another person who has the old address.
func TestMemberRoleFollowsThePerson(t *testing.T) {
	t.Parallel()
	const kind = "prefectsso_member_role"
	const old, now = "lin@acme.com", "lin.wu@acme.com"
	readdress := func(srv *acctest.Server, id string) {
		srv.SCIM(http.MethodPut, "/Users/"+id, acctest.ActiveUser(now), nil)
	}
	changed, gone, reassigned := warns("address-changed", "email", now, old), warns("member-gone", "email", old), warns("address-reassigned", "email", old)
	for name, test := range map[string]struct {
		happens func(srv *acctest.Server, scimID string)
		found   finding
		stays   bool // in the state
	}{
		"another address": {readdress, changed, true},
		"another address, and another person has the old one": {func(srv *acctest.Server, id string) {
			readdress(srv, id)
			srv.PushUser(old)
		}, changed, true},
		"removed": {func(srv *acctest.Server, _ string) { srv.RemoveMember(old) }, gone, false},
		"removed, and invited anew under another address": {func(srv *acctest.Server, _ string) {
			srv.RemoveMember(old)
			srv.PushUser(now)
		}, gone, false},
		"removed, and another person has the address": {func(srv *acctest.Server, id string) {
			readdress(srv, id)
			srv.RemoveMember(now)
			srv.PushUser(old)
		}, reassigned, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			id := srv.PushUser(old)
			config := object{"email": old, "role": "Auditor", "on_destroy": "reset"}
			made := inProcess(t, srv).create(t, kind, config)
			test.happens(srv, id)
			before := roles(srv)
			read := inProcess(t, srv).read(t, kind, made.NewState, nil)
			wantFindings(t, read.Diagnostics, test.found)
			if stays := !isNull(t, inProcess(t, srv), kind, read.NewState); stays != test.stays {
				t.Fatalf("in the state: %t, want %t", stays, test.stays)
			}
			if !test.stays {
				// Destroying what a plan without a refresh still has takes no role from another person.
				destroyed(t, srv, kind, made.NewState)
				if after := roles(srv); after != before {
					t.Errorf("the roles were %s, and are %s", before, after)
				}
				return
			}
			// The configuration as it is goes on with the person.
			inProcess(t, srv).unchanged(t, kind, read.NewState, config)
			admin := inProcess(t, srv).applied(t, kind, read.NewState, with(config, "role", "Admin"))
			if err := srv.WantRole(now, "Admin"); err != nil {
				t.Error(err)
			}
			// Written by hand, the new address is a change in place that sends nothing.
			written := object{"email": now, "role": "Admin", "on_destroy": "reset"}
			srv.ResetRequests()
			state := inProcess(t, srv).applied(t, kind, admin, written)
			if n := srv.Requests().Writes(); n != 0 {
				t.Errorf("writing the new address sent %d writes", n)
			}
			inProcess(t, srv).unchanged(t, kind, state, written)
			if other, there := srv.Member(old); there && other.Role != "Member" {
				t.Errorf("the other person is %s", other.Role)
			}
			// What is destroyed is the person's role, also where the state has the old address.
			destroyed(t, srv, kind, admin)
			if err := srv.WantRole(now, "Member"); err != nil {
				t.Error(err)
			}
		})
	}
}

// Another person's address replaces the resource.
func TestMemberRoleOfAnotherPersonIsReplaced(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	made := inProcess(t, srv).create(t, "prefectsso_member_role", object{"email": "ada@acme.com", "role": "Auditor"})
	for _, email := range []any{"grace@acme.com", "nobody@acme.com"} {
		plan, _ := inProcess(t, srv).change(t, "prefectsso_member_role", made.NewState, object{"email": email, "role": "Auditor"})
		if len(plan.RequiresReplace) != 1 || attributeText(plan.RequiresReplace[0]) != "email" {
			t.Errorf("%s: replaced because of %v, want the address", email, plan.RequiresReplace)
		}
	}
}

// roles are all people and their roles, in a line.
func roles(srv *acctest.Server) (line string) {
	for _, m := range srv.Members() {
		line += m.Email + "=" + m.Role + " "
	}
	return line
}

// destroyed destroys a resource, as a plan and an apply of two runs.
func destroyed(t *testing.T, srv *acctest.Server, kind string, state *tfprotov6.DynamicValue) {
	t.Helper()
	p := inProcess(t, srv)
	plan, _ := p.change(t, kind, state, nil)
	noErrors(t, plan.Diagnostics)
	p = inProcess(t, srv)
	null := p.null(t, p.resourceType(kind))
	done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: kind, PriorState: state, PlannedState: null, Config: null})
	if err != nil {
		t.Fatal(err)
	}
	noErrors(t, done.Diagnostics)
}

// The same by the real terraform, which keeps no identity before 1.12: the plan with the old address is empty, and the new
// one is a change in place.
func TestAccMemberRoleFollowsThePerson(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	id := srv.PushUser("lin@acme.com")
	const resourceName = "prefectsso_member_role.person"
	config := func(email string) string { return memberRoleConfig(srv, email, "Auditor") }
	runSteps(
		t,
		resource.TestStep{Config: config("lin@acme.com")},
		resource.TestStep{
			PreConfig: func() { srv.SCIM(http.MethodPut, "/Users/"+id, acctest.ActiveUser("lin.wu@acme.com"), nil) },
			Config:    config("lin@acme.com"), PlanOnly: true,
		},
		resource.TestStep{
			Config: config("lin.wu@acme.com"), ConfigPlanChecks: planned(resourceName, plancheck.ResourceActionUpdate),
			Check: resource.TestCheckResourceAttr(resourceName, "email", "lin.wu@acme.com"),
		},
		resource.TestStep{ResourceName: resourceName, ImportState: true, ImportStateId: "lin.wu@acme.com", ImportStateVerify: true},
	)
	if err := srv.WantRole("lin.wu@acme.com", "Auditor"); err != nil {
		t.Error(err)
	}
}

package provider_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// The holders of a role are followed: whose address the identity provider changes keeps the role, and whoever has the old one
// gets nothing by it.
func TestRoleMembersFollowPeople(t *testing.T) {
	t.Parallel()
	const kind = "prefectsso_role_members"
	const old, now = "lin@acme.com", "lin.wu@acme.com"
	of := func(emails ...string) object {
		return object{"role": "Auditor", "members": append([]string{"ada@acme.com"}, emails...)}
	}
	readdress := func(srv *acctest.Server, id string) {
		srv.SCIM(http.MethodPut, "/Users/"+id, acctest.ActiveUser(now), nil)
	}
	changed, reassigned := warns("address-changed", "members", now, old), warns("address-reassigned", "members", old)
	for name, test := range map[string]struct {
		more    object // arguments
		happens func(srv *acctest.Server, scimID string)
		found   []finding
		shown   []string          // the members after a refresh, beside ada
		after   map[string]string // the roles after the next apply of the same configuration
	}{
		"another address": {happens: readdress, found: []finding{changed}, shown: []string{old}, after: map[string]string{now: "Auditor"}},
		"another address of who came from a directory, which is ignored": {
			more: object{"ignore_directory_managed": true}, happens: readdress,
			found: []finding{changed}, shown: []string{old}, after: map[string]string{now: "Auditor"},
		},
		"another address, and another person has the old one": {happens: func(srv *acctest.Server, id string) {
			readdress(srv, id)
			srv.PushUser(old)
		}, found: []finding{changed}, shown: []string{old}, after: map[string]string{now: "Auditor", old: "Member"}},
		"another address, and the role was taken": {happens: func(srv *acctest.Server, id string) {
			readdress(srv, id)
			srv.SetRole(now, "Member")
		}, found: []finding{changed}, after: map[string]string{now: "Auditor"}},
		"another address, and another person has the old one and the role": {happens: func(srv *acctest.Server, id string) {
			readdress(srv, id)
			srv.PushUser(old)
			srv.SetRole(old, "Auditor")
		}, shown: []string{now, old}, after: map[string]string{now: "Member", old: "Auditor"}},
		"removed, and another person has the address": {happens: func(srv *acctest.Server, id string) {
			readdress(srv, id)
			srv.RemoveMember(now)
			srv.PushUser(old)
		}, found: []finding{reassigned}, after: map[string]string{old: "Auditor"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			for _, m := range srv.Members() {
				if m.Role == "Auditor" {
					srv.SetRole(m.Email, "Member")
				}
			}
			id := srv.PushUser(old)
			config := of(old)
			for name, value := range test.more {
				config[name] = value
			}
			is := firstMade(t, srv, kind, config)
			test.happens(srv, id)
			before := roles(srv)
			read, diagnostics := is.refreshed(t, srv, kind)
			wantFindings(t, diagnostics, test.found...)
			if after := roles(srv); after != before {
				t.Errorf("the roles were %s, and are %s", before, after)
			}
			p := inProcess(t, srv)
			shown := texts(t, p.object(t, p.resourceType(kind), read.state)["members"])
			if want := slices.Sorted(slices.Values(append([]string{"ada@acme.com"}, test.shown...))); !slices.Equal(shown, want) {
				t.Errorf("the state shows %v, want %v", shown, want)
			}
			if slices.Equal(test.shown, []string{old}) {
				read.unchanged(t, srv, kind, config)
			}
			done, diagnostics := read.applied(t, srv, kind, config)
			noErrors(t, diagnostics)
			for email, role := range test.after {
				if err := srv.WantRole(email, role); err != nil {
					t.Error(err)
				}
			}
			again, _ := done.refreshed(t, srv, kind)
			again.unchanged(t, srv, kind, config)
			if len(test.found) == 0 || test.found[0].ID != changed.ID {
				return
			}
			both := of(old, now)
			both["ignore_directory_managed"] = config["ignore_directory_managed"]
			plan, _ := again.planned(t, srv, kind, both)
			wantFindings(t, errorsAmong(plan.Diagnostics), fails("person-written-twice", "members", now, old))
			srv.ResetRequests()
			config["members"] = []string{"ada@acme.com", now}
			written, diagnostics := again.applied(t, srv, kind, config)
			noErrors(t, diagnostics)
			if n := srv.Requests().Writes(); n != 0 {
				t.Errorf("writing the new address sent %d writes", n)
			}
			last, diagnostics := written.refreshed(t, srv, kind)
			wantFindings(t, diagnostics)
			last.unchanged(t, srv, kind, config)
		})
	}
}

// texts returns the strings of a set, sorted.
func texts(t *testing.T, set tftypes.Value) (out []string) {
	t.Helper()
	var elements []tftypes.Value
	if err := set.As(&elements); err != nil {
		t.Fatal(err)
	}
	for _, element := range elements {
		var text string
		if err := element.As(&text); err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

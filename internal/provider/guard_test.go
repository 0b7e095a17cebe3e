package provider

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

func TestGuardAssess(t *testing.T) {
	t.Parallel()
	owner := client.AccountRole{ID: "r-owner", Name: "Owner", Permissions: []string{client.PermissionBypassSSO}}
	admin := client.AccountRole{ID: "r-admin", Name: "Admin", Permissions: []string{"manage:account_roles"}}
	member := client.AccountRole{ID: "r-member", Name: "Member"}
	person := func(name, roleID string) client.Membership {
		email, user := name+"@acme.com", "u-"+name
		return client.Membership{ID: "m-" + name, Email: &email, UserID: &user, AccountRoleID: roleID, Active: true}
	}
	ada, bob, eve := person("ada", owner.ID), person("bob", owner.ID), person("eve", member.ID)
	three := []client.Membership{ada, bob, person("cleo", owner.ID)}

	for name, test := range map[string]struct {
		guard         guard
		now           accountNow
		changes       []roleChange
		errors, warns string // "|"-separated parts of the summaries
	}{
		"two remain": {
			guard: guard{protect: true}, now: accountNow{holders: three},
			changes: []roleChange{{ada, member}},
		},
		"one remains": {
			guard: guard{protect: true}, now: accountNow{holders: three[:2]},
			changes: []roleChange{{ada, member}}, warns: "Only one person left",
		},
		"nobody remains": {
			guard: guard{protect: true}, now: accountNow{holders: three[:2]},
			changes: []roleChange{{ada, member}, {bob, member}}, errors: "Nobody could get in",
		},
		"nobody remains, protection off": {
			guard: guard{}, now: accountNow{holders: three[:1]},
			changes: []roleChange{{ada, member}}, warns: "Nobody could get in",
		},
		"somebody else takes over": {
			guard: guard{protect: true}, now: accountNow{holders: three[:2]},
			changes: []roleChange{{ada, member}, {eve, owner}},
		},
		"oneself": {
			guard: guard{protect: true}, now: accountNow{holders: three, caller: "u-ada"},
			changes: []roleChange{{ada, member}}, errors: "demote yourself",
		},
		"oneself, protection off": {
			guard: guard{}, now: accountNow{holders: three, caller: "u-ada"},
			changes: []roleChange{{ada, member}}, errors: "demote yourself",
		},
		"oneself, from a role that does not bypass": {
			guard: guard{protect: true}, now: accountNow{caller: "u-kim"},
			changes: []roleChange{{person("kim", admin.ID), member}}, errors: "demote yourself",
		},
		"oneself, to a role that may do more": {
			guard: guard{protect: true}, now: accountNow{caller: "u-eve"},
			changes: []roleChange{{eve, admin}},
		},
		"somebody else, from a role that does not bypass": {
			guard: guard{protect: true}, now: accountNow{caller: "u-ada"},
			changes: []roleChange{{person("kim", admin.ID), member}},
		},
		"no domain serves them": {
			guard: guard{protect: true}, now: accountNow{holders: three, enforced: true, domains: []string{"other.example"}},
			changes: []roleChange{{ada, member}}, errors: "People would lose access",
		},
		"no domain serves them, protection off": {
			guard: guard{}, now: accountNow{holders: three, enforced: true},
			changes: []roleChange{{ada, member}}, warns: "People would lose access",
		},
		"acknowledged by address": {
			guard: guard{protect: true, acknowledged: map[string]bool{"ada@acme.com": true}}, now: accountNow{holders: three, enforced: true},
			changes: []roleChange{{ada, member}},
		},
		"acknowledged by domain": {
			guard: guard{protect: true, acknowledged: map[string]bool{"*@acme.com": true}}, now: accountNow{holders: three, enforced: true},
			changes: []roleChange{{ada, member}},
		},
		"their domain is served": {
			guard: guard{protect: true}, now: accountNow{holders: three, enforced: true, domains: []string{"acme.com"}},
			changes: []roleChange{{ada, member}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var diags diag.Diagnostics
			test.guard.assess(test.now, map[string]client.AccountRole{owner.ID: owner, admin.ID: admin, member.ID: member}, test.changes, func(email string) path.Path { return path.Root("roles").AtMapKey(email) }, &diags)
			compareSummaries(t, "errors", diags.Errors(), test.errors)
			compareSummaries(t, "warnings", diags.Warnings(), test.warns)
		})
	}
}

func compareSummaries(t *testing.T, kind string, got diag.Diagnostics, want string) {
	t.Helper()
	parts := strings.FieldsFunc(want, func(r rune) bool { return r == '|' })
	if len(got) != len(parts) {
		t.Errorf("%s: %v, want %q", kind, got, parts)
		return
	}
	for i, part := range parts {
		if !strings.Contains(got[i].Summary(), part) {
			t.Errorf("%s: %q, want %q in it", kind, got[i].Summary(), part)
		}
	}
}

// A mapping that takes bypass:sso waits for the account's turn; one that gives it must not, since it is waited for.
func TestSetMappingTurn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ before, after, waits bool }{
		"it takes":         {before: true, waits: true},
		"it gives":         {after: true},
		"it goes on":       {before: true, after: true},
		"it does not care": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &session{lastOut: newLastOut(nil)}
			s.lastOut.of("account").turn <- struct{}{} // somebody has it
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			written := false
			err := s.setMapping(ctx, "account", test.before, test.after, func() error {
				written = true
				return nil
			})
			if waited := errors.Is(err, context.Canceled); waited != test.waits || written == waited {
				t.Errorf("it waited: %t, it was written: %t", waited, written)
			}
		})
	}
}

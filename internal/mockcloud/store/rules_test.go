package store

import (
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestRules walks what is refused and why.
func TestRules(t *testing.T) {
	t.Parallel()
	var (
		conflict  *Conflict
		forbidden *Forbidden
		invalid   *Invalid
		notFound  *NotFound
	)
	tests := []struct {
		name string
		by   string
		do   func(*world, *Tx) error
		want any // a pointer to the error's type; nil for success
		says string
	}{
		{"the last way in is not demoted", "bot", func(w *world, tx *Tx) error {
			if err := tx.SetRole(w.acme, w.id(tx, "second"), MemberRoleID); err != nil {
				return err
			}
			return tx.SetRole(w.acme, w.id(tx, "owner"), AdminRoleID)
		}, &conflict, "bypass:sso"},
		{"the last way in is not deactivated", "bot", func(w *world, tx *Tx) error {
			return tx.SetActive(w.acme, []uuid.UUID{w.id(tx, "second"), w.id(tx, "owner")}, false)
		}, &conflict, "bypass:sso"},
		{"the last way in is not removed", "bot", func(w *world, tx *Tx) error {
			if err := tx.RemoveMember(w.acme, w.id(tx, "second")); err != nil {
				return err
			}
			return tx.RemoveMember(w.acme, w.id(tx, "owner"))
		}, &conflict, "bypass:sso"},
		{"the last way in does not leave", "owner", func(w *world, tx *Tx) error {
			if err := tx.SetRole(w.acme, w.id(tx, "second"), MemberRoleID); err != nil {
				return err
			}
			return tx.Leave(w.acme)
		}, &conflict, "bypass:sso"},
		{"a custom role's bypass counts", "owner", func(w *world, tx *Tx) error {
			if err := tx.UpdateRole(w.acme, w.auditor.ID, RoleChange{Permissions: &[]Permission{ReadAccount, BypassSSO}}); err != nil {
				return err
			}
			if err := tx.SetRole(w.acme, w.id(tx, "ada"), w.auditor.ID); err != nil {
				return err
			}
			if err := tx.RemoveMember(w.acme, w.id(tx, "second")); err != nil {
				return err
			}
			return tx.Leave(w.acme)
		}, nil, ""},
		{"a custom role does not lose the last bypass", "bot", func(w *world, tx *Tx) error {
			if err := tx.UpdateRole(w.acme, w.auditor.ID, RoleChange{Permissions: &[]Permission{BypassSSO}}); err != nil {
				return err
			}
			if err := tx.SetRole(w.acme, w.id(tx, "ada"), w.auditor.ID); err != nil {
				return err
			}
			for _, name := range []string{"owner", "second"} {
				if err := tx.SetRole(w.acme, w.id(tx, name), MemberRoleID); err != nil {
					return err
				}
			}
			return tx.UpdateRole(w.acme, w.auditor.ID, RoleChange{Permissions: &[]Permission{ReadAccount}})
		}, &conflict, "bypass:sso"},
		{"nobody demotes themselves", "owner", func(w *world, tx *Tx) error {
			return tx.SetRole(w.acme, w.id(tx, "owner"), AdminRoleID)
		}, &conflict, "yourself"},
		{"nobody deactivates themselves", "owner", func(w *world, tx *Tx) error {
			return tx.SetActive(w.acme, []uuid.UUID{w.id(tx, "owner")}, false)
		}, &conflict, "yourself"},
		{"nobody removes themselves", "owner", func(w *world, tx *Tx) error {
			return tx.RemoveMember(w.acme, w.id(tx, "owner"))
		}, &conflict, "yourself"},
		{"a service account is somebody, too", "bot", func(w *world, tx *Tx) error {
			return tx.SetRole(w.acme, w.id(tx, "bot"), MemberRoleID)
		}, &conflict, "yourself"},
		{"one may leave", "ada", func(w *world, tx *Tx) error { return tx.Leave(w.acme) }, nil, ""},
		{"an Admin makes no Owner", "admin", func(w *world, tx *Tx) error {
			return tx.SetRole(w.acme, w.id(tx, "ada"), OwnerRoleID)
		}, &forbidden, "bypass:sso"},
		{"an Admin makes an Admin", "admin", func(w *world, tx *Tx) error {
			return tx.SetRole(w.acme, w.id(tx, "ada"), AdminRoleID)
		}, nil, ""},
		{"an Admin adds no bypass to a role", "admin", func(w *world, tx *Tx) error {
			return tx.UpdateRole(w.acme, w.auditor.ID, RoleChange{Permissions: &[]Permission{BypassSSO}})
		}, &forbidden, "bypass:sso"},
		{"a role of nowhere", "owner", func(w *world, tx *Tx) error {
			return tx.SetRole(w.acme, w.id(tx, "ada"), uuid.New())
		}, &invalid, "no role"},
		{"a membership of another account", "owner", func(w *world, tx *Tx) error {
			return tx.SetRole(w.globex, w.id(tx, "ada"), AdminRoleID)
		}, &notFound, "membership"},
		{"built-in roles stay", "owner", func(w *world, tx *Tx) error {
			return tx.DeleteRole(w.acme, MemberRoleID)
		}, &conflict, "built-in"},
		{"a role that someone holds stays", "owner", func(w *world, tx *Tx) error {
			if err := tx.SetRole(w.acme, w.id(tx, "ada"), w.auditor.ID); err != nil {
				return err
			}
			return tx.DeleteRole(w.acme, w.auditor.ID)
		}, &conflict, "held by 1"},
		{"a role's name is free", "owner", func(w *world, tx *Tx) error {
			name := "Owner"
			return tx.UpdateRole(w.acme, w.auditor.ID, RoleChange{Name: &name})
		}, &conflict, "Owner exists"},
		{"a domain belongs to one account", "owner", func(w *world, tx *Tx) error {
			if err := tx.SetDomains(w.globex, []string{"shared.example"}); err != nil {
				return err
			}
			return tx.SetDomains(w.acme, []string{"acme.com", "SHARED.example."})
		}, &conflict, "shared.example"},
		{"all malformed domains are named", "owner", func(w *world, tx *Tx) error {
			return tx.SetDomains(w.acme, []string{"acme.com", "https://acme.com", "10.0.0.1"})
		}, &invalid, "[domain_names 2]"},
		{"a second membership", "owner", func(w *world, tx *Tx) error {
			u, _ := tx.UserByEmail("ADA@acme.com")
			_, err := tx.AddMember(uuid.Nil, w.acme, u, MemberRoleID)
			return err
		}, &conflict, "already a member"},
		{"a handle that is taken", "owner", func(w *world, tx *Tx) error {
			handle := "globex"
			return tx.UpdateAccount(w.acme, AccountChange{Handle: &handle})
		}, &conflict, "globex"},
		{"no time for logins", "owner", func(w *world, tx *Tx) error {
			zero := 0
			return tx.UpdateAccount(w.acme, AccountChange{AuthExpirationSeconds: Nullable[int]{Set: true, Value: &zero}})
		}, &invalid, "greater than 0"},
		{"a connection of nowhere", "owner", func(w *world, tx *Tx) error {
			return tx.UpdateAccount(w.acme, AccountChange{WorkOSConnectionIDs: []string{"conn_1"}})
		}, &invalid, "workos_connection_ids 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			actor := w.actor(tt.by)
			before := w.store.data.db.Rows()
			err := w.store.Update(actor, func(tx *Tx) error { return tt.do(w, tx) })
			if tt.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			// One of its own: the cases run side by side.
			target := reflect.New(reflect.TypeOf(tt.want).Elem()).Interface()
			if !errors.As(err, target) || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("%T %v, want %T that says %q", err, err, tt.want, tt.says)
			}
			if after := w.store.data.db.Rows(); !maps.Equal(before, after) {
				t.Error("a refused change left something behind")
			}
			if n := len(w.events()); n != 0 {
				t.Errorf("a refused change left %d events behind", n)
			}
			checkIndexes(t, w.store.data)
		})
	}
}

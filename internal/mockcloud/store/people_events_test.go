package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// guests is a world in which ada@ is in globex, too, owns it, and is logged in;
// new@ is in no account and is invited to acme.
type guests struct {
	*world
	now        *time.Time
	newcomer   *User
	invitation *Invitation
	code       string
	session    *Session
}

func newGuests(t tester) *guests {
	t.Helper()
	now := start
	g := &guests{world: newWorld(t), now: &now}
	g.store.clock = Clock{outside: func() time.Time { return now }}
	if err := g.store.Update(Actor{}, func(tx *Tx) (err error) {
		if g.newcomer, err = tx.AddUser(NewUser{Email: "New@acme.com"}); err != nil {
			return err
		}
		ada, _ := tx.UserByEmail("ada@acme.com")
		if _, err = tx.AddMember(uuid.Nil, g.globex, ada, OwnerRoleID); err != nil {
			return err
		}
		if _, err = tx.AddAPIKey(NewAPIKey{ActorID: ada.ActorID, Name: "laptop"}); err != nil {
			return err
		}
		if g.session, _, err = tx.AddSession(NewSession{UserID: ada.ID, IPAddress: "192.0.2.1", Expires: start.Add(time.Hour)}); err != nil {
			return err
		}
		if g.invitation, err = tx.Invite(NewInvitation{AccountID: g.acme, Email: "new@ACME.com", RoleID: MemberRoleID}); err != nil {
			return err
		}
		g.code = tx.Outbox()[0].Code
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *guests) bot(tx *Tx) *Bot { return tx.Bots(g.acme)[0] }

func (g *guests) user(tx *Tx, name string) *User {
	u, ok := tx.UserByEmail(name + "@acme.com")
	if !ok {
		g.t.Fatalf("nobody is called %s", name)
	}
	return u
}

// told gives an account's events from one on, each with the one that it follows
// in brackets.
func (g *guests) told(account uuid.UUID, from int) (out []string) {
	events := g.eventsOf(account)[from:]
	g.view(func(r *Reader) {
		names := map[uuid.UUID]string{}
		for _, e := range events {
			name := strings.TrimPrefix(e.Name, "prefect-cloud.")
			names[e.ID] = name
			if e.Follows != uuid.Nil {
				name += " (" + names[e.Follows] + ")"
			}
			out = append(out, name)
			kind, _, _ := strings.Cut(strings.TrimPrefix(e.Name, "prefect-cloud."), ".")
			if !strings.HasPrefix(e.Resource.ID, "prefect-cloud."+kind+".") || e.Resource.Name == "" {
				g.t.Errorf("%s is about %+v", e.Name, e.Resource)
			}
		}
	})
	return out
}

// TestPeopleEvents walks the changes and the events that must tell of them, in
// each account that they concern.
func TestPeopleEvents(t *testing.T) {
	t.Parallel()
	name, minute := "other", time.Minute
	tests := []struct {
		name, by     string
		do           func(*guests, *Tx) error
		acme, globex []string
	}{
		{"a person", "ada", func(g *guests, tx *Tx) error {
			return tx.UpdateUser(g.user(tx, "ada").ID, UserChange{FirstName: &name})
		}, []string{"user.updated"}, []string{"user.updated"}},
		{"a person as they are", "ada", func(g *guests, tx *Tx) error {
			u := g.user(tx, "ada")
			return tx.UpdateUser(u.ID, UserChange{FirstName: &u.FirstName, Email: &u.Email, Handle: &u.Handle, Settings: &u.Settings})
		}, nil, nil},
		{"a key", "ada", func(g *guests, tx *Tx) error {
			_, err := tx.AddAPIKey(NewAPIKey{ActorID: g.user(tx, "ada").ActorID, Name: "k"})
			return err
		}, []string{"api-key.created"}, []string{"api-key.created"}},
		{"a key ends", "ada", func(g *guests, tx *Tx) error {
			u := g.user(tx, "ada")
			return tx.DeleteKey(u.ActorID, tx.Keys(u.ActorID)[0].ID)
		}, []string{"api-key.deleted"}, []string{"api-key.deleted"}},
		{"a login", "ada", func(g *guests, tx *Tx) error {
			_, _, err := tx.AddSession(NewSession{UserID: g.user(tx, "ada").ID, Expires: start.Add(time.Hour)})
			return err
		}, []string{"user.logged-in"}, []string{"user.logged-in"}},
		{"a login ends", "ada", func(g *guests, tx *Tx) error {
			_, err := tx.TerminateSession(g.session.UserID, g.session.ID)
			return err
		}, []string{"user.logged-out"}, []string{"user.logged-out"}},
		{"a person ends", "ada", func(g *guests, tx *Tx) error {
			if _, err := tx.AddMember(uuid.Nil, g.globex, g.user(tx, "second"), OwnerRoleID); err != nil {
				return err
			}
			return tx.DeleteUser(g.user(tx, "ada").ID)
		}, []string{
			"user.deleted", "api-key.deleted (user.deleted)", "user.logged-out (user.deleted)", "account-membership.deleted (user.deleted)",
		}, []string{
			"account-membership.created", "user.deleted", "api-key.deleted (user.deleted)", "user.logged-out (user.deleted)",
			"account-membership.deleted (user.deleted)",
		}},
		{"a service account", "owner", func(g *guests, tx *Tx) error {
			_, _, err := tx.AddBot(NewBot{AccountID: g.acme, Name: "ci", RoleID: MemberRoleID})
			return err
		}, []string{"service-account.created", "account-membership.created (service-account.created)", "api-key.created (service-account.created)"}, nil},
		{"a service account's name and role", "owner", func(g *guests, tx *Tx) error {
			return tx.UpdateBot(g.acme, g.bot(tx).ID, BotChange{Name: &name, RoleID: &AdminRoleID})
		}, []string{"service-account.updated", "account-membership.updated"}, nil},
		{"a service account as it is", "owner", func(g *guests, tx *Tx) error {
			return tx.UpdateBot(g.acme, g.bot(tx).ID, BotChange{Name: &g.bot(tx).Name, RoleID: &OwnerRoleID})
		}, nil, nil},
		{"a service account ends", "owner", func(g *guests, tx *Tx) error {
			return tx.DeleteBot(g.acme, g.bot(tx).ID)
		}, []string{"service-account.deleted", "api-key.deleted (service-account.deleted)", "account-membership.deleted (service-account.deleted)"}, nil},
		{"a service account ends with its membership", "owner", func(g *guests, tx *Tx) error {
			return tx.RemoveMember(g.acme, g.id(tx, "bot"))
		}, []string{"service-account.deleted", "api-key.deleted (service-account.deleted)", "account-membership.deleted (service-account.deleted)"}, nil},
		{"a new key for a service account", "owner", func(g *guests, tx *Tx) error {
			_, err := tx.RotateKey(g.acme, g.bot(tx).ID, time.Time{}, nil)
			return err
		}, []string{"api-key.rotated", "api-key.created (api-key.rotated)"}, nil},
		{"another, and the one before ends early", "owner", func(g *guests, tx *Tx) error {
			old, err := tx.ActiveKey(g.bot(tx))
			if err != nil {
				return err
			}
			if _, err := tx.RotateKey(g.acme, g.bot(tx).ID, time.Time{}, &minute); err != nil {
				return err
			}
			return tx.DeleteRotatingKey(g.acme, g.bot(tx).ID, old.ID)
		}, []string{"api-key.rotated", "api-key.created (api-key.rotated)", "api-key.deleted"}, nil},
		{"what rotated before is swept", "owner", func(g *guests, tx *Tx) error {
			if _, err := tx.RotateKey(g.acme, g.bot(tx).ID, time.Time{}, &minute); err != nil {
				return err
			}
			*g.now = g.now.Add(2 * minute)
			_, err := tx.RotateKey(g.acme, g.bot(tx).ID, time.Time{}, &minute)
			return err
		}, []string{"api-key.rotated", "api-key.created (api-key.rotated)", "api-key.deleted", "api-key.rotated", "api-key.created (api-key.rotated)"}, nil},
		{"an invitation", "owner", func(g *guests, tx *Tx) error {
			_, err := tx.Invite(NewInvitation{AccountID: g.acme, Email: "x@acme.com", RoleID: MemberRoleID})
			return err
		}, []string{"account-invitation.created"}, nil},
		{"an invitation in the place of another", "owner", func(g *guests, tx *Tx) error {
			_, err := tx.Invite(NewInvitation{AccountID: g.acme, Email: "NEW@acme.com", RoleID: MemberRoleID})
			return err
		}, []string{"account-invitation.created", "account-invitation.updated (account-invitation.created)"}, nil},
		{"an invitation is taken back", "owner", func(g *guests, tx *Tx) error {
			return tx.RevokeInvitation(g.acme, g.invitation.ID)
		}, []string{"account-invitation.updated"}, nil},
		{"an invitation is accepted", "new", func(g *guests, tx *Tx) error {
			return tx.AcceptInvitation(g.invitation.ID, g.code)
		}, []string{"account-invitation.accepted", "account-membership.created (account-invitation.accepted)"}, nil},
		{"an invitation is rejected", "new", func(g *guests, tx *Tx) error {
			return tx.RejectInvitation(g.invitation.ID, g.code)
		}, []string{"account-invitation.rejected"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGuests(t)
			acme, globex := len(g.told(g.acme, 0)), len(g.told(g.globex, 0))
			if err := g.store.Update(g.actor(tt.by), func(tx *Tx) error { return tt.do(g, tx) }); err != nil {
				t.Fatal(err)
			}
			checkIndexes(t, g.store.data)
			if got := g.told(g.acme, acme); !slices.Equal(got, tt.acme) {
				t.Errorf("acme is told\n%q, want\n%q", got, tt.acme)
			}
			if got := g.told(g.globex, globex); !slices.Equal(got, tt.globex) {
				t.Errorf("globex is told\n%q, want\n%q", got, tt.globex)
			}
		})
	}
}

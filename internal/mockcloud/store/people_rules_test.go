package store

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// TestPeopleRules walks what is refused and why.
func TestPeopleRules(t *testing.T) {
	t.Parallel()
	var (
		conflict  *Conflict
		forbidden *Forbidden
		invalid   *Invalid
		notFound  *NotFound
	)
	taken, odd := "GRACE@acme.com", "Not OK"
	invite := func(email string, role uuid.UUID) func(*guests, *Tx) error {
		return func(g *guests, tx *Tx) error {
			_, err := tx.Invite(NewInvitation{AccountID: g.acme, Email: email, RoleID: role})
			return err
		}
	}
	addBot := func(n NewBot) func(*guests, *Tx) error {
		return func(g *guests, tx *Tx) error {
			n.AccountID = g.acme
			_, _, err := tx.AddBot(n)
			return err
		}
	}
	tests := []struct {
		name, by string
		do       func(*guests, *Tx) error
		want     any
		says     string
	}{
		{"an email is one person's", "ada", func(g *guests, tx *Tx) error {
			return tx.UpdateUser(g.newcomer.ID, UserChange{Email: &[]string{"ADA@acme.com"}[0]})
		}, &conflict, "ADA@acme.com exists"},
		{"a handle has a form", "ada", func(g *guests, tx *Tx) error {
			return tx.UpdateUser(g.newcomer.ID, UserChange{Handle: &odd})
		}, &invalid, "[handle]"},
		{"nobody to change", "ada", func(_ *guests, tx *Tx) error { return tx.UpdateUser(uuid.New(), UserChange{Email: &taken}) }, &notFound, "User"},
		{"the last way into one of two accounts stays in both", "ada", func(g *guests, tx *Tx) error {
			return tx.DeleteUser(g.user(tx, "ada").ID)
		}, &conflict, "bypass:sso"},
		{"a key that is over", "ada", func(g *guests, tx *Tx) error {
			_, err := tx.AddAPIKey(NewAPIKey{ActorID: g.user(tx, "ada").ActorID, Expiration: start})
			return err
		}, &invalid, "[expiration]"},
		{"a key that is there", "ada", func(g *guests, tx *Tx) error {
			_, err := tx.AddAPIKey(NewAPIKey{ActorID: g.user(tx, "ada").ActorID, Secret: "pnb_secret_of_the_bot"})
			return err
		}, &conflict, "already in use"},
		{"another's key", "ada", func(g *guests, tx *Tx) error {
			return tx.DeleteKey(g.user(tx, "ada").ActorID, tx.Keys(g.bot(tx).ActorID)[0].ID)
		}, &notFound, "API key"},
		{"another's session", "admin", func(g *guests, tx *Tx) error {
			_, err := tx.TerminateSession(g.user(tx, "admin").ID, g.session.ID)
			return err
		}, &notFound, "Session"},
		{"a session of nobody", "admin", func(_ *guests, tx *Tx) error {
			_, _, err := tx.AddSession(NewSession{UserID: uuid.New()})
			return err
		}, &notFound, "User"},

		{"a name is one service account's", "owner", addBot(NewBot{Name: "bot", RoleID: MemberRoleID}), &conflict, "bot exists"},
		{"a service account has a name", "owner", addBot(NewBot{RoleID: MemberRoleID}), &invalid, "[name]"},
		{"a service account has a role", "owner", addBot(NewBot{Name: "ci"}), &invalid, "[account_role_id]"},
		{"an Admin makes no Owner of a service account", "admin", addBot(NewBot{Name: "ci", RoleID: OwnerRoleID}), &forbidden, "bypass:sso"},
		{"an Admin gets no Owner's key", "admin", func(g *guests, tx *Tx) error {
			_, err := tx.RotateKey(g.acme, g.bot(tx).ID, time.Time{}, nil)
			return err
		}, &forbidden, "bypass:sso"},
		{"another account's service account", "owner", func(g *guests, tx *Tx) error {
			return tx.DeleteBot(g.globex, g.bot(tx).ID)
		}, &notFound, "Service account"},
		{"a service account does not end itself", "bot", func(g *guests, tx *Tx) error {
			return tx.DeleteBot(g.acme, g.bot(tx).ID)
		}, &conflict, "yourself"},
		{"nor its membership", "bot", func(g *guests, tx *Tx) error {
			return tx.RemoveMember(g.acme, g.id(tx, "bot"))
		}, &conflict, "yourself"},
		{"a service account keeps a key", "owner", func(g *guests, tx *Tx) error {
			return tx.DeleteRotatingKey(g.acme, g.bot(tx).ID, tx.Keys(g.bot(tx).ActorID)[0].ID)
		}, &conflict, "rotate it"},

		{"a member is not invited", "owner", invite("ADA@acme.com", MemberRoleID), &conflict, "already a member"},
		{"an Admin invites no Owner", "admin", invite("x@acme.com", OwnerRoleID), &forbidden, "bypass:sso"},
		{"nobody is invited to nothing", "owner", invite("x@acme.com", uuid.New()), &invalid, "[account_role_id]"},
		{"another account's invitation", "owner", func(g *guests, tx *Tx) error {
			return tx.RevokeInvitation(g.globex, g.invitation.ID)
		}, &notFound, "Invitation"},
		{"an invitation is for one person", "admin", func(g *guests, tx *Tx) error {
			return tx.AcceptInvitation(g.invitation.ID, g.code)
		}, &forbidden, "another email"},
		{"a guessed code", "new", func(g *guests, tx *Tx) error {
			return tx.AcceptInvitation(g.invitation.ID, g.code[1:])
		}, &notFound, "Invitation"},
		{"an invitation that is over", "new", func(g *guests, tx *Tx) error {
			*g.now = g.invitation.Expiration
			return tx.AcceptInvitation(g.invitation.ID, g.code)
		}, &conflict, "ended on"},
		{"an answer is given once", "new", func(g *guests, tx *Tx) error {
			if err := tx.RejectInvitation(g.invitation.ID, g.code); err != nil {
				return err
			}
			return tx.AcceptInvitation(g.invitation.ID, g.code)
		}, &conflict, "already rejected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGuests(t)
			actor, before, told := g.actor(tt.by), g.store.data.db.Rows(), len(g.events())
			err := g.store.Update(actor, func(tx *Tx) error { return tt.do(g, tx) })
			// One of its own: the cases run side by side.
			target := reflect.New(reflect.TypeOf(tt.want).Elem()).Interface()
			if !errors.As(err, target) || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("%T %v, want %T that says %q", err, err, tt.want, tt.says)
			}
			if !maps.Equal(before, g.store.data.db.Rows()) || len(g.events()) != told {
				t.Error("a refused change left something behind")
			}
			checkIndexes(t, g.store.data)
		})
	}
}

func TestCheckEmail(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"ada@acme.com", "Ada.Lovelace+sso@sub.acme.co.uk", "o'neil@acme.com", "ada@bücher.example"} {
		if err := CheckEmail(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "ada", "@acme.com", "ada@", "ada@acme", "ada@acme..com", " ada@acme.com", "Ada <ada@acme.com>", "<ada@acme.com>",
		"ada@acme.com, eve@acme.com", "ada@[192.0.2.1]", "ada@192.0.2.1", "ada@@acme.com", "ada@acme.com\n", "a b@acme.com",
		strings.Repeat("a", 250) + "@acme.com",
	} {
		if CheckEmail(bad) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestOutboxIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for from := 0; from < keptMails+5; from += 100 {
		if err := w.store.Update(Actor{}, func(tx *Tx) error {
			for n := from; n < min(from+100, keptMails+5); n++ {
				if _, err := tx.Invite(NewInvitation{AccountID: w.acme, Email: fmt.Sprintf("p%d@acme.com", n), RoleID: MemberRoleID}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	w.view(func(r *Reader) {
		mails := r.Outbox()
		if len(mails) != keptMails || mails[0].To != "p5@acme.com" || mails[keptMails-1].To != fmt.Sprintf("p%d@acme.com", keptMails+4) {
			t.Errorf("%d mails, from %s", len(mails), mails[0].To)
		}
	})
	checkIndexes(t, w.store.data)
}

// TestLoginSweeps: sessions that are over do not pile up, and each login counts.
func TestLoginSweeps(t *testing.T) {
	t.Parallel()
	g := newGuests(t)
	*g.now = g.session.Expires
	g.view(func(r *Reader) {
		if left := r.Sessions(g.session.UserID); len(left) != 0 {
			t.Errorf("%d sessions last", len(left))
		}
	})
	told := len(g.told(g.globex, 0))
	if err := g.store.Update(Actor{}, func(tx *Tx) error {
		_, _, err := tx.AddSession(NewSession{UserID: g.session.UserID, AccountID: g.acme, ConnectionID: "conn_1", Expires: g.now.Add(time.Hour)})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(g.told(g.globex, told), " "); got != "user.logged-out user.logged-in" {
		t.Error(got)
	}
	g.view(func(r *Reader) {
		sessions := r.Sessions(g.session.UserID)
		if len(sessions) != 1 || len(sessionTable.List(g.store.data.db)) != 1 || sessions[0].ConnectionID != "conn_1" {
			t.Errorf("%+v", sessions)
		}
		if u, err := r.User(g.session.UserID); err != nil || !u.LastLogin.Equal(sessions[0].Authenticated) {
			t.Errorf("%+v, %v", u, err)
		}
	})
	if err := g.store.Update(g.actor("owner"), func(tx *Tx) error { return tx.DeleteAccount(g.acme) }); err != nil {
		t.Fatal(err)
	}
	if n, m := len(sessionTable.List(g.store.data.db)), len(invitationTable.List(g.store.data.db)); n != 0 || m != 0 {
		t.Errorf("%d sessions and %d invitations outlive the account", n, m)
	}
	checkIndexes(t, g.store.data)
}

// TestAnyPeopleHistory lets random changes run against each other and time go by.
// After each, every service account has one membership and one key in use, at
// most one invitation waits for each email, and keys and sessions have somebody.
func TestAnyPeopleHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := newGuests(t)
		emails := []string{"new@acme.com", "NEW@acme.com", "other@acme.com", "ada@acme.com"}
		for range rapid.IntRange(1, 25).Draw(t, "changes") {
			email := rapid.SampledFrom(emails).Draw(t, "email")
			what := rapid.IntRange(0, 9).Draw(t, "what")
			overlap := time.Duration(rapid.IntRange(0, 3).Draw(t, "overlap")) * time.Minute
			*g.now = g.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
			before, told := g.store.data.db.Rows(), len(g.events())
			by := Actor{}
			if u, ok := userByEmail.Get(g.store.data.db, strings.ToLower(email)); ok && what == 2 {
				by = u.actor()
			}
			err := g.store.Update(by, func(tx *Tx) (err error) {
				bots := tx.Bots(g.acme)
				u, _ := userByEmail.Get(tx.db, strings.ToLower(email))
				switch {
				case what == 0:
					_, _, err = tx.AddBot(NewBot{AccountID: g.acme, Name: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "bot"), RoleID: MemberRoleID})
				case what == 1:
					_, err = tx.Invite(NewInvitation{AccountID: g.acme, Email: email, RoleID: MemberRoleID})
				case what == 2 && len(tx.Outbox()) > 0:
					mail := rapid.SampledFrom(tx.Outbox()).Draw(t, "mail")
					err = tx.AcceptInvitation(mail.InvitationID, mail.Code)
				case what == 3 && len(bots) > 0:
					_, err = tx.RotateKey(g.acme, rapid.SampledFrom(bots).Draw(t, "bot").ID, time.Time{}, &overlap)
				case what == 4 && len(bots) > 0:
					err = tx.DeleteBot(g.acme, rapid.SampledFrom(bots).Draw(t, "bot").ID)
				case what == 5 && u == nil:
					_, err = tx.AddUser(NewUser{Email: email})
				case what == 6 && u != nil:
					err = tx.DeleteUser(u.ID)
				case what == 7 && u != nil:
					_, err = tx.AddAPIKey(NewAPIKey{ActorID: u.ActorID, Expiration: g.now.Add(time.Minute)})
				case what == 8 && u != nil:
					_, _, err = tx.AddSession(NewSession{UserID: u.ID, Expires: g.now.Add(overlap)})
				case what == 9 && u != nil:
					err = tx.UpdateUser(u.ID, UserChange{Email: &email})
				}
				return err
			})
			if err != nil && (!maps.Equal(before, g.store.data.db.Rows()) || len(g.events()) != told) {
				t.Fatal("a failed change left something behind")
			}
			checkIndexes(t, g.store.data)
			g.hold(t)
		}
	})
}

func (g *guests) hold(t tester) {
	d := g.store.data
	for _, b := range botTable.All(d.db) {
		inUse := 0
		for _, k := range keysByActor.Get(d.db, b.ActorID) {
			if !k.Rotated {
				inUse++
			}
		}
		if inUse != 1 || len(membershipsOfActor.Get(d.db, b.ActorID)) != 1 {
			t.Errorf("%s has %d keys in use and %d memberships", b.Name, inUse, len(membershipsOfActor.Get(d.db, b.ActorID)))
		}
	}
	waiting := map[string]bool{}
	for _, i := range invitationTable.All(d.db) {
		email := strings.ToLower(i.Email)
		if i.Status == InvitationPending && waiting[email] {
			t.Errorf("two invitations wait for %s", email)
		}
		waiting[email] = waiting[email] || i.Status == InvitationPending
	}
	for _, k := range keyTable.All(d.db) {
		if _, err := d.reader(time.Now).actor(k.ActorID); err != nil {
			t.Errorf("the key %+v is nobody's", k)
		}
	}
	for _, s := range sessionTable.All(d.db) {
		if _, ok := userTable.Get(d.db, s.UserID); !ok {
			t.Errorf("the session %+v is nobody's", s)
		}
	}
}

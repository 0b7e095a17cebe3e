package store

import (
	"errors"
	"maps"
	"sync"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// TestPanicRollsBack: a bug in a handler must not leave half a change.
func TestPanicRollsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.store.data.db.Rows()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = w.store.Update(Actor{}, func(tx *Tx) error {
			if err := tx.SetDomains(w.acme, []string{"acme.com"}); err != nil {
				return err
			}
			panic("bug")
		})
	}()
	if !maps.Equal(before, w.store.data.db.Rows()) {
		t.Error("the panic left something behind")
	}
	checkIndexes(t, w.store.data)
}

// TestAnyHistory lets random transactions, some of which fail, run against each
// other and looks at what must hold after each.
func TestAnyHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		names := []string{"owner", "second", "admin", "ada"}
		roles := []uuid.UUID{OwnerRoleID, AdminRoleID, MemberRoleID, w.auditor.ID}
		domains := []string{"acme.com", "ACME.com", "b.example", "c.example", "not a domain"}
		members := map[string]uuid.UUID{}
		for _, name := range names {
			members[name] = w.member(name).ID
		}
		for range rapid.IntRange(1, 20).Draw(t, "transactions") {
			before, events := w.store.data.db.Rows(), len(w.events())
			err := w.store.Update(Actor{}, func(tx *Tx) error {
				for range rapid.IntRange(1, 4).Draw(t, "steps") {
					member := members[rapid.SampledFrom(names).Draw(t, "name")]
					var err error
					switch rapid.IntRange(0, 5).Draw(t, "what") {
					case 0:
						err = tx.SetRole(w.acme, member, rapid.SampledFrom(roles).Draw(t, "role"))
					case 1:
						err = tx.SetActive(w.acme, []uuid.UUID{member}, rapid.Bool().Draw(t, "active"))
					case 2:
						err = tx.RemoveMember(w.acme, member)
					case 3:
						err = tx.SetDomains(w.acme, rapid.SliceOfN(rapid.SampledFrom(domains), 0, 3).Draw(t, "domains"))
					case 4:
						u, _ := tx.UserByEmail(rapid.SampledFrom(names).Draw(t, "who") + "@acme.com")
						_, err = tx.AddMember(uuid.Nil, w.globex, u, MemberRoleID)
					case 5:
						err = errors.New("the caller changes its mind")
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil && (!maps.Equal(before, w.store.data.db.Rows()) || len(w.events()) != events) {
				t.Fatal("a failed transaction left something behind")
			}
			checkIndexes(t, w.store.data)
			if w.store.data.waysIn(w.acme) == 0 {
				t.Fatal("nobody gets in without SSO any more")
			}
		}
	})
}

// waysIn counts anew, without the index that the rule relies on.
func (d *data) waysIn(account uuid.UUID) int {
	n := 0
	for _, m := range membershipTable.All(d.db) {
		if m.AccountID == account && m.Active && m.IsUser() && roleTable.Row(d.db, m.RoleID).bypasses() {
			n++
		}
	}
	return n
}

// TestConcurrentWriters lets two Owners be demoted and promoted by many at once:
// one of them always stays, and every change has its event.
func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	members := []uuid.UUID{w.member("owner").ID, w.member("second").ID}
	var changes int
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 200 {
				role := []uuid.UUID{OwnerRoleID, MemberRoleID}[(n+i)%2]
				changed := false
				err := w.store.Update(Actor{}, func(tx *Tx) error {
					m, err := tx.Membership(w.acme, members[n%2])
					if err != nil {
						return err
					}
					changed = m.RoleID != role
					return tx.SetRole(w.acme, m.ID, role)
				})
				var conflict *Conflict
				switch {
				case err == nil && changed:
					mu.Lock()
					changes++
					mu.Unlock()
				case err != nil && !errors.As(err, &conflict):
					t.Errorf("unexpected: %v", err)
				}
			}
		})
		group.Go(func() {
			for range 200 {
				if err := w.store.View(func(r *Reader) error {
					if r.waysIn(w.acme) == 0 {
						return errors.New("nobody gets in without SSO")
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := len(w.events()); n != changes {
		t.Errorf("%d events tell of %d changes", n, changes)
	}
	checkIndexes(t, w.store.data)
}

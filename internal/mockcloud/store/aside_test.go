package store

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
)

// TestReadsOfOthers: while a long transaction of one account is under way, reads of
// others are answered, and reads of that account, and of all, wait for its end.
func TestReadsOfOthers(t *testing.T) {
	t.Parallel()
	for name, outcome := range map[string]error{"done": nil, "undone": errors.New("undone")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := New(Options{})
			var own, other uuid.UUID
			if err := s.Reset(func(tx *Tx) error {
				for handle, id := range map[string]*uuid.UUID{"own": &own, "other": &other} {
					a, err := tx.AddAccount(NewAccount{Handle: handle, Name: handle})
					if err != nil {
						return err
					}
					*id = a.ID
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			teams := func(id uuid.UUID, view func(func(*Reader) error) error) (n int) {
				if err := view(func(r *Reader) error {
					n = len(r.ListTeams(id, TeamQuery{}, CreatedAsc))
					return nil
				}); err != nil {
					t.Error(err)
				}
				return n
			}
			of := func(id uuid.UUID) func(func(*Reader) error) error {
				return func(fn func(*Reader) error) error { return s.ViewOf(id, fn) }
			}
			const made = 10 * changesAtOnce
			begun, seen := make(chan struct{}), make(chan int, 2)
			err := s.Update(Actor{}, func(tx *Tx) error {
				tx.Within(own)
				go func() {
					close(begun)
					seen <- teams(own, of(own))
				}()
				go func() { seen <- teams(own, s.View) }()
				<-begun
				for i := range made {
					if _, err := tx.AddTeam(NewTeam{AccountID: own, Name: fmt.Sprint(i)}); err != nil {
						return err
					}
				}
				// In the middle of the transaction, and not on its goroutine.
				answered := make(chan int)
				go func() { answered <- teams(other, of(other)) }()
				tx.aside(func() {
					if n := <-answered; n != 0 {
						t.Errorf("%d teams of the other account", n)
					}
				})
				return outcome
			})
			if !errors.Is(err, outcome) {
				t.Fatal(err)
			}
			for range 2 {
				if n := <-seen; n != 0 && n != made || n == made && outcome != nil {
					t.Errorf("a read in the middle saw %d teams", n)
				}
			}
			want := made
			if outcome != nil {
				want = 0
			}
			if n := teams(own, of(own)); n != want {
				t.Errorf("%d teams in the end, want %d", n, want)
			}
		})
	}
}

// TestNobodyIsLetIn: a transaction that is about all accounts lets no read in.
func TestNobodyIsLetIn(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	if err := s.Update(Actor{}, func(tx *Tx) error {
		tx.aside(func() {
			if s.step.TryRLock() {
				s.step.RUnlock()
				t.Error("a read was let in")
			}
		})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

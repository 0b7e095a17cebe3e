package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

// TestChanged: who waits is woken by what changes the state and by nothing else.
func TestChanged(t *testing.T) {
	t.Parallel()
	failed := errors.New("it went wrong")
	tests := []struct {
		name string
		do   func(*world) error
		want bool
	}{
		{"a change", func(w *world) error {
			return w.store.Update(w.actor("owner"), func(tx *Tx) error { return tx.SetDomains(w.acme, []string{"acme.example"}) })
		}, true},
		{"a change that fails", func(w *world) error {
			if err := w.store.Update(Actor{}, func(*Tx) error { return failed }); !errors.Is(err, failed) {
				return err
			}
			return nil
		}, false},
		{"a look", func(w *world) error { return w.store.View(func(*Reader) error { return nil }) }, false},
		{"a reset", func(w *world) error { return w.store.Reset(func(*Tx) error { return nil }) }, true},
		{"the clock", func(w *world) error { return w.store.AdvanceClock(time.Hour) }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			one, other := w.store.Changed(), w.store.Changed()
			if err := tt.do(w); err != nil {
				t.Fatal(err)
			}
			for _, changed := range []<-chan struct{}{one, other} {
				select {
				case <-changed:
					if !tt.want {
						t.Error("nothing changed")
					}
				default:
					if tt.want {
						t.Error("the change was not told")
					}
				}
			}
			select {
			case <-w.store.Changed():
				t.Error("an old change is told once more")
			default:
			}
		})
	}
}

// TestEventsSince: a reader who looks again with the last stamp that they saw gets each
// event once and in the order of its coming, whatever time it tells of, and nothing of
// what was rolled back.
func TestEventsSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var seen []string
	var last time.Time
	look := func() {
		w.view(func(r *Reader) {
			came, err := r.EventsSince(w.acme, last)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range came {
				seen = append(seen, e.Resource.ID)
			}
			last = r.LastStamp()
		})
	}
	var want []string
	receive := func(n int, then error) {
		err := w.store.Update(Actor{}, func(tx *Tx) error {
			var events []eventlog.Event
			for i := range n {
				events = append(events, eventlog.Event{
					ID: uuid.New(), Name: "outside", Resource: eventlog.Resource{ID: fmt.Sprint(n, "/", i)},
					// Each older than the one before.
					Occurred: start.Add(-time.Duration(len(want)+i) * time.Minute),
				})
			}
			if err := tx.ReceiveEvents(w.acme, events); err != nil {
				return err
			}
			return then
		})
		if !errors.Is(err, then) {
			t.Fatal(err)
		}
		for i := range n {
			if then == nil {
				want = append(want, fmt.Sprint(n, "/", i))
			}
		}
	}
	look()
	for _, n := range []int{1, 2, eventlog.KeptArrivals - 1, 3*eventlog.KeptArrivals + 5, 4} {
		receive(n, nil)
		receive(n+1, errors.New("rolled back"))
		look()
		look()
	}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("%d events were seen, %d came", len(seen), len(want))
	}
	if err := w.store.Update(Actor{}, func(tx *Tx) error { return tx.DeleteAccount(w.acme) }); err != nil {
		t.Fatal(err)
	}
	w.view(func(r *Reader) {
		if left, err := r.EventsSince(w.acme, time.Time{}); len(left) != 0 || err != nil {
			t.Errorf("%d events of an account that is gone, %v", len(left), err)
		}
	})
}

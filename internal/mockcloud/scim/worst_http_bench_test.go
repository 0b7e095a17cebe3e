//go:build unix

package scim_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// BenchmarkWorstPatchOverHTTP is BenchmarkWorstPatch over a connection, in memory and with a state file, while an identity
// provider of another account reads: the CPU time of both sides of one request, and the longest that a read took.
func BenchmarkWorstPatchOverHTTP(b *testing.B) {
	for mode, open := range map[string]func(*testing.B) func(store.Options) (*store.Store, error){
		"memory": func(*testing.B) func(store.Options) (*store.Store, error) {
			return func(o store.Options) (*store.Store, error) { return store.New(o), nil }
		},
		"state file": func(b *testing.B) func(store.Options) (*store.Store, error) {
			path := filepath.Join(b.TempDir(), "state.db")
			return func(o store.Options) (*store.Store, error) {
				s, err := store.Open(path, o)
				if err == nil {
					b.Cleanup(func() {
						if err := s.Close(); err != nil {
							b.Error(err)
						}
					})
				}
				return s, err
			}
		},
	} {
		b.Run(mode, func(b *testing.B) {
			w := newWorldIn(b, open(b))
			neighbor := w.neighbor()
			ada := w.addUser("ada@acme.com")
			for name, body := range sorted(worstOfUsers()) {
				w.measured(b, "user/"+name, "/Users/"+ada, body, neighbor, func() {
					w.send("PUT", "/Users/"+ada, user("ada@acme.com")).Want(http.StatusOK)
				})
			}
			ids := w.crowd(10_000)
			group := w.addGroup("all")
			for name, body := range sorted(worstOfGroups(ids)) {
				w.measured(b, "group/"+name, "/Groups/"+group, body, neighbor, func() {
					w.update(func(tx *store.Tx) error {
						none := []uuid.UUID{}
						_, err := tx.UpdateDirectoryGroup(w.directory, uuid.MustParse(group), store.DirectoryGroupChange{Members: &none})
						return err
					})
				})
			}
		})
	}
}

// neighbor is an address that an identity provider of another account reads.
func (w *world) neighbor() (path string) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		a, err := tx.AddAccount(store.NewAccount{Handle: "other", Name: "Other", Features: store.Features()})
		if err != nil {
			return err
		}
		name, kind := "other", store.DirectoryType("generic scim v2.0")
		d, err := tx.AddDirectory(a.ID, store.DirectoryChange{Name: &name, Type: &kind})
		if err != nil {
			return err
		}
		path = scim.Endpoint("", d.Endpoint) + "/Users"
		_, _, err = tx.AddSCIMToken(a.ID, d.ID, store.NewSCIMToken{Name: "other", Token: "other-" + token})
		return err
	})
	return path
}

// measured sends a PATCH again and again, each time to what again has put back.
func (w *world) measured(b *testing.B, name, below, body, neighbor string, again func()) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		status, n, cpu := 0, 0, time.Duration(0)
		var alone, longest time.Duration // of reads before the PATCH, which say how busy the machine is, and beside it
		read := func(w *world, longest *time.Duration) {
			begun := time.Now()
			a, err := w.Try(http.MethodGet, neighbor, "other-"+token, nil)
			if err != nil || a.Status != http.StatusOK {
				b.Errorf("the neighbor reads %d, %v", a.Status, err)
			}
			*longest = max(*longest, time.Since(begun))
		}
		w := w.in(b)
		for b.Loop() {
			b.StopTimer()
			again()
			for range 200 {
				read(w, &alone)
			}
			before := cpuTime(b)
			done := make(chan int)
			b.StartTimer()
			go func() {
				a, err := w.Try(http.MethodPatch, w.path(below), token, body, "Content-Type", "application/scim+json")
				if err != nil {
					b.Error(err)
				}
				done <- a.Status
			}()
			for meanwhile := true; meanwhile; {
				read(w, &longest)
				select {
				case status = <-done:
					meanwhile = false
				case <-time.After(time.Millisecond):
				}
			}
			n, cpu = n+1, cpu+cpuTime(b)-before
		}
		b.ReportMetric(float64((cpu / time.Duration(n)).Milliseconds()), "cpu-ms/op")
		b.ReportMetric(float64(alone.Microseconds())/1000, "alone-read-ms")
		b.ReportMetric(float64(longest.Microseconds())/1000, "longest-read-ms")
		b.ReportMetric(float64(status), "status")
	})
}

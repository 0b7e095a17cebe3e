//go:build unix

package scim_test

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// cpuTime is what this process has used so far, which another one on the machine does
// not change.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkWorstPatch is the time of one request of nearly 2 MB, whatever comes of it.
func BenchmarkWorstPatch(b *testing.B) {
	run := func(name, below, body string, w *world, again func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			status, n, cpu := 0, 0, time.Duration(0)
			for b.Loop() {
				b.StopTimer()
				again()
				before := cpuTime(b)
				b.StartTimer()
				status = w.answerOf(http.MethodPatch, below, body).Code
				n, cpu = n+1, cpu+cpuTime(b)-before
			}
			b.ReportMetric(float64((cpu / time.Duration(n)).Milliseconds()), "cpu-ms/op")
			b.ReportMetric(float64(status), "status")
			b.ReportMetric(float64(len(body)), "body-bytes")
		})
	}
	w := newWorld(b)
	id := w.addUser("ada@acme.com")
	for name, body := range sorted(worstOfUsers()) {
		run("user/"+name, "/Users/"+id, body, w, func() {
			w.send("PUT", "/Users/"+id, user("ada@acme.com")).Want(http.StatusOK)
		})
	}
	ids := w.crowd(10_000)
	group := w.addGroup("all")
	for name, body := range sorted(worstOfGroups(ids)) {
		run("group/"+name, "/Groups/"+group, body, w, func() {
			w.update(func(tx *store.Tx) error {
				none := []uuid.UUID{}
				_, err := tx.UpdateDirectoryGroup(w.directory, uuid.MustParse(group), store.DirectoryGroupChange{Members: &none})
				return err
			})
		})
	}
}

// BenchmarkReadsMeanwhile is how long a read of another account waits while one account
// changes much: the longest, and of how many.
func BenchmarkReadsMeanwhile(b *testing.B) {
	w := newWorld(b)
	ada := w.addUser("ada@acme.com")
	ids := w.crowd(10_000)
	group := w.addGroup("all")
	var other uuid.UUID
	w.update(func(tx *store.Tx) error {
		a, err := tx.AddAccount(store.NewAccount{Handle: "other", Name: "Other"})
		if err == nil {
			other = a.ID
		}
		return err
	})
	users := worstOfUsers()
	for name, change := range map[string][2]string{
		"10,000 members are added":  {"/Groups/" + group, worstOfGroups(ids)["add one member each"]},
		"a user has 40,000 emails":  {"/Users/" + ada, users["one value of many types"]},
		"all values are looked at":  {"/Users/" + ada, users["many, then all looked at each time"]},
		"an invalid result at last": {"/Users/" + ada, users["add, an invalid result last"]},
	} {
		b.Run(name, func(b *testing.B) {
			var longest time.Duration
			reads := 0
			for b.Loop() {
				b.StopTimer()
				w.update(func(tx *store.Tx) error {
					none := []uuid.UUID{}
					_, err := tx.UpdateDirectoryGroup(w.directory, uuid.MustParse(group), store.DirectoryGroupChange{Members: &none})
					return err
				})
				done := make(chan struct{})
				b.StartTimer()
				go func() {
					defer close(done)
					w.answerOf(http.MethodPatch, change[0], change[1])
				}()
				for meanwhile := true; meanwhile; reads++ {
					begun := time.Now()
					if err := w.state.ViewOf(other, func(*store.Reader) error { return nil }); err != nil {
						b.Fatal(err)
					}
					longest = max(longest, time.Since(begun))
					select {
					case <-done:
						meanwhile = false
					case <-time.After(100 * time.Microsecond):
					}
				}
			}
			b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
			b.ReportMetric(float64(reads), "reads")
		})
	}
}

package scim_test

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// newDurableWorld is a world whose store has a file.
func newDurableWorld(t *testing.T) (*world, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	w := newWorldIn(t, func(o store.Options) (*store.Store, error) { return store.Open(path, o) })
	t.Cleanup(func() {
		if err := w.state.Close(); err != nil {
			t.Error(err)
		}
	})
	return w, path
}

// writes is how many transactions a state file has seen: its two meta pages say so.
func writes(t *testing.T, path string) uint64 {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second := binary.NativeEndian.Uint32(raw[24:])
	return max(binary.NativeEndian.Uint64(raw[64:]), binary.NativeEndian.Uint64(raw[second+64:]))
}

// TestBulkIsWrittenTogether: operations share what a write to the disk costs, and are
// there once they are answered.
func TestBulkIsWrittenTogether(t *testing.T) {
	t.Parallel()
	w, path := newDurableWorld(t)
	w.addUser("first@acme.com") // notes that the token is in use
	const n = 1000
	operations := make([]obj, 0, n)
	for i := range n - 1 {
		operations = append(operations, post("/Users", fmt.Sprint(i), user(fmt.Sprintf("person%d@acme.com", i))))
	}
	operations = append(operations, obj{"method": "DELETE", "path": "/Users/00000000-0000-4000-8000-000000000000"})
	before, began := writes(t, path), time.Now()
	out := w.made("POST", "/Bulk", bulkOf(operations...))
	took, wrote := time.Since(began), writes(t, path)-before
	t.Logf("%d operations took %s and %d writes", n, took, wrote)
	if wrote > 1+n/50 {
		t.Errorf("%d writes for %d operations", wrote, n)
	}
	for i, status := range each(out["Operations"], "status") {
		if want := "201"; status != want && i < n-1 {
			t.Fatalf("operation %d: %s", i, status)
		}
	}
	// As it lies on the disk now, whatever the server has in memory.
	copied := filepath.Join(t.TempDir(), "copy.db")
	for _, suffix := range []string{"", ".key"} {
		raw, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied+suffix, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, err := store.Open(copied, store.Options{Clock: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.View(func(r *store.Reader) error {
		if kept := len(r.DirectoryUsers(w.directory.ID)); kept != n {
			t.Errorf("%d users are in the file, want %d", kept, n)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// TestBulkThatIsNotKept: where the disk fails, all of it failed.
func TestBulkThatIsNotKept(t *testing.T) {
	t.Parallel()
	w, path := newDurableWorld(t)
	kept := w.addUser("first@acme.com")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds that nothing is written any more
		w.failed(w.send("POST", "/Bulk", bulkOf(
			post("/Users", "1", user("late@acme.com")),
			obj{"method": "DELETE", "path": "/Users/" + kept},
		)), http.StatusServiceUnavailable, "", "keep no more changes")
	}
	if all := w.get("/Users"); !slices.Equal(each(all["Resources"], "id"), []string{kept}) {
		t.Errorf("%v", all)
	}
}

// TestBulkVersions: the versions are those that a GET gives after it, also where a later
// operation changed the resource once more.
func TestBulkVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bob, gone := w.addUser("bob@acme.com"), w.addUser("gone@acme.com")
	out := w.made("POST", "/Bulk", bulkOf(
		post("/Users", "ann", user("ann@acme.com")),
		obj{"method": "PATCH", "path": "/Users/" + bob, "data": patchOf(obj{"op": "add", "path": "title", "value": "x"})},
		obj{"method": "PATCH", "path": "/Users/" + gone, "data": patchOf(obj{"op": "add", "path": "title", "value": "x"})},
		post("/Groups", "team", group("team", "bulkId:ann", bob)),
		obj{"method": "PATCH", "path": "/Users/" + bob, "data": patchOf(obj{"op": "add", "path": "title", "value": "y"})},
		obj{"method": "DELETE", "path": "/Users/" + gone},
	))
	list := out["Operations"]
	locations, versions := each(list, "location"), each(list, "version")
	for i, location := range locations {
		a := w.send("GET", strings.TrimPrefix(location, w.URL+w.path("")), nil)
		if want := a.Header.Get("ETag"); versions[i] != want {
			t.Errorf("operation %d: version %q, a GET gives %q", i, versions[i], want)
		}
	}
	if versions[1] == "" || versions[1] != versions[4] || versions[2] != "" {
		t.Errorf("%q", versions)
	}
}

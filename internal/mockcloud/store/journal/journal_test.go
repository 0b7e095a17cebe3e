package journal

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), "state.db") }

func open(t *testing.T, path string) *Journal {
	t.Helper()
	j, err := Open(path, Options{Failed: func(err error) { t.Errorf("a write failed: %v", err) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, j) })
	return j
}

func closed(t *testing.T, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

func appended(t *testing.T, j *Journal, b Batch) {
	t.Helper()
	if err := j.Append(b)(); err != nil {
		t.Fatal(err)
	}
}

func row(table, key, value string) Change {
	c := Change{Table: table, Key: []byte(key)}
	if value != "" {
		c.Value = []byte(value)
	}
	return c
}

// contents gives all rows as "table/key": "value".
func contents(t *testing.T, j *Journal) map[string]string {
	t.Helper()
	out := make(map[string]string)
	if err := j.Load(func(table string, rows []Row) error {
		for i, r := range rows {
			if i > 0 && bytes.Compare(rows[i-1].Key, r.Key) >= 0 {
				t.Errorf("%s: keys are out of order", table)
			}
			out[table+"/"+string(r.Key)] = string(r.Value)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRowsComeBack(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	steps := []struct {
		name  string
		batch Batch
		want  map[string]string
	}{
		{"nothing", Batch{}, map[string]string{}},
		{"put", Batch{Changes: []Change{row("b", "2", "two"), row("a", "1", "one"), row("b", "1", "x")}}, map[string]string{"a/1": "one", "b/1": "x", "b/2": "two"}},
		{"change and delete", Batch{Changes: []Change{row("a", "1", ""), row("b", "2", "second")}}, map[string]string{"b/1": "x", "b/2": "second"}},
		{"the last change counts", Batch{Changes: []Change{row("b", "1", ""), row("c", "9", "n"), row("b", "1", "y"), row("c", "9", "")}}, map[string]string{"b/1": "y", "b/2": "second"}},
		{"reset", Batch{Reset: true, Changes: []Change{row("a", "7", "seven")}}, map[string]string{"a/7": "seven"}},
		{"delete what is not there", Batch{Changes: []Change{row("z", "7", "")}}, map[string]string{"a/7": "seven"}},
		{"reset to nothing", Batch{Reset: true}, map[string]string{}},
	}
	for _, step := range steps {
		j := open(t, path) // inspects the checksum of the step before
		appended(t, j, step.batch)
		if got := contents(t, j); !maps.Equal(got, step.want) {
			t.Fatalf("%s: %v", step.name, got)
		}
		closed(t, j)
		if err := j.Append(Batch{})(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: a closed journal says %v", step.name, err)
		}
	}
}

// TestOwnerOnly: only its owner reads the file, whatever its mode was before.
func TestOwnerOnly(t *testing.T) {
	t.Parallel()
	fresh, empty := newPath(t), newPath(t)
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fresh, empty} {
		open(t, path)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v", info.Mode())
		}
	}
}

// TestWritersShareASync: what is queued while a write is under way is written
// together, in order.
func TestWritersShareASync(t *testing.T) {
	t.Parallel()
	j := open(t, newPath(t))
	busy, err := j.db.Begin(true) // stands for a write under way
	if err != nil {
		t.Fatal(err)
	}
	before := busy.ID()
	const writers = 100
	var waits []func() error
	for n := range writers {
		waits = append(waits, j.Append(Batch{Changes: []Change{row("t", fmt.Sprint(n), "x"), row("t", "last", fmt.Sprint(n))}}))
	}
	if err := busy.Rollback(); err != nil {
		t.Fatal(err)
	}
	for _, wait := range waits {
		if err := wait(); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.db.View(func(tx *bbolt.Tx) error {
		// The first may have been taken before the others came.
		if n := tx.ID() - before; n > 2 {
			t.Errorf("%d writers took %d transactions of the file", writers, n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, j); len(got) != writers+1 || got["t/last"] != fmt.Sprint(writers-1) {
		t.Errorf("%d rows, the last one from writer %s", len(got), got["t/last"])
	}
}

// TestFailedWrite: nothing is written after a write that failed, and the owner
// knows first.
func TestFailedWrite(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	var mu sync.Mutex
	told := 0
	j, err := Open(path, Options{Failed: func(error) {
		mu.Lock()
		defer mu.Unlock()
		told++
	}})
	if err != nil {
		t.Fatal(err)
	}
	appended(t, j, Batch{Changes: []Change{row("t", "1", "kept")}})
	j.db.MaxSize = 1 // as if the disk were full
	huge := j.Append(Batch{Changes: []Change{row("t", "2", strings.Repeat("x", 1<<20))}})
	behind := j.Append(Batch{Changes: []Change{row("t", "3", "x")}})
	for _, wait := range []func() error{huge, behind} {
		if err := wait(); !errors.Is(err, bolterrors.ErrMaxSizeReached) || !strings.Contains(err.Error(), path) {
			t.Errorf("%v", err)
		}
		mu.Lock()
		if told != 1 {
			t.Errorf("told %d times", told)
		}
		mu.Unlock()
	}
	j.db.MaxSize = 0
	if err := j.Append(Batch{Changes: []Change{row("t", "4", "x")}})(); err == nil || j.Err() == nil {
		t.Error("a write after a failed one")
	}
	if got, want := contents(t, j), map[string]string{"t/1": "kept"}; !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
	closed(t, j)
	if got, want := contents(t, open(t, path)), map[string]string{"t/1": "kept"}; !maps.Equal(got, want) {
		t.Errorf("after a restart: %v", got)
	}
}

// TestRead: rows are found in any order of asking, and nothing that is not in the file.
func TestRead(t *testing.T) {
	t.Parallel()
	j := open(t, newPath(t))
	var b Batch
	for n := range 1000 {
		b.Changes = append(b.Changes, row("t", fmt.Sprintf("%04d", 2*n), fmt.Sprint("row ", 2*n)))
	}
	appended(t, j, b)
	for name, keys := range map[string][]int{
		"in order": {0, 2, 4, 1000, 1002, 1998}, "backwards": {1998, 1002, 1000, 4, 2, 0},
		"with gaps": {0, 1, 2, 3, 2000, 4, 1999, 6}, "twice": {6, 6, 8, 8},
	} {
		if err := j.Read("t", func(get func([]byte) []byte) error {
			for _, key := range keys {
				got, want := string(get(fmt.Appendf(nil, "%04d", key))), ""
				if key%2 == 0 && key < 2000 {
					want = fmt.Sprint("row ", key)
				}
				if got != want {
					t.Errorf("%s: %d is %q, want %q", name, key, got, want)
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	failed := errors.New("the caller gives up")
	if err := j.Read("no table", func(get func([]byte) []byte) error {
		if row := get([]byte("0000")); row != nil {
			t.Errorf("a row of no table: %q", row)
		}
		return failed
	}); !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
	closed(t, j)
	if err := j.Read("t", func(func([]byte) []byte) error { return nil }); !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		t.Errorf("a closed journal says %v", err)
	}
}

// TestOrderedRowsFillPages: rows that come in the order of their keys leave next to no
// room in the file's pages, and are changed and deleted like others.
func TestOrderedRowsFillPages(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	j := open(t, path)
	const rows, size = 2000, 300
	for n := range rows {
		b := Batch{Changes: []Change{row("t", fmt.Sprintf("%05d", n), strings.Repeat("x", size))}}
		if n >= rows/2 {
			b.Changes = append(b.Changes, row("t", fmt.Sprintf("%05d", n-rows/2), ""))
		}
		j.Append(b)
	}
	appended(t, j, Batch{Changes: []Change{row("t", "01500", "changed")}})
	if err := j.db.View(func(tx *bbolt.Tx) error {
		if used := tx.Bucket([]byte("t")).Stats(); used.LeafInuse < used.LeafAlloc*8/10 {
			t.Errorf("of %d bytes %d are in use", used.LeafAlloc, used.LeafInuse)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	closed(t, j)
	if got := contents(t, open(t, path)); len(got) != rows/2 || got["t/01500"] != "changed" {
		t.Errorf("%d rows, the changed one is %q", len(got), got["t/01500"])
	}
}

package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// written gives the bytes of a file with some rows, of which one was changed and
// one deleted.
func written(t *testing.T, rows int) []byte {
	t.Helper()
	path := newPath(t)
	j := open(t, path)
	var b Batch
	for n := range rows {
		b.Changes = append(b.Changes, row([]string{"a", "b"}[n%2], fmt.Sprintf("%05d", n), strings.Repeat(fmt.Sprint(n), 10)))
	}
	appended(t, j, b)
	appended(t, j, Batch{Changes: []Change{row("a", "00000", "changed"), row("b", "00001", "")}})
	closed(t, j)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// edited gives a file with one value of its header changed.
func edited(t *testing.T, key, value string) []byte {
	t.Helper()
	path := newPath(t)
	if err := os.WriteFile(path, written(t, 10), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(headerBucket).Put([]byte(key), []byte(value))
	}), db.Close()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// foreign gives the database of another program.
func foreign(t *testing.T) []byte {
	t.Helper()
	path := newPath(t)
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("photos"))
		return err
	}), db.Close()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestRefused: what cannot be used is named, explained and left as it was.
func TestRefused(t *testing.T) {
	t.Parallel()
	good := written(t, 2000)
	tests := []struct {
		name string
		raw  []byte
		want error
		says string
	}{
		{"text", []byte("accounts:\n  - handle: acme\n"), ErrForeign, "give another file"},
		{"long text", bytes.Repeat([]byte("all work and no play "), 10_000), ErrForeign, "give another file"},
		{"zeros", make([]byte, 1<<16), ErrDamaged, "put a copy from before in its place"},
		{"another program's", foreign(t), ErrForeign, "give another file"},
		{"of the future", edited(t, "version", "2"), ErrVersion, `its format is "2", this one reads 1`},
		{"without version", edited(t, "version", ""), ErrVersion, `its format is ""`},
		{"checksum", edited(t, "checksum", "12345678"), ErrDamaged, "do not add up"},
		{"no checksum", edited(t, "checksum", "1"), ErrDamaged, "no checksum"},
		{"cut to a page", good[:4096], ErrDamaged, "put a copy from before in its place"},
		{"cut to a quarter", good[:len(good)/4], ErrDamaged, "put a copy from before in its place"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			if err := os.WriteFile(path, tt.raw, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path, Options{})
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) ||
				!strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "left as it is") {
				t.Errorf("%v", err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, tt.raw) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
}

func TestNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a folder: %v", err)
	}
	missing := filepath.Join(dir, "no", "state.db")
	if _, err := Open(missing, Options{}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("in no folder: %v", err)
	}
}

// TestInUse: two servers on one file would undo each other's changes.
func TestInUse(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	j := open(t, path)
	appended(t, j, Batch{Changes: []Change{row("a", "1", "one")}})
	if _, err := Open(path, Options{}); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "stop that process first") {
		t.Errorf("%v", err)
	}
	appended(t, j, Batch{Changes: []Change{row("a", "2", "two")}})
	closed(t, j)
	if got := contents(t, open(t, path)); len(got) != 2 {
		t.Errorf("%v", got)
	}
}

// TestDamageAnywhere: with one byte changed, wherever it is, a file is refused or
// reads as before. The exception is the page by which bbolt begins the last write:
// when that is torn, bbolt takes the file for one whose last write never came to
// its end.
func TestDamageAnywhere(t *testing.T) {
	t.Parallel()
	good := written(t, 300)
	path := newPath(t)
	read := func(raw []byte) (map[string]string, error) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := Open(path, Options{})
		if err != nil {
			return nil, err
		}
		defer closed(t, j)
		return contents(t, j), nil
	}
	want, err := read(good)
	if err != nil {
		t.Fatal(err)
	}
	before := maps.Clone(want)
	before["a/00000"], before["b/00001"] = strings.Repeat("0", 10), strings.Repeat("1", 10)
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 200 {
		at := random.IntN(len(good))
		raw := bytes.Clone(good)
		raw[at] ^= 1 << random.IntN(8)
		got, err := read(raw)
		tornWrite := at < 2*os.Getpagesize() && maps.Equal(got, before)
		switch {
		case err != nil:
			refused++
			if !strings.Contains(err.Error(), path) {
				t.Errorf("byte %d: %v", at, err)
			}
		case !tornWrite && !maps.Equal(got, want):
			t.Errorf("byte %d: %d rows were read, and wrong ones", at, len(got))
		}
	}
	if refused == 0 {
		t.Error("no damage was found")
	}
}

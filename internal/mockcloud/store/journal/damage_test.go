package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// goWords are what Go and bbolt say when something is broken, and a person should not read.
var goWords = regexp.MustCompile(`runtime error|panic|goroutine|assertion|0x|nil pointer|index out of range|EOF|bbolt`)

// pageSizeOf is that of a file's first meta page.
func pageSizeOf(raw []byte) int { return int(binary.NativeEndian.Uint32(raw[24:])) }

// resealed gives the meta pages their checksums anew: damage that they do not tell of.
func resealed(raw []byte, pageSize int) []byte {
	for at := 0; at < 2*pageSize; at += pageSize {
		sum := fnv.New64a()
		_, _ = sum.Write(raw[at+pageHeader : at+metaSize-8])
		binary.NativeEndian.PutUint64(raw[at+metaSize-8:], sum.Sum64())
	}
	return raw
}

// damage makes one of many kinds of damage, and says what it did.
func damage(random *rand.Rand, good []byte) (raw []byte, what string) {
	raw = bytes.Clone(good)
	size := pageSizeOf(raw)
	pages := len(raw) / size
	at := random.IntN(len(raw))
	// Most of a file is free or slack: most flips go where something is.
	if random.IntN(4) > 0 {
		at = random.IntN(pages)*size + random.IntN(200)
	}
	switch random.IntN(6) {
	case 0:
		raw = raw[:at]
		return raw, fmt.Sprint("cut to ", at)
	case 1:
		page := at / size * size
		clear(raw[page : page+size])
		return raw, fmt.Sprint("page of zeros at ", page)
	case 2:
		from, to := random.IntN(pages)*size, at/size*size
		copy(raw[to:to+size], good[from:from+size])
		return raw, fmt.Sprintf("page at %d taken for that at %d", from, to)
	case 3:
		n := min(1+random.IntN(64), len(raw)-at)
		for i := range n {
			raw[at+i] = byte(random.Uint32())
		}
		return raw, fmt.Sprintf("%d bytes at %d", n, at)
	case 4:
		at = random.IntN(2)*size + pageHeader + random.IntN(metaSize-pageHeader-8)
		raw[at] ^= 1 << random.IntN(8)
		return resealed(raw, size), fmt.Sprint("meta page that is whole and wrong, byte ", at)
	}
	bit := random.IntN(8)
	raw[at] ^= 1 << bit
	return raw, fmt.Sprintf("bit %d of byte %d", bit, at)
}

// TestDamage: whatever happens to a file, it is refused in words and left as it was, or
// has all that was acknowledged. Only where a warning says so may the last write be gone.
func TestDamage(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("MOCKCLOUD_TEST_SEED"); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Log("MOCKCLOUD_TEST_SEED is", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	good := written(t, 600)
	path := newPath(t)
	read := func(raw []byte) (rows map[string]string, log string, err error) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		j, err := Open(path, Options{Keyed: true, Logger: slog.New(slog.NewTextHandler(&out, nil))})
		if err != nil {
			return nil, out.String(), err
		}
		defer closed(t, j)
		return contents(t, j), out.String(), nil
	}
	want, _, err := read(good)
	if err != nil {
		t.Fatal(err)
	}
	before := maps.Clone(want)
	before["a/00000"], before["b/00001"] = strings.Repeat("0", 10), strings.Repeat("1", 10)
	outcomes := make(map[string]int)
	for n := range 1000 {
		raw, what := damage(random, good)
		got, log, err := read(raw)
		warned := strings.Contains(log, "the last write may be missing")
		switch {
		case err != nil:
			outcomes["refused"]++
			if !strings.Contains(err.Error(), path) || goWords.MatchString(err.Error()) {
				t.Errorf("%d, %s: it says %v", n, what, err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, raw) {
				t.Errorf("%d, %s: the refused file was changed: %v", n, what, err)
			}
		case maps.Equal(got, want):
			outcomes["whole"]++
		case warned && maps.Equal(got, before):
			outcomes["warned"]++
		default:
			t.Errorf("%d, %s: %d rows were read, and wrong ones, warned %t", n, what, len(got), warned)
		}
	}
	t.Log(outcomes)
	for _, outcome := range []string{"refused", "whole", "warned"} {
		if outcomes[outcome] == 0 {
			t.Errorf("of 1,000 none was %s", outcome)
		}
	}
}

// TestWornPages: pages that make no sense in ways that bbolt would not survive.
func TestWornPages(t *testing.T) {
	t.Parallel()
	good := written(t, 600)
	size := pageSizeOf(good)
	m := readMetas(bytes.NewReader(good)).valid[0]
	root := int(m.root) * size
	branch := 0
	for at := 2 * size; at < int(m.pages)*size; at += size {
		if kindOf(good[at:]) == branchPage {
			branch = at
		}
	}
	if branch == 0 {
		t.Fatal("there is no branch page")
	}
	order := binary.NativeEndian
	for name, change := range map[string]func(raw []byte){
		"circle":            func(raw []byte) { order.PutUint64(raw[branch+pageHeader+8:], uint64(branch/size)) },
		"twice":             func(raw []byte) { copy(raw[branch+pageHeader+8:][:8], raw[branch+pageHeader+elementSize+8:]) },
		"past the end":      func(raw []byte) { order.PutUint64(raw[branch+pageHeader+8:], 1<<40) },
		"to a meta page":    func(raw []byte) { order.PutUint64(raw[branch+pageHeader+8:], 1) },
		"overflow":          func(raw []byte) { order.PutUint32(raw[branch+12:], 1<<31) },
		"no children":       func(raw []byte) { order.PutUint16(raw[branch+10:], 0) },
		"too many children": func(raw []byte) { order.PutUint16(raw[branch+10:], 1<<15) },
		"a row outside":     func(raw []byte) { order.PutUint32(raw[root+pageHeader+4:], 1<<30) },
		"a long row":        func(raw []byte) { order.PutUint32(raw[root+pageHeader+12:], 1<<32-1) },
		"a kind of its own": func(raw []byte) { order.PutUint16(raw[root+8:], 0x20) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := bytes.Clone(good)
			change(raw)
			path := newPath(t)
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(path, Options{}); !errors.Is(err, ErrDamaged) || goWords.MatchString(err.Error()) {
				t.Errorf("%v", err)
			}
		})
	}
}

// blank is a file of bbolt without a table.
func blank(t *testing.T) []byte {
	t.Helper()
	path := newPath(t)
	if err := os.WriteFile(path, written(t, 10), 0o600); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m := readMetas(bytes.NewReader(raw)).valid[0]
	binary.NativeEndian.PutUint16(raw[int64(m.root)*m.pageSize+10:], 0)
	return raw
}

// TestNothingIn: a file with nothing in it is a new one only where it has no key, or
// where a new one is asked for.
func TestNothingIn(t *testing.T) {
	t.Parallel()
	full := written(t, 10)
	for name, tt := range map[string]struct {
		raw     []byte
		options Options
		want    error
		aside   bool
	}{
		"empty":                    {nil, Options{}, nil, false},
		"empty with a key":         {nil, Options{Keyed: true}, ErrEmpty, false},
		"empty, to be new":         {nil, Options{Keyed: true, New: true}, nil, false},
		"no tables":                {blank(t), Options{}, nil, false},
		"no tables with a key":     {blank(t), Options{Keyed: true}, ErrEmpty, false},
		"no tables, to be new":     {blank(t), Options{Keyed: true, New: true}, nil, true},
		"cut with a key":           {full[:len(full)/2], Options{Keyed: true}, ErrDamaged, false},
		"cut without":              {full[:len(full)/2], Options{}, ErrDamaged, false},
		"cut within a page":        {full[:100], Options{}, ErrDamaged, false},
		"a few bytes":              {full[:9], Options{}, ErrDamaged, false},
		"cut, to be new":           {full[:len(full)/2], Options{Keyed: true, New: true}, nil, true},
		"whole, to be new":         {full, Options{Keyed: true, New: true}, ErrInhabited, false},
		"another's, to be new":     {foreign(t), Options{New: true}, ErrForeign, false},
		"a text file, to be new":   {[]byte("accounts: []\n"), Options{New: true}, ErrForeign, false},
		"a later one's, to be new": {edited(t, "version", "2"), Options{New: true}, ErrVersion, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			if err := os.WriteFile(path, tt.raw, 0o600); err != nil {
				t.Fatal(err)
			}
			j, err := Open(path, tt.options)
			if !errors.Is(err, tt.want) {
				t.Fatalf("%v", err)
			}
			if err != nil {
				if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, tt.raw) {
					t.Errorf("the file was changed: %v", err)
				}
				return
			}
			if rows := contents(t, j); len(rows) != 0 {
				t.Errorf("%v", rows)
			}
			appended(t, j, Batch{Changes: []Change{row("a", "1", "one")}})
			closed(t, j)
			kept, err := os.ReadFile(path + ".damaged-1")
			if tt.aside != (err == nil) || tt.aside && !bytes.Equal(kept, tt.raw) {
				t.Errorf("what was there before: %d bytes, %v", len(kept), err)
			}
			if rows := contents(t, open(t, path)); len(rows) != 1 {
				t.Errorf("after a restart: %v", rows)
			}
		})
	}
}

// TestFileGoesAway: what happens to a file while it is open ends writes with a reason,
// once, and never the program. Reads that still can go on.
func TestFileGoesAway(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		harm  func(path string) error
		says  string
		reads bool
	}{
		"gone": {os.Remove, "it is gone", true},
		"replaced": {func(path string) error {
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, nil, 0o600))
		}, "another file", true},
		"cut":          {func(path string) error { return os.Truncate(path, 5000) }, "it was cut", false},
		"cut to zero":  {func(path string) error { return os.Truncate(path, 0) }, "cut", false},
		"zeros":        {func(path string) error { return overwrite(path, 0) }, "damaged", false},
		"zeros behind": {func(path string) error { return overwrite(path, 2) }, "damaged", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			if err := os.WriteFile(path, written(t, 600), 0o600); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			told := 0
			j, err := Open(path, Options{Failed: func(error) { told++ }, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.harm(path); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				err := j.Append(Batch{Changes: []Change{row("a", "00002", "late")}})()
				if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), path) || goWords.MatchString(err.Error()) {
					t.Errorf("a write: %v", err)
				}
			}
			var found string
			err = j.Read("a", func(get func([]byte) []byte) error {
				found = string(get([]byte("00002")))
				return nil
			})
			if tt.reads && (err != nil || found != strings.Repeat("2", 10)) || !tt.reads && (!errors.Is(err, ErrDamaged) || goWords.MatchString(err.Error())) {
				t.Errorf("a read: %q, %v", found, err)
			}
			err = j.Load(func(string, []Row) error { return nil })
			if tt.reads != (err == nil) {
				t.Errorf("all rows: %v", err)
			}
			closed(t, j)
			if told != 1 || strings.Count(log.String(), "level=ERROR") != 1 {
				t.Errorf("told %d times, the log: %s", told, log.String())
			}
		})
	}
}

// overwrite puts zeros in the place of all pages from one on.
func overwrite(path string, from int) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	at := from * pageSizeOf(raw)
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(make([]byte, len(raw)-at), int64(at))
	return errors.Join(err, file.Close())
}

// TestReadFindsDamage: a read that meets damage ends writes, too.
func TestReadFindsDamage(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	if err := os.WriteFile(path, written(t, 600), 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, j)
	if err := overwrite(path, 2); err != nil {
		t.Fatal(err)
	}
	if err := j.Read("a", func(get func([]byte) []byte) error {
		get([]byte("00002"))
		return nil
	}); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v", err)
	}
	if err := j.Err(); !errors.Is(err, ErrDamaged) {
		t.Errorf("writes: %v", err)
	}
}

// TestFaultless: only what the file is to blame for becomes an error.
func TestFaultless(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a mistake of our own was hidden")
		}
	}()
	_ = Faultless(func() error { panic("a mistake") })
}

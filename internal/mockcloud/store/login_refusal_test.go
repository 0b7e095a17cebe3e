package store

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestLoginRefusals: what is kept of refused logins, for how long, and how it is found.
func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	now := start
	w := seedWorld(t, New(Options{Clock: func() time.Time { return now }}))
	refuse := func(connection, reason string, names ...string) (reference string) {
		t.Helper()
		err := w.store.Update(Actor{}, func(tx *Tx) (err error) {
			reference, err = tx.RefuseLogin(w.acme, connection, reason, names)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return reference
	}
	list := func() (rows []*LoginRefusal) {
		t.Helper()
		if err := w.store.View(func(r *Reader) error { rows = slices.Clone(r.LoginRefusals(w.acme)); return nil }); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	found := func(reference string) (f *LoginRefusal) {
		t.Helper()
		err := w.store.View(func(r *Reader) (err error) {
			f, err = r.LoginRefusal(w.acme, reference)
			return err
		})
		var missing *NotFound
		if err != nil && !errors.As(err, &missing) {
			t.Fatal(err)
		}
		return f
	}
	first := refuse("conn_gone", "no_email", "mail", "groups", "mail", "", strings.Repeat("x", 300))
	if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{10}$`).MatchString(first) {
		t.Errorf("the reference is %q", first)
	}
	f := found(first)
	if f == nil || f.Reason != "no_email" || f.ConnectionID != "" || !slices.Equal(f.Attributes, []string{"groups", "mail"}) {
		t.Fatalf("%+v", f)
	}
	for _, written := range []string{strings.ToLower(first), first[:5] + "-" + first[5:], " " + first + " ", strings.NewReplacer("0", "o", "1", "l").Replace(first)} {
		if found(written) != f {
			t.Errorf("%q is not found", written)
		}
	}
	for _, other := range []string{"", "0", strings.Repeat("0", 1000), "' OR 1=1"} {
		if found(other) != nil {
			t.Errorf("%q is found", other)
		}
	}
	err := w.store.View(func(r *Reader) error { _, err := r.LoginRefusal(w.globex, first); return err })
	var missing *NotFound
	if !errors.As(err, &missing) {
		t.Errorf("another account finds it: %v", err)
	}
	// Sixty a minute, then they are counted.
	for i := range 65 {
		if got := refuse("", "issuer"); (got == "") != (i >= 59) {
			t.Fatalf("%d: the reference is %q", i, got)
		}
	}
	if rows := list(); len(rows) != 60 || rows[0].More != 6 {
		t.Errorf("%d rows, the last counts %d", len(rows), rows[0].More)
	}
	now = now.Add(2 * time.Minute)
	if refuse("", "issuer") == "" {
		t.Error("after the minute one is not kept")
	}
	// A thousand, of seven days.
	for range 20 {
		now = now.Add(2 * time.Minute)
		for range 60 {
			refuse("", "issuer")
		}
	}
	if n := len(list()); n != 1000 {
		t.Errorf("%d are kept", n)
	}
	if found(first) != nil {
		t.Error("the oldest is still there")
	}
	now = now.Add(7*24*time.Hour - time.Minute)
	last := refuse("", "issuer")
	if n := len(list()); n < 2 || n > 100 {
		t.Errorf("%d of the last seven days", n)
	}
	now = now.Add(7*24*time.Hour + time.Second)
	if len(list()) != 0 || found(last) != nil {
		t.Error("it is found after seven days")
	}
}

// TestLoginRefusalNames: names are bounded.
func TestLoginRefusalNames(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("name %d", i))
	}
	if n := len(boundedNames(many)); n != maxRefusalNames {
		t.Errorf("%d names", n)
	}
}

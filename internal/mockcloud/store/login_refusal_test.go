package store

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
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
		reference, err := w.store.RefuseLogin(w.acme, connection, reason, names)
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

// TestRefusalsWithoutWrites: a caller who hammers a login page has few refusals written; the rest is counted in memory, and
// written with the next one that is kept.
func TestRefusalsWithoutWrites(t *testing.T) {
	t.Parallel()
	now := start
	w := seedWorld(t, New(Options{Clock: func() time.Time { return now }}))
	refuse := func() string {
		t.Helper()
		reference, err := w.store.RefuseLogin(w.acme, "", "state_unknown", nil)
		if err != nil {
			t.Fatal(err)
		}
		return reference
	}
	more := func(reference string) (n int) {
		t.Helper()
		if err := w.store.View(func(r *Reader) error {
			f, err := r.LoginRefusal(w.acme, reference)
			if err == nil {
				n = f.More
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	last := ""
	for range refusalsAMinute {
		last = refuse()
	}
	changed := w.store.Changed()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if reference, err := w.store.RefuseLogin(w.acme, "", "state_unknown", nil); reference != "" || err != nil {
					t.Errorf("%q, %v", reference, err)
				}
			}
		})
	}
	group.Wait()
	select {
	case <-changed:
		t.Error("a refusal that is only counted is a change")
	default:
	}
	if n := more(last); n != 400 {
		t.Errorf("%d are counted", n)
	}
	now = now.Add(2 * time.Minute)
	if refuse() == "" {
		t.Error("after the minute one is not kept")
	}
	row := refusalByRefIn(t, w.store, last)
	if row.More != 400 || more(last) != 400 || len(w.store.data.refused.byRow) != 0 {
		t.Errorf("%d are written, %d are shown, and %v are counted still", row.More, more(last), w.store.data.refused.byRow)
	}
}

// refusalByRefIn is a refusal as it is written.
func refusalByRefIn(t *testing.T, s *Store, reference string) (row *LoginRefusal) {
	t.Helper()
	if err := s.View(func(r *Reader) error { row, _ = refusalByRef.Get(r.db, reference); return nil }); err != nil || row == nil {
		t.Fatal(row, err)
	}
	return row
}

// TestRefusalIsTheConnections: an answer that came back at another account's address is a refusal of the account whose
// connection it is, and nothing of the other one.
func TestRefusalIsTheConnections(t *testing.T) {
	t.Parallel()
	w := seedWorld(t, New(Options{Clock: func() time.Time { return start }}))
	var c *Connection
	if err := w.store.Update(Actor{}, func(tx *Tx) (err error) {
		name, kind := "Okta", ConnectionType("GenericOIDC")
		c, err = tx.AddConnection(w.acme, ConnectionChange{Name: &name, Type: &kind, OIDC: &OIDCChange{}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	reference, err := w.store.RefuseLogin(w.globex, c.ID, "state_replayed", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.View(func(r *Reader) error {
		of, other := r.LoginRefusals(w.acme), r.LoginRefusals(w.globex)
		if len(of) != 1 || len(other) != 0 || of[0].Reference != reference || of[0].ConnectionID != c.ID {
			t.Errorf("%v, %v", of, other)
		}
		events, err := r.Events(w.globex)
		for _, e := range events {
			if strings.HasSuffix(e.Name, rejected) {
				t.Errorf("the other account's audit trail says %s", e.Name)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestRefusalsInTheTrail: refusals do not push everything else out of the audit trail.
func TestRefusalsInTheTrail(t *testing.T) {
	t.Parallel()
	now := start
	w := seedWorld(t, New(Options{Clock: func() time.Time { return now }}))
	told := func() (n int) {
		t.Helper()
		if err := w.store.View(func(r *Reader) error {
			events, err := r.Events(w.acme)
			for _, e := range events {
				if strings.HasSuffix(e.Name, kindConnection+"."+rejected) {
					n++
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 50 {
		now = now.Add(time.Minute)
		for _, reason := range []string{"issuer", "unsigned", "state_unknown", "issuer"} {
			if _, err := w.store.RefuseLogin(w.acme, "", reason, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := told(); n != rejectedAHour {
		t.Errorf("%d within an hour", n)
	}
	now = now.Add(time.Hour)
	if _, err := w.store.RefuseLogin(w.acme, "", "issuer", nil); err != nil || told() != rejectedAHour+1 {
		t.Errorf("after an hour %d are told, %v", told(), err)
	}
}

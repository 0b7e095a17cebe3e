package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const aToken = "a-token-that-the-caller-brought-0123456789"

// TestSCIMTokens plays rotations on a clock that is moved by hand.
func TestSCIMTokens(t *testing.T) {
	t.Parallel()
	now := start
	s := &synced{world: seedWorld(t, New(Options{Clock: func() time.Time { return now }}))}
	var d *Directory
	s.do(func(tx *Tx) error {
		var err error
		d, err = tx.AddDirectory(s.acme, DirectoryChange{Name: new("Okta"), Type: new(DirectoryType("okta scim v2.0"))})
		s.directory = d.ID
		return err
	})
	add := func(n NewSCIMToken) (*SCIMToken, string, error) {
		var row *SCIMToken
		var secret string
		err := s.store.Update(Actor{}, func(tx *Tx) (err error) {
			row, secret, err = tx.AddSCIMToken(s.acme, d.ID, n)
			return err
		})
		return row, secret, err
	}
	opens := func(secret string) bool {
		err := s.store.View(func(r *Reader) error {
			_, _, err := r.AuthenticateSCIM(d.Endpoint, secret)
			return err
		})
		return err == nil
	}
	first, secret, err := add(NewSCIMToken{Name: "first", Token: aToken})
	if err != nil || secret != aToken || first.Suffix != "6789" || !opens(aToken) {
		t.Fatalf("the caller's own token: %+v, %v", first, err)
	}
	overlap := time.Hour
	_, second, err := add(NewSCIMToken{Name: "second", OldExpiresIn: &overlap})
	if err != nil || !opens(second) || !opens(aToken) {
		t.Fatalf("both live during the overlap: %v", err)
	}
	var conflict *Conflict
	if _, _, err := add(NewSCIMToken{Name: "third"}); !errors.As(err, &conflict) || !strings.Contains(conflict.Reason, "first (…6789)") {
		t.Errorf("a third one: %v", err)
	}
	_, run, err := add(NewSCIMToken{Name: "run", Run: true})
	if err != nil || !opens(run) {
		t.Errorf("a token for one run does not count: %v", err)
	}
	now = now.Add(overlap + time.Second)
	if opens(aToken) || opens(run) || !opens(second) {
		t.Error("after the overlap only the second one works")
	}
	if _, _, err := add(NewSCIMToken{Name: "again", Token: aToken}); !errors.As(err, &conflict) {
		t.Errorf("a secret that was used before: %v", err)
	}
	rows := func() (out []*SCIMToken) {
		s.view(func(r *Reader) { out, err = r.SCIMTokens(s.acme, d.ID) })
		return out
	}
	if live := rows(); err != nil || len(live) != 1 || live[0].Name != "second" {
		t.Fatalf("live ones are %v, %v", live, err)
	}
	id := rows()[0].ID
	s.do(func(tx *Tx) error { return tx.DeleteSCIMToken(s.acme, d.ID, id) })
	var missing *NotFound
	if err := s.store.Update(Actor{}, func(tx *Tx) error { return tx.DeleteSCIMToken(s.acme, d.ID, id) }); opens(second) || !errors.As(err, &missing) {
		t.Errorf("a deleted one: %v", err)
	}
	checkIndexes(t, s.store.data)
}

// TestSCIMTokenRefusals: what is wrong with a token is said, and nothing is kept.
func TestSCIMTokenRefusals(t *testing.T) {
	t.Parallel()
	long := 49 * time.Hour
	for name, n := range map[string]NewSCIMToken{
		"no name":       {Token: aToken},
		"short":         {Name: "n", Token: "short"},
		"characters":    {Name: "n", Token: strings.Repeat("ü", 32)},
		"long":          {Name: "n", Token: strings.Repeat("a", 513)},
		"in the past":   {Name: "n", Expires: start.Add(-time.Second)},
		"long run":      {Name: "n", Run: true, Expires: start.Add(2 * time.Hour)},
		"long overlap":  {Name: "n", OldExpiresIn: &long},
		"before it was": {Name: "n", Expires: start},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSynced(t)
			err := s.store.Update(Actor{}, func(tx *Tx) error {
				_, _, err := tx.AddSCIMToken(s.acme, s.directory, n)
				return err
			})
			var invalid *Invalid
			if !errors.As(err, &invalid) {
				t.Errorf("it gives %v", err)
			}
		})
	}
}

// TestSCIMTokensStayAtHome: a token opens its own directory only, and none that is switched off.
func TestSCIMTokensStayAtHome(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	var other *Directory
	var secret string
	s.do(func(tx *Tx) error {
		var err error
		if other, err = tx.AddDirectory(s.acme, DirectoryChange{Name: new("Entra"), Type: new(DirectoryType("azure scim v2.0"))}); err != nil {
			return err
		}
		_, secret, err = tx.AddSCIMToken(s.acme, s.directory, NewSCIMToken{Name: "okta"})
		return err
	})
	asks := func(endpoint, secret string) error {
		return s.store.View(func(r *Reader) error {
			_, _, err := r.AuthenticateSCIM(endpoint, secret)
			return err
		})
	}
	var own *Directory
	s.view(func(r *Reader) { own, _ = r.Directory(s.acme, s.directory) })
	var unknown *Unauthenticated
	for name, err := range map[string]error{
		"foreign": asks(other.Endpoint, secret), "unknown": asks(own.Endpoint, uuid.NewString()), "no endpoint": asks("nowhere", secret), "empty": asks(own.Endpoint, ""),
	} {
		if !errors.As(err, &unknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.do(func(tx *Tx) error {
		_, by, err := tx.AuthenticateSCIM(own.Endpoint, secret)
		tx.TouchSCIM(own, by)
		if err != nil {
			return err
		}
		return nil
	})
	s.view(func(r *Reader) { own, _ = r.Directory(s.acme, s.directory) })
	if own.State != DirectoryLinked || own.LastSynced.Before(start) {
		t.Errorf("after the first call it is %s, synced %s", own.State, own.LastSynced)
	}
	s.do(func(tx *Tx) error { return tx.UpdateAccount(s.acme, AccountChange{WorkOSDirectoryIDs: []string{}}) })
	var forbidden *Forbidden
	if err := asks(own.Endpoint, secret); !errors.As(err, &forbidden) {
		t.Errorf("switched off: %v", err)
	}
	s.do(func(tx *Tx) error {
		_, err := tx.UpdateDirectory(s.acme, s.directory, DirectoryChange{State: new(DirectoryLinked)})
		return err
	})
	if err := asks(own.Endpoint, secret); err != nil {
		t.Errorf("on again: %v", err)
	}
}

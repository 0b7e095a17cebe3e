package store

import (
	"math"
	"testing"
	"time"
)

// TestRecentLogin: a login counts as recent for as long as the account says, also where
// that is longer than a duration can be.
func TestRecentLogin(t *testing.T) {
	t.Parallel()
	f := newFederation(t)
	f.must(func(tx *Tx) error { return f.add(tx, "one", oidcFor("acme.com")) })
	ada := f.member("ada")
	var session *Session
	f.must(func(tx *Tx) (err error) {
		if err := tx.ConnectionLoggedIn(f.ids["one"]); err != nil {
			return err
		}
		session, _, err = tx.AddSession(NewSession{UserID: ada.UserID, AccountID: f.acme, ConnectionID: f.ids["one"], Expires: start.AddDate(500, 0, 0)})
		return err
	})
	f.view(func(r *Reader) {
		a, err := r.Account(f.acme)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			seconds int
			ago     time.Duration
			want    bool
		}{
			{60, 0, true},
			{60, time.Minute - time.Nanosecond, true},
			{60, time.Minute, false},
			{1, time.Second, false},
			{math.MaxInt, time.Hour, true},
			{math.MaxInt64 / int(time.Second), time.Hour, true},
			{math.MaxInt64/int(time.Second) + 1, time.Hour, true},
		} {
			account, login := *a, *session
			account.AuthExpirationSeconds, login.Authenticated = &test.seconds, r.Now().Add(-test.ago)
			if got := r.IsRecentLogin(&account, &login); got != test.want {
				t.Errorf("%d seconds, %s ago: %t", test.seconds, test.ago, got)
			}
		}
	})
}

// BenchmarkRequireLogin: what enforcement adds to a request of somebody who logged
// in, among sessions that do not count.
func BenchmarkRequireLogin(b *testing.B) {
	f := newFederation(b)
	f.must(func(tx *Tx) error { return f.add(tx, "one", oidcFor("acme.com")) })
	ada := f.member("ada")
	f.must(func(tx *Tx) error {
		if err := tx.ConnectionLoggedIn(f.ids["one"]); err != nil {
			return err
		}
		for range 4 {
			if _, _, err := tx.AddSession(NewSession{UserID: ada.UserID, Expires: start.Add(time.Hour)}); err != nil {
				return err
			}
		}
		_, _, err := tx.AddSession(NewSession{UserID: ada.UserID, AccountID: f.acme, ConnectionID: f.ids["one"], Expires: start.Add(time.Hour)})
		return err
	})
	f.view(func(r *Reader) {
		for b.Loop() {
			if err := r.RequireLogin(ada, "pnu_a_key_of_hers"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

package store

import (
	"testing"
	"time"
)

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

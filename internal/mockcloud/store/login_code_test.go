package store

import "testing"

// TestCodesWithoutWrites: asking for a code again and again changes nothing, not even the time of the last change, which
// would be written.
func TestCodesWithoutWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func(email string) {
		t.Helper()
		if err := w.store.Update(Actor{}, func(tx *Tx) error { tx.SendLoginCode(email); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	ask("owner@acme.com")
	before := w.store.serverState()
	for range 3 {
		ask("owner@acme.com")
		ask("ada@acme.com")
		ask("stranger@elsewhere.example")
	}
	if after := w.store.serverState(); after != before {
		t.Errorf("%+v, before %+v", after, before)
	}
}

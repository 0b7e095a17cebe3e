package store

import "github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"

// Deferred makes Updates that do not each wait for the disk: Wait does, for all of them.
// Each is a transaction of its own. It is for one goroutine.
type Deferred struct {
	store   *Store
	kept    func() error
	changed bool
}

// Defer begins Updates that wait together. Wait has to end them.
func (s *Store) Defer() *Deferred { return &Deferred{store: s, kept: func() error { return nil }} }

// Update is Store.Update without the wait: no caller outside is to be told what it
// changed before Wait has returned.
func (d *Deferred) Update(by Actor, fn func(*Tx) error) error {
	kept, err := d.store.update(by, fn, (*journal.Journal).Queue)
	if err == nil {
		d.kept, d.changed = kept, true
	}
	return err
}

// Flush has what was changed so far written, without waiting for it.
func (d *Deferred) Flush() {
	if d.store.journal != nil {
		d.store.journal.Flush()
	}
}

// Wait waits until all that was changed, and all that was seen, is on the disk. Its
// error, which is Unavailable, goes for all of it.
func (d *Deferred) Wait() error {
	if j := d.store.journal; j != nil {
		// All before is written before an empty batch is.
		if err := j.Append(journal.Batch{})(); err != nil {
			return unavailable(err)
		}
	}
	if !d.changed {
		return nil
	}
	return d.store.finish(d.kept)
}

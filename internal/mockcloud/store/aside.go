package store

import "github.com/google/uuid"

// changesAtOnce is how many changes of a long transaction are made before reads of other
// accounts are let in: about a millisecond's.
const changesAtOnce = 64

// Within says that a transaction is about one account alone. Reads of others (ViewOf)
// then need not wait for its end: they are let in between its changes. Of what accounts
// share they may see a name that it gives somebody before the transaction is done.
func (tx *Tx) Within(accountID uuid.UUID) { tx.account = accountID }

// breathe lets reads of other accounts in, now and then.
func (tx *Tx) breathe() {
	if tx.stamps++; tx.stamps%changesAtOnce == 0 {
		tx.aside(func() {})
	}
}

// aside runs what changes nothing, and lets reads of other accounts in meanwhile.
func (tx *Tx) aside(fn func()) {
	if tx.account == uuid.Nil || tx.store == nil {
		fn()
		return
	}
	tx.store.busy = tx.account
	tx.store.step.Unlock()
	defer tx.store.step.Lock()
	fn()
}

// begin waits for all that is read or changed, for a transaction.
func (s *Store) begin() {
	s.mu.Lock()
	s.step.Lock()
}

func (s *Store) end() {
	s.busy = uuid.Nil
	s.step.Unlock()
	s.mu.Unlock()
}

// ViewOf is View for a read of one account, which does not wait for a long transaction of
// another. It is not for what is read across accounts.
func (s *Store) ViewOf(accountID uuid.UUID, fn func(*Reader) error) error {
	return s.ViewWhere(func(*Reader) uuid.UUID { return accountID }, fn)
}

// ViewWhere is ViewOf for a read that has to find out which account it is of; uuid.Nil is
// all.
func (s *Store) ViewWhere(of func(*Reader) uuid.UUID, fn func(*Reader) error) error {
	if alone, err := s.viewAside(of, fn); alone {
		return err
	}
	return s.View(fn)
}

// viewAside runs fn unless a transaction is under way that it has to wait for.
func (s *Store) viewAside(of func(*Reader) uuid.UUID, fn func(*Reader) error) (alone bool, err error) {
	s.step.RLock()
	defer s.step.RUnlock()
	r := s.reader()
	if s.busy != uuid.Nil {
		if accountID := of(r); accountID == uuid.Nil || accountID == s.busy {
			return false, nil
		}
	}
	return true, fn(r)
}

func (s *Store) reader() *Reader { return s.data.reader(s.clock.Now) }

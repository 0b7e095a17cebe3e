package table

import (
	"iter"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// index follows the rows of a table. Either row may be nil: old for a new row,
// row for one that is gone.
type index[V any] interface {
	replace(old, row *V)
	// fill takes many rows into an index that is empty.
	fill(rows []*V)
	// contents is what the index has, to be compared with that of another one.
	contents() any
}

// declareIndex adds an index to a table and returns where a DB has it.
func declareIndex[V any, I index[V]](t *Table[V], open func() I) (at int) {
	at = t.schema.indexes
	t.schema.indexes++
	t.indexes = append(t.indexes, func(db *DB) index[V] {
		ix := open()
		db.indexes[at] = ix
		return ix
	})
	return at
}

// indexOf returns what a DB has of an index.
func indexOf[I any](db *DB, at int) I {
	ix, ok := db.indexes[at].(I)
	if !ok {
		panic("table: the DB is not of the index's schema")
	}
	return ix
}

// Owner is the rows that those of an index go with: when one of them is deleted, so are
// all rows with its key.
type Owner[K comparable] func(deleteOwned func(*DB, K))

// DeletedWith is the owner whose id is the key.
func DeletedWith[O any](owner *Table[O]) Owner[uuid.UUID] { return DeletedWithKey(owner, owner.id) }

// DeletedWithKey is the owner of which the key is made.
func DeletedWithKey[K comparable, O any](owner *Table[O], key func(*O) K) Owner[K] {
	return func(deleteOwned func(*DB, K)) {
		owner.owned = append(owner.owned, func(db *DB, row *O) { deleteOwned(db, key(row)) })
	}
}

// own has rows with a key deleted with their owners.
func own[K comparable, V any](t *Table[V], owners []Owner[K], get func(*DB, K) []*V) {
	for _, owner := range owners {
		owner(func(db *DB, key K) {
			for _, row := range slices.Clone(get(db, key)) {
				t.Delete(db, t.id(row))
			}
		})
	}
}

// UniqueIndex finds the one row that has a key. A row may have none.
type UniqueIndex[K comparable, V any] struct{ at int }

// Unique declares a UniqueIndex.
func Unique[K comparable, V any](t *Table[V], key func(*V) (K, bool), owners ...Owner[K]) *UniqueIndex[K, V] {
	ix := &UniqueIndex[K, V]{declareIndex(t, func() *unique[K, V] { return &unique[K, V]{key: key, rows: make(map[K]*V)} })}
	own(t, owners, ix.All)
	return ix
}

// Get returns the row that has a key.
func (ix *UniqueIndex[K, V]) Get(db *DB, key K) (*V, bool) {
	row, ok := indexOf[*unique[K, V]](db, ix.at).rows[key]
	return row, ok
}

// All returns every row that has a key: one, unless an older version had other keys.
func (ix *UniqueIndex[K, V]) All(db *DB, key K) []*V {
	u := indexOf[*unique[K, V]](db, ix.at)
	row, ok := u.rows[key]
	if !ok {
		return nil
	}
	return append([]*V{row}, u.more[key]...)
}

// Shared returns the keys that more than one row has, in no order.
func (ix *UniqueIndex[K, V]) Shared(db *DB) iter.Seq[K] {
	return maps.Keys(indexOf[*unique[K, V]](db, ix.at).more)
}

type unique[K comparable, V any] struct {
	key  func(*V) (K, bool)
	rows map[K]*V
	// more are those whose key another row had before them. No change makes such
	// rows, but older versions had other keys.
	more map[K][]*V
}

func (u *unique[K, V]) replace(old, row *V) {
	if old != nil {
		if key, ok := u.key(old); ok {
			u.drop(key, old)
		}
	}
	if row != nil {
		if key, ok := u.key(row); ok {
			u.add(key, row)
		}
	}
}

func (u *unique[K, V]) add(key K, row *V) {
	if _, taken := u.rows[key]; !taken {
		u.rows[key] = row
		return
	}
	if u.more == nil {
		u.more = make(map[K][]*V)
	}
	u.more[key] = append(u.more[key], row)
}

func (u *unique[K, V]) drop(key K, row *V) {
	rest := u.more[key]
	if u.rows[key] == row {
		delete(u.rows, key)
		if len(rest) == 0 {
			return
		}
		u.rows[key], rest = rest[0], rest[1:]
	} else {
		rest = slices.DeleteFunc(slices.Clone(rest), func(other *V) bool { return other == row })
	}
	if len(rest) == 0 {
		delete(u.more, key)
		return
	}
	u.more[key] = rest
}

func (u *unique[K, V]) fill(rows []*V) {
	for _, row := range rows {
		u.replace(nil, row)
	}
}

func (u *unique[K, V]) contents() any { return u.rows }

// SpreadIndex finds the one row that has a key, where a row has several.
type SpreadIndex[K comparable, V any] struct{ at int }

// Spread declares a SpreadIndex.
func Spread[K comparable, V any](t *Table[V], keys func(*V) []K) *SpreadIndex[K, V] {
	return &SpreadIndex[K, V]{declareIndex(t, func() *spread[K, V] { return &spread[K, V]{keys: keys, rows: make(map[K]*V)} })}
}

// Get returns the row that has a key.
func (ix *SpreadIndex[K, V]) Get(db *DB, key K) (*V, bool) {
	row, ok := indexOf[*spread[K, V]](db, ix.at).rows[key]
	return row, ok
}

type spread[K comparable, V any] struct {
	keys func(*V) []K
	rows map[K]*V
}

func (s *spread[K, V]) replace(old, row *V) {
	if old != nil {
		for _, key := range s.keys(old) {
			if s.rows[key] == old {
				delete(s.rows, key)
			}
		}
	}
	if row != nil {
		for _, key := range s.keys(row) {
			s.rows[key] = row
		}
	}
}

func (s *spread[K, V]) fill(rows []*V) {
	for _, row := range rows {
		s.replace(nil, row)
	}
}

func (s *spread[K, V]) contents() any { return s.rows }

// CountIndex knows how many rows have a key.
type CountIndex[K comparable, V any] struct{ at int }

// Count declares a CountIndex.
func Count[K comparable, V any](t *Table[V], key func(*V) (K, bool)) *CountIndex[K, V] {
	return &CountIndex[K, V]{declareIndex(t, func() *counted[K, V] { return &counted[K, V]{key: key, counts: make(map[K]int)} })}
}

// Get returns how many rows have a key.
func (ix *CountIndex[K, V]) Get(db *DB, key K) int {
	return indexOf[*counted[K, V]](db, ix.at).counts[key]
}

type counted[K comparable, V any] struct {
	key    func(*V) (K, bool)
	counts map[K]int
}

func (c *counted[K, V]) replace(old, row *V) {
	c.add(old, -1)
	c.add(row, 1)
}

func (c *counted[K, V]) fill(rows []*V) {
	for _, row := range rows {
		c.add(row, 1)
	}
}

func (c *counted[K, V]) add(row *V, n int) {
	if row == nil {
		return
	}
	key, ok := c.key(row)
	if !ok {
		return
	}
	if c.counts[key] += n; c.counts[key] == 0 {
		delete(c.counts, key)
	}
}

func (c *counted[K, V]) contents() any { return c.counts }

package store

import (
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

// id is what rows are kept by.
type id interface {
	comparable
	~[16]byte
}

// table is the rows of one kind with the indexes that are kept beside them.
type table[K id, V any] struct {
	name    string
	rows    map[K]*V
	indexes []index[V]
}

func newTable[K id, V any](indexes ...index[V]) table[K, V] {
	return table[K, V]{rows: make(map[K]*V), indexes: indexes}
}

func (t *table[K, V]) get(key K) (*V, bool) {
	row, ok := t.rows[key]
	return row, ok
}

func (t *table[K, V]) put(tx *Tx, key K, row *V) {
	tx.changes = append(tx.changes, change[K, V]{table: t, key: key, old: t.rows[key], new: row})
	t.set(key, row)
}

func (t *table[K, V]) delete(tx *Tx, key K) {
	tx.changes = append(tx.changes, change[K, V]{table: t, key: key, old: t.rows[key]})
	t.set(key, nil)
}

// set makes row the one under key; a nil row takes it away.
func (t *table[K, V]) set(key K, row *V) {
	old := t.rows[key]
	if row == nil {
		delete(t.rows, key)
	} else {
		t.rows[key] = row
	}
	for _, ix := range t.indexes {
		ix.replace(old, row)
	}
}

// change is one put or delete of a transaction.
type change[K id, V any] struct {
	table    *table[K, V]
	key      K
	old, new *V
}

// step is a change as a transaction sees it: it can be undone, and written to
// the journal.
type step interface {
	undo()
	write(*journal.Batch) error
}

func (c change[K, V]) undo() { c.table.set(c.key, c.old) }

func (c change[K, V]) write(b *journal.Batch) error {
	if c.new == nil {
		b.Changes = append(b.Changes, journal.Change{Table: c.table.name, Key: keyBytes(c.key)})
		return nil
	}
	return put(b, c.table.name, keyBytes(c.key), c.new)
}

// index follows the rows of a table. Either row may be nil: old for a new row,
// row for one that is gone.
type index[V any] interface {
	replace(old, row *V)
	// fill takes many rows into an index that is empty.
	fill(rows []*V)
}

// unique finds the one row that has a key. A row may have none.
type unique[K comparable, V any] struct {
	key  func(*V) (K, bool)
	rows map[K]*V
	// more are those whose key another row had before them. No change makes such
	// rows, but older versions had other keys.
	more map[K][]*V
}

func newUnique[K comparable, V any](key func(*V) (K, bool)) *unique[K, V] {
	return &unique[K, V]{key: key, rows: make(map[K]*V)}
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

// all gives every row that has a key.
func (u *unique[K, V]) all(key K) []*V {
	row, ok := u.rows[key]
	if !ok {
		return nil
	}
	return append([]*V{row}, u.more[key]...)
}

func (u *unique[K, V]) fill(rows []*V) {
	for _, row := range rows {
		u.replace(nil, row)
	}
}

func (u *unique[K, V]) get(key K) (*V, bool) {
	row, ok := u.rows[key]
	return row, ok
}

// spread finds the one row that has a key, where a row has several.
type spread[K comparable, V any] struct {
	keys func(*V) []K
	rows map[K]*V
}

func newSpread[K comparable, V any](keys func(*V) []K) *spread[K, V] {
	return &spread[K, V]{keys: keys, rows: make(map[K]*V)}
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

func (s *spread[K, V]) get(key K) (*V, bool) {
	row, ok := s.rows[key]
	return row, ok
}

// grouped keeps the rows of each group in order, so that a page of a listing is
// a slice and not a sort. Rows come mostly in order; a put at the end is cheap.
type grouped[K comparable, V any] struct {
	key     func(*V) (K, bool)
	compare func(a, b *V) int
	groups  map[K][]*V
}

func newGrouped[K comparable, V any](key func(*V) (K, bool), compare func(a, b *V) int) *grouped[K, V] {
	return &grouped[K, V]{key: key, compare: compare, groups: make(map[K][]*V)}
}

func (g *grouped[K, V]) replace(old, row *V) {
	if old != nil && row != nil && g.compare(old, row) == 0 {
		before, inBefore := g.key(old)
		after, inAfter := g.key(row)
		if inBefore && inAfter && before == after {
			if at, found := slices.BinarySearchFunc(g.groups[before], old, g.compare); found {
				g.groups[before][at] = row
				return
			}
		}
	}
	g.remove(old)
	g.insert(row)
}

func (g *grouped[K, V]) remove(row *V) {
	if row == nil {
		return
	}
	key, ok := g.key(row)
	if !ok {
		return
	}
	at, found := slices.BinarySearchFunc(g.groups[key], row, g.compare)
	if !found {
		return
	}
	rest := slices.Delete(g.groups[key], at, at+1)
	if len(rest) == 0 {
		delete(g.groups, key)
		return
	}
	g.groups[key] = rest
}

func (g *grouped[K, V]) insert(row *V) {
	if row == nil {
		return
	}
	key, ok := g.key(row)
	if !ok {
		return
	}
	rows := g.groups[key]
	at := len(rows)
	if at > 0 && g.compare(rows[at-1], row) > 0 {
		at, _ = slices.BinarySearchFunc(rows, row, g.compare)
	}
	g.groups[key] = slices.Insert(rows, at, row)
}

// fill sorts once: rows that come in no order would each move half of their
// group aside.
func (g *grouped[K, V]) fill(rows []*V) {
	for _, row := range rows {
		if key, ok := g.key(row); ok {
			g.groups[key] = append(g.groups[key], row)
		}
	}
	for _, group := range g.groups {
		slices.SortFunc(group, g.compare)
	}
}

// get gives the group's rows in order. The slice is the index's own: read it,
// and only inside the transaction.
func (g *grouped[K, V]) get(key K) []*V { return g.groups[key] }

// counted knows how many rows have a key.
type counted[K comparable, V any] struct {
	key    func(*V) (K, bool)
	counts map[K]int
}

func newCounted[K comparable, V any](key func(*V) (K, bool)) *counted[K, V] {
	return &counted[K, V]{key: key, counts: make(map[K]int)}
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

func (c *counted[K, V]) get(key K) int { return c.counts[key] }

package table

import (
	"iter"
	"maps"
	"slices"
)

// GroupIndex keeps the rows of each group in order, so that a page of a listing is
// a slice and not a sort. Rows come mostly in order; a put at the end is cheap.
type GroupIndex[K comparable, V any] struct{ at int }

// Group declares a GroupIndex, in the order of the table's Compare.
func Group[K comparable, V any](t *Table[V], key func(*V) (K, bool), owners ...Owner[K]) *GroupIndex[K, V] {
	return GroupSorted(t, key, t.Compare, owners...)
}

// GroupSorted declares a GroupIndex that has an order of its own, in which no two rows are
// equal.
func GroupSorted[K comparable, V any](
	t *Table[V], key func(*V) (K, bool), compare func(a, b *V) int, owners ...Owner[K],
) *GroupIndex[K, V] {
	ix := &GroupIndex[K, V]{declareIndex(t, func() *grouped[K, V] {
		return &grouped[K, V]{key: key, compare: compare, groups: make(map[K][]*V)}
	})}
	own(t, owners, ix.Get)
	return ix
}

// Get returns the group's rows in order. The slice is the index's own: read it,
// and only inside the transaction.
func (ix *GroupIndex[K, V]) Get(db *DB, key K) []*V {
	return indexOf[*grouped[K, V]](db, ix.at).groups[key]
}

// Keys returns the keys that rows have, in no order.
func (ix *GroupIndex[K, V]) Keys(db *DB) iter.Seq[K] {
	return maps.Keys(indexOf[*grouped[K, V]](db, ix.at).groups)
}

type grouped[K comparable, V any] struct {
	key     func(*V) (K, bool)
	compare func(a, b *V) int
	groups  map[K][]*V
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

func (g *grouped[K, V]) contents() any { return g.groups }

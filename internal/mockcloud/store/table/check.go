package table

import (
	"fmt"
	"reflect"

	"github.com/google/uuid"
)

// Rows returns every row of every table under a key of its own, for tests. Rows are
// immutable, so that two equal maps are two equal states.
func (db *DB) Rows() map[string]any {
	out := make(map[string]any)
	for _, t := range db.tables {
		t.each(func(id uuid.UUID, row any) { out[t.tableName()+" "+id.String()] = row })
	}
	return out
}

// Check compares every index with one that is built afresh, for tests.
func (db *DB) Check() error {
	fresh := db.schema.New()
	for _, t := range db.schema.tables {
		t.copyRows(db, fresh)
	}
	for i, t := range db.tables {
		want := fresh.tables[i].indexContents()
		for n, got := range t.indexContents() {
			if !reflect.DeepEqual(got, want[n]) {
				return fmt.Errorf("index %d of %s (%T) differs from one that is built afresh", n, t.tableName(), got)
			}
		}
	}
	return nil
}

// copyRows goes in the order in which a state file is read: of rows that share a key the
// first counts.
func (t *Table[V]) copyRows(from, to *DB) {
	rows := t.in(from)
	for _, id := range SortedIDs(rows.byID) {
		t.in(to).set(id, rows.byID[id])
	}
}

func (r *rows[V]) indexContents() []any {
	out := make([]any, len(r.indexes))
	for i, ix := range r.indexes {
		out[i] = ix.contents()
	}
	return out
}

// Package table keeps rows in memory, in tables with indexes that follow every change.
//
// A table is declared once, beside the type of its rows, and so is each of its indexes:
//
//	var (
//		domainTable      = table.Declare(&tables, "domains", func(d *Domain) (uuid.UUID, time.Time) { return d.ID, d.Created })
//		domainByName     = table.Unique(domainTable, func(d *Domain) (string, bool) { return d.Name, true })
//		domainsByAccount = table.Group(domainTable, func(d *Domain) (uuid.UUID, bool) { return d.AccountID, true },
//			table.DeletedWith(accountTable))
//	)
//
// All else follows from that: how rows are written to a journal and come back, what a
// snapshot shows, and what goes together with a row that goes. A declaration holds no
// rows: those are in a DB, which Schema.New makes and every read and change is given.
//
// Rows are immutable. Every put and delete is noted in the DB's Changes, so that they can
// be undone or written.
package table

import (
	"bytes"
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

// Schema is the tables that are declared.
type Schema struct {
	tables  []declared
	indexes int
}

// declared is a table of whatever rows.
type declared interface {
	// open returns the table without rows, for a DB.
	open(*DB) contents
	// copyRows puts all rows of a DB into one that has none.
	copyRows(from, to *DB)
	tableName() string
	isSealed() bool
}

// DB is the rows of a schema's tables. It is not for several goroutines, but for those
// that only read.
type DB struct {
	Changes
	schema  *Schema
	tables  []contents
	indexes []any
}

// Contents is the rows of a table, as they are kept and shown. Rows are kept as JSON,
// which needs all their fields exported.
type Contents interface {
	// Load takes rows of a journal into a table that has only what is built in.
	Load([]journal.Row) error
	// Describe returns the rows for encoding/json; see the function Describe.
	Describe() ([]any, error)
}

type contents interface {
	Contents
	tableName() string
	// each runs fn on every row, in the order of their ids.
	each(fn func(id uuid.UUID, row any))
	indexContents() []any
}

// New returns a DB without rows.
func (s *Schema) New() *DB {
	db := &DB{schema: s, tables: make([]contents, 0, len(s.tables)), indexes: make([]any, s.indexes)}
	for _, t := range s.tables {
		db.tables = append(db.tables, t.open(db))
	}
	return db
}

// Contents returns all tables by their names.
func (db *DB) Contents() map[string]Contents {
	out := make(map[string]Contents, len(db.tables))
	for _, t := range db.tables {
		out[t.tableName()] = t
	}
	return out
}

// Sealed returns, by its name, whether a table's rows are encrypted in a state file.
func (s *Schema) Sealed() map[string]bool {
	out := make(map[string]bool)
	for _, t := range s.tables {
		out[t.tableName()] = t.isSealed()
	}
	return out
}

// Table is a declared table. Its name is that in state files and snapshots: it never
// changes and never comes to mean something else.
type Table[V any] struct {
	schema  *Schema
	name    string
	sealed  bool
	at      int
	key     func(*V) (id uuid.UUID, created time.Time)
	indexes []func(*DB) index[V]
	// owned takes away what goes with a row.
	owned []func(*DB, *V)
}

// Option says something more of a table.
type Option func(*options)

type options struct{ sealed bool }

// Sealed has the rows encrypted in a state file: for what cannot be hashed because it is
// used again.
func Sealed(o *options) { o.sealed = true }

// Declare declares a table. The key of a row is its id; when it was created decides about
// the order of its groups.
func Declare[V any](s *Schema, name string, key func(*V) (id uuid.UUID, created time.Time), given ...Option) *Table[V] {
	var o options
	for _, option := range given {
		option(&o)
	}
	if slices.ContainsFunc(s.tables, func(other declared) bool { return other.tableName() == name }) {
		panic("table: two are called " + name)
	}
	t := &Table[V]{schema: s, name: name, sealed: o.sealed, at: len(s.tables), key: key}
	s.tables = append(s.tables, t)
	return t
}

func (t *Table[V]) tableName() string { return t.name }
func (t *Table[V]) isSealed() bool    { return t.sealed }

func (t *Table[V]) open(db *DB) contents {
	rows := &rows[V]{name: t.name, byID: make(map[uuid.UUID]*V), indexes: make([]index[V], len(t.indexes))}
	for i, open := range t.indexes {
		rows.indexes[i] = open(db)
	}
	return rows
}

// rows is what a table has in a DB.
type rows[V any] struct {
	name    string
	byID    map[uuid.UUID]*V
	indexes []index[V]
}

func (t *Table[V]) in(db *DB) *rows[V] {
	rows, ok := db.tables[t.at].(*rows[V])
	if !ok {
		panic("table: the DB is not of the table's schema")
	}
	return rows
}

func (t *Table[V]) id(row *V) uuid.UUID {
	id, _ := t.key(row)
	return id
}

// Compare orders rows by the time they were created and then by id: the order of every
// listing that asks for no other.
func (t *Table[V]) Compare(a, b *V) int {
	aID, aCreated := t.key(a)
	bID, bCreated := t.key(b)
	return cmp.Or(aCreated.Compare(bCreated), bytes.Compare(aID[:], bID[:]))
}

// Get returns the row with an id.
func (t *Table[V]) Get(db *DB, id uuid.UUID) (*V, bool) {
	row, ok := t.in(db).byID[id]
	return row, ok
}

// Row returns the row with an id, nil for none.
func (t *Table[V]) Row(db *DB, id uuid.UUID) *V { return t.in(db).byID[id] }

// Name is the table's name.
func (t *Table[V]) Name() string { return t.name }

// All returns all rows by their ids, in no order.
func (t *Table[V]) All(db *DB) iter.Seq2[uuid.UUID, *V] { return maps.All(t.in(db).byID) }

// List returns all rows in the order of Compare.
func (t *Table[V]) List(db *DB) []*V {
	return slices.SortedFunc(maps.Values(t.in(db).byID), t.Compare)
}

// Preset puts a row that is built in: it is not a change, and in no journal.
func (t *Table[V]) Preset(db *DB, row *V) { t.in(db).set(t.id(row), row) }

// Put puts a row into the place of the one with its id, if there is one.
func (t *Table[V]) Put(db *DB, row *V) {
	id, rows := t.id(row), t.in(db)
	db.Note(change[V]{rows: rows, id: id, old: rows.byID[id], new: row})
	rows.set(id, row)
}

// Delete takes away the row with an id, if there is one, and whatever goes with it.
func (t *Table[V]) Delete(db *DB, id uuid.UUID) {
	rows := t.in(db)
	old, ok := rows.byID[id]
	if !ok {
		return
	}
	for _, deleteOwned := range t.owned {
		deleteOwned(db, old)
	}
	db.Note(change[V]{rows: rows, id: id, old: old})
	rows.set(id, nil)
}

// set makes row the one with an id; a nil row takes it away.
func (r *rows[V]) set(id uuid.UUID, row *V) {
	old := r.byID[id]
	if row == nil {
		delete(r.byID, id)
	} else {
		r.byID[id] = row
	}
	for _, ix := range r.indexes {
		ix.replace(old, row)
	}
}

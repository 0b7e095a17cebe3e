package store

import (
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// tables are those of every store. Each is declared beside the type of its rows.
var tables table.Schema

// data is what a store has.
type data struct {
	lastStamp time.Time
	ids       idSource
	seeding   bool
	db        *table.DB
	events    *eventlog.Log
	refused   refusalCounts
}

// newData returns what is built in and nothing else. Its events go by the state file; nil
// for none.
func newData(file eventlog.File) *data {
	d := &data{ids: newIDSource(), db: tables.New()}
	d.events = eventlog.New(&d.db.Changes, file)
	for _, role := range builtinRoles() {
		roleTable.Preset(d.db, role)
	}
	for _, role := range builtinWorkspaceRoles() {
		workspaceRoleTable.Preset(d.db, role)
	}
	return d
}

func (d *data) reader(clock func() time.Time) *Reader {
	return &Reader{data: d, db: d.db, clock: clock}
}

// contents returns all that is kept in a state file and shown in a snapshot, by the names
// that it has there.
func (d *data) contents() map[string]table.Contents {
	out := d.db.Contents()
	out[eventlog.TableName] = d.events
	return out
}

// Snapshot returns all rows by table, in the order of their ids (events in that of
// their coming), as values for encoding/json. Secrets are left out, and so is
// what is zero. Its error is that of reading the state file.
func (r *Reader) Snapshot() (map[string][]any, error) {
	out := make(map[string][]any)
	for name, t := range r.data.contents() {
		var err error
		if out[name], err = t.Describe(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// wellKnown returns the id of a thing that every server has, the same on each.
func wellKnown(kind, name string) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("prefectsso/mockcloud/"+kind+"/"+name))
}

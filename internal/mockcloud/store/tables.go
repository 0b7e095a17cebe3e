package store

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/sync/errgroup"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

// tables gives every table its name, which state files and snapshots have: a name
// never changes and never comes to mean something else. A test finds a table that
// is missing.
//
// Rows are kept as JSON, which needs all their fields exported. What a snapshot
// must not show is tagged `secret:"true"`.
func (d *data) tables() map[string]anyTable {
	return map[string]anyTable{
		"accounts":         &d.accounts,
		"domains":          &d.domains,
		"users":            &d.users,
		"bots":             &d.bots,
		"api_keys":         &d.keys,
		"sessions":         &d.sessions,
		"invitations":      &d.invitations,
		"mails":            &d.mails,
		"account_roles":    &d.roles,
		"memberships":      &d.memberships,
		"workspaces":       &d.workspaces,
		"workspace_roles":  &d.workspaceRoles,
		"workspace_access": &d.access,
		"teams":            &d.teams,
		"team_members":     &d.teamMembers,
		"connections":      &d.connections,

		"directories":         &d.directories,
		"scim_tokens":         &d.tokens,
		"group_role_mappings": &d.mappings,
		"directory_users":     &d.directoryUsers,
		"directory_groups":    &d.directoryGroups,
		"group_members":       &d.groupMembers,

		"identities":   &d.identities,
		"login_codes":  &d.loginCodes,
		"kept_answers": &d.answers,
		"secrets":      &d.secrets,
		"setup_links":  &d.setupLinks,
		eventTable:     d.events,
	}
}

// anyTable is a table of whatever rows.
type anyTable interface {
	setName(name string)
	load(rows []journal.Row) error
	describe() ([]any, error)
}

func (d *data) nameTables() {
	for name, t := range d.tables() {
		t.setName(name)
	}
}

func (t *table[K, V]) setName(name string) { t.name = name }

// load takes rows from a state file into a table that has only what is built in.
func (t *table[K, V]) load(rows []journal.Row) error {
	decoded, err := decode[V](rows)
	if err != nil {
		return err
	}
	for i, row := range decoded {
		var key K
		if len(rows[i].Key) != len(key) {
			return fmt.Errorf("%x is no key of a row", rows[i].Key)
		}
		t.rows[K(rows[i].Key)] = row
	}
	for _, ix := range t.indexes {
		ix.fill(decoded)
	}
	return nil
}

func keyBytes[K id](key K) []byte {
	raw := [16]byte(key)
	return raw[:]
}

// put adds a row to what is written.
func put(b *journal.Batch, table string, key []byte, row any) error {
	value, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("keep a row of %s: %w", table, err)
	}
	b.Changes = append(b.Changes, journal.Change{Table: table, Key: key, Value: value})
	return nil
}

// decode reads rows on all processors: that takes most of the time of a start.
func decode[V any](rows []journal.Row) ([]*V, error) {
	out := make([]*V, len(rows))
	share := len(rows)/runtime.GOMAXPROCS(0) + 1
	var group errgroup.Group
	for from := 0; from < len(rows); from += share {
		group.Go(func() error {
			return journal.Faultless(func() error {
				for i := from; i < min(from+share, len(rows)); i++ {
					out[i] = new(V)
					if err := json.Unmarshal(rows[i].Value, out[i]); err != nil {
						return fmt.Errorf("row %x: %w", rows[i].Key, err)
					}
				}
				return nil
			})
		})
	}
	return out, group.Wait()
}

// Snapshot gives all rows by table, in the order of their ids (events in that of
// their coming), as values for encoding/json. Secrets are left out, and so is
// what is zero. Its error is that of reading the state file.
func (r *Reader) Snapshot() (map[string][]any, error) {
	out := make(map[string][]any)
	for name, t := range r.data.tables() {
		var err error
		if out[name], err = t.describe(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t *table[K, V]) describe() ([]any, error) {
	out := make([]any, 0, len(t.rows))
	for _, key := range sortedKeys(t.rows) {
		out = append(out, describe(t.rows[key]))
	}
	return out, nil
}

func sortedKeys[K id, V any](m map[K]V) []K {
	return slices.SortedFunc(maps.Keys(m), func(a, b K) int { return bytes.Compare(keyBytes(a), keyBytes(b)) })
}

// describe gives a row's fields by their names in snake case, without those that
// are secret or zero.
func describe(row any) any { return describeValue(reflect.ValueOf(row)) }

func describeValue(v reflect.Value) any {
	switch v.Interface().(type) {
	case json.Marshaler, encoding.TextMarshaler, []byte:
		return v.Interface()
	}
	switch v.Kind() {
	case reflect.Pointer:
		return describeValue(v.Elem()) // never nil: zero fields are left out
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = describeValue(v.Index(i))
		}
		return out
	case reflect.Struct:
		out := make(map[string]any)
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if field.Tag.Get("secret") == "" && !v.Field(i).IsZero() {
				out[snakeCase(field.Name)] = describeValue(v.Field(i))
			}
		}
		return out
	}
	return v.Interface()
}

// snakeCase makes account_id of AccountID.
func snakeCase(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, c := range runes {
		startsWord := i > 0 && unicode.IsUpper(c) &&
			(unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if startsWord {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

package store

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

// keptRow is a row as an older version wrote it. Those of testdata/rows.jsonl are of a
// world in which no table is empty, written before tables were declared in one place; those
// of tables that came later were added by hand.
type keptRow struct {
	Table, Key string
	Row        json.RawMessage
}

func keptRows(t *testing.T) (rows []keptRow) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "rows.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for lines.Scan() {
		var row keptRow
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// openKept opens a state file that has those rows.
func openKept(t *testing.T, rows []keptRow) *Store {
	t.Helper()
	return openKeptAt(t, filepath.Join(t.TempDir(), "state.db"), rows)
}

func openKeptAt(t *testing.T, path string, rows []keptRow) *Store {
	t.Helper()
	s := openAt(t, path)
	b := journal.Batch{Reset: true}
	for _, row := range rows {
		key, err := hex.DecodeString(row.Key)
		if err != nil {
			t.Fatal(err)
		}
		if row.Table == serverTable {
			key = []byte(serverStateKey)
		}
		b.Changes = append(b.Changes, journal.Change{Table: row.Table, Key: key, Value: bytes.Clone(row.Row)})
	}
	s.sealer.seal(b.Changes)
	if err := s.journal.Append(b)(); err != nil {
		t.Fatal(err)
	}
	return reopen(t, s, path)
}

// TestRowsOfOlderVersion: a file from before comes back as it was, and would be written
// the same again.
func TestRowsOfOlderVersion(t *testing.T) {
	t.Parallel()
	rows := keptRows(t)
	s := openKept(t, rows)
	checkIndexes(t, s.data)
	there, missing := s.data.db.Rows(), s.data.contents()
	events := map[string]*eventlog.Event{}
	for _, row := range rows {
		delete(missing, row.Table)
		if row.Table == eventlog.TableName {
			account := uuid.UUID(must(hex.DecodeString(row.Key[:32])))
			for _, e := range must(s.data.events.All(account)) {
				events[e.ID.String()] = e
			}
		}
	}
	for _, row := range rows {
		var id struct{ ID string }
		_ = json.Unmarshal(row.Row, &id) // the server's own state has none
		var found any
		switch row.Table {
		case serverTable:
			found = s.serverState()
		case eventlog.TableName:
			found = events[id.ID]
		default:
			found = there[row.Table+" "+uuid.UUID(must(hex.DecodeString(row.Key))).String()]
		}
		if again := must(json.Marshal(found)); !bytes.Equal(again, row.Row) {
			t.Errorf("%s %s\nwas %s\nis  %s", row.Table, row.Key, row.Row, again)
		}
	}
	for name := range missing {
		t.Errorf("no row is of the table %s", name)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// TestDeleteAccountOfOlderVersion: with an account goes everything of it, in every table,
// and what is not of it stays.
func TestDeleteAccountOfOlderVersion(t *testing.T) {
	t.Parallel()
	s := openKept(t, keptRows(t))
	var account uuid.UUID
	before := s.data.db.Rows()
	if err := s.Update(Actor{}, func(tx *Tx) error {
		a, err := tx.AccountByHandle("acme")
		if err != nil {
			return err
		}
		account = a.ID
		return tx.DeleteAccount(a.ID)
	}); err != nil {
		t.Fatal(err)
	}
	after := s.data.db.Rows()
	stays := map[string]int{}
	for key, row := range after {
		table, _, _ := strings.Cut(key, " ")
		stays[table]++
		if row != before[key] || strings.Contains(fmt.Sprintf("%+v", row), account.String()) {
			t.Errorf("%s is left: %+v", key, row)
		}
	}
	// Globex and the built-in roles, the people with what is theirs in any account, the
	// mailboxes, and the server's own key.
	want := fmt.Sprint(map[string]int{
		"accounts": 1, "account_roles": 4, "workspace_roles": len(builtinWorkspaceRoles()),
		"users": 5, "api_keys": 1, "login_codes": 1, "mails": 3, "secrets": 1,
	})
	if got := fmt.Sprint(stays); got != want {
		t.Errorf("left are %s, want %s", got, want)
	}
	if events, err := s.data.events.All(account); err != nil || len(events) != 0 {
		t.Errorf("%d events are left, %v", len(events), err)
	}
	checkIndexes(t, s.data)
}

// TestDeletedLeavesNothing: whatever is deleted, nothing of it is left, neither in the
// memory nor in the state file, but for what is kept on purpose.
func TestDeletedLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		// table is whose rows are deleted, each by itself.
		table  string
		delete func(tx *Tx, row any) error
		// keeps are tables whose rows may go on naming what is gone.
		keeps []string
	}{
		"an account": {"accounts", deletes(func(tx *Tx, a *Account) error { return tx.DeleteAccount(a.ID) }), nil},
		"a mapping": {"group_role_mappings", deletes(func(tx *Tx, m *GroupRoleMapping) error {
			return tx.DeleteGroupMapping(m.AccountID, m.DirectoryID, m.ID)
		}), nil},
		"a team":        {"teams", deletes(func(tx *Tx, x *Team) error { return tx.DeleteTeam(x.AccountID, x.ID) }), nil},
		"a workspace":   {"workspaces", deletes(func(tx *Tx, w *Workspace) error { return tx.DeleteWorkspace(w.AccountID, w.ID) }), nil},
		"a bot":         {"bots", deletes(func(tx *Tx, b *Bot) error { return tx.DeleteBot(b.AccountID, b.ID) }), nil},
		"a directory":   {"directories", deletes(func(tx *Tx, d *Directory) error { return tx.DeleteDirectory(d.AccountID, d.ID) }), []string{"scim_tokens", "scim_client_secrets"}}, // hashes of used ones
		"a SCIM client": {"scim_clients", deletes(func(tx *Tx, c *SCIMClient) error { return tx.DeleteSCIMClient(c.AccountID, c.DirectoryID, c.ID) }), []string{"scim_client_secrets"}},
		// A refusal is history, and a session goes with the login: what it proves to an account is asked of the connection.
		"a connection": {"connections", deletes(func(tx *Tx, c *Connection) error { return tx.DeleteConnection(c.AccountID, c.ID) }), []string{"login_refusals", "sessions"}},
		"a person of a directory": {"directory_users", deletes(func(tx *Tx, u *DirectoryUser) error {
			return tx.DeleteDirectoryUser(directoryNamed(tx, u.DirectoryID), u.ID)
		}), nil},
		// Mappings wait for it to come back.
		"a group of a directory": {"directory_groups", deletes(func(tx *Tx, g *DirectoryGroup) error {
			return tx.DeleteDirectoryGroup(directoryNamed(tx, g.DirectoryID), g.ID)
		}), []string{"group_role_mappings"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			s := openKeptAt(t, path, keptRows(t))
			if err := s.Update(Actor{}, func(tx *Tx) error {
				for _, row := range tx.db.Rows() {
					if c, ok := row.(*Connection); ok {
						if _, err := tx.refuseLogin(refusedAt{c.AccountID, c.ID}, "issuer", nil); err != nil {
							return err
						}
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			var gone []string
			for key, row := range s.data.db.Rows() {
				if table, _, _ := strings.Cut(key, " "); table != test.table {
					continue
				}
				var refused *Conflict
				if err := s.Update(Actor{}, func(tx *Tx) error { return test.delete(tx, row) }); errors.As(err, &refused) {
					continue // such as a team that a directory looks after
				} else if err != nil {
					t.Fatal(err)
				}
				var is struct{ ID string }
				if err := json.Unmarshal(must(json.Marshal(row)), &is); err != nil {
					t.Fatal(err)
				}
				gone = append(gone, is.ID)
			}
			if len(gone) == 0 {
				t.Fatal("nothing was deleted")
			}
			left := func(s *Store) {
				for key, row := range s.data.db.Rows() {
					table, _, _ := strings.Cut(key, " ")
					text := string(must(json.Marshal(row)))
					if slices.ContainsFunc(gone, func(id string) bool { return strings.Contains(text, id) }) && !slices.Contains(test.keeps, table) {
						t.Errorf("%s is left: %s", key, text)
					}
				}
				checkIndexes(t, s.data)
			}
			left(s)
			before := s.data.db.Rows()
			s = reopen(t, s, path)
			left(s)
			if after := s.data.db.Rows(); len(after) != len(before) {
				t.Errorf("%d rows after a restart, %d before", len(after), len(before))
			}
		})
	}
}

// deletes makes of what deletes one kind of row what takes any.
func deletes[R any](fn func(*Tx, *R) error) func(*Tx, any) error {
	return func(tx *Tx, row any) error {
		of, ok := row.(*R)
		if !ok {
			return fmt.Errorf("a row is a %T", row)
		}
		return fn(tx, of)
	}
}

// directoryNamed finds a directory of any account.
func directoryNamed(tx *Tx, id string) *Directory {
	for _, row := range tx.db.Rows() {
		if d, ok := row.(*Directory); ok && d.ID == id {
			return d
		}
	}
	return nil
}

package store

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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
	path := filepath.Join(t.TempDir(), "state.db")
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

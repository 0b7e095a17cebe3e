package mockcloud_test

import (
	"cmp"
	"maps"
	"math/big"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// kinds gives for each table the kind of thing that events call its rows. Rows of
// tables that are not here are no things of the account: mails and links are only
// ways to reach it, a kept answer says once more what was told, secrets are the
// server's own, a session is an event of its user's, a place in a directory's group
// one of the group's, and a client's secrets and access tokens are the client's.
var kinds = map[string]string{
	"accounts": "account", "account_roles": "account-role", "memberships": "account-membership",
	"invitations": "account-invitation", "users": "user", "bots": "service-account", "api_keys": "api-key",
	"teams": "team", "team_members": "team-membership",
	"connections": "sso-connection", "directories": "directory", "scim_tokens": "scim-token",
	"scim_clients":    "scim-client",
	"directory_users": "directory-user", "directory_groups": "directory-group", "group_role_mappings": "group-role-mapping",
	"workspaces": "workspace", "workspace_roles": "workspace-role", "workspace_access": "workspace-access",
}

var unaudited = []string{"events", "group_members", "identities", "kept_answers", "login_codes", "login_refusals", "mails", "scim_access_tokens", "scim_client_secrets", "secrets", "sessions", "setup_links"}

// silent are the operations that change nothing of which the server tells, even
// when they go through.
var silent = []string{
	"POST /api/accounts/{account_id}/events",                              // they are the sender's
	"DELETE /api/accounts/{account_id}",                                   // the trail goes, too
	"DELETE /api/accounts/{account_id}/sso/integrations/{integration_id}", // there are none yet
	"POST /api/me/sessions/{session_id}/terminate",                        // there are none yet
	"POST /api/accounts/{account_id}/sso/validate",                        // only asks
}

// state is a snapshot: rows by table and id, and the events besides.
type state struct {
	rows   map[string]map[string]obj
	events []auditEvent
}

type auditEvent struct {
	ID, Name, Follows string
	Resource          struct{ ID string }
	Related           []struct{ ID, Role string }
}

func (s *stage) snapshot() state {
	s.t.Helper()
	answer := s.Call(http.MethodGet, "/_mockcloud/snapshot", "", nil).Want(http.StatusOK)
	var tables map[string][]obj
	answer.Into(&tables)
	var trail struct{ Events []auditEvent }
	answer.Into(&trail)
	out := state{rows: make(map[string]map[string]obj), events: trail.Events}
	for table, rows := range tables {
		out.rows[table] = make(map[string]obj)
		for _, row := range rows {
			out.rows[table][id(row)] = row
		}
	}
	return out
}

// since returns the server's own events that were not there before, by their ids.
func (s state) since(before state) map[string]auditEvent {
	added := make(map[string]auditEvent)
	for _, e := range s.events {
		if _, old := before.rows["events"][e.ID]; !old && strings.HasPrefix(e.Name, "prefect-cloud.") {
			added[e.ID] = e
		}
	}
	return added
}

// actors are the ids of those who did it.
func (e auditEvent) actors() []string {
	var out []string
	for _, r := range e.Related {
		if r.Role == "actor" {
			out = append(out, r.ID)
		}
	}
	return out
}

// changes returns what happened between two states, the way events tell of it: a
// resource and what was done to it.
func changes(t testing.TB, before, after state) map[string]string {
	out := make(map[string]string)
	for table := range after.rows {
		kind, audited := kinds[table]
		if !audited && table != "domains" && !slices.Contains(unaudited, table) {
			t.Fatalf("the table %s is neither told of nor untold", table)
		}
		if slices.Contains(unaudited, table) {
			continue
		}
		ids := maps.Clone(before.rows[table])
		maps.Copy(ids, after.rows[table])
		for id := range ids {
			old, row := before.rows[table][id], after.rows[table][id]
			id := uuidOf(id)
			switch {
			case reflect.DeepEqual(old, row):
			case table == "directory_users" && held(old) && held(row): // nothing is told of them
			case table == "domains":
				either := row
				if row == nil {
					either = old
				}
				out["account-domain-names."+text(either, "account_id")] = "updated"
			case old == nil:
				out[kind+"."+id] = "created"
			case row == nil, table == "scim_tokens" && row["revoked"] != nil: // whose hash is kept
				out[kind+"."+id] = "deleted"
			case table == "accounts":
				if !reflect.DeepEqual(old["settings"], row["settings"]) {
					out["account-settings."+id] = "updated"
				}
				if !reflect.DeepEqual(besides(old, "settings", "updated"), besides(row, "settings", "updated")) {
					out["account."+id] = "updated"
				}
			default:
				out[kind+"."+id] = "updated"
			}
		}
	}
	return out
}

// held reports whether a person is in a directory only: held back, or not there.
func held(row obj) bool { return row == nil || row["hold"] != nil }

// uuidOf returns the id by which events tell of a thing: those of connections and
// directories are spelled as ULIDs elsewhere (a prefix, then base 32 of Crockford's).
func uuidOf(id string) string {
	at := strings.LastIndex(id, "_")
	if at < 0 {
		return id
	}
	n := new(big.Int)
	for _, digit := range id[at+1:] {
		n.Add(n.Lsh(n, 5), big.NewInt(int64(strings.IndexRune("0123456789ABCDEFGHJKMNPQRSTVWXYZ", digit))))
	}
	var out uuid.UUID
	n.FillBytes(out[:])
	return out.String()
}

func besides(row obj, fields ...string) obj {
	out := maps.Clone(row)
	for _, field := range fields {
		delete(out, field)
	}
	return out
}

// alike are actions by which a change may be told more exactly.
var alike = map[string][]string{
	"updated": {"rotated", "accepted", "rejected"},
	"created": {"rotated"},
}

// TestAudit makes every call, as somebody who may and as somebody who may not, and
// compares what changed with what is told: one event for each thing that changed,
// by the one who called, and none besides.
func TestAudit(t *testing.T) {
	t.Parallel()
	for _, o := range operations() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			o.audit(newStage(t, cmp.Or(o.by, mocktest.Owner)), slices.Contains(silent, o.name))
		})
	}
}

// audit makes an operation's call by its caller and by somebody who may not.
func (o operation) audit(s *stage, silent bool) {
	s.t.Helper()
	s.who = map[string]string{s.caller: s.own(s.caller), mocktest.Member: s.own(mocktest.Member)}
	r := s.prepare(o)
	s.audited(r, mocktest.Member)
	recorded := s.audited(r, s.caller)
	if reads := r.method == http.MethodGet || strings.HasSuffix(r.path, "/filter") || strings.HasSuffix(r.path, "/count"); (recorded == 0) != (reads || silent) {
		s.t.Errorf("%d events", recorded)
	}
	s.audited(r, s.caller) // again: often nothing is left to do
}

// audited makes a call, holds its events against its changes, and returns how many
// there were.
func (s *stage) audited(r request, key string) int {
	s.t.Helper()
	before := s.snapshot()
	answer := s.send(r, key)
	after := s.snapshot()
	if _, there := after.rows["accounts"][mocktest.Account]; !there {
		return 0 // no member is left to be told
	}
	missing := changes(s.t, before, after)
	if answer.Status >= http.StatusBadRequest && len(missing) > 0 {
		s.t.Errorf("refused with %d, and yet it changed %v", answer.Status, missing)
	}
	added := after.since(before)
	causes := 0
	for _, e := range added {
		resource := strings.TrimPrefix(e.Resource.ID, "prefect-cloud.")
		action := e.Name[strings.LastIndex(e.Name, ".")+1:]
		changed, known := missing[resource]
		switch {
		case !known:
			s.t.Errorf("%s tells of %s, which did not change or was told of before", e.Name, resource)
		case action != changed && !slices.Contains(alike[changed], action):
			s.t.Errorf("%s was %s, the event says %s", resource, changed, action)
		}
		delete(missing, resource)
		if by := e.actors(); !slices.Equal(by, []string{"prefect-cloud.user." + s.who[key]}) {
			s.t.Errorf("%s was done by %v", e.Name, by)
		}
		if e.Follows == "" {
			causes++
		} else if _, here := added[e.Follows]; !here {
			s.t.Errorf("%s follows from something that is not in the call", e.Name)
		}
	}
	for resource, changed := range missing {
		s.t.Errorf("no event tells that %s was %s", resource, changed)
	}
	if r.method == http.MethodDelete && len(added) > 0 && causes != 1 {
		s.t.Errorf("%d of %d events follow from nothing: one deletion is the cause of all", causes, len(added))
	}
	return len(added)
}

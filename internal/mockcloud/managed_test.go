package mockcloud_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// managed is an operation of the extension: what it answers, no document says.
type managed struct {
	operation
	status int
}

// newManagedStage has the extension.
func newManagedStage(t testing.TB, caller string) *stage {
	return stageOn(t, caller, mockcloud.Config{})
}

// directoryOperations are all that concern directories, each on one that people and a
// group were pushed to.
func directoryOperations() []managed {
	const sso = "/api/accounts/{account_id}/sso/"
	const path, one = sso + "directories", sso + "directories/{id}"
	const tokens, clients, mappings = one + "/tokens", one + "/clients", one + "/group_role_mappings"
	pushed := (*stage).pushedDirectory
	body := func(s *stage) any {
		return obj{"match": obj{"attribute": "userName", "equals": "linus@acme.com"}, "account_role_id": s.RoleNamed("Clerk").ID, "priority": 2}
	}
	// below makes a directory and finds one of the things below it.
	below := func(what string, body any) func(*stage) ([]string, any) {
		return func(s *stage) ([]string, any) {
			directory := s.pushedDirectory()
			return []string{directory, id(s.as(http.MethodGet, "/sso/directories/"+directory+what, nil))}, body
		}
	}
	out := []managed{
		{operation{name: "GET " + path, call: plain(nil)}, 200},
		{operation{name: "POST " + path, call: plain(obj{"name": "Other", "type": "okta scim v2.0"})}, 201},
		{operation{name: "GET " + one, call: on(nil, pushed)}, 200},
		{operation{name: "PATCH " + one, call: on(obj{"name": "Other", "default_account_role_id": clerk}, pushed)}, 200},
		{operation{name: "PATCH " + one, call: on(obj{"state": "unlinked"}, pushed)}, 200},
		{operation{name: "PATCH " + one, call: on(obj{"sync_groups_to_teams": false}, pushed)}, 200},
		{operation{name: "PATCH " + one, call: on(obj{"allowed_domains": []string{}}, pushed)}, 200},
		{operation{name: "DELETE " + one, call: on(nil, pushed)}, 204},
		{operation{name: "DELETE " + sso + "integrations/{integration_id}", call: on(nil, pushed)}, 204},
		{operation{name: "GET " + tokens, call: on(nil, pushed)}, 200},
		{operation{name: "POST " + tokens, call: on(obj{"name": "next", "old_token_expires_in_seconds": 60}, pushed)}, 201},
		{operation{name: "POST " + tokens, call: on(obj{"name": "run", "run": true}, pushed)}, 201},
		{operation{name: "DELETE " + tokens + "/{token_id}", call: below("/tokens", nil)}, 204},
		{operation{name: "GET " + clients, call: on(nil, pushed)}, 200},
		{operation{name: "POST " + clients, call: on(obj{"name": "next"}, pushed)}, 201},
		{operation{name: "GET " + clients + "/{client_id}", call: below("/clients", nil)}, 200},
		{operation{name: "POST " + clients + "/{client_id}/rotate", call: below("/clients", obj{"old_secret_expires_in_seconds": 60})}, 201},
		{operation{name: "DELETE " + clients + "/{client_id}", call: below("/clients", nil)}, 204},
		{operation{name: "GET " + mappings, call: on(nil, pushed)}, 200},
		{operation{name: "POST " + mappings, call: with(body, pushed)}, 201},
		{operation{name: "GET " + mappings + "/{mapping_id}", call: below("/group_role_mappings", nil)}, 200},
		{operation{name: "PATCH " + mappings + "/{mapping_id}", call: below("/group_role_mappings", obj{"match": obj{"group_name": "Nobody"}})}, 200},
		{operation{name: "DELETE " + mappings + "/{mapping_id}", call: below("/group_role_mappings", nil)}, 204},
		{operation{name: "GET " + one + "/users", call: on(nil, pushed)}, 200},
		{operation{name: "GET " + one + "/groups", call: on(nil, pushed)}, 200},
	}
	for i := range out {
		out[i].outcomes = "yy333341"
	}
	return out
}

// clerk stands for the role Clerk's id, which the scenario gives.
var clerk = uuid.NewSHA1(uuid.NameSpaceURL, []byte("prefectsso/scenario/account_role/"+mocktest.Account+"/Clerk")).String()

// pushedDirectory is a directory with a token, a client, two people in a group (one of whom was
// a member before), somebody who is held, and a mapping of the group.
func (s *stage) pushedDirectory() string {
	s.t.Helper()
	s.Call(http.MethodPatch, mocktest.Root+"/domains", mocktest.Owner, obj{"domain_names": []string{"acme.com"}}).Want(http.StatusNoContent)
	made := s.as(http.MethodPost, "/sso/directories", obj{"name": "Okta", "type": "okta scim v2.0"})
	at := "/sso/directories/" + id(made)
	token := text(s.as(http.MethodPost, at+"/tokens", obj{"name": "first"}), "token")
	s.as(http.MethodPost, at+"/clients", obj{"name": "okta"})
	scim := strings.TrimPrefix(text(made, "scim_endpoint"), s.URL)
	push := func(kind string, resource obj) string {
		resource["schemas"] = []string{"urn:ietf:params:scim:schemas:core:2.0:" + kind}
		var answer obj
		s.Call(http.MethodPost, scim+"/"+kind+"s", token, resource).Want(http.StatusCreated).Into(&answer)
		return id(answer)
	}
	var members []obj
	for _, name := range []string{"linus@acme.com", "new@acme.com"} {
		members = append(members, obj{"value": push("User", obj{"userName": name})})
	}
	push("User", obj{"userName": "held@elsewhere.com"})
	push("Group", obj{"displayName": "Staff", "members": members})
	s.as(http.MethodPost, at+"/group_role_mappings", obj{"match": obj{"group_name": "Staff"}, "account_role_id": s.RoleNamed("Admin").ID, "priority": 1})
	return id(made)
}

// TestManagedPermissions: every operation on directories, tried by everybody.
func TestManagedPermissions(t *testing.T) {
	t.Parallel()
	for _, o := range directoryOperations() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			o.tryAll(t, o.status, newManagedStage)
		})
	}
}

// TestManagedAudit compares what those operations change with what is told.
func TestManagedAudit(t *testing.T) {
	t.Parallel()
	for _, o := range directoryOperations() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			o.audit(newManagedStage(t, mocktest.Owner), false)
		})
	}
}

package published_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/published"
)

const (
	accounts = "/api/accounts/0c1f1d2e-0000-4000-8000-000000000001"
	id       = `"0c1f1d2e-0000-4000-8000-000000000001"`
	instant  = `"2026-01-02T03:04:05.000006Z"`
)

func request(t *testing.T, method, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOperations: 104 operations on 82 paths, and a request finds its own.
func TestOperations(t *testing.T) {
	t.Parallel()
	paths, operations := map[string]bool{}, map[string]bool{}
	for _, o := range published.Operations() {
		paths[o.Path], operations[o.String()] = true, true
		path := strings.NewReplacer("{", "", "}", "").Replace(o.Path)
		for _, path := range []string{path, strings.TrimSuffix(path, "/") + "/"} {
			if found, ok := published.Find(request(t, o.Method, path)); !ok || found.String() != o.String() {
				t.Errorf("%s %s is taken for %s", o.Method, path, found)
			}
		}
	}
	if len(paths) != 82 || len(operations) != 104 {
		t.Errorf("%d paths, %d operations", len(paths), len(operations))
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	role := func(fields string) string {
		return `{"id":` + id + `,"created":` + instant + `,"updated":null,"account_id":null,"name":"Owner",` + fields + `}`
	}
	good := role(`"permissions":["read:account"],"is_system_role":true`)
	read, filter := "GET "+accounts+"/account_roles/x", "POST "+accounts+"/account_roles/filter"
	tests := []struct {
		name, operation string
		status          int
		body, complaint string
	}{
		{"good", read, 200, good, ""},
		{"good list", filter, 200, "[" + good + "]", ""},
		{"empty list", filter, 200, "[]", ""},
		{"no list", filter, 200, "null", "must not be null"},
		{"place", filter, 200, "[" + good + ",{}]", "answer[1].name: is missing"},
		{"unknown status", read, 201, good, "201 is not in the document"},
		{"unknown route", "GET /api/nothing", 200, "{}", "not in the document"},
		{"another API", "GET /_mockcloud/requests", 200, "nonsense", ""},
		{"no JSON", read, 200, "nonsense", "not JSON"},
		{"missing field", read, 200, role(`"permissions":[]`), "answer.is_system_role: is missing"},
		{"unknown field", read, 200, role(`"permissions":[],"is_system_role":true,"x":1`), "answer.x: is not in the document"},
		{"null", read, 200, role(`"permissions":null,"is_system_role":true`), "answer.permissions: must not be null"},
		{"type", read, 200, role(`"permissions":[],"is_system_role":"yes"`), "answer.is_system_role"},
		{"permission", read, 200, role(`"permissions":["read:nothing"],"is_system_role":true`), `answer.permissions[0]: "read:nothing" is no permission`},
		{"UUID", read, 200, strings.Replace(good, id, `"0C1F1D2E-0000-4000-8000-000000000001"`, 1), "is no UUID"},
		{"time", read, 200, strings.Replace(good, instant, `"yesterday"`, 1), "no time of RFC 3339"},
		{"number", "POST " + accounts + "/account_memberships/count", 200, "1.5", "is no int"},
		{"text for a number", "POST " + accounts + "/account_memberships/count", 200, `"1"`, "is no int"},
		{"one of two types", "POST " + accounts + "/workspaces/x/user_access/", 200, "[]", ""},
		{"neither of two types", "POST " + accounts + "/workspaces/x/user_access/", 200, "5", "is no"},
		{"enumeration", "GET " + accounts + "/invitations/x", 200, `{"status":"pending"}`, `"pending" is none of`},
		{"email", "GET " + accounts + "/invitations/x", 200, `{"email":"ada"}`, "no email address"},
		{"URI", "POST " + accounts + "/events/filter", 200, `{"next_page":"/here"}`, "no URI"},
		{"labels are texts", "POST " + accounts + "/events/filter", 200, `{"events":[{"resource":{"a":1}}]}`, "answer.events[0].resource.a"},
		{"nothing", "DELETE " + accounts, 204, "", ""},
		{"something", "DELETE " + accounts, 204, "{}", "has a body"},
		{"refusal", read, 403, `{"detail":"Missing permission"}`, ""},
		{"refusal of an unknown route", "GET /api/nothing", 404, `{"detail":"Not Found"}`, ""},
		{"refusal with more", read, 403, `{"detail":"Missing permission","code":1}`, "answer.code"},
		{"what is in the way of a published create", "DELETE " + accounts + "/account_roles/x", 409, `{"detail":"exists","existing_id":"x"}`, "answer.existing_id"},
		{"what is in the way in the extension", "POST /api/accounts/x/sso/connections", 409, `{"detail":"exists","existing_id":"x"}`, ""},
		{"refusal with a list", "DELETE " + accounts + "/account_roles/x", 409, `{"detail":[]}`, "answer.detail"},
		{"conflict that was decided", "DELETE " + accounts + "/account_roles/x", 409, `{"detail":"in use"}`, ""},
		{"conflict that was not", read, 409, `{"detail":"in use"}`, "not among this project's decisions"},
		{"mistakes", read, 422, `{"detail":[{"loc":["path",0],"msg":"m","type":"t"}]}`, ""},
		{"mistakes as a sentence", read, 422, `{"detail":"wrong"}`, "answer.detail"},
		{"mistake without a place", read, 422, `{"detail":[{"msg":"m","type":"t"}]}`, "answer.detail[0].loc: is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			method, path, _ := strings.Cut(tt.operation, " ")
			err := published.Check(request(t, method, path), tt.status, "application/json", []byte(tt.body))
			switch {
			case tt.complaint == "" && err != nil:
				t.Error(err)
			case tt.complaint != "" && (err == nil || !strings.Contains(err.Error(), tt.complaint)):
				t.Errorf("%v, want %q", err, tt.complaint)
			}
		})
	}
	if err := published.Check(request(t, "GET", accounts+"/account_roles/x"), 200, "text/plain", []byte(good)); err == nil {
		t.Error("plain text passes for JSON")
	}
}

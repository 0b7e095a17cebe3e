package client

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// sent is a request as it arrives.
type sent struct {
	Method, Path, Body string
}

// recorder answers everything with one status and body, and keeps what came.
func recorder(t *testing.T, status int, body string, into *[]sent) *Client {
	t.Helper()
	return eventClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var given json.RawMessage
		if r.ContentLength > 0 {
			if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
				t.Error(err)
			}
		}
		*into = append(*into, sent{r.Method, strings.TrimPrefix(r.URL.RequestURI(), "/api/accounts/a"), string(given)})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // the client sees what arrives
	}))
}

func TestTeamRequests(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, test := range map[string]struct {
		status int
		answer string
		call   func(c *Client) (any, error)
		want   sent
		result any
	}{
		"all teams": {
			200, `[{"id":"t1","name":"Crew","workos_directory_group_id":"directory_group_1","memberships":[{"id":"x","handle":"ada","name":"Ada","email":"ada@acme.com","type":"user"}],"workspaces":[{"workspace_id":"w","workspace_handle":"prod","workspace_role_id":"r","workspace_role_name":"Viewer"}]}]`,
			func(c *Client) (any, error) { return c.ListTeams(ctx, "a", TeamQuery{}) },
			sent{"POST", "/teams/filter", `{"limit":200,"offset":0,"teams":{},"sort":"CREATED_ASC"}`},
			[]Team{{
				ID: "t1", Name: "Crew", DirectoryGroupID: ptr("directory_group_1"),
				Members:    []TeamMember{{"x", "ada", "Ada", ptr("ada@acme.com")}},
				Workspaces: []TeamWorkspace{{"w", "prod", "r", "Viewer"}},
			}},
		},
		"some teams": {
			200, `[]`,
			func(c *Client) (any, error) {
				return c.ListTeams(ctx, "a", TeamQuery{Names: []string{"Crew"}, DirectoryIDs: []string{"directory_1"}})
			},
			sent{"POST", "/teams/filter", `{"limit":200,"offset":0,"teams":{"name":{"any_":["Crew"]},"directory_id":{"any_":["directory_1"]}},"sort":"CREATED_ASC"}`},
			[]Team(nil),
		},
		"who gets in": {
			200, `[{"id":"x","team_id":"t1","team_name":"Crew","workspace_id":"w","workspace_role_id":"r"}]`,
			func(c *Client) (any, error) { return c.ListTeamAccess(ctx, "a", "w") },
			sent{"POST", "/workspaces/w/team_access/filter", `{"limit":200,"offset":0}`},
			[]TeamAccess{{"x", "t1", "r"}},
		},
		"let in": {
			200, `[{"id":"x","team_id":"t1","workspace_id":"w","workspace_role_id":"r"}]`,
			func(c *Client) (any, error) { return c.SetTeamAccess(ctx, "a", "w", "T1", "r") },
			sent{"PUT", "/workspaces/w/team_access/", `[{"team_id":"T1","workspace_role_id":"r"}]`},
			TeamAccess{ID: "x", TeamID: "t1", RoleID: "r"},
		},
		"keep out": {
			204, ``,
			func(c *Client) (any, error) { return nil, c.RemoveTeamAccess(ctx, "a", "w", "t1") },
			sent{"DELETE", "/workspaces/w/team_access/t1", ``},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var came []sent
			result, err := test.call(recorder(t, test.status, test.answer, &came))
			if err != nil || !reflect.DeepEqual(result, test.result) {
				t.Errorf("got %+v, %v; want %+v", result, err, test.result)
			}
			if len(came) != 1 || came[0] != test.want {
				t.Errorf("sent %+v, want %+v", came, test.want)
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

// A plan without teams is named as such, in reading and in writing.
func TestTeamsOutsideThePlan(t *testing.T) {
	t.Parallel()
	api := &fakeAPI{features: []string{"sso"}}
	api.before = func(_ *fakeAPI, w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == accountPath {
			return false
		}
		answer(w, http.StatusForbidden, map[string]string{"detail": "no"})
		return true
	}
	c := newTestClient(t, inProcess{api})
	_, list := c.ListTeams(t.Context(), testAccount, TeamQuery{})
	_, access := c.ListTeamAccess(t.Context(), testAccount, "w")
	_, set := c.SetTeamAccess(t.Context(), testAccount, "w", "t", "r")
	for name, err := range map[string]error{"list": list, "access": access, "set": set} {
		if !IsPlanLimit(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Workspaces are known by handle and workspace roles by name, both by id, and read once.
func TestWorkspacesAndTheirRoles(t *testing.T) {
	t.Parallel()
	api := &fakeAPI{}
	api.before = func(_ *fakeAPI, w http.ResponseWriter, r *http.Request) bool {
		switch strings.TrimPrefix(r.URL.Path, accountPath) {
		case "/workspaces/filter":
			answer(w, http.StatusOK, []Workspace{{ID: "aaaaaaaa-0000-4000-8000-000000000001", Handle: "prod", Name: "Production"}})
		case "/workspace_roles/filter":
			answer(w, http.StatusOK, []WorkspaceRole{{"aaaaaaaa-0000-4000-8000-000000000002", "Viewer"}})
		default:
			return false
		}
		return true
	}
	c := newTestClient(t, inProcess{api})
	for _, name := range []string{"prod", "AAAAAAAA-0000-4000-8000-000000000001"} {
		if w, err := c.Workspaces(testAccount).Resolve(t.Context(), name); err != nil || w.Name != "Production" {
			t.Errorf("%s: %+v, %v", name, w, err)
		}
	}
	if role, err := c.WorkspaceRoles(testAccount).Resolve(t.Context(), "Viewer"); err != nil || role.ID != "aaaaaaaa-0000-4000-8000-000000000002" {
		t.Errorf("%+v, %v", role, err)
	}
	if got := len(api.seen()); got != 2 {
		t.Errorf("%d listings, want 2", got)
	}
	_, err := c.Workspaces(testAccount).Resolve(t.Context(), "Production")
	if err == nil || err.Error() != "account "+testAccount+` has no workspace "Production"; it has prod` {
		t.Errorf("got %v", err)
	}
}

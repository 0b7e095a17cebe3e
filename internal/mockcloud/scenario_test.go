package mockcloud_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// guideScenario is the scenario of the guide, which therefore is right.
func guideScenario(t *testing.T) string {
	t.Helper()
	guide, err := os.ReadFile("../../templates/guides/mockcloud.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```yaml\n(accounts:.*?)```").FindSubmatch(guide)
	if found == nil {
		t.Fatal("the guide has no scenario")
	}
	return strings.Replace(string(found[1]), "members: 5000", "members: 3", 1)
}

// TestScenarioOverHTTP: what the guide's scenario seeds is what the published API
// answers, and it has the same ids after a reset.
func TestScenarioOverHTTP(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, guideScenario(t)), PublishedOnly: true})
	first := seenOffices(t, s)
	s.Call(http.MethodPost, "/_mockcloud/reset", "", nil).Want(http.StatusNoContent)
	if second := seenOffices(t, s); !slices.Equal(second, first) {
		t.Errorf("after a reset there is\n%q\nbefore there was\n%q", second, first)
	}
}

// seenOffices checks the account, its team and who is in which workspace, and returns
// their ids.
func seenOffices(t *testing.T, s *mocktest.Server) (ids []string) {
	t.Helper()
	ask := func(method, path string, into any) {
		t.Helper()
		s.Call(method, mocktest.Root+path, mocktest.Owner, nil).Want(http.StatusOK).Into(into)
	}
	var account struct {
		Location, Link        string
		AuthExpirationSeconds int `json:"auth_expiration_seconds"`
		Settings              struct {
			Managed bool `json:"managed_execution"`
			AI      bool `json:"ai_log_summaries"`
			Public  bool `json:"allow_public_workspaces"`
		}
	}
	ask(http.MethodGet, "", &account)
	if got := fmt.Sprintf("%+v", account); got != "{Location:Washington, D.C. Link:https://acme.com AuthExpirationSeconds:43200 Settings:{Managed:false AI:true Public:false}}" {
		t.Errorf("the account is %s", got)
	}
	var teams []struct {
		ID, Name, Description string
		Memberships           []struct{ Name, Type string }
		Workspaces            []struct {
			Handle string `json:"workspace_handle"`
			Role   string `json:"workspace_role_name"`
		}
	}
	ask(http.MethodPost, "/teams/filter", &teams)
	if got, want := fmt.Sprintf("%+v", teams), "[{ID:"+teams[0].ID+" Name:Data Description:Keeps the flows running "+
		"Memberships:[{Name:Ada Lovelace Type:user} {Name:Person 00001 Type:user} {Name:deploy Type:service_account}] "+
		"Workspaces:[{Handle:production Role:Viewer} {Handle:staging Role:Developer}]}]"; got != want {
		t.Errorf("the teams are %s", got)
	}
	ids = append(ids, teams[0].ID)
	var roles []struct{ ID, Name string }
	ask(http.MethodPost, "/workspace_roles/filter", &roles)
	roleName := map[string]string{}
	for _, role := range roles {
		roleName[role.ID] = role.Name
	}
	var rooms []struct{ ID, Handle string }
	ask(http.MethodPost, "/workspaces/filter", &rooms)
	var entries []string
	for _, room := range rooms {
		for _, kind := range []string{"user_access", "bot_access", "team_access"} {
			var rows []struct {
				ID, Email string
				Bot       string `json:"bot_name"`
				Team      string `json:"team_name"`
				RoleID    string `json:"workspace_role_id"`
			}
			ask(http.MethodPost, "/workspaces/"+room.ID+"/"+kind+"/filter", &rows)
			for _, row := range rows {
				ids = append(ids, row.ID)
				entries = append(entries, room.Handle+" "+row.Email+row.Bot+row.Team+" "+roleName[row.RoleID])
			}
		}
	}
	if want := []string{"production deploy Runner", "production Data Viewer", "staging ada@acme.com Developer", "staging Data Developer"}; !slices.Equal(entries, want) {
		t.Errorf("the accesses are %q", entries)
	}
	return ids
}

// TestScenarioTeamAndGroup: a directory group of the name of a team that the scenario
// has gets a team of its own, and leaves that one alone.
func TestScenarioTeamAndGroup(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, guideScenario(t))})
	const token, path = "for-tests-only-0123456789-abcdefghijk", "/scim/v2.0/acme-okta/Groups"
	const group = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Data"}`
	answer, err := s.Try(http.MethodPost, path, token, group, "Content-Type", "application/scim+json")
	if err != nil {
		t.Fatal(err)
	}
	answer.Want(http.StatusCreated)
	var teams []struct {
		Name        string
		Group       *string `json:"workos_directory_group_id"`
		Memberships []struct{ Name string }
	}
	s.Call(http.MethodPost, mocktest.Root+"/teams/filter", mocktest.Owner, map[string]any{"sort": "CREATED_ASC"}).Want(http.StatusOK).Into(&teams)
	if len(teams) != 2 || teams[0].Name != "Data" || teams[0].Group != nil || len(teams[0].Memberships) != 3 ||
		teams[1].Name != "Data (2)" || teams[1].Group == nil {
		t.Errorf("the teams are %+v", teams)
	}
}

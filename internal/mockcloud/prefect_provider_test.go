package mockcloud_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// These are the calls that Prefect's own Terraform provider makes for each of its
// identity resources, in its order and spelling of paths, and what it reads of the
// answers.

// prefectCalls is a stage on which Prefect's provider acts.
type prefectCalls struct{ *stage }

func newPrefectCalls(t *testing.T, publishedOnly bool) prefectCalls {
	return prefectCalls{stageOn(t, mocktest.Owner, mockcloud.Config{PublishedOnly: publishedOnly})}
}

// do makes a call and reads its answer.
func (p prefectCalls) do(method, path string, body any, status int, into any) {
	p.t.Helper()
	answer := p.Call(method, mocktest.Root+path, mocktest.Owner, body).Want(status)
	if into != nil {
		answer.Into(into)
	}
}

type prefectTeam struct {
	ID, Name, Description string
	Created, Updated      *time.Time
	Memberships           []struct{ ID, Type string }
}

type prefectAccess struct {
	ID              string
	WorkspaceID     string  `json:"workspace_id"`
	WorkspaceRoleID string  `json:"workspace_role_id"`
	UserID          *string `json:"user_id"`
	BotID           *string `json:"bot_id"`
	TeamID          *string `json:"team_id"`
}

type prefectBot struct {
	ID, Name        string
	ActorID         string `json:"actor_id"`
	AccountID       string `json:"account_id"`
	AccountRoleName string `json:"account_role_name"`
	Created         *time.Time
	APIKey          struct {
		ID, Name, Key string
		Created       *time.Time
		Expiration    *time.Time
	} `json:"api_key"`
}

// TestPrefectProvider plays each resource against both kinds of server.
func TestPrefectProvider(t *testing.T) {
	t.Parallel()
	for name, publishedOnly := range map[string]bool{"published only": true, "with the extension": false} {
		for resource, play := range map[string]func(prefectCalls){
			"team": prefectCalls.team, "team access": prefectCalls.teamAccess, "service account": prefectCalls.serviceAccount,
			"workspace access of a user": prefectCalls.userAccess, "workspace access of a service account": prefectCalls.botAccess,
			"workspace access of a team": prefectCalls.teamWorkspaceAccess, "account member": prefectCalls.accountMember,
			"workspace role": prefectCalls.workspaceRole,
		} {
			t.Run(resource+", "+name, func(t *testing.T) {
				t.Parallel()
				play(newPrefectCalls(t, publishedOnly))
			})
		}
	}
}

func (p prefectCalls) team() {
	var made, read, changed prefectTeam
	p.do(http.MethodPost, "/teams", obj{"name": "data", "description": "Pipes"}, 201, &made)
	if made.Name != "data" || made.Description != "Pipes" || made.Created == nil || made.Updated == nil {
		p.t.Errorf("created: %+v", made)
	}
	p.do(http.MethodGet, "/teams/"+made.ID, nil, 200, &read)
	p.do(http.MethodPut, "/teams/"+made.ID, obj{"name": "lakes", "description": "Water"}, 200, &changed)
	if read.ID != made.ID || changed.ID != made.ID || changed.Name != "lakes" || changed.Description != "Water" ||
		!changed.Created.Equal(*made.Created) || !changed.Updated.After(*made.Updated) {
		p.t.Errorf("read %+v, updated %+v, want the team %s", read, changed, made.ID)
	}
	var found []prefectTeam
	p.do(http.MethodPost, "/teams/filter", obj{"teams": obj{"name": anyOf("lakes")}}, 200, &found)
	if len(found) != 1 || found[0].ID != made.ID {
		p.t.Errorf("looked up: %+v", found)
	}
	p.do(http.MethodDelete, "/teams/"+made.ID, nil, 204, nil)
	p.do(http.MethodGet, "/teams/"+made.ID, nil, 404, nil)
}

func (p prefectCalls) teamAccess() {
	team, bot := p.stage.team(), prefectBot{}
	p.do(http.MethodGet, "/bots/"+p.bot(), nil, 200, &bot)
	linus := p.MemberNamed("linus@acme.com")
	for _, m := range []struct{ kind, id, actor string }{{"user", linus.UserID, linus.ActorID}, {"service_account", bot.ID, bot.ActorID}} {
		inTeam := func() (kinds []string) {
			var read prefectTeam
			p.do(http.MethodGet, "/teams/"+team, nil, 200, &read)
			for _, in := range read.Memberships {
				if in.ID == m.actor {
					kinds = append(kinds, in.Type)
				}
			}
			return kinds
		}
		members := obj{"members": []obj{{"member_id": m.id, "member_type": m.kind}}}
		for range 2 { // created, then updated
			p.do(http.MethodPut, "/teams/"+team+"/members", members, 200, nil)
			if got := inTeam(); len(got) != 1 || got[0] != m.kind {
				p.t.Errorf("%s is in the team as %v", m.kind, got)
			}
		}
		p.do(http.MethodDelete, "/teams/"+team+"/members/"+m.actor, nil, 204, nil)
		if got := inTeam(); got != nil {
			p.t.Errorf("%s is still in the team", m.kind)
		}
	}
}

func (p prefectCalls) serviceAccount() {
	role := func(name string) string {
		var rows []struct{ ID, Name string }
		p.do(http.MethodPost, "/account_roles/filter", obj{"account_roles": obj{"name": anyOf(name)}}, 200, &rows)
		if len(rows) != 1 || rows[0].Name != name {
			p.t.Fatalf("the roles named %s: %+v", name, rows)
		}
		return rows[0].ID
	}
	var made, read, rotated, changed prefectBot
	end := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	p.do(http.MethodPost, "/bots/", obj{"name": "runs", "account_role_id": role("Member"), "api_key_expiration": end.Format(time.RFC3339)}, 201, &made)
	if made.AccountRoleName != "Member" || made.APIKey.Key == "" || made.APIKey.Created == nil || !made.APIKey.Expiration.Equal(end) {
		p.t.Errorf("created: %+v", made)
	}
	p.do(http.MethodGet, "/bots/"+made.ID, nil, 200, &read)
	if read.ActorID != made.ActorID || read.AccountID != mocktest.Account || read.APIKey.ID != made.APIKey.ID || read.APIKey.Key != "" {
		p.t.Errorf("read: %+v", read)
	}
	p.do(http.MethodPatch, "/bots/"+made.ID, obj{"name": "builds", "account_role_id": role("Admin")}, 204, nil)
	p.do(http.MethodGet, "/bots/"+made.ID, nil, 200, &changed)
	if changed.Name != "builds" || changed.AccountRoleName != "Admin" {
		p.t.Errorf("updated: %+v", changed)
	}
	later := end.Add(time.Hour)
	p.do(http.MethodPost, "/bots/"+made.ID+"/rotate_api_key", obj{"api_key_expiration": later.Format(time.RFC3339), "old_key_expires_in_seconds": 0}, 201, &rotated)
	if rotated.ID != made.ID || rotated.APIKey.Key == "" || rotated.APIKey.ID == made.APIKey.ID || !rotated.APIKey.Expiration.Equal(later) {
		p.t.Errorf("rotated: %+v", rotated)
	}
	p.Call(http.MethodGet, "/api/me/workspaces", made.APIKey.Key, nil).Want(401)
	p.Call(http.MethodGet, "/api/me/workspaces", rotated.APIKey.Key, nil).Want(200)
	var found []prefectBot
	p.do(http.MethodPost, "/bots/filter", obj{"service_accounts": obj{"name": anyOf("builds")}}, 200, &found)
	if len(found) != 1 || found[0].ID != made.ID {
		p.t.Errorf("looked up: %+v", found)
	}
	p.do(http.MethodDelete, "/bots/"+made.ID, nil, 204, nil)
	p.do(http.MethodGet, "/bots/"+made.ID, nil, 404, nil)
}

// workspaceAccess plays an access that is set by a list of one.
func (p prefectCalls) workspaceAccess(kind, holder, id string, of func(prefectAccess) *string) {
	path := "/workspaces/" + p.workspace() + "/" + kind
	var kept string
	for _, role := range []string{p.stage.workspaceRole("Developer"), p.stage.workspaceRole("Runner")} {
		var rows []prefectAccess
		p.do(http.MethodPost, path+"/", []obj{{holder: id, "workspace_role_id": role}}, 200, &rows)
		if len(rows) != 1 || kept != "" && rows[0].ID != kept {
			p.t.Fatalf("set: %+v, before %s", rows, kept)
		}
		kept = rows[0].ID
		var read prefectAccess
		p.do(http.MethodGet, path+"/"+kept, nil, 200, &read)
		if read.ID != kept || read.WorkspaceRoleID != role || read.WorkspaceID != p.workspace() || of(read) == nil || *of(read) != id {
			p.t.Errorf("read: %+v", read)
		}
	}
	p.do(http.MethodDelete, path+"/"+kept, nil, 204, nil)
	p.do(http.MethodGet, path+"/"+kept, nil, 404, nil)
}

func (p prefectCalls) userAccess() {
	p.workspaceAccess("user_access", "user_id", p.MemberNamed("linus@acme.com").UserID, func(a prefectAccess) *string { return a.UserID })
}

func (p prefectCalls) botAccess() {
	p.workspaceAccess("bot_access", "bot_id", p.bot(), func(a prefectAccess) *string { return a.BotID })
}

// teamWorkspaceAccess is found by its id in the list of all, and deleted by the
// team's.
func (p prefectCalls) teamWorkspaceAccess() {
	path, team := "/workspaces/"+p.workspace()+"/team_access", p.stage.team()
	find := func(id string) (found []prefectAccess) {
		var rows []prefectAccess
		p.do(http.MethodPost, path+"/filter", nil, 200, &rows)
		for _, row := range rows {
			if row.ID == id {
				found = append(found, row)
			}
		}
		return found
	}
	var kept string
	for _, role := range []string{p.stage.workspaceRole("Viewer"), p.stage.workspaceRole("Runner")} {
		var rows []prefectAccess
		p.do(http.MethodPut, path+"/", []obj{{"team_id": team, "workspace_role_id": role}}, 200, &rows)
		if len(rows) != 1 || kept != "" && rows[0].ID != kept {
			p.t.Fatalf("set: %+v, before %s", rows, kept)
		}
		kept = rows[0].ID
		if found := find(kept); len(found) != 1 || found[0].WorkspaceRoleID != role || found[0].TeamID == nil || *found[0].TeamID != team {
			p.t.Errorf("read: %+v", found)
		}
	}
	p.do(http.MethodDelete, path+"/"+team, nil, 204, nil)
	if found := find(kept); found != nil {
		p.t.Errorf("still there: %+v", found)
	}
}

func (p prefectCalls) accountMember() {
	find := func() []mocktest.Row {
		var rows []mocktest.Row
		p.do(http.MethodPost, "/account_memberships/filter", obj{"account_memberships": obj{"email": anyOf("linus@acme.com")}}, 200, &rows)
		return rows
	}
	found := find() // which is how it is imported, too
	if len(found) != 1 || found[0].UserID == "" || found[0].ActorID == "" || found[0].AccountRoleName != "Member" {
		p.t.Fatalf("looked up: %+v", found)
	}
	p.do(http.MethodPatch, "/account_memberships/"+found[0].ID, obj{"account_role_id": p.RoleNamed("Admin").ID}, 204, nil)
	if changed := find(); len(changed) != 1 || changed[0].ID != found[0].ID || changed[0].AccountRoleName != "Admin" {
		p.t.Errorf("updated: %+v", changed)
	}
	p.do(http.MethodDelete, "/account_memberships/"+found[0].ID, nil, 204, nil)
	if left := find(); len(left) != 0 {
		p.t.Errorf("deleted: %+v", left)
	}
}

func (p prefectCalls) workspaceRole() {
	type role struct {
		ID, Name        string
		Description     *string
		Scopes          []string
		InheritedRoleID *string `json:"inherited_role_id"`
	}
	var made, read role
	p.do(http.MethodPost, "/workspace_roles/", obj{"name": "deployer", "description": "Deploys", "scopes": []string{"see_flows"}, "inherited_role_id": nil}, 201, &made)
	viewer := p.stage.workspaceRole("Viewer")
	p.do(http.MethodPatch, "/workspace_roles/"+made.ID, obj{"name": "releaser", "description": "Releases", "scopes": []string{"manage_blocks", "see_flows"}, "inherited_role_id": viewer}, 204, nil)
	p.do(http.MethodGet, "/workspace_roles/"+made.ID, nil, 200, &read)
	if read.ID != made.ID || read.Name != "releaser" || *read.Description != "Releases" || len(read.Scopes) != 2 || read.InheritedRoleID == nil || *read.InheritedRoleID != viewer {
		p.t.Errorf("updated: %+v", read)
	}
	var found []role
	p.do(http.MethodPost, "/workspace_roles/filter", obj{"workspace_roles": obj{"name": anyOf("releaser")}}, 200, &found)
	if len(found) != 1 || found[0].ID != made.ID {
		p.t.Errorf("looked up: %+v", found)
	}
	p.do(http.MethodDelete, "/workspace_roles/"+made.ID, nil, 204, nil)
	p.do(http.MethodGet, "/workspace_roles/"+made.ID, nil, 404, nil)
}

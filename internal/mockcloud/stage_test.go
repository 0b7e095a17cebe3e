package mockcloud_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scenario"
)

type obj = map[string]any

// stageScenario has somebody of each kind, and things that they do something to.
func stageScenario(t testing.TB) *scenario.Scenario { return stageScenarioWith(t, "") }

// stageScenarioWith has more in the account.
func stageScenarioWith(t testing.TB, more string) *scenario.Scenario {
	return mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [sso, scim, teams, custom_roles, audit_logs]
    custom_roles:
      - {name: Auditor, permissions: ["read:account", "read:account_membership", "read:account_role", "read:audit_event"]}
      - {name: Clerk, permissions: ["read:account"]}
      - {name: Ghost, permissions: ["read:account"]}
      - {name: Keyholder, permissions: ["read:account", "bypass:sso"]}
      - {name: Rector, permissions: ["read:account", "update:account_role"]}
    users:
      - {email: owner@acme.com, role: Owner, api_key: pnu_owner}
      - {email: second@acme.com, role: Owner}
      - {email: admin@acme.com, role: Admin, api_key: pnu_admin}
      - {email: ada@acme.com, role: Member, api_key: pnu_ada}
      - {email: guest@elsewhere.com, role: Collaborator, api_key: pnu_guest}
      - {email: auditor@acme.com, role: Auditor, api_key: pnu_auditor}
      - {email: linus@acme.com, role: Member}
      - {email: rector@acme.com, role: Rector, api_key: pnu_rector}
    service_accounts:
      - {name: helper, role: Member, api_key: pnb_helper}
      - {name: other, role: Member}
      - {name: chief, role: Owner, api_key: pnb_chief}
    workspaces: [{handle: production}, {handle: staging}]
`+more+`
  - {handle: globex, users: [{email: owner@globex.com, role: Owner, api_key: pnu_globex}, {email: second@globex.com, role: Owner}]}
users: [{email: newcomer@acme.com, api_key: pnu_newcomer}]
`)
}

// stage is a server on which one operation is tried, by one caller.
type stage struct {
	*mocktest.Server
	t      testing.TB
	caller string            // the key
	who    map[string]string // user ids by keys, where a test needs them
}

func newStage(t testing.TB, caller string) *stage {
	return stageOn(t, caller, mockcloud.Config{PublishedOnly: true})
}

func stageOn(t testing.TB, caller string, cfg mockcloud.Config) *stage {
	if cfg.Scenario == nil {
		cfg.Scenario = stageScenario(t)
	}
	s := &stage{Server: mocktest.Start(t, cfg), t: t, caller: caller}
	// Collaborators are people who are let into a workspace.
	s.letIn("guest@elsewhere.com", "Viewer")
	return s
}

// request is what is sent for an operation.
type request struct {
	method, path string
	body         any
}

// prepare makes what an operation needs, and returns the request for it.
func (s *stage) prepare(o operation) request {
	s.t.Helper()
	ids, body := o.call(s)
	method, path, _ := strings.Cut(o.name, " ")
	path = strings.Replace(path, "{account_id}", mocktest.Account, 1)
	query := ""
	for _, id := range ids {
		if strings.HasPrefix(id, "?") {
			query = id
			continue
		}
		from, to := strings.Index(path, "{"), strings.Index(path, "}")
		path = path[:from] + id + path[to+1:]
	}
	if body == nil && method != http.MethodGet && method != http.MethodDelete {
		body = obj{}
	}
	return request{method, path + query, body}
}

func (s *stage) send(r request, key string) mocktest.Answer {
	s.t.Helper()
	return s.Call(r.method, r.path, key, r.body)
}

// as makes something in the Owner's name and returns what was answered.
func (s *stage) as(method, path string, body any) (answer obj) {
	s.t.Helper()
	got := s.Call(method, mocktest.Root+path, mocktest.Owner, body)
	if got.Status >= http.StatusBadRequest {
		s.t.Fatalf("%s %s: %s", method, path, got.Body)
	}
	var list []obj
	if json.Unmarshal([]byte(got.Body), &list) == nil && len(list) > 0 {
		return list[0]
	}
	if got.Body != "" && got.Body != "null" {
		got.Into(&answer)
	}
	return answer
}

func id(of obj) string { return text(of, "id") }

func text(of obj, field string) string {
	value, _ := of[field].(string)
	return value
}

func anyOf(value string) obj { return obj{"any_": []string{value}} }

// own is the id of a person, by their key.
func (s *stage) own(key string) string {
	s.t.Helper()
	var me obj
	s.Call(http.MethodGet, "/api/me/", key, nil).Want(http.StatusOK).Into(&me)
	return id(me)
}

// person is the caller's key, or the Owner's where the caller is none.
func (s *stage) person() string {
	if strings.HasPrefix(s.caller, "pnu_") {
		return s.caller
	}
	return mocktest.Owner
}

func (s *stage) linus() string { return s.MemberNamed("linus@acme.com").ID }
func (s *stage) role() string  { return s.RoleNamed("Clerk").ID }

func (s *stage) bot() string {
	return id(s.as(http.MethodPost, "/bots/filter", obj{"service_accounts": obj{"name": anyOf("other")}}))
}

func (s *stage) team() string { return id(s.as(http.MethodPost, "/teams/", obj{"name": "Team"})) }

func (s *stage) teamWithLinus() string {
	team := s.team()
	s.as(http.MethodPut, "/teams/"+team+"/members", obj{"members": []obj{
		{"member_id": s.MemberNamed("linus@acme.com").UserID, "member_type": "user"},
	}})
	return team
}

func (s *stage) workspace() string {
	return id(s.as(http.MethodPost, "/workspaces/filter", obj{"workspaces": obj{"handle": anyOf("production")}}))
}

func (s *stage) workspaceRole(name string) string {
	return id(s.as(http.MethodPost, "/workspace_roles/filter", obj{"workspace_roles": obj{"name": anyOf(name)}}))
}

func (s *stage) newWorkspaceRole() string {
	return id(s.as(http.MethodPost, "/workspace_roles/", obj{"name": "Deployer", "scopes": []string{"see_flows"}}))
}

// letIn gives a person access to the workspace, and returns the access's id.
func (s *stage) letIn(email, role string) string {
	return id(s.as(http.MethodPost, "/workspaces/"+s.workspace()+"/user_access/", obj{
		"user_id": s.MemberNamed(email).UserID, "workspace_role_id": s.workspaceRole(role),
	}))
}

// letBotIn returns a service account access to the workspace, and returns the access's id.
func (s *stage) letBotIn(bot, role string) string {
	return id(s.as(http.MethodPost, "/workspaces/"+s.workspace()+"/bot_access/", obj{
		"bot_id": bot, "workspace_role_id": s.workspaceRole(role),
	}))
}

func (s *stage) inviteToWorkspace(email string) string {
	return id(s.as(http.MethodPost, "/workspaces/"+s.workspace()+"/invitations/", obj{"email": email}))
}

func (s *stage) letTeamIn(team string) {
	s.as(http.MethodPut, "/workspaces/"+s.workspace()+"/team_access/", []obj{
		{"team_id": team, "workspace_role_id": s.workspaceRole("Viewer")},
	})
}

func (s *stage) invite(email string) string {
	return id(s.as(http.MethodPost, "/invitations/", []obj{{"email": email, "account_role_id": s.RoleNamed("Member").ID}}))
}

// ownKey is a key that the caller just made.
func (s *stage) ownKey() string {
	var key obj
	user := s.own(s.person())
	s.Call(http.MethodPost, "/api/users/"+user+"/api_keys", s.person(), obj{"name": "new"}).Want(http.StatusCreated).Into(&key)
	return id(key)
}

// inviteCode is the code of the mail that was sent last.
func (s *stage) inviteCode() string {
	var mails []struct {
		Code string `json:"invite_code"`
	}
	s.Call(http.MethodGet, "/_mockcloud/outbox", "", nil).Want(http.StatusOK).Into(&mails)
	return mails[len(mails)-1].Code
}

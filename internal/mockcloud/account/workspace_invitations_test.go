package account_test

import (
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

const hosts = `
users:
  - {email: new@comer.example, api_key: pnu_new}
  - {email: other@comer.example, api_key: pnu_other}
accounts:
  - id: ` + mocktest.Account + `
    handle: acme
    name: Acme
    features: [custom_roles]
    custom_roles:
      - {name: Clerk, permissions: ["read:account", "create:workspace_invitation"]}
      - {name: Host, permissions: [` + allReads + `, "create:workspace_invitation"]}
    users:
      - {email: owner@acme.com, role: Owner, api_key: pnu_owner}
      - {email: admin@acme.com, role: Admin, api_key: pnu_admin}
      - {email: ada@acme.com, api_key: pnu_ada}
      - {email: clerk@acme.com, role: Clerk, api_key: pnu_clerk}
      - {email: host@acme.com, role: Host, api_key: pnu_host}
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_terraform}]
    workspaces: [{handle: production, name: Production}, {handle: staging, name: Staging}]
`

// inviteTo invites somebody to a workspace and returns the code that was mailed.
func inviteTo(t *testing.T, s *mocktest.Server, path, email string) (made invitationRow, code string) {
	t.Helper()
	s.Call("POST", path+"/", mocktest.Owner, obj{"email": email}).Want(201, `"status":"PENDING"`, `"email":"`+email+`"`,
		`"account_role_id":"`+s.RoleNamed("Collaborator").ID+`"`).Into(&made)
	var mails []struct {
		To           string
		InvitationID string `json:"invitation_id"`
		InviteCode   string `json:"invite_code"`
	}
	s.Call("GET", "/_mockcloud/outbox", "", nil).Want(200).Into(&mails)
	last := mails[len(mails)-1]
	if last.To != email || last.InvitationID != made.ID {
		t.Fatalf("%+v is not about %+v", last, made)
	}
	return made, last.InviteCode
}

func TestWorkspaceInvitations(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, hosts)})
	production, staging := workspaces+"/"+workspaceNamed(t, s, "production"), workspaces+"/"+workspaceNamed(t, s, "staging")
	path, elsewhere := production+"/invitations", staging+"/invitations"
	viewer, runner := workspaceRoleNamed(t, s, "Viewer"), workspaceRoleNamed(t, s, "Runner")
	s.Call("PATCH", staging, mocktest.Owner, obj{"default_workspace_role_id": runner}).Want(204)

	first, firstCode := inviteTo(t, s, path, "new@comer.example")
	second, code := inviteTo(t, s, path, "new@comer.example")
	other, otherCode := inviteTo(t, s, elsewhere, "new@comer.example")
	declined, declinedCode := inviteTo(t, s, path, "other@comer.example")
	ofMember, memberCode := inviteTo(t, s, path, "ada@acme.com")
	at := func(i invitationRow) string { return path + "/" + i.ID }
	walk(t, s, []step{
		{"the second revokes the first", "GET", at(first), mocktest.Member, nil, 200, says(`"status":"REVOKED"`)},
		{"not that to another workspace", "GET", elsewhere + "/" + other.ID, mocktest.Member, nil, 200, says(`"status":"PENDING"`, `"workspace_role_id":"`+runner+`"`)},
		{"which is not here", "GET", path + "/" + other.ID, "", nil, 404, says("Invitation not found")},
		{"nor in the account", "GET", invitations + "/" + second.ID, "", nil, 404, says("Invitation not found")},
		{"nor in its list", "POST", invitations + "/filter", "", nil, 200, says("[]")},
		{"nor counted there", "POST", invitations + "/count", "", nil, 200, says("0")},
		{"nor revoked there", "POST", invitations + "/" + second.ID + "/revoke", "", nil, 404, nil},
		{"the open ones", "POST", path + "/filter", "", obj{"workspace_invitations": obj{"status": obj{"any_": []string{"PENDING"}}, "email": obj{"like_": "NEW@"}}}, 200, says(`[{"id":"` + second.ID)},
		{"unknown criterion", "POST", path + "/filter", "", obj{"workspace_invitations": obj{"workspace": obj{}}}, 422, says("extra_forbidden")},
		{"revoked ones are not accepted", "POST", answerTo(first, "accept", firstCode), "pnu_new", nil, 409, says("already revoked")},
		{"by another", "POST", answerTo(second, "accept", code), "pnu_other", nil, 403, says("another email")},
		{"accept", "POST", answerTo(second, "accept", code), "pnu_new", nil, 204, nil},
		{"as a Collaborator", "GET", "/api/me/accounts", "pnu_new", nil, 200, says(`"account_role_name":"Collaborator"`)},
		{"in that workspace only", "GET", "/api/me/workspaces", "pnu_new", nil, 200, says(`[{"account_id":"` + mocktest.Account + `","account_name":"Acme","account_handle":"acme","workspace_id":"` + workspaceNamed(t, s, "production"))},
		{"with its role", "POST", production + "/user_access/filter", "", nil, 200, says(`"workspace_role_id":"`+viewer+`"`, `"email":"new@comer.example"`)},
		{"accept again", "POST", answerTo(second, "accept", code), "pnu_new", nil, 409, says("already accepted")},
		{"the next workspace", "POST", answerTo(other, "accept", otherCode), "pnu_new", nil, 204, nil},
		{"a Collaborator still", "GET", "/api/me/accounts", "pnu_new", nil, 200, says(`"account_role_name":"Collaborator"`)},
		{"in both", "GET", "/api/me/workspaces", "pnu_new", nil, 200, says("production", "staging")},
		{"a member keeps the role", "POST", answerTo(ofMember, "accept", memberCode), mocktest.Member, nil, 204, nil},
		{"that they have", "GET", "/api/me/accounts", mocktest.Member, nil, 200, says(`"account_role_name":"Member"`)},
		{"reject", "POST", answerTo(declined, "reject", declinedCode), "pnu_other", nil, 204, nil},
		{"rejected", "GET", at(declined), "", nil, 200, says(`"status":"REJECTED"`)},
		{"revoke what is over", "POST", at(declined) + "/revoke", "", nil, 409, says("already rejected")},
		{"who is in", "POST", path, "", obj{"email": "NEW@comer.example"}, 409, says("access to the workspace Production already")},
		{"no address", "POST", path, "", obj{"email": "new"}, 422, says(`"loc":["body","email"]`)},
		{"a role of one's choice", "POST", path, "", obj{"email": "x@y.example", "workspace_role_id": viewer}, 422, says(`"loc":["body","workspace_role_id"]`, "extra_forbidden")},
		{"by a Member", "POST", path, mocktest.Member, obj{"email": "x@y.example"}, 403, says("create:workspace_invitation")},
		{"with fewer permissions than a Collaborator", "POST", path, "pnu_clerk", obj{"email": "x@y.example"}, 403, says("Missing permissions")},
		{"with less than is offered there", "POST", path, "pnu_host", obj{"email": "x@y.example"}, 403, says("Missing workspace scope: see_workspace_users")},
		{"no workspace", "POST", workspaces + "/" + nowhere + "/invitations/", "", obj{"email": "x@y.example"}, 404, says("Workspace not found")},
		{"no id", "GET", path + "/x", "", nil, 422, says(`"loc":["path","id"]`)},
	})
	open, openCode := inviteTo(t, s, path, "other@comer.example")
	walk(t, s, []step{
		{"revoke", "POST", at(open) + "/revoke", mocktest.Admin, nil, 204, nil},
		{"revoked", "POST", answerTo(open, "accept", openCode), "pnu_other", nil, 409, says("already revoked")},
	})
	last, lastCode := inviteTo(t, s, path, "other@comer.example")
	walk(t, s, []step{
		{"the workspace goes", "DELETE", production, "", nil, 204, nil},
		{"its invitations with it", "POST", answerTo(last, "accept", lastCode), "pnu_other", nil, 404, says("Invitation not found")},
		{"who was only there is not gone from the other", "GET", "/api/me/workspaces", "pnu_new", nil, 200, says("staging")},
	})
}

// TestWorkspaceInvitationsEnd: they last a week, and give nothing twice.
func TestWorkspaceInvitationsEnd(t *testing.T) {
	t.Parallel()
	clock := mocktest.NewClock()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, hosts), Clock: clock.Now})
	production := workspaces + "/" + workspaceNamed(t, s, "production")
	invited, code := inviteTo(t, s, production+"/invitations", "ada@acme.com")
	runner := workspaceRoleNamed(t, s, "Runner")
	s.Call("POST", production+"/user_access", mocktest.Owner, userGrant(s.MemberNamed("ada@acme.com").UserID, runner)).Want(200)
	s.Call("POST", answerTo(invited, "accept", code), mocktest.Member, nil).Want(204)
	s.Call("POST", production+"/user_access/filter", mocktest.Owner, nil).Want(200, `"workspace_role_id":"`+runner+`"`)
	late, lateCode := inviteTo(t, s, production+"/invitations", "new@comer.example")
	clock.Advance(7*24*time.Hour + time.Second)
	s.Call("POST", answerTo(late, "accept", lateCode), "pnu_new", nil).Want(409, "ended on")
}

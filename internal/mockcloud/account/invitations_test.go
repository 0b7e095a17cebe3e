package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

const invitations = root + "/invitations"

// invitationRow is an invitation in any answer.
type invitationRow struct {
	ID, Email, Status string
	Expiration        time.Time
}

// guests are an account and people who are not in it.
const guests = `
users:
  - {email: new@comer.example, api_key: pnu_new}
  - {email: other@comer.example, api_key: pnu_other}
accounts:
  - id: ` + mocktest.Account + `
    handle: acme
    name: Acme
    features: [custom_roles]
    custom_roles: [{name: Auditor, permissions: ["read:account"]}]
    users:
      - {email: owner@acme.com, role: Owner, api_key: pnu_owner}
      - {email: admin@acme.com, role: Admin, api_key: pnu_admin}
      - {email: ada@acme.com, api_key: pnu_ada}
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_terraform}]
`

// invite invites someone as a Member and returns the code that was mailed to them.
func invite(t *testing.T, s *mocktest.Server, email, role string) (i invitationRow, code string) {
	t.Helper()
	var made []invitationRow
	answer := s.Call("POST", invitations+"/", mocktest.Owner, []obj{{"email": email, "account_role_id": s.RoleNamed(role).ID}}).Want(201, `"status":"PENDING"`)
	answer.Into(&made)
	var mails []struct {
		To, Text     string
		InvitationID string `json:"invitation_id"`
		InviteCode   string `json:"invite_code"`
	}
	s.Call("GET", "/_mockcloud/outbox", "", nil).Want(200).Into(&mails)
	last := mails[len(mails)-1]
	if last.To != email || last.InvitationID != made[0].ID || !strings.Contains(last.Text, last.InviteCode) || !strings.Contains(last.Text, "Acme") {
		t.Fatalf("%+v is not about %+v", last, made)
	}
	if strings.Contains(answer.Body, last.InviteCode) {
		t.Errorf("the answer has the code: %s", answer.Body)
	}
	return made[0], last.InviteCode
}

func answerTo(i invitationRow, what, code string) string {
	return "/api/invitations/" + i.ID + "/" + what + "?invite_code=" + code
}

func TestInvite(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, guests)})
	member, owner := s.RoleNamed("Member").ID, s.RoleNamed("Owner").ID
	one := func(email, role string) []obj { return []obj{{"email": email, "account_role_id": role}} }
	walk(t, s, []step{
		{"a member", "POST", invitations + "/", "", one("ADA@acme.com", member), 409, says("ADA@acme.com is already a member")},
		{"nobody of several", "POST", invitations + "/", "", append(one("x@y.example", member), one("ada@acme.com", member)...), 409, says("already a member")},
		{"twice", "POST", invitations + "/", "", append(one("x@y.example", member), one("X@y.example", member)...), 422, says(`"loc":["body",1,"email"]`, "twice")},
		{"all mistakes at once", "POST", invitations + "/", "", append(one("x@y.example", noone), one("z@y.example", noone)...), 422, says(`"loc":["body",0,"account_role_id"]`, `"loc":["body",1,"account_role_id"]`)},
		{"no address", "POST", invitations + "/", "", append(one("x@y.example", member), obj{"email": "<x@y.example>"}), 422, says(`"loc":["body",1,"email"]`, `"loc":["body",1,"account_role_id"]`, "missing")},
		{"unknown field", "POST", invitations + "/", "", []obj{{"email": "x@y.example", "account_role_id": member, "workspace": 1}}, 422, says(`"loc":["body",0,"workspace"]`, "extra_forbidden")},
		{"no list", "POST", invitations + "/", "", obj{"email": "x@y.example", "account_role_id": member}, 422, says(`"loc":["body"]`, "list_type")},
		{"role beyond one's own", "POST", invitations + "/", mocktest.Admin, one("x@y.example", owner), 403, says("bypass:sso")},
		{"by a Member", "POST", invitations + "/", mocktest.Member, one("x@y.example", member), 403, says("create:invitation")},
		{"by a stranger", "POST", invitations + "/", "pnu_new", one("x@y.example", member), 404, says("Account not found")},
		{"none was made", "POST", invitations + "/count", "", nil, 200, says("0")},
		{"no mail was sent", "GET", "/_mockcloud/outbox", "", nil, 200, says("[]")},
		{"nobody", "POST", invitations + "/", "", []obj{}, 201, says("[]")},
	})
}

func TestAnswerInvitation(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, guests)})
	first, firstCode := invite(t, s, "NEW@comer.example", "Member")
	second, code := invite(t, s, "new@comer.example", "Auditor")
	declined, declinedCode := invite(t, s, "other@comer.example", "Member")
	walk(t, s, []step{
		{"the second revokes the first", "GET", invitations + "/" + first.ID, mocktest.Member, nil, 200, says(`"status":"REVOKED"`)},
		{"which cannot be accepted", "POST", answerTo(first, "accept", firstCode), "pnu_new", nil, 409, says("already revoked")},
		{"by another", "POST", answerTo(second, "accept", code), "pnu_other", nil, 403, says("another email")},
		{"by a service account", "POST", answerTo(second, "accept", code), mocktest.Terraform, nil, 403, says("for users")},
		{"without a key", "POST", answerTo(second, "accept", code), "pnu_nobody", nil, 401, nil},
		{"with another's code", "POST", answerTo(second, "accept", firstCode), "pnu_new", nil, 404, says("Invitation not found")},
		{"with no code", "POST", "/api/invitations/" + second.ID + "/accept", "pnu_new", nil, 422, says(`"loc":["query","invite_code"]`, "missing")},
		{"unknown", "POST", "/api/invitations/" + noone + "/accept?invite_code=" + code, "pnu_new", nil, 404, says("Invitation not found")},
		{"no id", "POST", "/api/invitations/x/accept?invite_code=" + code, "pnu_new", nil, 422, says(`"loc":["path","id"]`)},
		{"not in yet", "GET", root, "pnu_new", nil, 404, nil},
		{"accept", "POST", answerTo(second, "accept", code), "pnu_new", nil, 204, nil},
		{"in", "GET", root, "pnu_new", nil, 200, says("acme")},
		{"with the role that was offered", "GET", "/api/me/accounts", "pnu_new", nil, 200, says(`"account_role_name":"Auditor"`)},
		{"accepted", "GET", invitations + "/" + second.ID, "", nil, 200, says(`"status":"ACCEPTED"`)},
		{"accept again", "POST", answerTo(second, "accept", code), "pnu_new", nil, 409, says("already accepted")},
		{"reject then", "POST", answerTo(second, "reject", code), "pnu_new", nil, 409, says("already accepted")},
		{"reject with another's code", "POST", answerTo(declined, "reject", code), "pnu_other", nil, 404, nil},
		{"reject", "POST", answerTo(declined, "reject", declinedCode), "pnu_other", nil, 204, nil},
		{"rejected", "GET", invitations + "/" + declined.ID, "", nil, 200, says(`"status":"REJECTED"`)},
		{"accept then", "POST", answerTo(declined, "accept", declinedCode), "pnu_other", nil, 409, says("already rejected")},
		{"still out", "GET", root, "pnu_other", nil, 404, nil},
		{"revoke what is over", "POST", invitations + "/" + declined.ID + "/revoke", "", nil, 409, says("already rejected")},
	})
}

// TestInvitationsEnd: after a week, when revoked, with the role that they offer,
// and where someone came in another way.
func TestInvitationsEnd(t *testing.T) {
	t.Parallel()
	clock := mocktest.NewClock()
	s := mocktest.Start(t, mockcloud.Config{Clock: clock.Now, Scenario: mocktest.Scenario(t, guests)})
	i, code := invite(t, s, "new@comer.example", "Member")
	s.Call("POST", invitations+"/"+i.ID+"/revoke", mocktest.Member, nil).Want(403, "update:invitation")
	s.Call("POST", invitations+"/"+noone+"/revoke", mocktest.Owner, nil).Want(404, "Invitation not found")
	s.Call("POST", invitations+"/"+i.ID+"/revoke", mocktest.Owner, nil).Want(204)
	s.Call("POST", answerTo(i, "accept", code), "pnu_new", nil).Want(409, "already revoked")

	i, code = invite(t, s, "new@comer.example", "Member")
	clock.Advance(i.Expiration.Sub(clock.Now()))
	s.Call("POST", answerTo(i, "accept", code), "pnu_new", nil).Want(409, "ended on Thu, 08 Jan 2026", "ask for a new one")

	i, code = invite(t, s, "new@comer.example", "Auditor")
	s.Call("DELETE", root+"/account_roles/"+s.RoleNamed("Auditor").ID, mocktest.Owner, nil).Want(204)
	s.Call("POST", answerTo(i, "accept", code), "pnu_new", nil).Want(409, "role that was offered exists no more")

	i, code = invite(t, s, "new@comer.example", "Member")
	clock.Advance(i.Expiration.Sub(clock.Now()) - time.Microsecond)
	s.Call("POST", answerTo(i, "accept", code), "pnu_new", nil).Want(204)
	s.Call("GET", root, "pnu_new", nil).Want(200)

	elsewhere, code := invite(t, s, "moved@comer.example", "Member")
	s.Call("PATCH", "/api/users/"+s.MemberNamed("ada@acme.com").UserID, mocktest.Member, obj{"email": "moved@comer.example"}).Want(204)
	s.Call("POST", answerTo(elsewhere, "accept", code), mocktest.Member, nil).Want(409, "already a member")
}

func TestFilterInvitations(t *testing.T) {
	t.Parallel()
	clock := mocktest.NewClock()
	s := mocktest.Start(t, mockcloud.Config{Clock: clock.Now, Scenario: mocktest.Scenario(t, guests)})
	early, _ := invite(t, s, "early@comer.example", "Member")
	clock.Advance(24 * time.Hour)
	invite(t, s, "late@comer.example", "Member")
	gone, _ := invite(t, s, "gone@comer.example", "Member")
	s.Call("POST", invitations+"/"+gone.ID+"/revoke", mocktest.Owner, nil).Want(204)
	f := func(filter obj) obj { return obj{"invitations": filter} }
	for name, tt := range map[string]struct {
		body any
		want string
	}{
		"all":          {nil, "early late gone"},
		"page":         {obj{"limit": 1, "offset": 1}, "late"},
		"pending":      {f(obj{"status": obj{"any_": []string{"PENDING"}}}), "early late"},
		"over":         {f(obj{"status": obj{"any_": []string{"REVOKED", "REJECTED"}}}), "gone"},
		"email":        {f(obj{"email": obj{"any_": []string{"LATE@comer.example", "x@y.example"}}}), "late"},
		"part of it":   {f(obj{"email": obj{"like_": "E@C"}}), "late gone"},
		"ends by then": {f(obj{"expiration": obj{"before_": early.Expiration}}), "early"},
		"ends from":    {f(obj{"expiration": obj{"after_": early.Expiration.Add(time.Microsecond)}}), "late gone"},
		"ends then":    {f(obj{"expiration": obj{"after_": early.Expiration, "before_": early.Expiration}}), "early"},
		"both":         {f(obj{"status": obj{"any_": []string{"PENDING"}}, "email": obj{"like_": "l"}}), "early late"},
		"nobody":       {f(obj{"email": obj{"any_": []string{}}}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rows []invitationRow
			s.In(t).Call("POST", invitations+"/filter", mocktest.Member, tt.body).Want(200).Into(&rows)
			var got []string
			for _, row := range rows {
				name, _, _ := strings.Cut(row.Email, "@")
				got = append(got, name)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%v, want %s", got, tt.want)
			}
		})
	}
	walk(t, s, []step{
		{"count", "POST", invitations + "/count", "", f(obj{"status": obj{"any_": []string{"PENDING"}}}), 200, says("2")},
		{"bad status", "POST", invitations + "/filter", "", f(obj{"status": obj{"any_": []string{"PENDING", "EXPIRED"}}}), 422, says(`"loc":["body","invitations","status","any_",1]`, "'REVOKED'")},
		{"bad time", "POST", invitations + "/count", "", f(obj{"expiration": obj{"before_": "soon"}}), 422, says(`"loc":["body","invitations","expiration","before_"]`)},
		{"bad criterion", "POST", invitations + "/filter", "", f(obj{"mail": obj{}}), 422, says(`"loc":["body","invitations","mail"]`)},
		{"limit", "POST", invitations + "/filter", "", obj{"limit": 201}, 422, says(`"loc":["body","limit"]`)},
		{"unknown", "GET", invitations + "/" + noone, "", nil, 404, says("Invitation not found")},
		{"no id", "GET", invitations + "/x", "", nil, 422, says(`"loc":["path","id"]`)},
	})
}

package mockcloud_test

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/published"
)

// conflict is a case in which a published operation answers 409, which is this
// project's decision.
type conflict struct {
	// name is "PATCH /api/accounts/{account_id}".
	name string
	// when says in what case, for readers of the guide.
	when string
	// says is in the refusal.
	says string
	// call is a call that is refused. It makes before what there has to be.
	call func(*stage) (ids []string, body any)
	// by is who calls; the Owner unless said.
	by string
	// test, instead of a call, is the file with the test that proves it, in which
	// says is then to be found: what it needs is not there with --published-only.
	test string
}

const decisionToken = "for-tests-only-0123456789-abcdefghijk"

// decisionScenario has a directory that pushes, and another account with a domain.
const decisionScenario = `
    domains: [acme.com]
    directories:
      - name: Okta
        type: okta scim v2.0
        endpoint: acme-okta
        token: ` + decisionToken + `
        default_role: Member
        group_role_mappings: [{group_name: Ghosts, role: Ghost, priority: 1}]
  - {handle: initech, features: [sso], domains: [initech.example]}
`

// push pushes linus in a group by SCIM.
func (s *stage) push(group string) {
	s.t.Helper()
	var user obj
	const at = "/scim/v2.0/acme-okta"
	s.Call(http.MethodPost, at+"/Users", decisionToken, obj{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": "linus@acme.com", "active": true,
		"emails": []obj{{"value": "linus@acme.com", "primary": true}},
	}).Want(http.StatusCreated).Into(&user)
	s.Call(http.MethodPost, at+"/Groups", decisionToken, obj{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": group, "members": []obj{{"value": id(user)}},
	}).Want(http.StatusCreated)
}

// tied returns a team that a directory's group decides about, with linus in it.
func (s *stage) tied() obj {
	s.push("Pipes")
	return s.as(http.MethodPost, "/teams/filter", obj{"teams": obj{"name": anyOf("Pipes")}})
}

func (s *stage) tiedTeam() string { return id(s.tied()) }

// alone leaves one Owner.
func (s *stage) alone() string {
	s.as(http.MethodPatch, "/account_memberships/"+s.MemberNamed("second@acme.com").ID+"/active", obj{"active": false})
	return s.MemberNamed("owner@acme.com").ID
}

func conflicts() []conflict {
	const account = "/api/accounts/{account_id}"
	owner := func(s *stage) string { return s.MemberNamed("owner@acme.com").ID }
	oneself := func(s *stage) string { return s.own(mocktest.Owner) }
	linusActor := func(s *stage) string { return s.MemberNamed("linus@acme.com").ActorID }
	named := func(name string) func(*stage) string {
		return func(s *stage) string { return s.RoleNamed(name).ID }
	}
	roleIn := func(name string) func(*stage) string {
		return func(s *stage) string { return s.workspaceRole(name) }
	}
	clerk := func(s *stage) any { return obj{"account_role_id": s.RoleNamed("Clerk").ID} }
	user := func(s *stage) any {
		return obj{"members": []obj{{"member_id": s.MemberNamed("ada@acme.com").UserID, "member_type": "user"}}}
	}
	itself := func(s *stage) string {
		return id(s.as(http.MethodPost, "/bots/filter", obj{"service_accounts": obj{"name": anyOf("chief")}}))
	}
	keyInUse := func(s *stage) string {
		var keys struct {
			Active obj `json:"active_key"`
		}
		s.Call("GET", mocktest.Root+"/bots/"+s.bot()+"/read_bot_api_keys", mocktest.Owner, nil).Want(200).Into(&keys)
		return id(keys.Active)
	}
	code := func(s *stage) string { return "?invite_code=" + s.inviteCode() }
	invited := func(s *stage) string { return s.invite("newcomer@acme.com") }
	revoked := func(s *stage) string {
		i := invited(s)
		s.as(http.MethodPost, "/invitations/"+i+"/revoke", obj{})
		return i
	}
	workspace := (*stage).workspace
	custom := (*stage).newWorkspaceRole
	const (
		lastOne = "it would leave the account without an active user whose role has `bypass:sso`"
		tied    = "the team is tied to a directory group"
		self    = "the caller does it to themselves"
		over    = "the invitation was answered or revoked before"
	)
	return []conflict{
		{name: "PATCH " + account, when: "another account has the handle", says: "globex is taken", call: plain(obj{"handle": "globex"})},
		{name: "PATCH " + account + "/domains", when: "a domain is enabled in another account", says: "another account", call: plain(obj{"domain_names": []string{"acme.com", "initech.example"}})},

		{name: "PUT " + account + "/teams/{id}", when: "another team has the name", says: "Team exists already", call: on(obj{"name": "Team"}, func(s *stage) string {
			s.team()
			return id(s.as(http.MethodPost, "/teams/", obj{"name": "Other"}))
		})},
		{name: "PUT " + account + "/teams/{id}", when: tied + ", and the name is another", says: "directory group", call: on(obj{"name": "New"}, (*stage).tiedTeam)},
		{name: "PUT " + account + "/teams/{id}", when: "the directory group has a team already", says: "has the team Pipes already", call: func(s *stage) ([]string, any) {
			group := text(s.tied(), "workos_directory_group_id")
			return []string{s.team()}, obj{"name": "Team", "workos_directory_group_id": group}
		}},
		{name: "DELETE " + account + "/teams/{id}", when: tied, says: "directory group", call: on(nil, (*stage).tiedTeam)},
		{name: "PUT " + account + "/teams/{id}/members", when: tied + ", and a user is added", says: "directory group", call: with(user, (*stage).tiedTeam)},
		{name: "DELETE " + account + "/teams/{team_id}/members/{actor_id}", when: tied + ", and a user is removed", says: "directory group", call: on(nil, (*stage).tiedTeam, linusActor)},

		{name: "PATCH " + account + "/account_memberships/{id}", when: self + " and loses permissions", says: "yourself", call: with(clerk, owner)},
		{name: "PATCH " + account + "/account_memberships/{id}", when: lastOne, says: "bypass:sso", by: mocktest.Admin, call: with(clerk, (*stage).alone)},
		{name: "PATCH " + account + "/account_memberships/{id}", when: "a group role mapping decides about the role", says: "comes from the mapping", call: with(clerk, func(s *stage) string {
			s.push("Ghosts")
			return s.linus()
		})},
		{name: "DELETE " + account + "/account_memberships/{id}", when: self, says: "yourself", call: on(nil, owner)},
		{name: "DELETE " + account + "/account_memberships/{id}", when: lastOne, says: "bypass:sso", by: mocktest.Admin, call: on(nil, (*stage).alone)},
		{name: "PATCH " + account + "/account_memberships/{id}/active", when: self, says: "yourself", call: on(obj{"active": false}, owner)},
		{name: "PATCH " + account + "/account_memberships/{id}/active", when: lastOne, says: "bypass:sso", by: mocktest.Admin, call: on(obj{"active": false}, (*stage).alone)},
		{name: "POST " + account + "/account_memberships/set_active", when: self, says: "yourself", call: with(func(s *stage) any {
			return obj{"membership_ids": []string{s.linus(), owner(s)}, "active": false}
		})},
		{name: "POST " + account + "/account_memberships/set_active", when: lastOne, says: "bypass:sso", by: mocktest.Admin, call: with(func(s *stage) any {
			return obj{"membership_ids": []string{s.alone()}, "active": false}
		})},

		{name: "PATCH " + account + "/account_roles/{id}", when: "the role is built in", says: "built-in", call: on(obj{"name": "New"}, named("Member"))},
		{name: "PATCH " + account + "/account_roles/{id}", when: "another role has the name", says: "Auditor exists already", call: on(obj{"name": "Auditor"}, named("Clerk"))},
		{name: "PATCH " + account + "/account_roles/{id}", when: "the caller holds the role and takes permissions from it", says: "a role that you hold", by: "pnu_rector", call: on(obj{"permissions": []string{"update:account_role"}}, named("Rector"))},
		{name: "PATCH " + account + "/account_roles/{id}", when: lastOne, says: "bypass:sso", by: mocktest.Admin, call: on(obj{"permissions": []string{}}, func(s *stage) string {
			keeper := s.RoleNamed("Keyholder").ID
			s.as(http.MethodPatch, "/account_memberships/"+s.MemberNamed("second@acme.com").ID, obj{"account_role_id": keeper})
			s.Call("PATCH", mocktest.Root+"/account_memberships/"+owner(s)+"/active", mocktest.Admin, obj{"active": false}).Want(204)
			return keeper
		})},
		{name: "DELETE " + account + "/account_roles/{id}", when: "the role is built in", says: "built-in", call: on(nil, named("Member"))},
		{name: "DELETE " + account + "/account_roles/{id}", when: "somebody holds the role", says: "is held by", call: on(nil, named("Auditor"))},
		{name: "DELETE " + account + "/account_roles/{id}", when: "a directory or a mapping gives the role", says: "is needed by", call: on(nil, named("Ghost"))},

		{name: "GET " + account + "/sso/setup_url", when: "a connection is set up already", says: "sso/setup_url\", mocktest.Owner, nil).Want(409", test: "identity/connections_test.go"},
		{name: "GET " + account + "/sso/dsync_setup_url", when: "there is a directory already", says: "set up already", call: plain(nil)},

		{name: "POST " + account + "/bots/", when: "another service account has the name", says: "other exists already", call: plain(obj{"name": "other"})},
		{name: "PATCH " + account + "/bots/{id}", when: "another service account has the name", says: "helper exists already", call: on(obj{"name": "helper"}, (*stage).bot)},
		{name: "PATCH " + account + "/bots/{id}", when: self + " and loses permissions", says: "yourself", by: "pnb_chief", call: with(clerk, itself)},
		{name: "DELETE " + account + "/bots/{id}", when: self, says: "yourself", by: "pnb_chief", call: on(nil, itself)},
		{name: "DELETE " + account + "/bots/{id}/delete_bot_api_key/{api_key_id}", when: "the key is the one in use", says: "rotate it", call: on(nil, (*stage).bot, keyInUse)},

		{name: "POST " + account + "/invitations/", when: "the person is a member", says: "already a member", call: with(func(s *stage) any {
			return []obj{{"email": "ada@acme.com", "account_role_id": s.RoleNamed("Member").ID}}
		})},
		{name: "POST " + account + "/invitations/{id}/revoke", when: over, says: "already revoked", call: on(nil, revoked)},
		{name: "POST /api/invitations/{id}/accept", when: over, says: "already revoked", by: "pnu_newcomer", call: on(nil, revoked, code)},
		{name: "POST /api/invitations/{id}/accept", when: "the invitation is more than 7 days old", says: "ended on", by: "pnu_newcomer", call: on(nil, func(s *stage) string {
			i := invited(s)
			s.Call("POST", "/_mockcloud/clock", "", obj{"advance": "169h"}).Want(200)
			return i
		}, code)},
		{name: "POST /api/invitations/{id}/accept", when: "the role that was offered is gone", says: "exists no more", by: "pnu_newcomer", call: on(nil, func(s *stage) string {
			role := s.RoleNamed("Clerk").ID
			i := id(s.as(http.MethodPost, "/invitations/", []obj{{"email": "newcomer@acme.com", "account_role_id": role}}))
			s.as(http.MethodDelete, "/account_roles/"+role, nil)
			return i
		}, code)},
		{name: "POST /api/invitations/{id}/accept", when: "the person became a member meanwhile (an invitation to a workspace is accepted all the same)", says: "already a member", by: "pnu_newcomer", call: func(s *stage) ([]string, any) {
			i := invited(s)
			code := code(s)
			other := s.inviteToWorkspace("newcomer@acme.com")
			s.Call("POST", "/api/invitations/"+other+"/accept?invite_code="+s.inviteCode(), "pnu_newcomer", nil).Want(204)
			return []string{i, code}, nil
		}},
		{name: "POST /api/invitations/{id}/reject", when: over, says: "already revoked", by: "pnu_newcomer", call: on(nil, revoked, code)},

		{name: "POST " + account + "/workspaces/", when: "another workspace of the account has the handle", says: "staging exists already", call: plain(obj{"name": "New", "handle": "staging"})},
		{name: "PATCH " + account + "/workspaces/{workspace_id}", when: "another workspace of the account has the handle", says: "staging exists already", call: on(obj{"handle": "staging"}, workspace)},
		{name: "POST " + account + "/workspace_roles/", when: "another workspace role has the name", says: "Viewer exists already", call: plain(obj{"name": "Viewer"})},
		{name: "PATCH " + account + "/workspace_roles/{id}", when: "another workspace role has the name", says: "Viewer exists already", call: on(obj{"name": "Viewer"}, custom)},
		{name: "PATCH " + account + "/workspace_roles/{id}", when: "the role is built in", says: "built-in", call: on(obj{"name": "New"}, roleIn("Viewer"))},
		{name: "DELETE " + account + "/workspace_roles/{id}", when: "the role is built in", says: "built-in", call: on(nil, roleIn("Viewer"))},
		{name: "DELETE " + account + "/workspace_roles/{id}", when: "a user, a service account or a team holds the role", says: "in use 1 times", call: on(nil, func(s *stage) string {
			custom(s)
			s.letBotIn(s.bot(), "Deployer")
			return s.workspaceRole("Deployer")
		})},
		{name: "DELETE " + account + "/workspace_roles/{id}", when: "the role is the default of a workspace", says: "is the default", call: on(nil, func(s *stage) string {
			role := custom(s)
			s.as(http.MethodPatch, "/workspaces/"+workspace(s), obj{"default_workspace_role_id": role})
			return role
		})},
		{name: "DELETE " + account + "/workspaces/{workspace_id}/user_access/{id}", when: "a Collaborator takes themselves out of their last workspace; leaving is `DELETE /me/workspaces/{workspace_id}`", says: "yourself", by: "pnu_guest", call: on(nil, workspace, func(s *stage) string {
			return s.letIn("guest@elsewhere.com", "Owner")
		})},
		{name: "POST " + account + "/workspaces/{workspace_id}/invitations/", when: "the person was let into the workspace already", says: "has access", call: on(obj{"email": "guest@elsewhere.com"}, workspace)},
		{name: "POST " + account + "/workspaces/{workspace_id}/invitations/{id}/revoke", when: over, says: "already revoked", call: on(nil, workspace, func(s *stage) string {
			i := s.inviteToWorkspace("newcomer@acme.com")
			s.as(http.MethodPost, "/workspaces/"+workspace(s)+"/invitations/"+i+"/revoke", obj{})
			return i
		})},

		{name: "DELETE /api/me/accounts/{account_id}", when: lastOne, says: "bypass:sso", call: func(s *stage) ([]string, any) {
			s.alone()
			return nil, nil
		}},
		{name: "PATCH /api/users/{id}", when: "another user has the email or the handle", says: "ada@acme.com exists already", call: on(obj{"email": "ada@acme.com"}, oneself)},
		{name: "DELETE /api/users/{id}", when: "it would leave an account without an active user whose role has `bypass:sso`", says: "bypass:sso", call: func(s *stage) ([]string, any) {
			s.alone()
			return []string{s.own(mocktest.Owner)}, nil
		}},
	}
}

// TestConflicts makes each call that is answered 409, and holds the operations
// against those of which other tests take a 409.
func TestConflicts(t *testing.T) {
	t.Parallel()
	var names []string
	for _, c := range conflicts() {
		names = append(names, c.name)
		t.Run(c.name+": "+c.when, func(t *testing.T) {
			t.Parallel()
			if c.call == nil {
				test, err := os.ReadFile(c.test)
				if err != nil || !strings.Contains(string(test), c.says) {
					t.Errorf("%s does not prove it: %v", c.test, err)
				}
				return
			}
			s := stageOn(t, mocktest.Owner, mockcloud.Config{PublishedOnly: true, Scenario: stageScenarioWith(t, decisionScenario)})
			s.send(s.prepare(operation{name: c.name, call: c.call}), cmp.Or(c.by, mocktest.Owner)).Want(http.StatusConflict, c.says)
		})
	}
	slices.Sort(names)
	want := published.Conflicting()
	slices.Sort(want)
	if got := slices.Compact(names); !slices.Equal(got, want) {
		t.Errorf("409 is explained for %v, and taken from %v", got, want)
	}
}

// opens say what the operations answer of whose answer the document says nothing.
var opens = []struct{ name, answer string }{
	{"GET /api/accounts/{account_id}/settings", "the settings, as they are in the account"},
	{"GET /api/accounts/{account_id}/domains", "a list of `{id, created, updated, account_id, name}`, the domain that was enabled first comes first"},
	{"PUT /api/accounts/{account_id}/teams/{id}", "the team as it then is, as `GET` answers it; Prefect's own provider reads it"},
	{"PUT /api/accounts/{account_id}/teams/{id}/members", "the team as it then is"},
	{"DELETE /api/accounts/{account_id}/bots/{id}/delete_bot_api_key/{api_key_id}", "the keys that are left, as `read_bot_api_keys` answers them"},
	{"GET /api/workspaces/{workspace_id}", "307 to `/api/accounts/{account_id}/workspaces/{workspace_id}`, without a body"},
	{"POST /api/me/sessions/{session_id}/terminate", "the session as it ended: it expires at that moment"},
	{"POST /api/me/api_keys/filter", "the keys that match, as `GET /me/api_keys` answers them"},
}

// TestOpenAnswers: each operation whose answer the document leaves open is in the
// guide. What they answer is checked with every answer that a test gets.
func TestOpenAnswers(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, o := range published.Operations() {
		if o.Open() {
			want = append(want, o.String())
		}
	}
	for _, o := range opens {
		got = append(got, o.name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("answers are explained for %v, and open for %v", got, want)
	}
}

const decisionHead = `---
page_title: "mockcloud's decisions"
subcategory: ""
description: |-
  What mockcloud answers where Prefect Cloud's published document leaves it open.
---

# mockcloud's decisions

Prefect Cloud's published OpenAPI document names the statuses 200, 201, 204 and 422, and leaves some answers open. What mockcloud answers there is this project's decision; Prefect Cloud may do otherwise. This page is written from the tables of the tests that prove it. [Where the behavior comes from](mockcloud.md#where-the-behavior-comes-from) has the decisions that are no matter of a single answer, and [Who may do what](permissions.md) every 401, 403 and 404 of a caller who may not.

## Answers that may be anything

The document gives these operations the schema ` + "`{}`" + `, which allows any answer. It does not mean that there is none: what changes a thing answers with the thing as it then is.

| Operation | Answers |
|---|---|
`

// decisionGuide is the guide of what this project decided.
func decisionGuide() string {
	var b strings.Builder
	b.WriteString(decisionHead)
	cell := func(name string) string {
		method, path, _ := strings.Cut(name, " ")
		return fmt.Sprintf("`%s` `%s`", method, strings.TrimPrefix(path, "/api"))
	}
	for _, o := range opens {
		fmt.Fprintf(&b, "| %s | %s |\n", cell(o.name), o.answer)
	}
	b.WriteString("\n## Conflicts\n\n409 is not in the document. These operations answer it, with the reason as the `detail`; any other never does.\n\n| Operation | Answers 409 when |\n|---|---|\n")
	for _, c := range conflicts() {
		fmt.Fprintf(&b, "| %s | %s |\n", cell(c.name), c.when)
	}
	return b.String()
}

// TestDecisionGuide: the guide says what TestConflicts and TestOpenAnswers prove.
func TestDecisionGuide(t *testing.T) {
	t.Parallel()
	checkGuide(t, "decisions", decisionGuide())
}

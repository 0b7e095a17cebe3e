package mockcloud_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/golden"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/published"
)

// TestPermissionMatrix: every operation, tried by everybody.
func TestPermissionMatrix(t *testing.T) {
	t.Parallel()
	statuses := make(map[string]int)
	for _, o := range published.Operations() {
		statuses[o.String()] = o.Status
	}
	for _, o := range operations() {
		success, known := statuses[o.name]
		if !known || len(o.outcomes) != len(callers) {
			t.Fatalf("%s is not in the document, or its outcomes are not complete", o.name)
		}
		delete(statuses, o.name)
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			o.tryAll(t, success, newStage)
		})
	}
	for name := range statuses {
		t.Errorf("nobody tries %s", name)
	}
}

// tryAll tries an operation as everybody.
func (o operation) tryAll(t *testing.T, success int, newStage func(testing.TB, string) *stage) {
	// Who is refused changes nothing, so that one server does for all of them.
	refusing := newStage(t, "")
	refused := refusing.prepare(o)
	for i, c := range callers {
		s, r := refusing, refused
		if o.outcomes[i] == 'y' {
			s = newStage(t, c.key)
			r = s.prepare(o)
		}
		if got := o.outcome(s.send(r, c.key), success); got != o.outcomes[i] {
			t.Errorf("%s: %c, want %c", c.name, got, o.outcomes[i])
		}
	}
	if o.by == "" {
		return
	}
	if got := o.outcome(refusing.send(refused, o.by), success); got != 'y' {
		t.Errorf("it does not go through with %s: %c", o.by, got)
	}
}

// outcome is the letter that stands for an answer; ? for one that none stands for.
func (o operation) outcome(a mocktest.Answer, success int) byte {
	switch {
	case o.unless == "" && a.Status == success, o.unless != "" && strings.Contains(a.Body, o.unless):
		return 'y'
	case a.Status == http.StatusUnauthorized:
		return '1'
	case a.Status == http.StatusForbidden:
		return '3'
	case a.Status == http.StatusNotFound:
		return '4'
	}
	return '?'
}

// TestPermissionGuide: the guide says what TestPermissionMatrix proves. With -update
// (make generate) it is written.
func TestPermissionGuide(t *testing.T) {
	t.Parallel()
	checkGuide(t, "permissions", permissionGuide())
}

// checkGuide compares a guide with what it has to be, or writes it.
func checkGuide(t *testing.T, name, want string) {
	t.Helper()
	golden.Check(t, "../../templates/guides/"+name+".md", want)
}

const guideHead = `---
page_title: "Who may do what"
subcategory: ""
description: |-
  Every operation of the account API, and who may do it.
---

# Who may do what

Every operation of the account API, tried on mockcloud by an Owner, an Admin, a Member and a Collaborator (who was let into one workspace as a Viewer), by a person with the custom role Auditor (` + "`read:account`, `read:account_membership`, `read:account_role` and `read:audit_event`" + `), by a service account with the role Member, by the Owner of another account, and without a key. A test makes each of these calls; this page is written from its table.

✓ goes through. 401: the key is missing or unknown. 403: the caller may not. 404: to the caller the account does not exist.

- Where a permission is needed, the caller's account role has to have it. Prefect's document names most of them; where it names none, the permission is this project's decision.
- Where a scope is needed, the caller's role in the workspace has to have it. A workspace's Owner and holders of ` + "`administrate:workspace`" + ` have all scopes, other workspace roles but Worker have ` + "`see_workspace_users`" + `.
- Nobody can give a role with a permission that they lack themselves.
- A scope brings the weaker ones about the same with it: ` + "`manage_workspace_users`" + ` also allows ` + "`see_workspace_users`" + `.
- Operations under ` + "`/me`" + ` and ` + "`/users`" + ` are about the caller alone. Service accounts have accounts, workspaces, permissions and scopes to ask for, but no profile, no sessions and no keys of their own to manage, and they do not leave.
- ` + "`sso/validate`" + ` goes on to ask for a recent login, and answers 403 with the address to log in at where there was none.
`

// permissionGuide is the guide, a table for each part of the API.
func permissionGuide() string {
	var b strings.Builder
	b.WriteString(guideHead)
	part := ""
	for _, o := range operations() {
		method, path, _ := strings.Cut(o.name, " ")
		if p := partOf(path); p != part {
			part = p
			fmt.Fprintf(&b, "\n## %s\n\n| Operation | Needs |", part)
			for _, c := range callers {
				fmt.Fprintf(&b, " %s |", c.name)
			}
			fmt.Fprintf(&b, "\n|---|---|%s\n", strings.Repeat(":-:|", len(callers)))
		}
		fmt.Fprintf(&b, "| `%s` `%s` | %s |", method, strings.TrimPrefix(path, "/api"), o.needs)
		for _, letter := range o.outcomes {
			fmt.Fprintf(&b, " %s |", map[rune]string{'y': "✓", '1': "401", '3': "403", '4': "404"}[letter])
		}
		b.WriteString("\n")
	}
	return b.String()
}

// partOf is the part of the API that a path is in.
func partOf(path string) string {
	for _, part := range []struct{ in, title string }{
		{"/teams", "Teams"},
		{"/account_memberships", "Account memberships"},
		{"/account_roles", "Account roles"},
		{"/sso/", "Single sign-on"},
		{"/bots", "Service accounts"},
		{"/me/", "The caller"},
		{"/access/", "Everybody in a workspace"},
		{"/workspaces/{workspace_id}/invitations", "Invitations to a workspace"},
		{"/invitations", "Invitations"},
		{"/user_access", "People in a workspace"},
		{"/bot_access", "Service accounts in a workspace"},
		{"/team_access", "Teams in a workspace"},
		{"/workspace", "Workspaces and their roles"},
		{"/users/", "Users"},
		{"/events", "Events"},
	} {
		if strings.Contains(path, part.in) {
			return part.title
		}
	}
	return "Account"
}

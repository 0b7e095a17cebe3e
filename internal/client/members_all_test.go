package client

import (
	"context"
	"net/http"
	"testing"
)

// TestMembersAll: everybody is listed once, later questions are answered from it, and own writes correct it.
func TestMembersAll(t *testing.T) {
	t.Parallel()
	api := &fakeAPI{}
	email, other := "ada@acme.com", "bob@acme.com"
	listed := 0
	api.before = func(_ *fakeAPI, w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.Method == http.MethodPatch:
			w.WriteHeader(http.StatusNoContent)
		case r.URL.Path == accountPath+"/account_memberships/filter":
			listed++
			answer(w, http.StatusOK, []Membership{
				{ID: "m1", Email: &email, AccountRoleID: "member", Active: true}, {ID: "m2", Email: &other, AccountRoleID: "member"}, {ID: "m3", AccountRoleID: "member"},
			})
		default:
			return false
		}
		return true
	}
	members := newTestClient(t, inProcess{api}).Members(testAccount)
	for range 2 {
		rows, err := members.All(context.Background())
		if err != nil || len(rows) != 3 || rows[0].ID != "m1" || rows[1].Active {
			t.Fatalf("%+v, %v", rows, err)
		}
	}
	if row, err := members.ByEmail(context.Background(), "ADA@acme.com"); err != nil || row.ID != "m1" || listed != 1 {
		t.Errorf("%+v, %v after %d listings", row, err, listed)
	}
	if err := members.SetRole(context.Background(), Membership{ID: "m1", Email: &email}, AccountRole{ID: "owner", Name: "Owner"}); err != nil {
		t.Fatal(err)
	}
	if rows, err := members.All(context.Background()); err != nil || rows[0].AccountRoleID != "owner" || listed != 1 {
		t.Errorf("%+v, %v after %d listings", rows, err, listed)
	}
}

// TestPendingInvitationsAndAccess: what the two listings ask for, and what they read.
func TestPendingInvitationsAndAccess(t *testing.T) {
	t.Parallel()
	api := &fakeAPI{}
	api.before = func(_ *fakeAPI, w http.ResponseWriter, r *http.Request) bool {
		switch r.URL.Path {
		case accountPath + "/invitations/filter":
			answer(w, http.StatusOK, []Invitation{{ID: "i1", Email: "new@acme.com", RoleID: "member", Status: InvitationPending}})
		case accountPath + "/workspaces/w1/user_access/filter":
			answer(w, http.StatusOK, []UserAccess{{ID: "a1", ActorID: "actor", RoleID: "viewer"}})
		default:
			return false
		}
		return true
	}
	c := newTestClient(t, inProcess{api})
	invitations, err := c.ListPendingInvitations(context.Background(), testAccount)
	if err != nil || len(invitations) != 1 || invitations[0].Email != "new@acme.com" {
		t.Errorf("%+v, %v", invitations, err)
	}
	access, err := c.ListUserAccess(context.Background(), testAccount, "w1")
	if err != nil || len(access) != 1 || access[0].RoleID != "viewer" || access[0].ActorID != "actor" {
		t.Errorf("%+v, %v", access, err)
	}
}

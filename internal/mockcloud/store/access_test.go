package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestCollaboratorStays as long as there is another way into some workspace, and
// does not end the own membership by mistake.
func TestCollaboratorStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	err := o.store.Update(Actor{}, func(tx *Tx) error {
		return errors.Join(tx.AddTeamMember(o.acme, o.data.ID, o.asTeamMember(tx, "eve")),
			tx.RemoveUserAccess(o.production.ID, o.access(tx, "eve")))
	})
	if err != nil {
		t.Fatal(err)
	}
	o.view(func(r *Reader) { o.member("eve", r) })

	o = newOffice(t)
	eve := o.actor("eve")
	err = o.store.Update(eve, func(tx *Tx) error { return tx.RemoveUserAccess(o.production.ID, o.access(tx, "eve")) })
	var conflict *Conflict
	if !errors.As(err, &conflict) {
		t.Errorf("%v, want a conflict", err)
	}
}

// TestEffectiveAccess: all the ways add up, and Collaborators get no default role.
func TestEffectiveAccess(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	err := o.store.Update(Actor{}, func(tx *Tx) error {
		return tx.UpdateWorkspace(o.acme, o.staging.ID, WorkspaceChange{DefaultRoleID: Nullable[uuid.UUID]{Set: true, Value: &worker}})
	})
	if err != nil {
		t.Fatal(err)
	}
	o.view(func(r *Reader) {
		type way struct{ workspace, role, team uuid.UUID }
		want := map[string][]way{
			"ada": {
				{o.production.ID, o.steward.ID, uuid.Nil}, {o.staging.ID, viewer, o.data.ID}, {o.staging.ID, worker, uuid.Nil},
			},
			"eve":   {{o.production.ID, viewer, uuid.Nil}},
			"bot":   {{o.staging.ID, viewer, o.data.ID}, {o.staging.ID, worker, uuid.Nil}},
			"admin": {{o.staging.ID, worker, uuid.Nil}},
		}
		for name, ways := range want {
			var got []way
			for _, g := range r.EffectiveAccess(o.member(name, r)) {
				got = append(got, way{g.WorkspaceID, g.RoleID, g.TeamID})
				if (g.AccessID == uuid.Nil) != (g.RoleID == worker) {
					t.Errorf("%s: access %v of role %v", name, g.AccessID, g.RoleID)
				}
			}
			if !slices.Equal(got, ways) {
				t.Errorf("%s: %v, want %v", name, got, ways)
			}
		}
		for name, want := range map[string]int{"ada": 2, "eve": 1, "admin": 2} {
			if got := r.MayEnter(o.member(name, r)); len(got) != want {
				t.Errorf("%s enters %d workspaces, want %d", name, len(got), want)
			}
		}
	})
}

// TestScopes: administrate:workspace and Owners have all; Workers see no members.
func TestScopes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	tests := []struct {
		name  string
		role  uuid.UUID // in production, given first; uuid.Nil for what is there
		scope Scope
		want  bool
	}{
		{"admin", uuid.Nil, ManageWorkspaceSettings, true},
		{"admin", worker, "scope_of_another_day", true},
		{"ada", uuid.Nil, ManageWorkspaceUsers, true},
		{"ada", uuid.Nil, SeeWorkspaceUsers, true},
		{"ada", uuid.Nil, ManageWorkspaceTeams, false},
		{"ada", owner, ManageWorkspaceTeams, true},
		{"ada", owner, "scope_of_another_day", true},
		{"eve", uuid.Nil, SeeWorkspaceUsers, true},
		{"eve", worker, SeeWorkspaceUsers, false},
		{"eve", WorkspaceRoleID("Developer"), WriteWorkspaceSettings, false},
	}
	for _, tt := range tests {
		err := o.store.Update(Actor{}, func(tx *Tx) error {
			if tt.role == uuid.Nil {
				return nil
			}
			return o.let(tx, tt.name, tt.role)
		})
		if err != nil {
			t.Fatal(err)
		}
		o.view(func(r *Reader) {
			if err := r.PermitScope(o.member(tt.name, r), o.production.ID, tt.scope); (err == nil) != tt.want {
				t.Errorf("%s, %s: %v, want %v", tt.name, tt.scope, err, tt.want)
			}
		})
	}
	err := o.store.Update(Actor{}, func(tx *Tx) error {
		heir, err := tx.AddWorkspaceRole(NewWorkspaceRole{AccountID: o.acme, Name: "Heir", InheritedRoleID: owner})
		if err != nil {
			return err
		}
		return o.let(tx, "eve", heir.ID)
	})
	if err != nil {
		t.Fatal(err)
	}
	o.view(func(r *Reader) {
		if err := r.PermitScope(o.member("eve", r), o.production.ID, "scope_of_another_day"); err != nil {
			t.Errorf("who inherits from Owner: %v", err)
		}
		var notFound *NotFound
		if err := r.PermitScope(o.member("admin", r), uuid.New(), SeeWorkspaceUsers); !errors.As(err, &notFound) {
			t.Errorf("a workspace of nowhere: %v", err)
		}
	})
}

// TestDeletedAccountLeavesNothing of its rooms, roles and teams.
func TestDeletedAccountLeavesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if err := o.store.Update(Actor{}, func(tx *Tx) error { return tx.DeleteAccount(o.acme) }); err != nil {
		t.Fatal(err)
	}
	for key, row := range o.store.data.db.Rows() {
		if strings.Contains(fmt.Sprintf("%+v", row), o.acme.String()) {
			t.Errorf("%s is left: %+v", key, row)
		}
	}
	checkIndexes(t, o.store.data)
}

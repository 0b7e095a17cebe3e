package store

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestWorkspaceEvents walks the changes, the events that must tell of them and
// which of them follow from the first.
func TestWorkspaceEvents(t *testing.T) {
	t.Parallel()
	text := "text"
	tests := []struct {
		name, by string
		do       func(*office, *Tx) error
		first    string
		follow   []string
	}{
		{"let in again as the same", "owner", func(o *office, tx *Tx) error { return o.let(tx, "ada", o.steward.ID) }, "", nil},
		{"let in as another", "owner", func(o *office, tx *Tx) error { return o.let(tx, "ada", owner) }, "workspace-access.updated", nil},
		{"let in as less", "ada", func(o *office, tx *Tx) error { return o.let(tx, "ada", worker) }, "workspace-access.updated", nil},
		{"let in", "ada", func(o *office, tx *Tx) error { return o.let(tx, "admin", viewer) }, "workspace-access.created", nil},
		{"a team that stays as it is", "owner", func(o *office, tx *Tx) error {
			_, err := tx.SetTeamAccess(o.acme, o.staging.ID, o.data.ID, viewer)
			return err
		}, "", nil},
		{"a team is let in", "owner", func(o *office, tx *Tx) error {
			_, err := tx.SetTeamAccess(o.acme, o.production.ID, o.data.ID, viewer)
			return err
		}, "workspace-access.created", nil},
		{"a team is taken out", "owner", func(o *office, tx *Tx) error {
			return tx.RemoveTeamAccess(o.staging.ID, o.data.ID)
		}, "workspace-access.deleted", nil},
		{"a service account is let in", "owner", func(o *office, tx *Tx) error { return o.letBot(tx, viewer) }, "workspace-access.created", nil},
		{"a member is taken out", "owner", func(o *office, tx *Tx) error {
			return tx.RemoveUserAccess(o.production.ID, o.access(tx, "ada"))
		}, "workspace-access.deleted", nil},
		{"a Collaborator is taken out", "owner", func(o *office, tx *Tx) error {
			return tx.RemoveUserAccess(o.production.ID, o.access(tx, "eve"))
		}, "workspace-access.deleted", []string{"account-membership.deleted"}},
		{"a Collaborator goes", "eve", func(o *office, tx *Tx) error {
			return tx.LeaveWorkspace(o.production.ID)
		}, "workspace-access.deleted", []string{"account-membership.deleted"}},
		{"a workspace is left", "ada", func(o *office, tx *Tx) error { return tx.LeaveWorkspace(o.production.ID) }, "workspace-access.deleted", nil},
		{"the workspace", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateWorkspace(o.acme, o.staging.ID, WorkspaceChange{Name: &text, Description: Nullable[string]{Set: true, Value: &text}})
		}, "workspace.updated", nil},
		{"the workspace as it is", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateWorkspace(o.acme, o.staging.ID, WorkspaceChange{Name: &o.staging.Name, Handle: &o.staging.Handle})
		}, "", nil},
		{"a default role beyond one's own that stays", "eve", func(o *office, tx *Tx) error {
			w := *o.staging
			w.DefaultRoleID = owner
			workspaceTable.Put(tx.db, &w)
			return tx.UpdateWorkspace(o.acme, w.ID, WorkspaceChange{DefaultRoleID: Nullable[uuid.UUID]{Set: true, Value: &owner}})
		}, "", nil},
		{"the workspace ends", "owner", func(o *office, tx *Tx) error {
			return tx.DeleteWorkspace(o.acme, o.production.ID)
		}, "workspace.deleted", []string{"workspace-access.deleted", "workspace-access.deleted"}},
		{"a role's scopes", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateWorkspaceRole(o.acme, o.steward.ID, WorkspaceRoleChange{Scopes: []Scope{}, InheritedRoleID: Nullable[uuid.UUID]{Set: true}})
		}, "workspace-role.updated", nil},
		{"a role as it is", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateWorkspaceRole(o.acme, o.steward.ID, WorkspaceRoleChange{Scopes: []Scope{ManageWorkspaceUsers}, InheritedRoleID: Nullable[uuid.UUID]{Set: true, Value: &viewer}})
		}, "", nil},
		{"a team's description", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateTeam(o.acme, o.tied.ID, TeamChange{Name: "Tied", Description: Nullable[string]{Set: true, Value: &text}})
		}, "team.updated", nil},
		{"a team as it is", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateTeam(o.acme, o.tied.ID, TeamChange{Name: "Tied"})
		}, "", nil},
		{"a team is untied and named", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateTeam(o.acme, o.tied.ID, TeamChange{Name: "Free", DirectoryGroupID: Nullable[string]{Set: true}})
		}, "team.updated", nil},
		{"a service account joins a tied team", "owner", func(o *office, tx *Tx) error {
			return tx.AddTeamMember(o.acme, o.tied.ID, o.asTeamMember(tx, "bot"))
		}, "team-membership.created", nil},
		{"who is in a team joins it", "owner", func(o *office, tx *Tx) error {
			return tx.AddTeamMember(o.acme, o.data.ID, o.asTeamMember(tx, "ada"))
		}, "", nil},
		{"a member leaves a team", "owner", func(o *office, tx *Tx) error {
			return tx.RemoveTeamMember(o.acme, o.data.ID, o.member("ada", &tx.Reader).ActorID)
		}, "team-membership.deleted", nil},
		{"a team ends", "owner", func(o *office, tx *Tx) error {
			return tx.DeleteTeam(o.acme, o.data.ID)
		}, "team.deleted", []string{"team-membership.deleted", "team-membership.deleted", "workspace-access.deleted"}},
		{"a membership ends", "owner", func(o *office, tx *Tx) error {
			return tx.RemoveMember(o.acme, o.member("ada", &tx.Reader).ID)
		}, "account-membership.deleted", []string{"workspace-access.deleted", "team-membership.deleted", "team-membership.deleted"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			by, before := o.actor(tt.by), len(o.events())
			if err := o.store.Update(by, func(tx *Tx) error { return tt.do(o, tx) }); err != nil {
				t.Fatal(err)
			}
			checkIndexes(t, o.store.data)
			events := o.events()[before:]
			if tt.first == "" {
				if len(events) != 0 {
					t.Errorf("an event of nothing: %+v", events[0])
				}
				return
			}
			if len(events) == 0 || events[0].Name != "prefect-cloud."+tt.first || events[0].Follows != uuid.Nil {
				t.Fatalf("%+v, want %s first", events, tt.first)
			}
			var follow []string
			for _, e := range events[1:] {
				follow = append(follow, strings.TrimPrefix(e.Name, "prefect-cloud."))
				if e.Follows != events[0].ID {
					t.Errorf("%s follows %v, want %v", e.Name, e.Follows, events[0].ID)
				}
				if e.Resource.Name == "" {
					t.Errorf("%s does not say whose", e.Name)
				}
			}
			if !slices.Equal(follow, tt.follow) {
				t.Errorf("%v follow, want %v", follow, tt.follow)
			}
		})
	}
}

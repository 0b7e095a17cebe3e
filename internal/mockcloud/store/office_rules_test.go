package store

import (
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestWorkspaceRules walks what is refused and why.
func TestWorkspaceRules(t *testing.T) {
	t.Parallel()
	var (
		conflict  *Conflict
		forbidden *Forbidden
		invalid   *Invalid
		notFound  *NotFound
	)
	group := Nullable[string]{Set: true, Value: new(string)}
	*group.Value = "directory_group_9"
	tests := []struct {
		name, by string
		do       func(*office, *Tx) error
		want     any // a pointer to the error's type
		says     string
	}{
		{"a handle is free", "owner", func(o *office, tx *Tx) error {
			_, err := tx.AddWorkspace(NewWorkspace{AccountID: o.acme, Handle: "staging", Name: "Another"})
			return err
		}, &conflict, "staging exists"},
		{"a handle stays free", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateWorkspace(o.acme, o.production.ID, WorkspaceChange{Handle: &o.staging.Handle})
		}, &conflict, "staging exists"},
		{"a handle is one", "owner", func(o *office, tx *Tx) error {
			_, err := tx.AddWorkspace(NewWorkspace{AccountID: o.acme, Handle: "Not one", Name: "Another"})
			return err
		}, &invalid, "[handle]"},
		{"a workspace has a name", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateWorkspace(o.acme, o.production.ID, WorkspaceChange{Name: new(string)})
		}, &invalid, "[name]"},
		{"a workspace of another account", "owner", func(o *office, tx *Tx) error {
			return tx.DeleteWorkspace(o.globex, o.production.ID)
		}, &notFound, "Workspace"},
		{"a default role of nowhere", "owner", func(o *office, tx *Tx) error {
			id := uuid.New()
			return tx.UpdateWorkspace(o.acme, o.production.ID, WorkspaceChange{DefaultRoleID: Nullable[uuid.UUID]{Set: true, Value: &id}})
		}, &invalid, "[default_workspace_role_id]"},
		{"a default role beyond one's own", "ada", func(o *office, tx *Tx) error {
			return tx.UpdateWorkspace(o.acme, o.production.ID, WorkspaceChange{DefaultRoleID: Nullable[uuid.UUID]{Set: true, Value: &owner}})
		}, &forbidden, "Owner"},

		{"built-in roles stay", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateWorkspaceRole(o.acme, viewer, WorkspaceRoleChange{Scopes: []Scope{ManageWorkspaceUsers}})
		}, &conflict, "built-in"},
		{"built-in roles are not deleted", "owner", func(o *office, tx *Tx) error {
			return tx.DeleteWorkspaceRole(o.acme, worker)
		}, &conflict, "built-in"},
		{"a role's name is free", "owner", func(o *office, tx *Tx) error {
			_, err := tx.AddWorkspaceRole(NewWorkspaceRole{AccountID: o.acme, Name: "Viewer"})
			return err
		}, &conflict, "Viewer exists"},
		{"a role has a name", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateWorkspaceRole(o.acme, o.steward.ID, WorkspaceRoleChange{Name: new(string)})
		}, &invalid, "[name]"},
		{"only built-in roles are inherited", "owner", func(o *office, tx *Tx) error {
			_, err := tx.AddWorkspaceRole(NewWorkspaceRole{AccountID: o.acme, Name: "Heir", InheritedRoleID: o.steward.ID})
			return err
		}, &invalid, "[inherited_role_id]"},
		{"a role that someone holds stays", "owner", func(o *office, tx *Tx) error {
			return tx.DeleteWorkspaceRole(o.acme, o.steward.ID)
		}, &conflict, "in use 1"},
		{"a default role stays", "owner", func(o *office, tx *Tx) error {
			if err := tx.RemoveUserAccess(o.production.ID, o.access(tx, "ada")); err != nil {
				return err
			}
			if err := tx.UpdateWorkspace(o.acme, o.production.ID, WorkspaceChange{DefaultRoleID: Nullable[uuid.UUID]{Set: true, Value: &o.steward.ID}}); err != nil {
				return err
			}
			return tx.DeleteWorkspaceRole(o.acme, o.steward.ID)
		}, &conflict, "default of the workspace Production"},

		{"a user of nowhere", "owner", func(o *office, tx *Tx) error {
			_, err := tx.SetUserAccess(o.acme, o.production.ID, uuid.New(), viewer)
			return err
		}, &invalid, "[user_id]"},
		{"a service account is no user", "owner", func(o *office, tx *Tx) error {
			_, err := tx.SetUserAccess(o.acme, o.production.ID, o.member("bot", &tx.Reader).BotID, viewer)
			return err
		}, &invalid, "[user_id]"},
		{"a service account of nowhere", "owner", func(o *office, tx *Tx) error {
			_, err := tx.SetBotAccess(o.acme, o.production.ID, uuid.New(), viewer)
			return err
		}, &invalid, "[bot_id]"},
		{"a user is no service account", "owner", func(o *office, tx *Tx) error {
			_, err := tx.SetBotAccess(o.acme, o.production.ID, o.member("ada", &tx.Reader).UserID, viewer)
			return err
		}, &invalid, "[bot_id]"},
		{"a service account gets no scopes that the giver lacks", "ada", func(o *office, tx *Tx) error {
			return o.letBot(tx, owner)
		}, &forbidden, "Owner"},
		{"a person's access is no service account's", "owner", func(o *office, tx *Tx) error {
			return tx.RemoveBotAccess(o.production.ID, o.access(tx, "ada"))
		}, &notFound, "access"},
		{"a workspace role of nowhere", "owner", func(o *office, tx *Tx) error { return o.let(tx, "admin", uuid.New()) }, &invalid, "[workspace_role_id]"},
		{"nobody gives scopes that they lack", "ada", func(o *office, tx *Tx) error {
			role, err := tx.AddWorkspaceRole(NewWorkspaceRole{AccountID: o.acme, Name: "Boss", Scopes: []Scope{ManageWorkspaceTeams, "see_blocks"}})
			if err != nil {
				return err
			}
			return o.let(tx, "eve", role.ID)
		}, &forbidden, "Missing workspace scopes: manage_workspace_teams, see_blocks"},
		{"nobody but Owners makes Owners", "ada", func(o *office, tx *Tx) error { return o.let(tx, "eve", owner) }, &forbidden, "Owner"},
		{"a team of nowhere", "owner", func(o *office, tx *Tx) error {
			_, err := tx.SetTeamAccess(o.acme, o.production.ID, o.production.ID, viewer)
			return err
		}, &invalid, "[team_id]"},
		{"a team that is not in", "owner", func(o *office, tx *Tx) error {
			return tx.RemoveTeamAccess(o.production.ID, o.data.ID)
		}, &notFound, "team access"},
		{"a person is no team", "owner", func(o *office, tx *Tx) error {
			return tx.RemoveTeamAccess(o.production.ID, o.member("ada", &tx.Reader).ActorID)
		}, &notFound, "team access"},
		{"an access of another workspace", "owner", func(o *office, tx *Tx) error {
			return tx.RemoveUserAccess(o.staging.ID, o.access(tx, "ada"))
		}, &notFound, "access"},
		{"a way in through a team is not left", "ada", func(o *office, tx *Tx) error { return tx.LeaveWorkspace(o.staging.ID) }, &notFound, "access"},

		{"a team's name is free", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateTeam(o.acme, o.data.ID, TeamChange{Name: "Tied"})
		}, &conflict, "Tied exists"},
		{"a team has a name", "owner", func(o *office, tx *Tx) error {
			_, err := tx.AddTeam(NewTeam{AccountID: o.acme})
			return err
		}, &invalid, "[name]"},
		{"a directory group of nowhere", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateTeam(o.acme, o.data.ID, TeamChange{Name: "Data", DirectoryGroupID: group})
		}, &invalid, "[workos_directory_group_id]"},
		{"a tied team keeps its name", "owner", func(o *office, tx *Tx) error {
			return tx.UpdateTeam(o.acme, o.tied.ID, TeamChange{Name: "Free"})
		}, &conflict, "directory group"},
		{"a tied team stays", "owner", func(o *office, tx *Tx) error { return tx.DeleteTeam(o.acme, o.tied.ID) }, &conflict, "directory group"},
		{"a tied team gets no users", "owner", func(o *office, tx *Tx) error {
			return tx.AddTeamMember(o.acme, o.tied.ID, o.asTeamMember(tx, "admin"))
		}, &conflict, "directory group"},
		{"a tied team loses no users", "owner", func(o *office, tx *Tx) error {
			return tx.RemoveTeamMember(o.acme, o.tied.ID, o.member("ada", &tx.Reader).ActorID)
		}, &conflict, "directory group"},
		{"a stranger joins no team", "owner", func(o *office, tx *Tx) error {
			return tx.AddTeamMember(o.acme, o.data.ID, NewTeamMember{BotID: uuid.New()})
		}, &invalid, "[member_id]"},
		{"who is not in a team", "owner", func(o *office, tx *Tx) error {
			return tx.RemoveTeamMember(o.acme, o.data.ID, o.member("eve", &tx.Reader).ActorID)
		}, &notFound, "Team member"},
		{"a team of another account", "owner", func(o *office, tx *Tx) error {
			return tx.DeleteTeam(o.globex, o.data.ID)
		}, &notFound, "Team"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			by, before, events := o.actor(tt.by), o.store.data.db.Rows(), len(o.events())
			err := o.store.Update(by, func(tx *Tx) error { return tt.do(o, tx) })
			// One of its own: the cases run side by side.
			target := reflect.New(reflect.TypeOf(tt.want).Elem()).Interface()
			if !errors.As(err, target) || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("%T %v, want %T that says %q", err, err, tt.want, tt.says)
			}
			if !maps.Equal(before, o.store.data.db.Rows()) || len(o.events()) != events {
				t.Error("a refused change left something behind")
			}
			checkIndexes(t, o.store.data)
		})
	}
}

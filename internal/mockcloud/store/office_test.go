package store

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// office is a world with two workspaces and two teams.
type office struct {
	*world
	production, staging *Workspace
	data, tied          *Team
	steward             *WorkspaceRole
}

var (
	viewer = WorkspaceRoleID("Viewer")
	worker = WorkspaceRoleID("Worker")
	owner  = WorkspaceRoleID("Owner")
)

// newOffice has ada as Steward (a custom role that manages users) and the
// Collaborator eve as Viewer of production; the team Data, with ada and the bot
// in it, views staging; the team Tied, with ada in it, is a directory group's.
func newOffice(t tester) *office {
	t.Helper()
	o := &office{world: newWorld(t)}
	err := o.store.Update(Actor{}, func(tx *Tx) error {
		var errs []error
		check := func(err error) { errs = append(errs, err) }
		var err error
		o.production, err = tx.AddWorkspace(NewWorkspace{AccountID: o.acme, Handle: "production", Name: "Production"})
		check(err)
		o.staging, err = tx.AddWorkspace(NewWorkspace{AccountID: o.acme, Handle: "staging", Name: "Staging"})
		check(err)
		o.steward, err = tx.AddWorkspaceRole(NewWorkspaceRole{
			AccountID: o.acme, Name: "Steward", Scopes: []Scope{ManageWorkspaceUsers, ManageWorkspaceUsers}, InheritedRoleID: viewer,
		})
		check(err)
		eve, err := tx.AddUser(NewUser{Email: "eve@acme.com"})
		check(err)
		_, err = tx.AddMember(uuid.Nil, o.acme, eve, CollaboratorRoleID)
		check(err)
		_, err = tx.SetUserAccess(o.acme, o.production.ID, eve.ID, viewer)
		check(err)
		_, err = tx.SetUserAccess(o.acme, o.production.ID, o.member("ada", &tx.Reader).UserID, o.steward.ID)
		check(err)
		o.data, err = tx.AddTeam(NewTeam{AccountID: o.acme, Name: "Data"})
		check(err)
		o.tied, err = tx.AddTeam(NewTeam{AccountID: o.acme, Name: "Tied"})
		check(err)
		for _, team := range []*Team{o.data, o.tied} {
			check(tx.AddTeamMember(o.acme, team.ID, o.asTeamMember(tx, "ada")))
		}
		check(tx.AddTeamMember(o.acme, o.data.ID, o.asTeamMember(tx, "bot")))
		_, err = tx.SetTeamAccess(o.acme, o.staging.ID, o.data.ID, viewer)
		check(err)
		tied := *o.tied
		tied.DirectoryID, tied.DirectoryGroupID = "directory_1", "directory_group_1"
		tx.data.teams.put(tx, tied.ID, &tied)
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// member finds a membership inside a transaction; the world's own would wait for
// the transaction to end.
func (o *office) member(name string, r *Reader) *Membership {
	for _, m := range r.data.membershipsByAccount.get(o.acme) {
		if n := r.MemberName(m); n == name || n == name+"@acme.com" {
			return m
		}
	}
	o.t.Fatalf("no member %s", name)
	return nil
}

func (o *office) asTeamMember(tx *Tx, name string) NewTeamMember {
	m := o.member(name, &tx.Reader)
	return NewTeamMember{UserID: m.UserID, BotID: m.BotID}
}

// access finds the access of a member to production.
func (o *office) access(tx *Tx, name string) uuid.UUID {
	a, ok := tx.data.accessIn.get(holderIn{o.production.ID, o.member(name, &tx.Reader).ActorID})
	if !ok {
		o.t.Fatalf("%s has no access", name)
	}
	return a.ID
}

func (o *office) let(tx *Tx, name string, role uuid.UUID) error {
	_, err := tx.SetUserAccess(o.acme, o.production.ID, o.member(name, &tx.Reader).UserID, role)
	return err
}

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
			by, before, events := o.actor(tt.by), o.store.data.rows(), len(o.events())
			err := o.store.Update(by, func(tx *Tx) error { return tt.do(o, tx) })
			if !errors.As(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("%T %v, want %T that says %q", err, err, tt.want, tt.says)
			}
			if !maps.Equal(before, o.store.data.rows()) || len(o.events()) != events {
				t.Error("a refused change left something behind")
			}
			checkIndexes(t, o.store.data)
		})
	}
}

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

// TestScopes: administrate:workspace and Owners have all; Workers see nobody.
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
	o.view(func(r *Reader) {
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
	d := o.store.data
	if n := len(d.workspaces.rows) + len(d.access.rows) + len(d.teams.rows) + len(d.teamMembers.rows); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	for _, role := range d.workspaceRoles.rows {
		if !role.IsBuiltin() {
			t.Errorf("the role %s is left", role.Name)
		}
	}
	checkIndexes(t, d)
}

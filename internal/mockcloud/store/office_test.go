package store

import (
	"errors"

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
		teamTable.Put(tx.db, &tied)
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
	for _, m := range membershipsByAccount.Get(r.db, o.acme) {
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
	return o.accessOf(tx, o.member(name, &tx.Reader).ActorID)
}

// accessOf finds the access of an actor to production.
func (o *office) accessOf(tx *Tx, actor uuid.UUID) uuid.UUID {
	a, ok := accessIn.Get(tx.db, holderIn{o.production.ID, actor})
	if !ok {
		o.t.Fatalf("%v has no access", actor)
	}
	return a.ID
}

// letBot lets the service account into production.
func (o *office) letBot(tx *Tx, role uuid.UUID) error {
	_, err := tx.SetBotAccess(o.acme, o.production.ID, o.member("bot", &tx.Reader).BotID, role)
	return err
}

func (o *office) let(tx *Tx, name string, role uuid.UUID) error {
	_, err := tx.SetUserAccess(o.acme, o.production.ID, o.member(name, &tx.Reader).UserID, role)
	return err
}

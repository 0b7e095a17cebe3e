package store

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

// TestAnyOfficeHistory lets random changes run against each other. After each,
// nothing leads nowhere, and each row that is another one has one event.
func TestAnyOfficeHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := newOffice(t)
		people := []string{"second", "admin", "ada", "eve", "bot"}
		var members, users, bots, actors []uuid.UUID
		o.view(func(r *Reader) {
			for _, name := range people {
				m := o.member(name, r)
				members, actors = append(members, m.ID), append(actors, m.ActorID)
				users, bots = append(users, m.UserID), append(bots, m.BotID)
			}
		})
		workspaces := []uuid.UUID{o.production.ID, o.staging.ID}
		roles := []uuid.UUID{viewer, worker, o.steward.ID}
		teams := []uuid.UUID{o.data.ID, o.tied.ID}
		for range rapid.IntRange(1, 25).Draw(t, "changes") {
			member := rapid.IntRange(0, len(people)-1).Draw(t, "member")
			workspace := rapid.SampledFrom(workspaces).Draw(t, "workspace")
			role := rapid.SampledFrom(roles).Draw(t, "role")
			team := rapid.SampledFrom(teams).Draw(t, "team")
			what := rapid.IntRange(0, 11).Draw(t, "what")
			before, told := o.store.data.db.Rows(), len(o.events())
			// What is refused must leave nothing behind, which shows below.
			_ = o.store.Update(Actor{}, func(tx *Tx) (err error) {
				switch what {
				case 0:
					_, err = tx.SetUserAccess(o.acme, workspace, users[member], role)
				case 1:
					_, err = tx.SetTeamAccess(o.acme, workspace, team, role)
				case 2:
					err = tx.AddTeamMember(o.acme, team, NewTeamMember{UserID: users[member]})
				case 3:
					err = tx.RemoveTeamMember(o.acme, team, actors[member])
				case 4:
					err = tx.RemoveTeamAccess(workspace, team)
				case 5:
					if a, ok := accessIn.Get(tx.db, holderIn{workspace, actors[member]}); ok {
						err = tx.RemoveUserAccess(workspace, a.ID)
					}
				case 6:
					err = tx.RemoveMember(o.acme, members[member])
				case 7:
					err = tx.DeleteTeam(o.acme, team)
				case 8:
					err = tx.DeleteWorkspaceRole(o.acme, role)
				case 9:
					err = tx.DeleteWorkspace(o.acme, workspace)
				case 10:
					_, err = tx.SetBotAccess(o.acme, workspace, bots[member], role)
				case 11:
					if a, ok := accessIn.Get(tx.db, holderIn{workspace, actors[member]}); ok {
						err = tx.RemoveBotAccess(workspace, a.ID)
					}
				}
				return err
			})
			checkIndexes(t, o.store.data)
			o.leadsSomewhere(t)
			o.isTold(t, before, o.events()[told:])
		}
	})
}

// leadsSomewhere checks that accesses and places in teams are of things that are
// there.
func (o *office) leadsSomewhere(t tester) {
	d := o.store.data
	for _, a := range accessTable.All(d.db) {
		_, isTeam := teamTable.Get(d.db, a.TeamID)
		_, isMember := membershipByActor.Get(d.db, actorIn{a.AccountID, a.ActorID})
		if workspaceTable.Row(d.db, a.WorkspaceID) == nil || workspaceRoleTable.Row(d.db, a.RoleID) == nil || isTeam == isMember {
			t.Errorf("an access that leads nowhere: %+v", a)
		}
	}
	for _, in := range teamMemberTable.All(d.db) {
		if _, ok := membershipByActor.Get(d.db, actorIn{in.AccountID, in.ActorID}); !ok || teamTable.Row(d.db, in.TeamID) == nil {
			t.Errorf("a place in a team that leads nowhere: %+v", in)
		}
	}
}

// isTold compares what changed with what the events tell of.
func (o *office) isTold(t tester, before map[string]any, events []*eventlog.Event) {
	after := o.store.data.db.Rows()
	changed := make(map[string]bool)
	for _, rows := range []map[string]any{before, after} {
		for key := range rows {
			if before[key] != after[key] {
				changed[key[len(key)-len(uuid.Nil.String()):]] = true
			}
		}
	}
	for _, e := range events {
		id := e.Resource.ID[strings.LastIndex(e.Resource.ID, ".")+1:]
		if !changed[id] {
			t.Errorf("%s tells of what did not change, or again", e.Name)
		}
		delete(changed, id)
	}
	if len(changed) != 0 {
		t.Errorf("nothing tells of %d changed rows", len(changed))
	}
}

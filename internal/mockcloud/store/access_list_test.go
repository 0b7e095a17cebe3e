package store

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestBotAccess lets a service account in, gives it another role, takes it out and
// deletes one that is in.
func TestBotAccess(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	bot := o.actor("bot")
	do := func(what string, change func(*Tx) error, want ...string) {
		t.Helper()
		before := len(o.events())
		if err := o.store.Update(o.actor("owner"), change); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		var got []string
		for _, e := range o.events()[before:] {
			got = append(got, strings.TrimPrefix(e.Name, "prefect-cloud."))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the events are %v, want %v", what, got, want)
		}
		checkIndexes(t, o.store.data)
	}
	var access uuid.UUID
	holds := func(role uuid.UUID) {
		t.Helper()
		o.view(func(r *Reader) {
			rows := r.ListBotAccess(o.production.ID, BotAccessQuery{}, BotAccessCreatedAsc)
			if len(rows) != 1 || rows[0].Member.BotID != bot.BotID || rows[0].RoleID != role {
				t.Fatalf("%+v, want the service account as %v", rows, role)
			}
			if access != uuid.Nil && rows[0].ID != access {
				t.Errorf("the access %v became %v", access, rows[0].ID)
			}
			access = rows[0].ID
			if _, err := r.BotAccess(o.production.ID, access); err != nil {
				t.Error(err)
			}
			var notFound *NotFound
			if _, err := r.UserAccess(o.production.ID, access); !errors.As(err, &notFound) {
				t.Errorf("as a person's: %v", err)
			}
			if n := len(r.MayEnter(o.member("bot", r))); n != 2 { // production, and staging by its team
				t.Errorf("it gets into %d workspaces", n)
			}
		})
	}
	do("let in", func(tx *Tx) error { return o.letBot(tx, viewer) }, "workspace-access.created")
	holds(viewer)
	do("let in again", func(tx *Tx) error { return o.letBot(tx, viewer) })
	do("let in as another", func(tx *Tx) error { return o.letBot(tx, worker) }, "workspace-access.updated")
	holds(worker)
	do("taken out", func(tx *Tx) error { return tx.RemoveBotAccess(o.production.ID, access) }, "workspace-access.deleted")
	o.view(func(r *Reader) {
		if rows := r.ListBotAccess(o.production.ID, BotAccessQuery{}, BotAccessCreatedAsc); len(rows) != 0 {
			t.Errorf("it still is in: %+v", rows)
		}
	})
	access = uuid.Nil
	do("let in anew", func(tx *Tx) error { return o.letBot(tx, viewer) }, "workspace-access.created")
	do("deleted", func(tx *Tx) error { return tx.DeleteBot(o.acme, bot.BotID) },
		"service-account.deleted", "api-key.deleted", "account-membership.deleted", "workspace-access.deleted", "team-membership.deleted")
	if n := len(accessByHolder.Get(o.store.data.db, actorIn{o.acme, bot.ActorID})); n != 0 {
		t.Errorf("%d accesses of the deleted service account are left", n)
	}
}

// TestCollaboratingBotStays in the account without a workspace: it was not invited
// to one, and would end with its membership.
func TestCollaboratingBotStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	err := o.store.Update(Actor{}, func(tx *Tx) error {
		m := o.member("bot", &tx.Reader)
		return errors.Join(tx.SetRole(o.acme, m.ID, CollaboratorRoleID),
			tx.RemoveTeamMember(o.acme, o.data.ID, m.ActorID), o.letBot(tx, viewer),
			tx.RemoveBotAccess(o.production.ID, o.accessOf(tx, m.ActorID)))
	})
	if err != nil {
		t.Fatal(err)
	}
	o.view(func(r *Reader) { o.member("bot", r) })
}

// TestListBotAccess walks the filter and the orders.
func TestListBotAccess(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ids := make(map[string]*Bot)
	err := o.store.Update(Actor{}, func(tx *Tx) error {
		for i, name := range []string{"Zoe", "ann", "Mia"} {
			b, _, err := tx.AddBot(NewBot{AccountID: o.acme, Name: name, RoleID: MemberRoleID})
			if err != nil {
				return err
			}
			ids[name] = b
			role := []uuid.UUID{viewer, worker, viewer}[i]
			if _, err := tx.SetBotAccess(o.acme, o.staging.ID, b.ID, role); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		query BotAccessQuery
		sort  BotAccessSort
		want  string
	}{
		{"all", BotAccessQuery{}, BotAccessCreatedAsc, "Zoe ann Mia"},
		{"newest first", BotAccessQuery{}, BotAccessCreatedDesc, "Mia ann Zoe"},
		{"by name", BotAccessQuery{}, BotAccessNameAsc, "ann Mia Zoe"},
		{"by name, the other way", BotAccessQuery{}, BotAccessNameDesc, "Zoe Mia ann"},
		{"of a role", BotAccessQuery{ActorAccessFilter: ActorAccessFilter{RoleIDs: []uuid.UUID{viewer}}}, BotAccessCreatedAsc, "Zoe Mia"},
		{"of an actor", BotAccessQuery{ActorAccessFilter: ActorAccessFilter{ActorIDs: []uuid.UUID{ids["ann"].ActorID}}}, BotAccessCreatedAsc, "ann"},
		{"of nobody", BotAccessQuery{ActorAccessFilter: ActorAccessFilter{ActorIDs: []uuid.UUID{}}}, BotAccessCreatedAsc, ""},
		{"one", BotAccessQuery{Bots: BotFilter{Names: []string{"Mia"}}}, BotAccessCreatedAsc, "Mia"},
	}
	o.view(func(r *Reader) {
		for _, tt := range tests {
			var got []string
			for _, row := range r.ListBotAccess(o.staging.ID, tt.query, tt.sort) {
				got = append(got, r.MemberName(row.Member))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
			}
		}
	})
}

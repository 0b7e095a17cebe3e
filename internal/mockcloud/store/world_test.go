package store

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// world is a store with one account, acme, and another one, globex.
type world struct {
	t       tester
	store   *Store
	acme    uuid.UUID
	globex  uuid.UUID
	auditor *AccountRole
}

var start = time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)

// newWorld has owner@ and second@ (Owners), admin@, ada@ and the Owner bot in
// acme. Its clock stands still.
func newWorld(t tester) *world {
	t.Helper()
	return seedWorld(t, New(Options{Clock: func() time.Time { return start }}))
}

func seedWorld(t tester, s *Store) *world {
	t.Helper()
	w := &world{t: t, store: s}
	err := w.store.Reset(func(tx *Tx) error {
		acme, err := tx.AddAccount(NewAccount{Name: "ACME", Handle: "acme", Features: Features()})
		if err != nil {
			return err
		}
		globex, err := tx.AddAccount(NewAccount{Name: "Globex", Handle: "globex", Features: Features()})
		if err != nil {
			return err
		}
		w.acme, w.globex = acme.ID, globex.ID
		if w.auditor, err = tx.AddRole(NewRole{AccountID: w.acme, Name: "Auditor", Permissions: []Permission{ReadAccount}}); err != nil {
			return err
		}
		for _, p := range []struct {
			name string
			role uuid.UUID
		}{{"owner", OwnerRoleID}, {"second", OwnerRoleID}, {"admin", AdminRoleID}, {"ada", MemberRoleID}} {
			u, err := tx.AddUser(NewUser{Email: p.name + "@acme.com", FirstName: strings.ToUpper(p.name)})
			if err != nil {
				return err
			}
			if _, err := tx.AddMember(uuid.Nil, w.acme, u, p.role); err != nil {
				return err
			}
		}
		_, _, err = tx.AddBot(NewBot{AccountID: w.acme, Name: "bot", RoleID: OwnerRoleID, Secret: "pnb_secret_of_the_bot"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) view(fn func(*Reader)) {
	w.t.Helper()
	if err := w.store.View(func(r *Reader) error { fn(r); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

// actor gives a person of acme, by the name before the @, or the bot.
func (w *world) actor(name string) (a Actor) {
	w.t.Helper()
	w.view(func(r *Reader) {
		if name == "bot" {
			b := r.Bots(w.acme)[0]
			a = Actor{ActorID: b.ActorID, BotID: b.ID, Name: b.Name}
			return
		}
		u, ok := r.UserByEmail(name + "@acme.com")
		if !ok {
			w.t.Fatalf("nobody is called %s", name)
		}
		a = Actor{ActorID: u.ActorID, UserID: u.ID, Name: u.Email}
	})
	return a
}

func (w *world) member(name string) (m *Membership) {
	w.t.Helper()
	actor := w.actor(name)
	w.view(func(r *Reader) {
		var err error
		if m, err = r.MembershipOf(w.acme, actor.ActorID); err != nil {
			w.t.Fatalf("%s: %v", name, err)
		}
	})
	return m
}

func (w *world) events() []*Event {
	return w.eventsOf(w.acme)
}

func (w *world) eventsOf(account uuid.UUID) (out []*Event) {
	w.t.Helper()
	if err := w.store.View(func(r *Reader) (err error) { out, err = r.Events(account); return err }); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// id finds a member inside a transaction.
func (w *world) id(tx *Tx, name string) uuid.UUID {
	for _, m := range tx.data.membershipsByAccount.get(w.acme) {
		if n := tx.MemberName(m); n == name || n == name+"@acme.com" {
			return m.ID
		}
	}
	w.t.Fatalf("no member %s", name)
	return uuid.Nil
}

// rows gives every row of every table under a key of its own. Rows are immutable,
// so that two equal maps are two equal states.
func (d *data) rows() map[string]any {
	out := make(map[string]any)
	collect(out, "account", d.accounts.rows)
	collect(out, "domain", d.domains.rows)
	collect(out, "user", d.users.rows)
	collect(out, "bot", d.bots.rows)
	collect(out, "key", d.keys.rows)
	collect(out, "session", d.sessions.rows)
	collect(out, "invitation", d.invitations.rows)
	collect(out, "mail", d.mails.rows)
	collect(out, "role", d.roles.rows)
	collect(out, "membership", d.memberships.rows)
	collect(out, "workspace", d.workspaces.rows)
	collect(out, "workspace role", d.workspaceRoles.rows)
	collect(out, "access", d.access.rows)
	collect(out, "team", d.teams.rows)
	collect(out, "team member", d.teamMembers.rows)
	collect(out, "connection", d.connections.rows)
	collect(out, "directory", d.directories.rows)
	collect(out, "token", d.tokens.rows)
	collect(out, "mapping", d.mappings.rows)
	collect(out, "directory user", d.directoryUsers.rows)
	collect(out, "directory group", d.directoryGroups.rows)
	collect(out, "group member", d.groupMembers.rows)
	collect(out, "kept answer", d.answers.rows)
	collect(out, "secret", d.secrets.rows)
	collect(out, "setup link", d.setupLinks.rows)
	return out
}

func collect[V any](into map[string]any, kind string, rows map[uuid.UUID]*V) {
	for id, row := range rows {
		into[kind+id.String()] = row
	}
}

// checkIndexes compares every index with one that is built afresh.
func checkIndexes(t tester, d *data) {
	t.Helper()
	fresh := newData(nil)
	fill(&fresh.accounts, d.accounts.rows)
	fill(&fresh.domains, d.domains.rows)
	fill(&fresh.users, d.users.rows)
	fill(&fresh.bots, d.bots.rows)
	fill(&fresh.keys, d.keys.rows)
	fill(&fresh.sessions, d.sessions.rows)
	fill(&fresh.invitations, d.invitations.rows)
	fill(&fresh.mails, d.mails.rows)
	fill(&fresh.roles, d.roles.rows)
	fill(&fresh.memberships, d.memberships.rows)
	fill(&fresh.workspaces, d.workspaces.rows)
	fill(&fresh.workspaceRoles, d.workspaceRoles.rows)
	fill(&fresh.access, d.access.rows)
	fill(&fresh.teams, d.teams.rows)
	fill(&fresh.teamMembers, d.teamMembers.rows)
	fill(&fresh.connections, d.connections.rows)
	fill(&fresh.directories, d.directories.rows)
	fill(&fresh.tokens, d.tokens.rows)
	fill(&fresh.mappings, d.mappings.rows)
	fill(&fresh.directoryUsers, d.directoryUsers.rows)
	fill(&fresh.directoryGroups, d.directoryGroups.rows)
	fill(&fresh.groupMembers, d.groupMembers.rows)
	fill(&fresh.answers, d.answers.rows)
	fill(&fresh.setupLinks, d.setupLinks.rows)
	contents := func(d *data) []any {
		return []any{
			d.accountByHandle.rows, d.domainByName.rows, d.domainsByAccount.groups,
			d.userByEmail.rows, d.userByHandle.rows, d.userByActor.rows, d.botByActor.rows, d.botsByAccount.groups,
			d.keyByHash.rows, d.keysByActor.groups, d.rolesByAccount.groups,
			d.sessionByHash.rows, d.sessionsByUser.groups, d.sessionsByAccount.groups,
			d.invitationsByAccount.groups, d.invitationPending.rows, d.mailsInTime.groups,
			d.membershipByActor.rows, d.membershipsByAccount.groups, d.membershipsOfActor.groups,
			d.membersByRole.counts, d.activeUsersByRole.counts, d.workspacesByAccount.groups,
			d.workspaceRolesByAccount.groups, d.accessIn.rows, d.accessByHolder.groups, d.accessByWorkspace.groups,
			d.accessByRole.counts, d.teamByName.rows, d.teamsByAccount.groups, d.teamMember.rows,
			d.teamMembersByTeam.groups, d.teamMembersByActor.groups,
			d.connectionByName.rows, d.connectionByKey.rows, d.connectionsByAccount.groups, d.connectionByDomain.rows, d.activeConnections.counts,
			d.membershipByDirectoryUser.rows, d.membershipsByDirectory.groups, d.teamByGroup.rows,
			d.directoryByName.rows, d.directoryByKey.rows, d.directoryByEndpoint.rows, d.directoriesByAccount.groups,
			d.tokenByHash.rows, d.tokenByKey.rows, d.tokensByDirectory.groups, d.mappingsByMatch.groups, d.mappingByKey.rows, d.mappingsByDirectory.groups,
			d.directoryUserByName.rows, d.directoryUsersByExternalID.groups, d.directoryUsersByEmail.groups,
			d.directoryUsersByDirectory.groups, d.activeInDirectory.counts,
			d.directoryGroupsByName.groups, d.directoryGroupsByExternalID.groups, d.directoryGroupsByDirectory.groups,
			d.groupMember.rows, d.membersOfGroup.groups, d.groupsOfMember.groups,
			d.answersByAccount.groups,
			d.setupLinkByHash.rows, d.setupLinkBySession.rows, d.setupLinksExpire.groups,
		}
	}
	for i, want := range contents(fresh) {
		if got := contents(d)[i]; !reflect.DeepEqual(got, want) {
			t.Errorf("index %d (%T) differs from one built afresh", i, want)
		}
	}
}

func fill[V any](into *table[uuid.UUID, V], rows map[uuid.UUID]*V) {
	// In the order in which a state file is read: of rows that share a key the first counts.
	byID := func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }
	for _, id := range slices.SortedFunc(maps.Keys(rows), byID) {
		into.set(id, rows[id])
	}
}

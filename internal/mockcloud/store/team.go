package store

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Team is a group of an account's members, people and service accounts.
type Team struct {
	ID               uuid.UUID
	Created, Updated time.Time
	AccountID        uuid.UUID
	Name             string
	Description      *string
	// DirectoryID and DirectoryGroupID are the group that decides about the
	// team's name and its people; empty for none.
	DirectoryID, DirectoryGroupID string
}

var (
	teamTable      = table.Declare(&tables, "teams", func(t *Team) (uuid.UUID, time.Time) { return t.ID, t.Created })
	teamByName     = table.Unique(teamTable, func(t *Team) (nameIn, bool) { return nameIn{t.AccountID, t.Name}, true })
	teamByGroup    = table.Unique(teamTable, func(t *Team) (string, bool) { return t.DirectoryGroupID, t.isTied() })
	teamsByAccount = table.Group(teamTable, func(t *Team) (uuid.UUID, bool) { return t.AccountID, true }, table.DeletedWith(accountTable))
)

func (t *Team) subject() subject { return subject{t.AccountID, kindTeam, t.ID, t.Name} }

// isTied reports whether a directory's group decides about the team.
func (t *Team) isTied() bool { return t.DirectoryGroupID != "" }

func (t *Team) errTied(what string) error {
	return &Conflict{Reason: "The team " + t.Name + " is synchronized with a directory group, which " + what}
}

// TeamMember is what ties a member of the account to a team.
type TeamMember struct {
	ID        uuid.UUID
	Created   time.Time
	AccountID uuid.UUID
	TeamID    uuid.UUID
	ActorID   uuid.UUID
}

var (
	teamMemberTable    = table.Declare(&tables, "team_members", func(m *TeamMember) (uuid.UUID, time.Time) { return m.ID, m.Created })
	teamMemberOf       = table.Unique(teamMemberTable, func(m *TeamMember) (memberOf, bool) { return memberOf{m.TeamID, m.ActorID}, true })
	teamMembersByTeam  = table.Group(teamMemberTable, func(m *TeamMember) (uuid.UUID, bool) { return m.TeamID, true }, table.DeletedWith(teamTable))
	teamMembersByActor = table.Group(teamMemberTable, func(m *TeamMember) (actorIn, bool) { return actorIn{m.AccountID, m.ActorID}, true },
		table.DeletedWithKey(membershipTable, (*Membership).actor))
)

// nameIn is a name within an account.
type nameIn struct {
	account uuid.UUID
	name    string
}

// memberOf is an actor within a team.
type memberOf struct{ team, actor uuid.UUID }

// Team reads one of the account's teams.
func (r *Reader) Team(accountID, id uuid.UUID) (*Team, error) {
	if t, ok := teamTable.Get(r.db, id); ok && t.AccountID == accountID {
		return t, nil
	}
	return nil, &NotFound{What: "Team"}
}

// TeamsOf returns the teams that an actor is in, oldest membership first.
func (r *Reader) TeamsOf(accountID, actorID uuid.UUID) []*Team {
	var out []*Team
	for _, in := range teamMembersByActor.Get(r.db, actorIn{accountID, actorID}) {
		out = append(out, teamTable.Row(r.db, in.TeamID))
	}
	return out
}

// TeamMembers returns the members of a team, who came first first.
func (r *Reader) TeamMembers(t *Team) []*Membership {
	var out []*Membership
	for _, in := range teamMembersByTeam.Get(r.db, t.ID) {
		if m, ok := membershipByActor.Get(r.db, actorIn{t.AccountID, in.ActorID}); ok {
			out = append(out, m)
		}
	}
	return out
}

// TeamSorts returns the orders of teams (TeamSort in the document); they are some
// of those of members.
func TeamSorts() []MemberSort { return []MemberSort{NameAsc, NameDesc, CreatedAsc, CreatedDesc} }

// BotFilter says which service accounts are wanted. Of a nil list nothing is
// asked.
type BotFilter struct {
	IDs   []uuid.UUID
	Names []string
	Like  *string
}

// Matches reports whether a service account is one of them.
func (f BotFilter) Matches(b *Bot) bool {
	return among(f.IDs, b.ID) && among(f.Names, b.Name) && like(f.Like, b.Name)
}

// like reports whether a text contains what is asked for, whatever its case; nil
// asks for nothing.
func like(part *string, text string) bool {
	return part == nil || strings.Contains(fold.Text(text), fold.Text(*part))
}

// TeamQuery is a question about an account's teams. Of a nil list nothing is
// asked; all that is asked has to hold, each by some member or some workspace of
// the team.
type TeamQuery struct {
	IDs                            []uuid.UUID
	Names                          []string
	NameLike                       *string
	DirectoryIDs                   []string
	WorkspaceIDs, WorkspaceRoleIDs []uuid.UUID
	ActorIDs                       []uuid.UUID
	Users                          *MemberFilter
	Bots                           *BotFilter
}

// ListTeams returns the account's teams that match.
func (r *Reader) ListTeams(accountID uuid.UUID, q TeamQuery, sort MemberSort) []*Team {
	var users func(*Membership) bool
	if q.Users != nil {
		users = r.test(*q.Users)
	}
	var out []*Team
	for _, t := range teamsByAccount.Get(r.db, accountID) {
		if among(q.IDs, t.ID) && among(q.Names, t.Name) && like(q.NameLike, t.Name) &&
			among(q.DirectoryIDs, t.DirectoryID) && r.reaches(t, q) && r.hasMembers(t, q, users) {
			out = append(out, t)
		}
	}
	byName := func(a, b *Team) int { return cmp.Compare(fold.Text(a.Name), fold.Text(b.Name)) }
	switch sort {
	case NameAsc:
		slices.SortStableFunc(out, byName)
	case NameDesc:
		slices.SortStableFunc(out, func(a, b *Team) int { return byName(b, a) })
	case CreatedDesc:
		slices.Reverse(out)
	}
	return out
}

func (r *Reader) reaches(t *Team, q TeamQuery) bool {
	rows := r.TeamAccess(t)
	some := func(wanted []uuid.UUID, of func(*WorkspaceAccess) uuid.UUID) bool {
		return wanted == nil ||
			slices.ContainsFunc(rows, func(a *WorkspaceAccess) bool { return slices.Contains(wanted, of(a)) })
	}
	return some(q.WorkspaceIDs, func(a *WorkspaceAccess) uuid.UUID { return a.WorkspaceID }) &&
		some(q.WorkspaceRoleIDs, func(a *WorkspaceAccess) uuid.UUID { return a.RoleID })
}

func (r *Reader) hasMembers(t *Team, q TeamQuery, users func(*Membership) bool) bool {
	rows := r.TeamMembers(t)
	some := func(asked bool, holds func(*Membership) bool) bool {
		return !asked || slices.ContainsFunc(rows, holds)
	}
	return some(q.ActorIDs != nil, func(m *Membership) bool { return slices.Contains(q.ActorIDs, m.ActorID) }) &&
		some(q.Users != nil, func(m *Membership) bool { return m.IsUser() && users(m) }) &&
		some(q.Bots != nil, func(m *Membership) bool { return !m.IsUser() && q.Bots.Matches(botTable.Row(r.db, m.BotID)) })
}

// NewTeam is what AddTeam needs; its id may be uuid.Nil.
type NewTeam struct {
	ID, AccountID uuid.UUID
	Name          string
	Description   *string
}

// SetTeam makes a team without members, or gives the one of that name another
// description, unless none is said.
func (tx *Tx) SetTeam(accountID uuid.UUID, name string, description Nullable[string]) (*Team, error) {
	t, exists := teamByName.Get(tx.db, nameIn{accountID, name})
	if !exists {
		n := NewTeam{AccountID: accountID, Name: name, Description: new(string)}
		description.apply(&n.Description)
		return tx.AddTeam(n)
	}
	if err := tx.UpdateTeam(accountID, t.ID, TeamChange{Name: name, Description: description}); err != nil {
		return nil, err
	}
	return tx.Team(accountID, t.ID)
}

// AddTeam makes a team without members.
func (tx *Tx) AddTeam(n NewTeam) (*Team, error) {
	if err := tx.freeTeamName(n.AccountID, n.Name); err != nil {
		return nil, err
	}
	now := tx.stamp()
	t := &Team{
		ID: tx.id(n.ID), Created: now, Updated: now, AccountID: n.AccountID, Name: n.Name, Description: n.Description,
	}
	teamTable.Put(tx.db, t)
	tx.record(t.subject(), created, nil, uuid.Nil)
	return t, nil
}

func (tx *Tx) freeTeamName(accountID uuid.UUID, name string) error {
	if name == "" {
		return invalid("a team needs a name", "name")
	}
	if _, taken := teamByName.Get(tx.db, nameIn{accountID, name}); taken {
		return &Conflict{Reason: "A team named " + name + " exists already"}
	}
	return nil
}

// TeamChange is what UpdateTeam changes: the name, and what is Set.
type TeamChange struct {
	Name             string
	Description      Nullable[string]
	DirectoryGroupID Nullable[string]
}

// UpdateTeam changes a team. One that is tied to a directory group keeps its
// name, unless the change unties it.
func (tx *Tx) UpdateTeam(accountID, id uuid.UUID, c TeamChange) error {
	t, err := tx.Team(accountID, id)
	if err != nil {
		return err
	}
	next := *t
	c.Description.apply(&next.Description)
	var tied *DirectoryGroup
	switch group := c.DirectoryGroupID; {
	case group.Value != nil && *group.Value != t.DirectoryGroupID:
		if tied, err = tx.tieTeam(&next, *group.Value); err != nil {
			return err
		}
	case group.Set && group.Value == nil:
		next.DirectoryID, next.DirectoryGroupID = "", ""
	}
	if c.Name != t.Name {
		if next.isTied() {
			return t.errTied("gives it its name; rename the group, or untie the team first")
		}
		if err := tx.freeTeamName(accountID, c.Name); err != nil {
			return err
		}
		next.Name = c.Name
	}
	if reflect.DeepEqual(next, *t) {
		return nil
	}
	if tied != nil {
		next.Name = tx.teamName(tied, t.ID)
	}
	cause := tx.putTeam(t, next, uuid.Nil)
	if tied != nil {
		tx.gatherTeamMembers(&next, tied, cause)
	}
	return nil
}

// tieTeam makes a directory group decide about a team from now on.
func (tx *Tx) tieTeam(t *Team, groupID string) (*DirectoryGroup, error) {
	g, err := tx.directoryGroup(t.AccountID, groupID)
	if err != nil {
		return nil, invalid("the account has no directory group "+groupID, "workos_directory_group_id")
	}
	if other, taken := teamByGroup.Get(tx.db, groupID); taken {
		return nil, &Conflict{Reason: "The directory group " + g.DisplayName + " has the team " + other.Name + " already"}
	}
	t.DirectoryID, t.DirectoryGroupID = g.DirectoryID, groupID
	return g, nil
}

// gatherTeamMembers makes the people of a group those of the team that was just tied to it.
func (tx *Tx) gatherTeamMembers(t *Team, g *DirectoryGroup, cause uuid.UUID) {
	people := tx.peopleOf(g)
	wanted := make(map[uuid.UUID]struct{}, len(people))
	for _, u := range people {
		if m, ok := tx.MembershipOfDirectoryUser(u); ok {
			wanted[m.ActorID] = struct{}{}
		}
	}
	for _, in := range slices.Clone(teamMembersByTeam.Get(tx.db, t.ID)) {
		m, ok := membershipByActor.Get(tx.db, actorIn{t.AccountID, in.ActorID})
		if _, stays := wanted[in.ActorID]; ok && m.IsUser() && !stays {
			tx.dropTeamMember(in, cause)
		}
	}
	tx.reconcilePeople(people, cause)
}

func (tx *Tx) putTeam(old *Team, next Team, follows uuid.UUID) uuid.UUID {
	if reflect.DeepEqual(*old, next) {
		return uuid.Nil
	}
	next.Updated = tx.stamp()
	teamTable.Put(tx.db, &next)
	return tx.record(next.subject(), updated, nil, follows)
}

// DeleteTeam takes a team away, with its members' places in it and its access
// to workspaces.
func (tx *Tx) DeleteTeam(accountID, id uuid.UUID) error {
	t, err := tx.Team(accountID, id)
	if err != nil {
		return err
	}
	if t.isTied() {
		return t.errTied("keeps it; delete the group, or untie the team first")
	}
	tx.dropTeam(t, uuid.Nil)
	return nil
}

func (tx *Tx) dropTeam(t *Team, follows uuid.UUID) {
	cause := tx.record(t.subject(), deleted, nil, follows)
	for _, in := range slices.Clone(teamMembersByTeam.Get(tx.db, t.ID)) {
		tx.dropTeamMember(in, cause)
	}
	for _, a := range slices.Clone(tx.TeamAccess(t)) {
		tx.dropAccess(a, cause)
	}
	teamTable.Delete(tx.db, t.ID)
}

// NewTeamMember is who AddTeamMember adds: a person or a service account. ID, that of
// the place in the team, may be uuid.Nil.
type NewTeamMember struct{ ID, UserID, BotID uuid.UUID }

func (n NewTeamMember) membership(r *Reader, accountID uuid.UUID) (*Membership, error) {
	if n.BotID != uuid.Nil {
		m, err := r.MembershipOfBot(accountID, n.BotID)
		if err != nil {
			return nil, invalid("the account has no service account "+n.BotID.String(), "member_id")
		}
		return m, nil
	}
	m, err := r.MembershipOfUser(accountID, n.UserID)
	if err != nil {
		return nil, invalid("the account has no user "+n.UserID.String(), "member_id")
	}
	return m, nil
}

// AddTeamMember puts someone into a team. Who is in it stays in it.
func (tx *Tx) AddTeamMember(accountID, id uuid.UUID, n NewTeamMember) error {
	t, err := tx.Team(accountID, id)
	if err != nil {
		return err
	}
	m, err := n.membership(&tx.Reader, accountID)
	if err != nil {
		return err
	}
	if _, in := teamMemberOf.Get(tx.db, memberOf{id, m.ActorID}); in {
		return nil
	}
	if t.isTied() && m.IsUser() {
		return t.errTied("decides which users are in it; service accounts may be added")
	}
	tx.putTeamMember(n.ID, t, m, uuid.Nil)
	return nil
}

func (tx *Tx) putTeamMember(id uuid.UUID, t *Team, m *Membership, follows uuid.UUID) {
	in := &TeamMember{ID: tx.id(id), Created: tx.stamp(), AccountID: t.AccountID, TeamID: t.ID, ActorID: m.ActorID}
	teamMemberTable.Put(tx.db, in)
	tx.record(tx.teamMemberSubject(in), created, map[string]any{"team": t.Name}, follows)
}

// RemoveTeamMember takes an actor out of a team.
func (tx *Tx) RemoveTeamMember(accountID, id, actorID uuid.UUID) error {
	t, err := tx.Team(accountID, id)
	if err != nil {
		return err
	}
	in, ok := teamMemberOf.Get(tx.db, memberOf{id, actorID})
	if !ok {
		return &NotFound{What: "Team member"}
	}
	if m, ok := membershipByActor.Get(tx.db, actorIn{accountID, actorID}); ok && t.isTied() && m.IsUser() {
		return t.errTied("decides which users are in it")
	}
	tx.dropTeamMember(in, uuid.Nil)
	return nil
}

func (tx *Tx) dropTeamMember(in *TeamMember, follows uuid.UUID) {
	teamMemberTable.Delete(tx.db, in.ID)
	tx.record(tx.teamMemberSubject(in), deleted, map[string]any{"team": teamTable.Row(tx.db, in.TeamID).Name}, follows)
}

func (tx *Tx) teamMemberSubject(in *TeamMember) subject {
	name := ""
	if m, ok := membershipByActor.Get(tx.db, actorIn{in.AccountID, in.ActorID}); ok {
		name = tx.MemberName(m)
	}
	return subject{in.AccountID, kindTeamMembership, in.ID, name}
}

package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// DirectoryGroup is a group as a directory knows it (DirectoryGroup in the vendor's document; Group in RFC 7643,
// section 4.2). Several may have one name.
type DirectoryGroup struct {
	// ID is the SCIM id; ids are in the order in which groups came.
	ID               uuid.UUID
	Created, Updated time.Time
	AccountID        uuid.UUID
	DirectoryID      string
	DisplayName      string
	ExternalID       string
	// FirstExternalID is the external id that the group came with or got first.
	FirstExternalID string
	// Version grows with every change, of members too.
	Version int
	// TeamID is the team that the group had when its directory stopped making teams of groups.
	TeamID uuid.UUID `json:",omitzero"`
}

var (
	directoryGroupTable   = table.Declare(&tables, "directory_groups", func(g *DirectoryGroup) (uuid.UUID, time.Time) { return g.ID, g.Created })
	directoryGroupsByName = table.Group(directoryGroupTable, func(g *DirectoryGroup) (nameInDirectory, bool) {
		return nameInDirectory{g.DirectoryID, g.DisplayName}, true
	})
	directoryGroupsByExternalID = table.Group(directoryGroupTable, func(g *DirectoryGroup) (nameInDirectory, bool) {
		return nameInDirectory{g.DirectoryID, g.ExternalID}, g.ExternalID != ""
	})
	directoryGroupsByDirectory = table.Group(directoryGroupTable, func(g *DirectoryGroup) (string, bool) { return g.DirectoryID, true },
		deletedWithDirectory())
)

const directoryGroupPrefix = "directory_group_"

// VendorID is the id that the identity vendor gives the group.
func (g *DirectoryGroup) VendorID() string { return directoryGroupPrefix + ulid(g.ID) }

// IDPID is the id that the group has at the identity provider: the first external id, else the SCIM id.
func (g *DirectoryGroup) IDPID() string {
	if g.FirstExternalID != "" {
		return g.FirstExternalID
	}
	return g.ID.String()
}

func (g *DirectoryGroup) subject() subject {
	return subject{g.AccountID, kindDirectoryGroup, g.ID, g.DisplayName}
}

func (g *DirectoryGroup) payload() map[string]any {
	return map[string]any{"directory_id": g.DirectoryID, "directory_group_id": g.VendorID()}
}

// GroupMember is a place in a group.
type GroupMember struct {
	ID      uuid.UUID
	Created time.Time
	GroupID uuid.UUID
	// MemberID is the SCIM id of a person or, with IsGroup, of a group. Groups within groups are kept and shown;
	// their people get no roles and no teams by it, as identity providers push flat groups.
	MemberID uuid.UUID
	IsGroup  bool
}

var (
	groupMemberTable = table.Declare(&tables, "group_members", func(m *GroupMember) (uuid.UUID, time.Time) { return m.ID, m.Created })
	groupMemberOf    = table.Unique(groupMemberTable, func(m *GroupMember) (memberOf, bool) { return memberOf{m.GroupID, m.MemberID}, true })
	membersOfGroup   = table.Group(groupMemberTable, func(m *GroupMember) (uuid.UUID, bool) { return m.GroupID, true },
		table.DeletedWith(directoryGroupTable))
	// The member is a person or a group.
	groupsOfMember = table.Group(groupMemberTable, func(m *GroupMember) (uuid.UUID, bool) { return m.MemberID, true },
		table.DeletedWith(directoryUserTable), table.DeletedWith(directoryGroupTable))
)

// DirectoryGroup reads one of a directory's groups.
func (r *Reader) DirectoryGroup(directoryID string, id uuid.UUID) (*DirectoryGroup, error) {
	if g, ok := directoryGroupTable.Get(r.db, id); ok && g.DirectoryID == directoryID {
		return g, nil
	}
	return nil, &NotFound{What: "Group"}
}

// directoryGroup reads a group of any of the account's directories by the vendor's id.
func (r *Reader) directoryGroup(accountID uuid.UUID, id string) (*DirectoryGroup, error) {
	if key, ok := parseID(directoryGroupPrefix, id); ok {
		if g, ok := directoryGroupTable.Get(r.db, key); ok && g.AccountID == accountID {
			return g, nil
		}
	}
	return nil, &NotFound{What: "Directory group"}
}

// DirectoryGroups returns a directory's groups, oldest first.
func (r *Reader) DirectoryGroups(directoryID string) []*DirectoryGroup {
	return directoryGroupsByDirectory.Get(r.db, directoryID)
}

// DirectoryGroupsByName finds groups by displayName, exactly.
func (r *Reader) DirectoryGroupsByName(directoryID, displayName string) []*DirectoryGroup {
	return directoryGroupsByName.Get(r.db, nameInDirectory{directoryID, displayName})
}

// DirectoryGroupsByExternalID finds groups by externalId, exactly.
func (r *Reader) DirectoryGroupsByExternalID(directoryID, externalID string) []*DirectoryGroup {
	return directoryGroupsByExternalID.Get(r.db, nameInDirectory{directoryID, externalID})
}

// DirectoryGroupMembers returns a group's members, who came first first.
func (r *Reader) DirectoryGroupMembers(g *DirectoryGroup) []*GroupMember {
	return membersOfGroup.Get(r.db, g.ID)
}

// InDirectoryGroup reports whether a person or a group is in a group.
func (r *Reader) InDirectoryGroup(g *DirectoryGroup, memberID uuid.UUID) bool {
	_, in := groupMemberOf.Get(r.db, memberOf{g.ID, memberID})
	return in
}

// GroupsOf returns the groups that a person is in, oldest place first.
func (r *Reader) GroupsOf(u *DirectoryUser) []*DirectoryGroup {
	places := groupsOfMember.Get(r.db, u.ID)
	out := make([]*DirectoryGroup, 0, len(places))
	for _, in := range places {
		out = append(out, directoryGroupTable.Row(r.db, in.GroupID))
	}
	return out
}

// GroupsAround returns the groups that some groups are in, and those in which those are,
// and so on, but not the given ones again: nested groups may go round in a circle.
func (r *Reader) GroupsAround(groups []*DirectoryGroup) []*DirectoryGroup {
	if len(groups) == 0 {
		return nil
	}
	seen := make(map[uuid.UUID]struct{}, len(groups))
	for _, g := range groups {
		seen[g.ID] = struct{}{}
	}
	var out []*DirectoryGroup
	for next := groups; len(next) > 0; {
		var around []*DirectoryGroup
		for _, g := range next {
			for _, in := range groupsOfMember.Get(r.db, g.ID) {
				if _, again := seen[in.GroupID]; !again {
					seen[in.GroupID] = struct{}{}
					around = append(around, directoryGroupTable.Row(r.db, in.GroupID))
				}
			}
		}
		out, next = append(out, around...), around
	}
	return out
}

// DisplayOf returns the name of a directory's person or group, empty where it does
// not know.
func (r *Reader) DisplayOf(directoryID string, id uuid.UUID) string {
	if u, err := r.DirectoryUser(directoryID, id); err == nil {
		return cmp.Or(strings.TrimSpace(u.FirstName+" "+u.LastName), u.UserName)
	}
	if g, err := r.DirectoryGroup(directoryID, id); err == nil {
		return g.DisplayName
	}
	return ""
}

// peopleOf returns the people in a group.
func (r *Reader) peopleOf(g *DirectoryGroup) []*DirectoryUser {
	places := r.DirectoryGroupMembers(g)
	out := make([]*DirectoryUser, 0, len(places))
	for _, in := range places {
		if u, ok := directoryUserTable.Get(r.db, in.MemberID); ok {
			out = append(out, u)
		}
	}
	return out
}

// DirectoryGroupChange is what a SCIM request says of a group: only what is not nil.
type DirectoryGroupChange struct {
	DisplayName, ExternalID *string
	// Members is the whole list; then those of Add come and those of Remove go. Who the directory does not know is
	// left out.
	Members     *[]uuid.UUID
	Add, Remove []uuid.UUID
}

// AddDirectoryGroup takes a group in. With sync_groups_to_teams it becomes a team.
func (tx *Tx) AddDirectoryGroup(d *Directory, change DirectoryGroupChange) (*DirectoryGroup, error) {
	name := valueOf(change.DisplayName)
	if strings.TrimSpace(name) == "" {
		return nil, invalid("a group needs a displayName", "displayName")
	}
	external := valueOf(change.ExternalID)
	now := tx.stamp()
	g := &DirectoryGroup{
		ID: tx.orderedID(now), Created: now, AccountID: d.AccountID, DirectoryID: d.ID,
		DisplayName: name, ExternalID: external, FirstExternalID: external, Version: 1,
	}
	g.Updated = now
	directoryGroupTable.Put(tx.db, g)
	cause := tx.record(g.subject(), created, g.payload(), uuid.Nil)
	if d.SyncGroupsToTeams {
		tx.makeTeam(g, cause)
	}
	touched := tx.changeMembers(g, change)
	tx.reconcilePeople(touched, cause)
	return g, nil
}

// UpdateDirectoryGroup changes a group. What changes nothing keeps the version.
func (tx *Tx) UpdateDirectoryGroup(d *Directory, id uuid.UUID, change DirectoryGroupChange) (*DirectoryGroup, error) {
	old, err := tx.DirectoryGroup(d.ID, id)
	if err != nil {
		return nil, err
	}
	next := *old
	set(&next.DisplayName, change.DisplayName)
	set(&next.ExternalID, change.ExternalID)
	if strings.TrimSpace(next.DisplayName) == "" {
		return nil, invalid("a group needs a displayName", "displayName")
	}
	if next.FirstExternalID == "" {
		next.FirstExternalID = next.ExternalID
	}
	if slices.Contains(change.Add, id) || change.Members != nil && slices.Contains(*change.Members, id) {
		return nil, invalid("a group cannot be a member of itself", "members")
	}
	touched := tx.changeMembers(old, change)
	if touched == nil && next == *old {
		return old, nil
	}
	next.Version++
	next.Updated = tx.stamp()
	directoryGroupTable.Put(tx.db, &next)
	cause := tx.record(next.subject(), updated, next.payload(), uuid.Nil)
	if next.DisplayName != old.DisplayName {
		tx.renameTeam(&next, cause)
		// A mapping by name may concern everybody who is in the group.
		touched = append(touched, tx.peopleOf(&next)...)
	}
	tx.reconcilePeople(touched, cause)
	return &next, nil
}

// changeMembers gives those people whose place in the group changed; nil if the members are as they were.
func (tx *Tx) changeMembers(g *DirectoryGroup, change DirectoryGroupChange) []*DirectoryUser {
	var touched []*DirectoryUser
	changed := false
	note := func(memberID uuid.UUID) {
		changed = true
		if u, ok := directoryUserTable.Get(tx.db, memberID); ok {
			touched = append(touched, u)
		}
	}
	if change.Members != nil {
		wanted := setOf(*change.Members)
		for _, in := range slices.Clone(tx.DirectoryGroupMembers(g)) {
			if _, stays := wanted[in.MemberID]; !stays {
				groupMemberTable.Delete(tx.db, in.ID)
				note(in.MemberID)
			}
		}
		change.Add = append(slices.Clone(*change.Members), change.Add...)
	}
	for _, id := range change.Add {
		if tx.InDirectoryGroup(g, id) {
			continue
		}
		_, noPerson := tx.DirectoryUser(g.DirectoryID, id)
		_, noGroup := tx.DirectoryGroup(g.DirectoryID, id)
		if noPerson != nil && noGroup != nil {
			continue
		}
		in := &GroupMember{ID: tx.newID(), Created: tx.stamp(), GroupID: g.ID, MemberID: id, IsGroup: noGroup == nil}
		groupMemberTable.Put(tx.db, in)
		note(id)
	}
	for _, id := range change.Remove {
		if in, ok := groupMemberOf.Get(tx.db, memberOf{g.ID, id}); ok {
			groupMemberTable.Delete(tx.db, in.ID)
			note(id)
		}
	}
	if changed && touched == nil {
		touched = []*DirectoryUser{} // only groups came or went
	}
	return touched
}

// bumpGroup gives a group that lost a member a new version.
func (tx *Tx) bumpGroup(id, cause uuid.UUID) {
	g, ok := directoryGroupTable.Get(tx.db, id)
	if !ok {
		return
	}
	next := *g
	next.Version++
	next.Updated = tx.stamp()
	directoryGroupTable.Put(tx.db, &next)
	tx.record(next.subject(), updated, next.payload(), cause)
}

// DeleteDirectoryGroup takes a group away, and its team with it.
func (tx *Tx) DeleteDirectoryGroup(d *Directory, id uuid.UUID) error {
	g, err := tx.DirectoryGroup(d.ID, id)
	if err != nil {
		return err
	}
	people := tx.peopleOf(g)
	cause := tx.record(g.subject(), deleted, g.payload(), uuid.Nil)
	tx.dropGroup(g, cause)
	if t, ok := teamByGroup.Get(tx.db, g.VendorID()); ok {
		tx.dropTeam(t, cause)
	}
	tx.reconcilePeople(people, cause)
	return nil
}

// dropGroup takes a group away with all places in it and its own in other groups.
func (tx *Tx) dropGroup(g *DirectoryGroup, cause uuid.UUID) {
	places := slices.Clone(groupsOfMember.Get(tx.db, g.ID))
	directoryGroupTable.Delete(tx.db, g.ID)
	for _, in := range places {
		tx.bumpGroup(in.GroupID, cause)
	}
}

// syncTeams makes teams of a directory's groups, or leaves the teams to people, as the directory says. A group remembers
// the team that it leaves, so that the same one is its team again later, with its access to workspaces.
func (tx *Tx) syncTeams(d *Directory, cause uuid.UUID) {
	for _, g := range slices.Clone(tx.DirectoryGroups(d.ID)) {
		if d.SyncGroupsToTeams {
			tx.makeTeam(g, cause)
			continue
		}
		next := *g
		next.TeamID = uuid.Nil
		if t, ok := teamByGroup.Get(tx.db, g.VendorID()); ok {
			next.TeamID = t.ID
		}
		if next != *g {
			directoryGroupTable.Put(tx.db, &next)
			tx.record(next.subject(), updated, next.payload(), cause)
		}
		tx.untieTeam(g, cause)
	}
}

// makeTeam gives a group that has none its team, where the account's plan has teams: the one from before, unless
// somebody deleted it or tied it to another group, else a new one.
func (tx *Tx) makeTeam(g *DirectoryGroup, cause uuid.UUID) {
	if _, has := teamByGroup.Get(tx.db, g.VendorID()); has || tx.RequireFeature(g.AccountID, FeatureTeams) != nil {
		return
	}
	if old, err := tx.Team(g.AccountID, g.TeamID); err == nil && !old.isTied() {
		next := *old
		next.Name, next.DirectoryID, next.DirectoryGroupID = tx.teamName(g, old.ID), g.DirectoryID, g.VendorID()
		tx.gatherTeamMembers(&next, g, tx.putTeam(old, next, cause))
		return
	}
	t := &Team{
		ID: tx.newID(), Created: tx.stamp(), AccountID: g.AccountID, Name: tx.teamName(g, uuid.Nil),
		DirectoryID: g.DirectoryID, DirectoryGroupID: g.VendorID(),
	}
	t.Updated = t.Created
	teamTable.Put(tx.db, t)
	tx.record(t.subject(), created, nil, cause)
	tx.reconcilePeople(tx.peopleOf(g), cause)
}

// teamName is the group's name, with a number behind it where another team has that.
func (r *Reader) teamName(g *DirectoryGroup, own uuid.UUID) string {
	name := g.DisplayName
	for n := 2; ; n++ {
		other, taken := teamByName.Get(r.db, nameIn{g.AccountID, name})
		if !taken || other.ID == own {
			return name
		}
		name = g.DisplayName + " (" + strconv.Itoa(n) + ")"
	}
}

func (tx *Tx) renameTeam(g *DirectoryGroup, cause uuid.UUID) {
	old, ok := teamByGroup.Get(tx.db, g.VendorID())
	if !ok {
		return
	}
	next := *old
	next.Name = tx.teamName(g, old.ID)
	tx.putTeam(old, next, cause)
}

// untieTeam leaves a group's team to people.
func (tx *Tx) untieTeam(g *DirectoryGroup, cause uuid.UUID) {
	old, ok := teamByGroup.Get(tx.db, g.VendorID())
	if !ok {
		return
	}
	next := *old
	next.DirectoryID, next.DirectoryGroupID = "", ""
	tx.putTeam(old, next, cause)
}

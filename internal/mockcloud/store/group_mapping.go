package store

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// GroupRoleMapping gives people of a directory an account role while it matches them. Of several that match, the one
// with the highest priority counts, and of equal priorities the one whose match sorts first.
type GroupRoleMapping struct {
	ID               uuid.UUID
	Created, Updated time.Time
	Origin
	AccountID   uuid.UUID
	DirectoryID string
	Match       MappingMatch
	RoleID      uuid.UUID
	Priority    int
}

var (
	mappingTable    = table.Declare(&tables, "group_role_mappings", func(m *GroupRoleMapping) (uuid.UUID, time.Time) { return m.ID, m.Created })
	mappingsByMatch = table.Group(mappingTable, func(m *GroupRoleMapping) (matchIn, bool) { return matchIn{m.DirectoryID, m.Match}, true })
	mappingByKey    = table.Unique(mappingTable, func(m *GroupRoleMapping) (createdIn, bool) { return m.in(m.DirectoryID) })
	// The one that counts first is the first.
	mappingsByDirectory = table.GroupSorted(mappingTable, func(m *GroupRoleMapping) (string, bool) { return m.DirectoryID, true }, compareMappings,
		deletedWithDirectory())
)

// MappingMatch says whom a mapping is for: the members of one group, those of all groups with a name, or everybody
// with a value of a SCIM attribute.
type MappingMatch struct {
	GroupID, GroupName string
	Attribute, Equals  string
}

// String says it for people.
func (m MappingMatch) String() string {
	switch {
	case m.GroupID != "":
		return "group " + m.GroupID
	case m.GroupName != "":
		return "group " + strconv.Quote(m.GroupName)
	}
	return m.Attribute + " = " + strconv.Quote(m.Equals)
}

func (m *GroupRoleMapping) subject() subject {
	return subject{m.AccountID, kindGroupRoleMapping, m.ID, m.Match.String()}
}

func (m *GroupRoleMapping) payload() map[string]any {
	return map[string]any{"directory_id": m.DirectoryID, "account_role_id": m.RoleID.String(), "priority": m.Priority}
}

// matchIn is a match within a directory.
type matchIn struct {
	directory string
	match     MappingMatch
}

// compareMappings puts the one that counts first: by priority, then by match. Only while two swap their matches can
// both be the same; then the older one counts.
func compareMappings(a, b *GroupRoleMapping) int {
	return cmp.Or(
		cmp.Compare(b.Priority, a.Priority), slices.Compare(a.Match.sortKey(), b.Match.sortKey()),
		a.Created.Compare(b.Created), bytes.Compare(a.ID[:], b.ID[:]),
	)
}

// sortKey is what matches are sorted by, all of it byte by byte: the kind, which is the name of its field in the API,
// then what is matched.
func (m MappingMatch) sortKey() []string {
	switch {
	case m.GroupID != "":
		return []string{"group_id", m.GroupID}
	case m.GroupName != "":
		return []string{"group_name", m.GroupName}
	}
	return []string{"attribute", m.Attribute, m.Equals}
}

// Mappings returns a directory's mappings, the one that counts first first.
func (r *Reader) Mappings(accountID uuid.UUID, directoryID string) ([]*GroupRoleMapping, error) {
	d, err := r.Directory(accountID, directoryID)
	if err != nil {
		return nil, err
	}
	return mappingsByDirectory.Get(r.db, d.ID), nil
}

// Mapping reads one of a directory's mappings.
func (r *Reader) Mapping(accountID uuid.UUID, directoryID string, id uuid.UUID) (*GroupRoleMapping, error) {
	if m, ok := mappingTable.Get(r.db, id); ok && m.AccountID == accountID && m.DirectoryID == directoryID {
		return m, nil
	}
	return nil, &NotFound{What: "Group role mapping"}
}

// MappingIsDangling reports whether a mapping waits for a group that has not arrived.
func (r *Reader) MappingIsDangling(m *GroupRoleMapping) bool {
	return m.Match.Attribute == "" && len(r.mappedGroups(m)) == 0
}

// mappedGroups returns the groups that a mapping is for.
func (r *Reader) mappedGroups(m *GroupRoleMapping) []*DirectoryGroup {
	if m.Match.GroupName != "" {
		return r.DirectoryGroupsByName(m.DirectoryID, m.Match.GroupName)
	}
	if g, err := r.directoryGroup(m.AccountID, m.Match.GroupID); err == nil && g.DirectoryID == m.DirectoryID {
		return []*DirectoryGroup{g}
	}
	return nil
}

// mappingFor finds the mapping that decides about a person's role; nil for none.
func (r *Reader) mappingFor(u *DirectoryUser) *GroupRoleMapping {
	for _, m := range mappingsByDirectory.Get(r.db, u.DirectoryID) {
		if r.matches(m, u) {
			return m
		}
	}
	return nil
}

func (r *Reader) matches(m *GroupRoleMapping, u *DirectoryUser) bool {
	if m.Match.Attribute != "" {
		return m.Match.holds(u)
	}
	return slices.ContainsFunc(r.mappedGroups(m), func(g *DirectoryGroup) bool { return r.InDirectoryGroup(g, u.ID) })
}

// holds compares an attribute as a SCIM filter does.
func (m MappingMatch) holds(u *DirectoryUser) bool {
	target, err := filter.ParsePath(m.Attribute)
	if err != nil {
		return false // it was parsed when the mapping was made
	}
	resource, err := u.Resource()
	if err != nil {
		return false // what was kept was made by json.Marshal
	}
	wanted := any(m.Equals)
	if a, ok := schema.User().Lookup(m.Attribute); ok && a.Type == schema.Boolean {
		wanted = m.Equals == "true"
	}
	return filter.Match(filter.Compare{Path: target.Path, Op: filter.Eq, Value: wanted}, resource, schema.User().CaseExact)
}

func (m MappingMatch) check() error {
	given := 0
	for _, text := range []string{m.GroupID, m.GroupName, m.Attribute} {
		if text != "" {
			given++
		}
	}
	if given != 1 || (m.Attribute == "") != (m.Equals == "") {
		return invalid("give exactly one of group_id, group_name, and attribute with equals", "match")
	}
	if m.GroupID != "" {
		if _, ok := parseID(directoryGroupPrefix, m.GroupID); !ok {
			return invalid("a group's id is "+directoryGroupPrefix+" and 26 characters", "match", "group_id")
		}
	}
	if m.Attribute == "" {
		return nil
	}
	target, err := filter.ParsePath(m.Attribute)
	if err != nil {
		return invalid(err.Error(), "match", "attribute")
	}
	a, known := schema.User().Lookup(target.Path.String())
	if !known || target.Filter != nil || target.Name == "" {
		return invalid(m.Attribute+" is not an attribute of SCIM users", "match", "attribute")
	}
	switch {
	case fold.SameToken(target.Name, "groups"):
		return invalid(m.Attribute+" is nothing that a directory keeps of a user; map a group by group_name or group_id", "match", "attribute")
	case a.Mutability == schema.ReadOnly:
		return invalid(m.Attribute+" is given by this server and nothing that an identity provider says of a user; choose an attribute that it sends", "match", "attribute")
	case a.Mutability == schema.WriteOnly:
		return invalid(m.Attribute+" is not kept; choose another attribute", "match", "attribute")
	}
	if a.Type == schema.Complex && !a.MultiValued {
		return invalid(m.Attribute+" has parts; name one of them", "match", "attribute")
	}
	if a.Type == schema.Boolean && m.Equals != "true" && m.Equals != "false" {
		return invalid(m.Attribute+" is true or false", "match", "equals")
	}
	return nil
}

// NewGroupMapping is what AddGroupMapping needs.
type NewGroupMapping struct {
	ID       uuid.UUID // uuid.Nil for a new one
	Match    MappingMatch
	RoleID   uuid.UUID
	Priority int
}

// AddGroupMapping makes a mapping and gives its role to whom it matches.
func (tx *Tx) AddGroupMapping(accountID uuid.UUID, directoryID string, n NewGroupMapping) (*GroupRoleMapping, error) {
	d, err := tx.Directory(accountID, directoryID)
	if err != nil {
		return nil, err
	}
	if err := n.Match.check(); err != nil {
		return nil, err
	}
	if err := checkKey(tx, mappingByKey, d.ID, func(m *GroupRoleMapping) string { return m.ID.String() }); err != nil {
		return nil, err
	}
	if same := mappingsByMatch.Get(tx.db, matchIn{d.ID, n.Match}); len(same) > 0 {
		return nil, &Conflict{Reason: fmt.Sprintf("There is a mapping of %s already (%s)", n.Match, same[0].ID), ExistingID: same[0].ID.String()}
	}
	m := &GroupRoleMapping{
		ID: tx.id(n.ID), Origin: tx.origin(), AccountID: accountID, DirectoryID: d.ID,
		Match: n.Match, RoleID: n.RoleID, Priority: n.Priority,
	}
	if err := tx.mayHandOut(accountID, m.RoleID, "account_role_id"); err != nil {
		return nil, err
	}
	m.Created = tx.stamp()
	m.Updated = m.Created
	mappingTable.Put(tx.db, m)
	cause := tx.record(m.subject(), created, m.payload(), uuid.Nil)
	tx.reconcilePeople(tx.matchedBy(m), cause)
	return m, nil
}

// GroupMappingChange is what UpdateGroupMapping changes: what is not nil.
type GroupMappingChange struct {
	Match    *MappingMatch
	RoleID   *uuid.UUID
	Priority *int
}

// UpdateGroupMapping changes a mapping, and with it the roles of those whom it matched or matches now. Its match may be
// that of another one, so that two can swap theirs, one after the other.
func (tx *Tx) UpdateGroupMapping(accountID uuid.UUID, directoryID string, id uuid.UUID, c GroupMappingChange) (*GroupRoleMapping, error) {
	old, err := tx.Mapping(accountID, directoryID, id)
	if err != nil {
		return nil, err
	}
	next := *old
	set(&next.Match, c.Match)
	set(&next.RoleID, c.RoleID)
	set(&next.Priority, c.Priority)
	if next == *old {
		return old, nil
	}
	if err := next.Match.check(); err != nil {
		return nil, err
	}
	// Also one that only changes whom it is for hands its role out.
	if err := tx.mayHandOut(accountID, next.RoleID, "account_role_id"); err != nil {
		return nil, err
	}
	next.Updated = tx.stamp()
	people := tx.matchedBy(old)
	mappingTable.Put(tx.db, &next)
	cause := tx.record(next.subject(), updated, withChanges(next.payload(), tx.mappingFields(old), tx.mappingFields(&next)), uuid.Nil)
	tx.reconcilePeople(append(people, tx.matchedBy(&next)...), cause)
	return &next, nil
}

// DeleteGroupMapping ends a mapping. Those to whom no other one gives a role have theirs from before again.
func (tx *Tx) DeleteGroupMapping(accountID uuid.UUID, directoryID string, id uuid.UUID) error {
	m, err := tx.Mapping(accountID, directoryID, id)
	if err != nil {
		return err
	}
	people := tx.matchedBy(m)
	mappingTable.Delete(tx.db, id)
	cause := tx.record(m.subject(), deleted, m.payload(), uuid.Nil)
	tx.reconcilePeople(people, cause)
	return nil
}

// matchedBy returns the people whom a mapping is for: of others it says nothing, and nothing happens to them.
func (r *Reader) matchedBy(m *GroupRoleMapping) []*DirectoryUser {
	if m.Match.Attribute != "" {
		return slices.DeleteFunc(slices.Clone(r.DirectoryUsers(m.DirectoryID)), func(u *DirectoryUser) bool { return !m.Match.holds(u) })
	}
	var out []*DirectoryUser
	for _, g := range r.mappedGroups(m) {
		out = append(out, r.peopleOf(g)...)
	}
	return out
}

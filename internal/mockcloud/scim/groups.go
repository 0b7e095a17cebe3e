package scim

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// groups is /Groups.
type groups struct{}

func (groups) resourceType() *schema.ResourceType { return schema.Group() }

// create is POST /Groups (RFC 7644, 3.3).
func (groups) create(c *call, body map[string]any) (*answer, error) {
	change, err := readGroup(body)
	if err != nil {
		return nil, err
	}
	var made groupState
	err = c.update(func(tx *store.Tx, d *store.Directory) error {
		row, err := tx.AddDirectoryGroup(d, change)
		if err == nil {
			made = c.groupState(&tx.Reader, row, http.StatusCreated)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.groupAnswer(http.StatusCreated, made), nil
}

// read is GET /Groups/{id} (RFC 7644, 3.4.1).
func (groups) read(c *call) (*answer, error) {
	id, err := c.resource("Group")
	if err != nil {
		return nil, err
	}
	var row *store.DirectoryGroup
	var shown groupState
	err = c.view(func(r *store.Reader, d *store.Directory) error {
		if row, err = c.groupAt(r, d, id); err != nil {
			return err
		}
		shown = c.groupState(r, row, http.StatusOK)
		return nil
	})
	if errors.Is(err, errNotModified) {
		return &answer{status: http.StatusNotModified, version: groupVersion(row)}, nil
	}
	if err != nil {
		return nil, err
	}
	return c.groupAnswer(http.StatusOK, shown), nil
}

// replace is PUT /Groups/{id} (RFC 7644, 3.5.1).
func (groups) replace(c *call, body map[string]any) (*answer, error) {
	change, err := readGroup(body)
	if err != nil {
		return nil, err
	}
	return c.changeGroup(http.StatusOK, func(reading, *store.DirectoryGroup) (store.DirectoryGroupChange, error) { return change, nil })
}

// patch is PATCH /Groups/{id} (RFC 7644, 3.5.2). Its answer has no body, which may be
// long, unless the caller says what to put into it.
func (groups) patch(c *call, body map[string]any) (*answer, error) {
	operations, err := c.operations(schema.Group(), body)
	if err != nil || len(operations) == 0 {
		return c.unchanged(groups{}, err)
	}
	status := http.StatusNoContent
	if c.values.Has("attributes") {
		status = http.StatusOK
	}
	return c.changeGroup(status, func(read reading, row *store.DirectoryGroup) (store.DirectoryGroupChange, error) {
		return c.patchGroup(read, row, operations)
	})
}

// changeGroup makes a change to the group in the path. One that changes nothing
// keeps the version.
func (c *call) changeGroup(status int, change func(reading, *store.DirectoryGroup) (store.DirectoryGroupChange, error)) (*answer, error) {
	id, err := c.resource("Group")
	if err != nil {
		return nil, err
	}
	var after groupState
	err = c.computed(func(read reading) (func(*store.Tx, *store.Directory) error, error) {
		var before *store.DirectoryGroup
		if err := read(func(r *store.Reader, d *store.Directory) (err error) {
			before, err = c.groupAt(r, d, id)
			return err
		}); err != nil {
			return nil, err
		}
		made, err := change(read, before)
		if err != nil {
			return nil, err
		}
		return func(tx *store.Tx, d *store.Directory) error {
			now, err := c.groupAt(&tx.Reader, d, id)
			if err != nil {
				return err
			}
			if now != before {
				return errStale
			}
			if now, err = tx.UpdateDirectoryGroup(d, id, made); err != nil {
				return err
			}
			after = c.groupState(&tx.Reader, now, status)
			return nil
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return c.groupAnswer(status, after), nil
}

// groupAt reads a group, and holds the version against what the caller asks for.
func (c *call) groupAt(r *store.Reader, d *store.Directory, id uuid.UUID) (*store.DirectoryGroup, error) {
	row, err := r.DirectoryGroup(d.ID, id)
	if err != nil {
		return nil, err
	}
	return row, c.precondition(groupVersion(row))
}

// groupState is a group as a read shows it, with its members if they are wanted.
type groupState struct {
	row     *store.DirectoryGroup
	members []any
}

func (c *call) groupState(r *store.Reader, row *store.DirectoryGroup, status int) groupState {
	if status == http.StatusNoContent {
		return groupState{row: row}
	}
	return groupState{row, c.shownMembers(r, row, c.projection(schema.Group()))}
}

// remove is DELETE /Groups/{id} (RFC 7644, 3.6).
func (groups) remove(c *call) (*answer, error) {
	id, err := c.resource("Group")
	if err != nil {
		return nil, err
	}
	err = c.update(func(tx *store.Tx, d *store.Directory) error {
		row, err := tx.DirectoryGroup(d.ID, id)
		if err != nil {
			return err
		}
		if err := c.precondition(groupVersion(row)); err != nil {
			return err
		}
		return tx.DeleteDirectoryGroup(d, id)
	})
	return &answer{status: http.StatusNoContent, location: c.location(schema.Group(), id)}, err
}

// candidates are the groups that a query may find.
func (groups) candidates(r *store.Reader, d *store.Directory, q *query) rows {
	attribute, value, ok := filter.Equality(q.filter, "id", "externalId", "displayName")
	if !ok {
		return rows{groups: r.DirectoryGroups(d.ID)}
	}
	out := rows{found: true}
	switch attribute {
	case "id":
		if id, ok := parseID(value); ok {
			if row, err := r.DirectoryGroup(d.ID, id); err == nil {
				out.groups = []*store.DirectoryGroup{row}
			}
		}
	case "externalId":
		out.groups = r.DirectoryGroupsByExternalID(d.ID, value)
	case "displayName":
		// A name has no case here. Groups are few, and only their names are looked at.
		for _, row := range r.DirectoryGroups(d.ID) {
			if strings.EqualFold(row.DisplayName, value) {
				out.groups = append(out.groups, row)
			}
		}
	}
	return out
}

func (c *call) groupAnswer(status int, g groupState) *answer {
	out := &answer{status: status, location: c.location(schema.Group(), g.row.ID), version: groupVersion(g.row)}
	if status != http.StatusNoContent {
		out.body = c.projection(schema.Group()).Apply(c.groupDocument(g.row, g.members))
	}
	return out
}

// groupDocument is a group's resource (RFC 7643, 4.2).
func (c *call) groupDocument(row *store.DirectoryGroup, members []any) map[string]any {
	out := map[string]any{
		"schemas": []any{schema.GroupURN}, "id": row.ID.String(), "displayName": row.DisplayName,
		"meta": c.meta(schema.Group(), row.ID, row.Created, row.Updated, groupVersion(row)),
	}
	if row.ExternalID != "" {
		out["externalId"] = row.ExternalID
	}
	if len(members) > 0 {
		out["members"] = members
	}
	return out
}

func groupVersion(row *store.DirectoryGroup) string { return fmt.Sprintf(`W/"%d"`, row.Version) }

// shownMembers are a group's members, read only if the caller wants to see them.
func (c *call) shownMembers(r *store.Reader, row *store.DirectoryGroup, wants *schema.Projection) []any {
	if !wants.Includes("members") {
		return nil
	}
	rows := r.DirectoryGroupMembers(row)
	out := make([]any, len(rows))
	for i, m := range rows {
		out[i] = c.memberDocument(m.MemberID, m.IsGroup, r.DisplayOf(row.DirectoryID, m.MemberID))
	}
	return out
}

// memberDocument is a member as a group shows it, with the name that it has now.
func (c *call) memberDocument(id uuid.UUID, isGroup bool, display string) map[string]any {
	rt := schema.User()
	if isGroup {
		rt = schema.Group()
	}
	return map[string]any{"value": id.String(), "$ref": c.location(rt, id), "type": rt.ID, "display": display}
}

// readGroup reads the resource of POST and PUT: all of it is as it says.
func readGroup(sent map[string]any) (store.DirectoryGroupChange, error) {
	resource, err := schema.Group().Validate(sent)
	if err != nil {
		return store.DirectoryGroupChange{}, err
	}
	members := memberIDs(resource["members"])
	displayName, externalID := text(resource, "displayName"), text(resource, "externalId")
	return store.DirectoryGroupChange{DisplayName: &displayName, ExternalID: &externalID, Members: &members}, nil
}

// membersAttribute is the schema's word on members.
var membersAttribute, _ = schema.Group().Lookup("members")

// sentMembers reads the members of a request: a list, or one. What is no id of ours is
// nobody, and left out; what is no member at all is an error.
func sentMembers(value any) ([]uuid.UUID, error) {
	list, err := membersAttribute.Whole(value, "members")
	return memberIDs(list), err
}

// memberIDs gives the ids in a list of members that the schema holds for one.
func memberIDs(value any) []uuid.UUID {
	list, _ := value.([]any)
	out := make([]uuid.UUID, 0, len(list))
	for _, one := range list {
		member, _ := one.(map[string]any)
		if id, ok := parseID(text(member, "value")); ok {
			out = append(out, id)
		}
	}
	return out
}

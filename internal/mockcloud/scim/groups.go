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
	return c.writeGroup(http.StatusCreated, func(tx *store.Tx, d *store.Directory) (*store.DirectoryGroup, error) {
		return tx.AddDirectoryGroup(d, change)
	})
}

// read is GET /Groups/{id} (RFC 7644, 3.4.1).
func (groups) read(c *call) (*answer, error) {
	id, err := c.resource("Group")
	if err != nil {
		return nil, err
	}
	wants := c.projection(schema.Group())
	var row *store.DirectoryGroup
	var members []any
	err = c.view(func(r *store.Reader, d *store.Directory) error {
		if row, err = r.DirectoryGroup(d.ID, id); err != nil {
			return err
		}
		if err := c.precondition(groupVersion(row)); err != nil {
			return err
		}
		members = c.shownMembers(r, row, wants)
		return nil
	})
	if errors.Is(err, errNotModified) {
		return &answer{status: http.StatusNotModified, version: groupVersion(row)}, nil
	}
	if err != nil {
		return nil, err
	}
	return c.groupAnswer(http.StatusOK, row, members, wants), nil
}

// replace is PUT /Groups/{id} (RFC 7644, 3.5.1).
func (groups) replace(c *call, body map[string]any) (*answer, error) {
	change, err := readGroup(body)
	if err != nil {
		return nil, err
	}
	return c.changeGroup(http.StatusOK, func(*store.Reader, *store.DirectoryGroup) (store.DirectoryGroupChange, error) { return change, nil })
}

// patch is PATCH /Groups/{id} (RFC 7644, 3.5.2). Its answer has no body, which may be
// long, unless the caller says what to put into it.
func (groups) patch(c *call, body map[string]any) (*answer, error) {
	operations, err := c.operations(body)
	if err != nil {
		return nil, err
	}
	status := http.StatusNoContent
	if c.values.Has("attributes") && len(operations) > 0 {
		status = http.StatusOK
	}
	return c.changeGroup(status, func(r *store.Reader, row *store.DirectoryGroup) (store.DirectoryGroupChange, error) {
		return c.patchGroup(r, row, operations)
	})
}

// changeGroup makes a change to the group in the path. One that changes nothing
// keeps the version.
func (c *call) changeGroup(status int, change func(*store.Reader, *store.DirectoryGroup) (store.DirectoryGroupChange, error)) (*answer, error) {
	id, err := c.resource("Group")
	if err != nil {
		return nil, err
	}
	return c.writeGroup(status, func(tx *store.Tx, d *store.Directory) (*store.DirectoryGroup, error) {
		row, err := tx.DirectoryGroup(d.ID, id)
		if err != nil {
			return nil, err
		}
		if err := c.precondition(groupVersion(row)); err != nil {
			return nil, err
		}
		made, err := change(&tx.Reader, row)
		if err != nil {
			return nil, err
		}
		return tx.UpdateDirectoryGroup(d, id, made)
	})
}

// writeGroup runs a change and answers with what became of the group.
func (c *call) writeGroup(status int, write func(*store.Tx, *store.Directory) (*store.DirectoryGroup, error)) (*answer, error) {
	wants := c.projection(schema.Group())
	var row *store.DirectoryGroup
	var members []any
	err := c.update(func(tx *store.Tx, d *store.Directory) (err error) {
		if row, err = write(tx, d); err != nil || status == http.StatusNoContent {
			return err
		}
		members = c.shownMembers(&tx.Reader, row, wants)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if status == http.StatusNoContent {
		return &answer{status: status, location: c.location(schema.Group(), row.ID), version: groupVersion(row)}, nil
	}
	return c.groupAnswer(status, row, members, wants), nil
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

func (c *call) groupAnswer(status int, row *store.DirectoryGroup, members []any, wants *schema.Projection) *answer {
	return &answer{
		status: status, location: c.location(schema.Group(), row.ID), version: groupVersion(row),
		body: wants.Apply(c.groupDocument(row, members)),
	}
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
		out[i] = c.memberDocument(r, row.DirectoryID, m.MemberID, m.IsGroup)
	}
	return out
}

// memberDocument is a member as a group shows it, with the name that it has now.
func (c *call) memberDocument(r *store.Reader, directoryID string, id uuid.UUID, isGroup bool) map[string]any {
	rt := schema.User()
	if isGroup {
		rt = schema.Group()
	}
	return map[string]any{"value": id.String(), "$ref": c.location(rt, id), "type": rt.ID, "display": r.DisplayOf(directoryID, id)}
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

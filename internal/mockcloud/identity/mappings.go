package identity

import (
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// maxMatch bounds what a mapping compares with.
const maxMatch = 1024

// groupMappingBody is a group role mapping.
type groupMappingBody struct {
	originBody
	ID       uuid.UUID `json:"id"`
	Match    matchBody `json:"match"`
	RoleID   uuid.UUID `json:"account_role_id"`
	Priority int       `json:"priority"`
	Status   string    `json:"status"`
	Updated  time.Time `json:"updated"`
}

// matchBody has one of its three parts: the last two are one.
type matchBody struct {
	GroupID   string `json:"group_id,omitempty"`
	GroupName string `json:"group_name,omitempty"`
	Attribute string `json:"attribute,omitempty"`
	Equals    string `json:"equals,omitempty"`
}

func toGroupMapping(r *store.Reader, m *store.GroupRoleMapping) groupMappingBody {
	out := groupMappingBody{
		ID: m.ID, Match: matchBody(m.Match), RoleID: m.RoleID, Priority: m.Priority, Status: "applied",
		originBody: toOrigin(m.Created, m.Origin), Updated: m.Updated,
	}
	if r.MappingIsDangling(m) {
		out.Status = "dangling"
	}
	return out
}

func readMatch(f *input.Fields) store.MappingMatch {
	text := func(name string) string {
		if given := input.Optional(f, name, input.NonEmpty(maxMatch)); given != nil {
			return *given
		}
		return ""
	}
	return store.MappingMatch{
		GroupID: text("group_id"), GroupName: text("group_name"), Attribute: text("attribute"), Equals: text("equals"),
	}
}

func readNewMapping(f *input.Fields) store.NewGroupMapping {
	return store.NewGroupMapping{
		Match:    input.Required(f, "match", input.Strict(readMatch)),
		RoleID:   input.Required(f, "account_role_id", input.UUID),
		Priority: input.Required(f, "priority", input.Int),
	}
}

func readMappingChange(f *input.Fields) store.GroupMappingChange {
	return store.GroupMappingChange{
		Match:    input.Optional(f, "match", input.Strict(readMatch)),
		RoleID:   input.Optional(f, "account_role_id", input.UUID),
		Priority: input.Optional(f, "priority", input.Int),
	}
}

// listMappings is GET
// /api/accounts/{account_id}/sso/directories/{id}/group_role_mappings.
func listMappings(c *router.Call) (*router.Answer, error) {
	out := []groupMappingBody{}
	err := c.View(func(r *store.Reader) error {
		rows, err := r.Mappings(c.Account, vendorID(c))
		if err != nil {
			return err
		}
		rows, err = rowsOf(c, rows, func(key string) (*store.GroupRoleMapping, bool) {
			return r.GroupMappingCreatedWith(c.Actor, vendorID(c), key)
		})
		for _, row := range rows {
			out = append(out, toGroupMapping(r, row))
		}
		return err
	})
	return router.OK(out), err
}

// createMapping is POST
// /api/accounts/{account_id}/sso/directories/{id}/group_role_mappings.
func createMapping(c *router.Call) (*router.Answer, error) {
	body, err := router.Body(c, input.Strict(readNewMapping))
	if err != nil {
		return nil, err
	}
	return createOnce(c, func(tx *store.Tx) (any, error) {
		row, err := tx.AddGroupMapping(c.Account, vendorID(c), body)
		if err != nil {
			return nil, err
		}
		return toGroupMapping(&tx.Reader, row), nil
	})
}

// readGroupMapping is GET
// /api/accounts/{account_id}/sso/directories/{id}/group_role_mappings/{mapping_id}.
func readGroupMapping(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("mapping_id")
	if err != nil {
		return nil, err
	}
	var out groupMappingBody
	err = c.View(func(r *store.Reader) error {
		if _, err := r.Directory(c.Account, vendorID(c)); err != nil {
			return err
		}
		row, err := r.Mapping(c.Account, vendorID(c), id)
		if err != nil {
			return err
		}
		out = toGroupMapping(r, row)
		return nil
	})
	return router.OK(out), err
}

// updateMapping is PATCH
// /api/accounts/{account_id}/sso/directories/{id}/group_role_mappings/{mapping_id}.
func updateMapping(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("mapping_id")
	if err != nil {
		return nil, err
	}
	change, err := router.Body(c, input.Strict(readMappingChange))
	if err != nil {
		return nil, err
	}
	var out groupMappingBody
	err = c.Update(func(tx *store.Tx) error {
		row, err := tx.UpdateGroupMapping(c.Account, vendorID(c), id, change)
		if err != nil {
			return err
		}
		out = toGroupMapping(&tx.Reader, row)
		return nil
	})
	return router.OK(out), err
}

// deleteMapping is DELETE
// /api/accounts/{account_id}/sso/directories/{id}/group_role_mappings/{mapping_id}.
func deleteMapping(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("mapping_id")
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.DeleteGroupMapping(c.Account, vendorID(c), id) }))
}

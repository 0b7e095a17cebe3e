package identity

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// directoryUser is the vendor's object of a directory user with its groups, and what
// came of it in the account.
type directoryUser struct {
	Object         string           `json:"object"`
	ID             string           `json:"id"`
	DirectoryID    string           `json:"directory_id"`
	OrganizationID string           `json:"organization_id"`
	IDPID          string           `json:"idp_id"`
	Email          *string          `json:"email"`
	FirstName      *string          `json:"first_name"`
	LastName       *string          `json:"last_name"`
	Emails         []directoryEmail `json:"emails"`
	Username       string           `json:"username"`
	JobTitle       *string          `json:"job_title"`
	State          string           `json:"state"`
	Groups         []directoryGroup `json:"groups"`
	RawAttributes  json.RawMessage  `json:"raw_attributes"`
	// CustomAttributes is for mapped attributes, and there is no way to map any here.
	CustomAttributes struct{}  `json:"custom_attributes"`
	CreatedAt        time.Time `json:"created_at"`
	UpdatedAt        time.Time `json:"updated_at"`

	MembershipID *uuid.UUID        `json:"account_membership_id"`
	RoleSource   *store.RoleSource `json:"role_source"`
	MappingID    *uuid.UUID        `json:"mapping_id"`
	HeldReason   *string           `json:"held_reason"`
}

type directoryEmail struct {
	Primary bool    `json:"primary"`
	Type    *string `json:"type"`
	Value   *string `json:"value"`
}

// directoryGroup is the vendor's object of a directory group.
type directoryGroup struct {
	Object         string            `json:"object"`
	ID             string            `json:"id"`
	IDPID          string            `json:"idp_id"`
	DirectoryID    string            `json:"directory_id"`
	OrganizationID string            `json:"organization_id"`
	Name           string            `json:"name"`
	RawAttributes  map[string]string `json:"raw_attributes"`
	CreatedAt      time.Time         `json:"created_at"`
	UpdatedAt      time.Time         `json:"updated_at"`
}

func toDirectoryUser(r *store.Reader, d *store.Directory, u *store.DirectoryUser) (*directoryUser, error) {
	out := &directoryUser{
		Object: "directory_user", ID: u.VendorID(), DirectoryID: d.ID, OrganizationID: d.OrganizationID, IDPID: u.IDPID(),
		Email: orNull(u.Email), FirstName: orNull(u.FirstName), LastName: orNull(u.LastName), Emails: []directoryEmail{},
		Username: u.UserName, JobTitle: orNull(u.Title), State: "inactive", Groups: []directoryGroup{},
		RawAttributes: u.Attributes, CreatedAt: u.Created, UpdatedAt: u.Updated, HeldReason: orNull(r.HeldReason(u)),
	}
	if u.Active {
		out.State = "active"
	}
	var pushed struct{ Emails []directoryEmail }
	if err := json.Unmarshal(u.Attributes, &pushed); err != nil {
		return nil, fmt.Errorf("read what was kept of %s: %w", out.ID, err)
	}
	out.Emails = append(out.Emails, pushed.Emails...)
	for _, g := range r.GroupsOf(u) {
		out.Groups = append(out.Groups, *toDirectoryGroup(d, g))
	}
	if m, ok := r.MembershipOfDirectoryUser(u); ok {
		out.MembershipID, out.RoleSource, out.MappingID = &m.ID, orNull(m.RoleSource), orNull(m.MappingID)
	}
	return out, nil
}

func toDirectoryGroup(d *store.Directory, g *store.DirectoryGroup) *directoryGroup {
	out := &directoryGroup{
		Object: "directory_group", ID: g.VendorID(), IDPID: g.IDPID(), DirectoryID: d.ID, OrganizationID: d.OrganizationID,
		Name: g.DisplayName, RawAttributes: map[string]string{"displayName": g.DisplayName}, CreatedAt: g.Created, UpdatedAt: g.Updated,
	}
	if g.ExternalID != "" {
		out.RawAttributes["externalId"] = g.ExternalID
	}
	return out
}

// listDirectoryUsers is GET
// /api/accounts/{account_id}/sso/directories/{id}/users.
func listDirectoryUsers(c *router.Call) (*router.Answer, error) {
	q, err := readPeopleQuery(c, schema.User())
	if err != nil {
		return nil, err
	}
	var d *store.Directory
	var rows []*store.DirectoryUser
	err = c.View(func(r *store.Reader) (err error) {
		if d, err = r.Directory(c.Account, vendorID(c)); err == nil {
			rows = q.users(r, d)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return page(c, q, rows, (*store.DirectoryUser).VendorID, func(r *store.Reader, row *store.DirectoryUser) (*directoryUser, error) {
		u, err := r.DirectoryUser(d.ID, row.ID)
		if err != nil || (r.HeldReason(u) != "") != q.held {
			return nil, nil // gone meanwhile, or not asked for
		}
		return shown(q, func() (map[string]any, error) { return userResource(r, u) }, func() (*directoryUser, error) { return toDirectoryUser(r, d, u) })
	})
}

// listDirectoryGroups is GET
// /api/accounts/{account_id}/sso/directories/{id}/groups.
func listDirectoryGroups(c *router.Call) (*router.Answer, error) {
	q, err := readPeopleQuery(c, schema.Group())
	if err != nil {
		return nil, err
	}
	var d *store.Directory
	var rows []*store.DirectoryGroup
	err = c.View(func(r *store.Reader) (err error) {
		if d, err = r.Directory(c.Account, vendorID(c)); err == nil {
			rows = slices.Clone(r.DirectoryGroups(d.ID))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return page(c, q, rows, (*store.DirectoryGroup).VendorID, func(r *store.Reader, row *store.DirectoryGroup) (*directoryGroup, error) {
		g, err := r.DirectoryGroup(d.ID, row.ID)
		if err != nil {
			return nil, nil // gone meanwhile
		}
		return shown(q, func() (map[string]any, error) { return groupResource(r, g, q.mentions("members")) }, func() (*directoryGroup, error) { return toDirectoryGroup(d, g), nil })
	})
}

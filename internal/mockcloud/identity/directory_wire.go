package identity

import (
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Directory is the vendor's object of a directory, as GET …/sso/integrations has
// it.
type Directory struct {
	Object         string               `json:"object"`
	ID             string               `json:"id"`
	OrganizationID string               `json:"organization_id"`
	ExternalKey    string               `json:"external_key"`
	Type           store.DirectoryType  `json:"type"`
	State          store.DirectoryState `json:"state"`
	Name           string               `json:"name"`
	// Domain is for directories that are found by one, which those of SCIM are not.
	Domain    *string        `json:"domain"`
	Metadata  directoryCount `json:"metadata"`
	CreatedAt time.Time      `json:"created_at"`
	UpdatedAt time.Time      `json:"updated_at"`
}

type directoryCount struct {
	Users  userCount `json:"users"`
	Groups int       `json:"groups"`
}

type userCount struct {
	Active   int `json:"active"`
	Inactive int `json:"inactive"`
}

// ToDirectory returns the vendor's object of a directory.
func ToDirectory(r *store.Reader, d *store.Directory) Directory {
	active, inactive, groups := r.DirectoryCounts(d)
	return Directory{
		Object: "directory", ID: d.ID, OrganizationID: d.OrganizationID, ExternalKey: d.Endpoint, Type: d.Type,
		State: d.State, Name: d.Name, Metadata: directoryCount{userCount{active, inactive}, groups},
		CreatedAt: d.Created, UpdatedAt: d.Updated,
	}
}

// managedDirectory is the vendor's object with all that can be configured of it.
type managedDirectory struct {
	Directory
	originBody
	DefaultRoleID     uuid.UUID               `json:"default_account_role_id"`
	Deprovision       store.DeprovisionAction `json:"deprovision_action"`
	SyncGroupsToTeams bool                    `json:"sync_groups_to_teams"`
	// AllowedDomains is null for all enabled ones, whichever those are.
	AllowedDomains []string   `json:"allowed_domains"`
	SCIMEndpoint   string     `json:"scim_endpoint"`
	UserCount      int        `json:"user_count"`
	GroupCount     int        `json:"group_count"`
	LastSynced     *time.Time `json:"last_synced_at"`
}

func toManagedDirectory(r *store.Reader, baseURL string, d *store.Directory) managedDirectory {
	out := managedDirectory{
		Directory: ToDirectory(r, d), originBody: toOrigin(d.Created, d.Origin), DefaultRoleID: d.DefaultRoleID, Deprovision: d.Deprovision,
		SyncGroupsToTeams: d.SyncGroupsToTeams, AllowedDomains: d.AllowedDomains,
		SCIMEndpoint: scim.Endpoint(baseURL, d.Endpoint), LastSynced: instant(d.LastSynced),
	}
	out.UserCount, out.GroupCount = out.Metadata.Users.Active+out.Metadata.Users.Inactive, out.Metadata.Groups
	return out
}

// instant is a time on the wire, null for none.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

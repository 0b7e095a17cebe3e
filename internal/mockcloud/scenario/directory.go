package scenario

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// directory is a list of people and groups that an identity provider pushes. None of them
// is in it at the start.
type directory struct {
	Name              string `yaml:"name"`
	Type              string `yaml:"type"`
	DefaultRole       string `yaml:"default_role"`
	DeprovisionAction string `yaml:"deprovision_action"`
	SyncGroupsToTeams *bool  `yaml:"sync_groups_to_teams"`
	// AllowedDomains are all of the account's unless some are given.
	AllowedDomains *[]string `yaml:"allowed_domains"`
	// Endpoint is the last part of the SCIM endpoint's address; one that is hard to
	// guess unless given.
	Endpoint string `yaml:"endpoint"`
	// Token lets the identity provider push; without one there is none yet.
	Token    string         `yaml:"token"`
	Clients  []scimClient   `yaml:"clients"`
	Mappings []groupMapping `yaml:"group_role_mappings"`
}

// scimClient lets the identity provider push by OAuth 2.0 client credentials.
type scimClient struct {
	Name string `yaml:"name"`
	// ClientID is a UUID; the same one each time unless given.
	ClientID string `yaml:"client_id"`
	Secret   string `yaml:"secret"`
}

// groupMapping gives the people of a group a role.
type groupMapping struct {
	GroupName string `yaml:"group_name"`
	Role      string `yaml:"role"`
	Priority  int    `yaml:"priority"`
}

var endpointPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (c *checker) directories(a *account, roles seen, in func(...any) []any) {
	if len(a.Directories) > 0 && !slices.Contains(a.features(), store.FeatureSCIM) {
		c.fail("an account with directories needs the feature "+string(store.FeatureSCIM), in("directories")...)
	}
	names := seen{}
	for i, d := range a.Directories {
		at := func(path ...any) []any { return in(append([]any{"directories", i}, path...)...) }
		if strings.TrimSpace(d.Name) == "" {
			c.fail("a directory needs a name", at()...)
		}
		if names.again(d.Name) {
			c.fail("there is already a directory "+d.Name, at("name")...)
		}
		if !slices.Contains(store.DirectoryTypes(), store.DirectoryType(d.Type)) {
			c.fail(fmt.Sprintf("type %q is none of %s", d.Type, join(store.DirectoryTypes())), at("type")...)
		}
		c.role(roles, d.DefaultRole, at("default_role"))
		if actions := []store.DeprovisionAction{"", store.DeprovisionDeactivate, store.DeprovisionDelete}; !slices.Contains(actions, store.DeprovisionAction(d.DeprovisionAction)) {
			c.fail(fmt.Sprintf("deprovision_action %q is none of %s", d.DeprovisionAction, join(actions[1:])), at("deprovision_action")...)
		}
		c.allowedDomains(a, d, at)
		if d.Endpoint != "" && !endpointPattern.MatchString(d.Endpoint) {
			c.fail("endpoint takes up to 64 letters, digits, dashes and underscores", at("endpoint")...)
		}
		if c.endpoints.again(d.Endpoint) {
			c.fail("endpoint stands twice; it leads to one directory only", at("endpoint")...)
		}
		if err := store.CheckSCIMToken(d.Token); d.Token != "" && err != nil {
			c.fail(err.Error(), at("token")...)
		}
		if c.tokens.again(d.Token) {
			c.fail("token stands twice; it can belong to one only", at("token")...)
		}
		c.clients(d, at)
		c.mappings(d, roles, at)
	}
}

func (c *checker) clients(d directory, in func(...any) []any) {
	names := seen{}
	for k, client := range d.Clients {
		at := func(path ...any) []any { return in(append([]any{"clients", k}, path...)...) }
		if strings.TrimSpace(client.Name) == "" {
			c.fail("a client needs a name", at()...)
		}
		if names.again(client.Name) {
			c.fail("there is already a client "+client.Name, at("name")...)
		}
		if client.ClientID != "" {
			id, err := uuid.Parse(client.ClientID)
			if err != nil {
				c.fail("client_id is no UUID", at("client_id")...)
			} else if c.clientIDs.again(id.String()) {
				c.fail("client_id stands twice; it can belong to one only", at("client_id")...)
			}
		}
		if err := store.CheckClientSecret(client.Secret); err != nil {
			c.fail(err.Error(), at("secret")...)
		}
		if c.tokens.again(client.Secret) {
			c.fail("secret stands twice; it can belong to one only", at("secret")...)
		}
	}
}

func (c *checker) allowedDomains(a *account, d directory, at func(...any) []any) {
	if d.AllowedDomains == nil {
		return
	}
	enabled := seen{}
	for _, name := range a.Domains {
		if normal, err := store.NormalizeDomain(name); err == nil {
			enabled[normal] = true
		}
	}
	for j, name := range *d.AllowedDomains {
		if normal, err := store.NormalizeDomain(name); err != nil || !enabled[normal] {
			c.fail(fmt.Sprintf("%s is not among the account's domains", name), at("allowed_domains", j)...)
		}
	}
}

func (c *checker) mappings(d directory, roles seen, in func(...any) []any) {
	groups := seen{}
	for k, m := range d.Mappings {
		if m.GroupName == "" {
			c.fail("a mapping needs a group_name", in("group_role_mappings", k)...)
		}
		c.role(roles, m.Role, in("group_role_mappings", k, "role"))
		if groups.again(m.GroupName) {
			c.fail(fmt.Sprintf("there is already a mapping of the group %q", m.GroupName), in("group_role_mappings", k, "group_name")...)
		}
	}
}

func (a account) seedDirectories(tx *store.Tx, accountID uuid.UUID) error {
	for _, d := range a.Directories {
		if err := d.seed(tx, accountID); err != nil {
			return fmt.Errorf("directory %s: %w", d.Name, err)
		}
	}
	return nil
}

func (d directory) seed(tx *store.Tx, accountID uuid.UUID) error {
	role, err := roleID(tx, accountID, d.DefaultRole)
	if err != nil {
		return err
	}
	kind := store.DirectoryType(d.Type)
	action := store.DeprovisionAction(cmp.Or(d.DeprovisionAction, string(store.DeprovisionDeactivate)))
	names := []string{accountID.String(), d.Name}
	made, err := tx.SeedDirectory(accountID, stableID("directory", names...), d.Endpoint, store.DirectoryChange{
		Name: &d.Name, Type: &kind, DefaultRoleID: &role, Deprovision: &action, SyncGroupsToTeams: d.SyncGroupsToTeams,
		AllowedDomains: store.Nullable[[]string]{Set: true, Value: d.AllowedDomains},
	})
	if err != nil {
		return err
	}
	if d.Token != "" {
		_, _, err := tx.AddSCIMToken(accountID, made.ID, store.NewSCIMToken{
			ID: stableID("scim_token", names...), Name: "scenario", Token: d.Token,
		})
		if err != nil {
			return err
		}
	}
	for _, client := range d.Clients {
		id, err := uuid.Parse(client.ClientID)
		if err != nil {
			id = stableID("scim_client", append(names, client.Name)...)
		}
		if _, _, err := tx.AddSCIMClient(accountID, made.ID, store.NewSCIMClient{ID: id, Name: client.Name, Secret: client.Secret}); err != nil {
			return fmt.Errorf("client %s: %w", client.Name, err)
		}
	}
	for _, m := range d.Mappings {
		role, err := roleID(tx, accountID, m.Role)
		if err != nil {
			return err
		}
		_, err = tx.AddGroupMapping(accountID, made.ID, store.NewGroupMapping{
			ID: stableID("group_role_mapping", append(names, m.GroupName)...), Match: store.MappingMatch{GroupName: m.GroupName},
			RoleID: role, Priority: m.Priority,
		})
		if err != nil {
			return fmt.Errorf("mapping of %s: %w", m.GroupName, err)
		}
	}
	return nil
}

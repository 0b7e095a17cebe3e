package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// team is a group of an account's members that people made. Those of directory groups
// come with the groups, which have no members at the start.
type team struct {
	Name        string  `yaml:"name"`
	Description *string `yaml:"description"`
	// Users are email addresses, ServiceAccounts names.
	Users           []string `yaml:"users"`
	ServiceAccounts []string `yaml:"service_accounts"`
	Workspaces      access   `yaml:"workspaces"`
}

// access is the workspaces, by handle, that a member has access to, and the workspace role
// in each.
type access map[string]string

// names are what the parts of an account are called by others of its parts.
type names struct {
	roles, users, bots, workspaces seen
	generated                      *generate
}

func (n names) hasUser(email string) bool {
	return n.users[address.IdentityKey(email)] || n.generated.makes(email)
}

// makes reports whether a person is one of those that are generated.
func (g *generate) makes(email string) bool {
	if g == nil {
		return false
	}
	local, _, _ := strings.Cut(address.IdentityKey(email), "@")
	n, err := strconv.Atoi(strings.TrimPrefix(local, "person"))
	return err == nil && n >= 1 && n <= g.Members && address.Same(generatedEmail(n, g.Domain), email)
}

// offices checks who is in which team and gets into which workspace.
func (c *checker) offices(a *account, n names, at func(...any) []any) {
	for i, u := range a.Users {
		c.access(u.Workspaces, n, at("users", i, "workspaces"))
	}
	for i, b := range a.ServiceAccounts {
		c.access(b.Workspaces, n, at("service_accounts", i, "workspaces"))
	}
	if len(a.Teams) > 0 && !slices.Contains(a.features(), store.FeatureTeams) {
		c.fail("an account with teams needs the feature "+string(store.FeatureTeams), at("teams")...)
	}
	teams := seen{}
	for i, t := range a.Teams {
		c.team(t, teams, n, func(path ...any) []any { return at(append([]any{"teams", i}, path...)...) })
	}
}

func (c *checker) team(t team, teams seen, n names, at func(...any) []any) {
	if strings.TrimSpace(t.Name) == "" {
		c.fail("a team needs a name", at()...)
	}
	c.text("name", t.Name, at("name"))
	if teams.again(t.Name) {
		c.fail("there is already a team "+t.Name, at("name")...)
	}
	if t.Description != nil {
		c.text("description", *t.Description, at("description"))
	}
	users, bots := seen{}, seen{}
	for i, email := range t.Users {
		switch {
		case !n.hasUser(email):
			c.fail(fmt.Sprintf("%q is not among the users of the account; add this person there, or take them out of the team", email), at("users", i)...)
		case users.again(address.IdentityKey(email)):
			c.fail(email+" stands twice in the team", at("users", i)...)
		}
	}
	for i, name := range t.ServiceAccounts {
		switch {
		case !n.bots[name]:
			c.fail(fmt.Sprintf("there is no service account %q; the account has %s", name, n.bots.list()), at("service_accounts", i)...)
		case bots.again(name):
			c.fail("the service account "+name+" stands twice in the team", at("service_accounts", i)...)
		}
	}
	c.access(t.Workspaces, n, at("workspaces"))
}

func (c *checker) access(a access, n names, at []any) {
	roles := store.BuiltinWorkspaceRoles()
	for _, handle := range a.handles() {
		here := append(slices.Clone(at), handle)
		if !n.workspaces[handle] {
			c.fail(fmt.Sprintf("there is no workspace %q; the account has %s", handle, n.workspaces.list()), here...)
		}
		if role := a[handle]; !slices.Contains(roles, role) {
			c.fail(fmt.Sprintf("there is no workspace role %q; take one of %s", role, strings.Join(roles, ", ")), here...)
		}
	}
}

// handles returns the workspaces in order.
func (a access) handles() []string { return slices.Sorted(maps.Keys(a)) }

// list names the values for a message.
func (s seen) list() string {
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(s)), ", ")
}

func (a account) seedOffices(tx *store.Tx, accountID uuid.UUID) error {
	for _, u := range a.Users {
		person, _ := tx.UserByEmail(u.Email) // seeded before
		if err := u.Workspaces.seed(tx, store.WorkspaceAccess{AccountID: accountID, ActorID: person.ActorID}); err != nil {
			return fmt.Errorf("user %s: %w", u.Email, err)
		}
	}
	for _, b := range a.ServiceAccounts {
		actor := stableID("bot_actor", accountID.String(), b.Name)
		if err := b.Workspaces.seed(tx, store.WorkspaceAccess{AccountID: accountID, ActorID: actor}); err != nil {
			return fmt.Errorf("service account %s: %w", b.Name, err)
		}
	}
	for _, t := range a.Teams {
		if err := t.seed(tx, accountID); err != nil {
			return fmt.Errorf("team %s: %w", t.Name, err)
		}
	}
	return nil
}

func (t team) seed(tx *store.Tx, accountID uuid.UUID) error {
	made, err := tx.AddTeam(store.NewTeam{
		ID: stableID("team", accountID.String(), t.Name), AccountID: accountID, Name: t.Name, Description: t.Description,
	})
	if err != nil {
		return err
	}
	join := func(member store.NewTeamMember) error {
		member.ID = stableID("team_membership", made.ID.String(), member.UserID.String(), member.BotID.String())
		return tx.AddTeamMember(accountID, made.ID, member)
	}
	for _, email := range t.Users {
		person, _ := tx.UserByEmail(email) // seeded before
		if err := join(store.NewTeamMember{UserID: person.ID}); err != nil {
			return err
		}
	}
	for _, name := range t.ServiceAccounts {
		if err := join(store.NewTeamMember{BotID: stableID("bot", accountID.String(), name)}); err != nil {
			return err
		}
	}
	return t.Workspaces.seed(tx, store.WorkspaceAccess{AccountID: accountID, TeamID: made.ID})
}

// seed lets the holder into the workspaces.
func (a access) seed(tx *store.Tx, holder store.WorkspaceAccess) error {
	for _, handle := range a.handles() {
		in := holder
		in.WorkspaceID = stableID("workspace", holder.AccountID.String(), handle)
		in.RoleID = store.WorkspaceRoleID(a[handle])
		in.ID = stableID("workspace_access", in.WorkspaceID.String(), in.ActorID.String(), in.TeamID.String())
		if err := tx.SeedAccess(in); err != nil {
			return fmt.Errorf("workspace %s: %w", handle, err)
		}
	}
	return nil
}

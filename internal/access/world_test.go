package access

import (
	"slices"
	"testing"
)

// The world of these tests: ada and bob are Owners, cy an Admin, dee a Member, eve of another domain a Member; the
// connection okta routes acme.com.

func roleNamed(name string) Role {
	switch name {
	case "Owner":
		return Role{ID: name, Name: name, Permissions: []string{"read:account", PermissionAdministrateSSO, PermissionBypassSSO, PermissionAdministrateWorkspace}}
	case "Admin":
		return Role{ID: name, Name: name, Permissions: []string{"read:account", PermissionAdministrateSSO, PermissionAdministrateWorkspace}}
	}
	return Role{ID: name, Name: name, Permissions: []string{"read:account"}}
}

func roles(names ...string) Part[[]Role] {
	var rows []Role
	for _, name := range names {
		rows = append(rows, roleNamed(name))
	}
	return Known(rows)
}

func member(name, domain, role string) Person {
	return Person{
		ID: "m-" + name, ActorID: "a-" + name, UserID: "u-" + name, Email: name + "@" + domain, Active: Known(true), RoleID: Known(role), DirectoryID: Known(""),
	}
}

func office() World {
	return World{
		AccountID: "acme", Account: Known(Account{Handle: "acme", Enforced: true}), Offered: Known(true), Caller: Known(Caller{}),
		Roles:   roles("Owner", "Admin", "Member", "Collaborator"),
		Domains: Known([]Domain{{Name: "acme.com"}, {Name: "other.example"}}), Connections: Known([]Connection{
			{ID: "okta", Name: "Okta", State: ConnectionActive, Domains: []string{"acme.com"}},
		}),
		Directories: Known([]Directory(nil)), Invitations: Known([]Invitation(nil)), ServiceAccounts: Known([]ServiceAccount(nil)),
		Teams: Known([]Team(nil)), Workspaces: Known([]Workspace(nil)),
		People: People{Coverage: CoverEveryone, Rows: []Person{
			member("ada", "acme.com", "Owner"), member("bob", "acme.com", "Owner"), member("cy", "acme.com", "Admin"),
			member("dee", "acme.com", "Member"), member("eve", "other.example", "Member"),
		}},
	}
}

// change changes a copy.
func (w World) but(change func(*World)) World {
	change(&w)
	return w
}

func (w World) calledBy(name string) World {
	w.Caller = Known(Caller{UserID: "u-" + name})
	return w
}

// push adds the directory okta with people: those of names that are members are linked to them.
func (w World) push(settings DirectorySettings, mappings []Mapping, users ...DirectoryUser) World {
	w.Directories = Known([]Directory{{
		ID: "dir", Name: "Okta", ActiveUsers: len(users), Settings: Known(settings), Users: Known(users), Held: Known([]DirectoryUser(nil)),
		Groups: Known([]DirectoryGroup{{"g-staff", "Staff"}, {"g-ops", "Ops"}}), Mappings: Known(mappings), Tokens: Known([]Token(nil)), Clients: Known([]SCIMClient(nil)),
	}})
	w.People.Rows = slices.Clone(w.People.Rows)
	for i := range w.People.Rows {
		for _, u := range users {
			if u.MembershipID == w.People.Rows[i].ID {
				w.People.Rows[i].DirectoryID = Known("dir")
			}
		}
	}
	return w
}

// pushed returns a directory's person who is linked to a membership and in groups.
func pushed(name, domain string, groups ...string) DirectoryUser {
	u := DirectoryUser{ID: "du-" + name, Email: name + "@" + domain, Active: true, MembershipID: "m-" + name, RoleSource: RoleManual, Groups: Known([]DirectoryGroup(nil))}
	for _, g := range groups {
		u.Groups.value = append(u.Groups.value, DirectoryGroup{"g-" + g, map[string]string{"staff": "Staff", "ops": "Ops"}[g]})
	}
	return u
}

// mappedBy returns the person with the role of a mapping; before is the one that comes back.
func (u DirectoryUser) mappedBy(id string, before Part[string]) DirectoryUser {
	u.RoleSource, u.MappingID, u.RoleBefore, u.SourceBefore = RoleMapping, id, before, RoleManual
	return u
}

// ids returns the ids of findings with their severities and people.
func ids(findings []Finding) []string {
	var out []string
	for _, f := range findings {
		text := string(f.Severity) + " " + string(f.ID)
		if f.Cause != "" {
			text += " (" + string(f.Cause) + ")"
		}
		for _, email := range f.Emails() {
			text += " " + email
		}
		for _, name := range f.Names {
			text += " +" + name
		}
		out = append(out, text)
	}
	return out
}

func wantIDs(t *testing.T, findings []Finding, want []string) {
	t.Helper()
	if got := ids(findings); !slices.Equal(got, want) {
		t.Errorf("findings\n %q\nwant\n %q", got, want)
	}
}

package truth_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func (s *scene) seed(tx *store.Tx, p plan) error {
	a, err := tx.AddAccount(store.NewAccount{Name: "ACME", Handle: "acme", Features: store.Features()})
	if err != nil {
		return err
	}
	s.account = a.ID
	for name, permissions := range map[string][]store.Permission{
		"Auditor": {store.ReadAccount, store.ReadAuditEvent}, "Breaker": {store.ReadAccount, store.BypassSSO},
	} {
		if _, err := tx.AddRole(store.NewRole{AccountID: s.account, Name: name, Permissions: permissions}); err != nil {
			return err
		}
	}
	if _, _, err := tx.AddBot(store.NewBot{AccountID: s.account, Name: "terraform", RoleID: store.OwnerRoleID, Secret: callersKey}); err != nil {
		return err
	}
	if err := tx.SetDomains(s.account, p.Domains); err != nil {
		return err
	}
	var people []*store.Membership
	for _, who := range p.People {
		m, err := s.seedPerson(tx, who)
		if err != nil {
			return err
		}
		people = append(people, m)
	}
	for i, c := range p.Connections {
		if err := s.seedConnection(tx, i, c); err != nil {
			return err
		}
	}
	for i, d := range p.Directories {
		if err := s.seedDirectory(tx, i, d); err != nil {
			return err
		}
	}
	for _, email := range p.Invited {
		if _, err := tx.Invite(store.NewInvitation{AccountID: s.account, Email: email, RoleID: store.MemberRoleID}); err != nil {
			return err
		}
	}
	return s.seedRooms(tx, p, people)
}

func (s *scene) seedPerson(tx *store.Tx, who planPerson) (*store.Membership, error) {
	u, err := tx.AddUser(store.NewUser{Email: who.Email})
	if err != nil {
		return nil, err
	}
	return tx.AddMember(uuid.Nil, s.account, u, roleID(&tx.Reader, s.account, who.Role))
}

func (s *scene) seedConnection(tx *store.Tx, i int, c planConnection) error {
	issuer, id := "https://idp.example", "client"
	kind, change := store.ConnectionType("GenericOIDC"), store.ConnectionChange{OIDC: &store.OIDCChange{Issuer: &issuer, ClientID: &id}}
	if s.idp != nil {
		kind, change = s.idp.connection(c.SAML)
	}
	name := fmt.Sprintf("c%d", i)
	change.Name, change.Type, change.Domains = &name, &kind, &c.Domains
	made, err := tx.AddConnection(s.account, change)
	if err != nil || len(c.Domains) == 0 {
		return err
	}
	switch c.State {
	case "active":
		_, err = tx.ActivateConnection(s.account, made.ID, true)
	case "inactive":
		_, err = tx.UpdateConnection(s.account, made.ID, store.ConnectionChange{Deactivate: true})
	}
	return err
}

func (s *scene) seedDirectory(tx *store.Tx, i int, p planDirectory) error {
	name, kind, action := fmt.Sprintf("dir%d", i), store.DirectoryType("okta scim v2.0"), store.DeprovisionDeactivate
	if p.Removes {
		action = store.DeprovisionDelete
	}
	role := roleID(&tx.Reader, s.account, p.Default)
	change := store.DirectoryChange{Name: &name, Type: &kind, DefaultRoleID: &role, Deprovision: &action, SyncGroupsToTeams: &p.Teams}
	if p.Allowed != nil {
		change.AllowedDomains = store.Nullable[[]string]{Set: true, Value: &p.Allowed}
	}
	d, err := tx.AddDirectory(s.account, change)
	if err != nil {
		return err
	}
	if s.idp != nil { // its first call links a directory, and only a linked one decides whom a login makes a member
		tx.TouchSCIM(d, store.SCIMCredential{})
	}
	maps := func() error {
		for _, m := range p.Mappings {
			if strings.HasPrefix(m.Match, "group ") != p.MapsFirst || !p.MapsFirst { // groups have to be there
				if err := s.seedMapping(tx, d, m); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if p.MapsFirst {
		if err := maps(); err != nil {
			return err
		}
	}
	var ids []uuid.UUID
	for _, u := range p.Users {
		pushed, err := tx.AddDirectoryUser(d, input(u))
		if err != nil {
			return err
		}
		ids = append(ids, pushed.ID)
	}
	for _, g := range p.Groups {
		var members []uuid.UUID
		for _, i := range g.Members {
			members = append(members, ids[i])
		}
		made, err := tx.AddDirectoryGroup(d, store.DirectoryGroupChange{DisplayName: &g.Name, Members: &members})
		if err != nil {
			return err
		}
		s.groups[d.ID] = append(s.groups[d.ID], made.ID)
	}
	if !p.MapsFirst {
		if err := maps(); err != nil {
			return err
		}
	}
	for i, u := range p.Users {
		if u.Inactive {
			left := input(u)
			left.Active = false
			if _, err := tx.UpdateDirectoryUser(d, ids[i], left); err != nil {
				return err
			}
		}
	}
	if p.Off {
		off := store.DirectoryUnlinked
		_, err = tx.UpdateDirectory(s.account, d.ID, store.DirectoryChange{State: &off})
	}
	return err
}

func input(u planUser) store.DirectoryUserInput {
	attributes, _ := json.Marshal(map[string]any{"userName": u.Email, "active": true, "title": u.Title})
	return store.DirectoryUserInput{UserName: u.Email, Active: true, Email: u.Email, Title: u.Title, Attributes: attributes}
}

func (s *scene) seedMapping(tx *store.Tx, d *store.Directory, m planMapping) error {
	_, err := tx.AddGroupMapping(s.account, d.ID, store.NewGroupMapping{
		Match: store.MappingMatch(s.match(&tx.Reader, d.ID, m.Match)), RoleID: roleID(&tx.Reader, s.account, m.Role), Priority: m.Priority,
	})
	if _, taken := err.(*store.Conflict); taken {
		return nil // one priority, or one match, twice
	}
	return err
}

// match returns a match as it was drawn.
func (s *scene) match(r *store.Reader, directory, text string) access.Match {
	kind, what, _ := strings.Cut(text, " ")
	switch kind {
	case "group":
		var n int
		_, _ = fmt.Sscan(what, &n)
		if ids := s.groups[directory]; n < len(ids) {
			if g, err := r.DirectoryGroup(directory, ids[n]); err == nil {
				return access.Match{GroupID: g.VendorID()}
			}
		}
		return access.Match{GroupName: "Gone"}
	case "title":
		return access.Match{Attribute: "title", Equals: what}
	}
	return access.Match{GroupName: what}
}

func (s *scene) seedRooms(tx *store.Tx, p plan, people []*store.Membership) error {
	for i, members := range p.Teams {
		team, err := tx.AddTeam(store.NewTeam{AccountID: s.account, Name: fmt.Sprintf("team%d", i)})
		if err != nil {
			return err
		}
		for _, n := range members {
			if _, err := tx.Membership(s.account, people[n].ID); err != nil {
				continue // a directory has removed them
			}
			if err := tx.AddTeamMember(s.account, team.ID, store.NewTeamMember{UserID: people[n].UserID}); err != nil {
				return err
			}
		}
	}
	teams := slices.Clone(tx.ListTeams(s.account, store.TeamQuery{}, store.CreatedAsc))
	for i, w := range p.Workspaces {
		room, err := tx.AddWorkspace(store.NewWorkspace{AccountID: s.account, Handle: fmt.Sprintf("w%d", i), Name: "W"})
		if err != nil {
			return err
		}
		if w.Default != "" {
			role := store.WorkspaceRoleID(w.Default)
			if err := tx.UpdateWorkspace(s.account, room.ID, store.WorkspaceChange{DefaultRoleID: store.Nullable[uuid.UUID]{Set: true, Value: &role}}); err != nil {
				return err
			}
		}
		for _, n := range w.Users {
			if _, err := tx.Membership(s.account, people[n].ID); err != nil {
				continue
			}
			if _, err := tx.SetUserAccess(s.account, room.ID, people[n].UserID, store.WorkspaceRoleID("Viewer")); err != nil {
				return err
			}
		}
		for _, n := range w.Teams {
			if n < len(teams) {
				if _, err := tx.SetTeamAccess(s.account, room.ID, teams[n].ID, store.WorkspaceRoleID("Runner")); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

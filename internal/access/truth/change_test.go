package truth_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

type obj = map[string]any

// drawn is a change with what makes it.
type drawn struct {
	change access.Change
	// do makes it, and says whether the server did.
	do func() (done bool, answer string)
}

// request returns a change that is one request.
func (s *scene) request(change access.Change, method, path string, body any) drawn {
	return drawn{change, func() (bool, string) {
		status, answer := s.call(method, path, body)
		return status < 300, fmt.Sprintf("%s %s %d %s", method, path, status, answer)
	}}
}

// draw draws a change of a world.
func (s *scene) draw(t *rapid.T, w access.World, publishedOnly bool) drawn {
	kinds := []string{"domains", "role", "role", "active", "remove", "team access", "policy"}
	if !publishedOnly {
		kinds = append(kinds, "domains", "connection", "connection", "deactivate", "delete connection", "login", "directory", "directory", "delete directory", "mapping", "mapping", "mapping", "mapping", "delete mapping", "delete mapping")
	}
	switch kind := pick(t, "change", kinds); kind {
	case "domains":
		return s.drawDomains(t, w)
	case "connection", "deactivate", "delete connection", "login":
		return s.drawConnection(t, w, kind)
	case "directory", "delete directory":
		return s.drawDirectory(t, w, kind)
	case "mapping", "delete mapping":
		return s.drawMapping(t, w, kind)
	case "role", "active", "remove":
		return s.drawPeople(t, w, kind)
	case "team access":
		return s.drawTeamAccess(t, w)
	}
	seconds := int64(number(t, "seconds", 60, 7200))
	return s.request(access.SetSessionPolicy{AuthExpirationSeconds: &seconds}, http.MethodPatch, "", obj{"auth_expiration_seconds": seconds})
}

func nothing() drawn {
	return drawn{access.SetRoles{}, func() (bool, string) { return true, "nothing" }}
}

func (s *scene) drawDomains(t *rapid.T, w access.World) drawn {
	names, disable := some(t, "name", allDomains), chance(t, "disable", 30)
	path := "/domains"
	if disable {
		path += "?allow_disable_sso=true"
	}
	return s.request(access.SetDomains{Names: names, DisableSSO: disable}, http.MethodPatch, path, obj{"domain_names": names})
}

func (s *scene) drawConnection(t *rapid.T, w access.World, kind string) drawn {
	rows := w.Connections.Or(nil)
	var enabled []string
	for _, d := range w.Domains.Or(nil) {
		enabled = append(enabled, d.Name)
	}
	isNew := kind == "connection" && chance(t, "new", 40)
	if len(rows) == 0 && !isNew {
		return nothing()
	}
	var c access.Connection
	if !isNew {
		c = pick(t, "connection", rows)
	}
	path := "/sso/connections/" + c.ID
	switch kind {
	case "deactivate":
		return s.request(access.DeactivateConnection{ID: c.ID}, http.MethodPatch, path, obj{"state": "inactive"})
	case "delete connection":
		return s.request(access.DeleteConnection{ID: c.ID}, http.MethodDelete, path, nil)
	case "login":
		return drawn{access.FirstLogin{ID: c.ID}, func() (bool, string) {
			err := s.update(func(tx *store.Tx) error { return tx.ConnectionLoggedIn(c.ID) })
			return true, fmt.Sprint(err) // nobody can log in through what takes no logins
		}}
	}
	put := access.PutConnection{ID: c.ID, Name: c.Name, Domains: some(t, "served", enabled), Activate: chance(t, "activate", 60), TakeOver: chance(t, "take over", 50)}
	if isNew {
		put.Name = "new"
	}
	return drawn{put, func() (bool, string) { return s.putConnection(put, path) }}
}

func (s *scene) putConnection(put access.PutConnection, path string) (bool, string) {
	var status int
	var answer string
	if put.ID == "" {
		issuer, secret := "https://idp.example", "y"
		if s.idp != nil {
			issuer, secret = s.idp.origin, clientSecret
		}
		status, answer = s.call(http.MethodPost, "/sso/connections", obj{
			"name": fmt.Sprintf("new-%d", len(s.world().Connections.Or(nil))), "connection_type": "GenericOIDC", "domains": put.Domains,
			"oidc": obj{"issuer": issuer, "client_id": "x", "client_secret": secret},
		})
		var made struct{ ID string }
		if status == http.StatusCreated && json.Unmarshal([]byte(answer), &made) == nil {
			path = "/sso/connections/" + made.ID
		}
	} else {
		// The provider takes domains over by activating: what another connection routes it leaves to that.
		status, answer = s.call(http.MethodPatch, path, obj{"domains": put.Domains})
	}
	if status >= 300 || !put.Activate {
		return status < 300, answer
	}
	status, answer = s.call(http.MethodPost, path+"/activate", obj{"take_over": put.TakeOver})
	return status < 300, answer
}

func (s *scene) drawDirectory(t *rapid.T, w access.World, kind string) drawn {
	rows := w.Directories.Or(nil)
	if len(rows) == 0 {
		return nothing()
	}
	d := pick(t, "directory", rows)
	path := "/sso/directories/" + d.ID
	if kind == "delete directory" {
		return s.request(access.DeleteDirectory{ID: d.ID}, http.MethodDelete, path, nil)
	}
	put, body := access.PutDirectory{ID: d.ID, Name: d.Name}, obj{}
	if chance(t, "change state", 20) {
		off := chance(t, "off", 50)
		put.Off, body["state"] = &off, map[bool]string{true: "unlinked", false: "linked"}[off]
	}
	if chance(t, "change role", 20) {
		role := pick(t, "default role", w.Roles.Or(nil)).ID
		put.DefaultRoleID, body["default_account_role_id"] = &role, role
	}
	if chance(t, "change action", 20) {
		removes := chance(t, "removes", 50)
		put.RemovesLeavers, body["deprovision_action"] = &removes, map[bool]string{true: "delete", false: "deactivate"}[removes]
	}
	if chance(t, "change sync", 20) {
		sync := chance(t, "sync", 50)
		put.TeamsFromGroups, body["sync_groups_to_teams"] = &sync, sync
	}
	if chance(t, "change domains", 70) {
		var allowed []string
		if chance(t, "some", 75) {
			var enabled []string
			for _, d := range w.Domains.Or(nil) {
				enabled = append(enabled, d.Name)
			}
			allowed = some(t, "allowed", enabled)
		}
		put.AllowedDomains, body["allowed_domains"] = &allowed, allowed
	}
	return s.request(put, http.MethodPatch, path, body)
}

func (s *scene) drawMapping(t *rapid.T, w access.World, kind string) drawn {
	rows := w.Directories.Or(nil)
	if len(rows) == 0 {
		return nothing()
	}
	d := pick(t, "directory", rows)
	path, mappings := "/sso/directories/"+d.ID+"/group_role_mappings", d.Mappings.Or(nil)
	isNew := kind == "mapping" && chance(t, "new", 60)
	if len(mappings) == 0 && !isNew {
		return nothing()
	}
	var m access.Mapping
	method := http.MethodPost
	if !isNew {
		m = pick(t, "mapping", mappings)
		method, path = http.MethodPatch, path+"/"+m.ID
	}
	if kind == "delete mapping" {
		return s.request(access.DeleteMapping{DirectoryID: d.ID, ID: m.ID}, http.MethodDelete, path, nil)
	}
	s.must(s.store.View(func(r *store.Reader) error {
		m.Match = s.match(r, d.ID, drawMatch(t, len(s.groups[d.ID])))
		return nil
	}))
	m.RoleID, m.Priority = pick(t, "role", w.Roles.Or(nil)).ID, pick(t, "priority", []int64{-1, 10, 20, 20, 30, 40})
	put := access.PutMapping{DirectoryID: d.ID, Mapping: m}
	match := obj{}
	for name, text := range map[string]string{"group_id": m.Match.GroupID, "group_name": m.Match.GroupName, "attribute": m.Match.Attribute, "equals": m.Match.Equals} {
		if text != "" {
			match[name] = text
		}
	}
	return s.request(put, method, path, obj{"match": match, "account_role_id": m.RoleID, "priority": m.Priority})
}

func (s *scene) drawPeople(t *rapid.T, w access.World, kind string) drawn {
	if len(w.People.Rows) == 0 {
		return nothing()
	}
	p := pick(t, "person", w.People.Rows)
	path := "/account_memberships/" + p.ID
	switch kind {
	case "remove":
		return s.request(access.RemovePeople{MembershipIDs: []string{p.ID}}, http.MethodDelete, path, nil)
	case "active":
		var ids []string
		for _, p := range some(t, "who", w.People.Rows) {
			ids = append(ids, p.ID)
		}
		active := chance(t, "active", 40)
		if ids == nil {
			return nothing()
		}
		return s.request(access.SetActive{MembershipIDs: ids, Active: active}, http.MethodPost, "/account_memberships/set_active", obj{"membership_ids": ids, "active": active})
	}
	role := pick(t, "role", w.Roles.Or(nil)).ID
	return s.request(access.SetRoles{Roles: []access.RoleOf{{Email: p.Email, MembershipID: p.ID, RoleID: role}}}, http.MethodPatch, path, obj{"account_role_id": role})
}

func (s *scene) drawTeamAccess(t *rapid.T, w access.World) drawn {
	teams, rooms := w.Teams.Or(nil), w.Workspaces.Or(nil)
	if len(teams) == 0 || len(rooms) == 0 {
		return nothing()
	}
	team, room := pick(t, "team", teams), pick(t, "workspace", rooms)
	path := "/workspaces/" + room.ID + "/team_access/"
	if chance(t, "take", 50) {
		return drawn{access.DeleteTeamAccess{TeamID: team.ID, WorkspaceID: room.ID}, func() (bool, string) {
			status, answer := s.call(http.MethodDelete, path+team.ID, nil)
			return status < 300 || status == http.StatusNotFound, answer
		}}
	}
	role := store.WorkspaceRoleID("Viewer").String()
	return s.request(access.PutTeamAccess{TeamID: team.ID, WorkspaceID: room.ID, RoleID: role}, http.MethodPut, path, []obj{{"team_id": team.ID, "workspace_role_id": role}})
}

// describe prints a change for whoever reads a failure.
func describe(c access.Change) string {
	text := fmt.Sprintf("%T%+v", c, c)
	if c, ok := c.(access.PutDirectory); ok {
		value := func(p *bool) string {
			if p == nil {
				return "-"
			}
			return fmt.Sprint(*p)
		}
		text = fmt.Sprintf("PutDirectory %s off %s removes %s sync %s", c.ID, value(c.Off), value(c.RemovesLeavers), value(c.TeamsFromGroups))
		if c.AllowedDomains != nil {
			text += fmt.Sprintf(" allowed %q", *c.AllowedDomains)
		}
		if c.DefaultRoleID != nil {
			text += " role " + *c.DefaultRoleID
		}
	}
	return text
}

// names puts the names of roles into the place of their ids.
func names(text string, w access.World) string {
	for _, role := range w.Roles.Or(nil) {
		text = strings.ReplaceAll(text, role.ID, role.Name)
	}
	for _, p := range w.People.Rows {
		if p.ID != "" {
			text = strings.ReplaceAll(text, p.ID, p.Email)
		}
	}
	return text
}

// onServer leaves out what only Apply has made so far: it has no id yet by which the server knows it.
func onServer(w, before access.World) access.World {
	w.People.Rows = slices.DeleteFunc(slices.Clone(w.People.Rows), func(p access.Person) bool { return p.ID == "" })
	w.Connections = access.Known(slices.DeleteFunc(slices.Clone(w.Connections.Or(nil)), func(c access.Connection) bool {
		return !slices.ContainsFunc(before.Connections.Or(nil), func(old access.Connection) bool { return old.ID == c.ID })
	}))
	w.Teams = access.Known(slices.DeleteFunc(slices.Clone(w.Teams.Or(nil)), func(t access.Team) bool {
		return !slices.ContainsFunc(before.Teams.Or(nil), func(old access.Team) bool { return old.ID == t.ID })
	}))
	directories := slices.Clone(w.Directories.Or(nil))
	for i, d := range directories {
		old, _ := before.Directory(d.ID)
		mappings, known := d.Mappings.Get()
		if known {
			directories[i].Mappings = access.Known(slices.DeleteFunc(slices.Clone(mappings), func(m access.Mapping) bool {
				return !slices.ContainsFunc(old.Mappings.Or(nil), func(old access.Mapping) bool { return old.ID == m.ID })
			}))
		}
	}
	w.Directories = access.Known(directories)
	return w
}

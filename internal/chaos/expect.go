package chaos

import (
	"fmt"
	"maps"
	"strconv"
)

// Managed is a resource of a state, as a walk left it.
type Managed struct {
	Resource Resource // with its references followed
	// Attributes are those of the state that are strings.
	Attributes map[string]string
}

// expect adds to what belongs to others what a configuration says.
func expect(others *Account, is []Managed) *Account {
	want := others.clone()
	for _, m := range is {
		if m.Resource.Type == "role_members" { // first, since others may give those roles whom it takes the role from
			m.expectHolders(want)
		}
	}
	for _, m := range is {
		m.expect(want)
	}
	return want
}

// expectHolders has a role held by those whom the resource names, and by no others.
func (m Managed) expectHolders(want *Account) {
	role := text(m.Resource.Attrs["role"])
	for email, held := range want.Roles {
		if held == role {
			want.Roles[email] = "Member"
		}
	}
	for _, email := range elements(m.Resource.Attrs["members"]) {
		want.Roles[email] = role
	}
}

func elements(v any) (out []string) {
	all, _ := v.([]any) // none where it is left out
	for _, element := range all {
		out = append(out, text(element))
	}
	return out
}

func (m Managed) expect(want *Account) {
	a := m.Resource.Attrs
	switch m.Resource.Type {
	case "domain":
		want.Domains[text(a["name"])] = enabled
	case "domains":
		clear(want.Domains)
		for _, name := range elements(a["names"]) {
			want.Domains[name] = enabled
		}
	case "member_role":
		want.Roles[text(a["email"])] = text(a["role"])
	case "member_roles":
		roles, _ := a["roles"].(Attrs) // required
		for email, role := range roles {
			want.Roles[email] = text(role)
		}
	case "session_policy":
		want.Expires = a["auth_expiration_seconds"]
	case "team_workspace_role":
		team, _ := a["team"].(Attrs) // required
		want.TeamRoles[teamKey(team, m.Attributes)+"/"+text(a["workspace"])] = text(a["role"])
	default:
		if thing := m.thing(); thing != nil {
			want.Things[m.Attributes["id"]] = thing
		}
	}
}

// teamKey returns the team's name. Configurations refer to teams by id only in resources that come after one that names it.
func teamKey(team Attrs, attributes map[string]string) string {
	if name := text(team["name"]); name != "" {
		return name
	}
	return attributes["team_id"]
}

// thing returns what the server has to have of a resource with an id; nil for resources without one.
func (m Managed) thing() Thing {
	a := m.Resource.Attrs
	orDefault := func(name string, otherwise any) any {
		if v, ok := a[name]; ok {
			return v
		}
		return otherwise
	}
	switch m.Resource.Type {
	case "identity_provider":
		if m.Attributes["configurable"] == "false" {
			return Thing{"kind": "connection", "name": a["name"]}
		}
		domains, _ := a["domains"].([]any) // required
		t := Thing{"kind": "connection", "name": a["name"], "connection_type": a["connection_type"], "domains": joined(domains)}
		if a["activation"] == "immediate" {
			t["state"] = "active"
		}
		if oidc, ok := a["oidc"].(Attrs); ok {
			t["issuer"], t["client_id"] = oidc["issuer"], oidc["client_id"]
		}
		if saml, ok := a["saml"].(Attrs); ok {
			t["entity_id"], t["sso_url"] = saml["entity_id"], saml["sso_url"]
		}
		return t
	case "scim_directory":
		if m.Attributes["configurable"] == "false" {
			return Thing{"kind": "directory", "name": a["name"]}
		}
		t := Thing{
			"kind": "directory", "name": a["name"], "type": a["type"], "enabled": orDefault("enabled", true), "default_role": orDefault("default_role", "Member"),
			"deprovision_action": orDefault("deprovision_action", "deactivate"), "sync_groups_to_teams": orDefault("sync_groups_to_teams", true), "allowed_domains": nil,
		}
		if domains, ok := a["allowed_domains"].([]any); ok {
			t["allowed_domains"] = joined(domains)
		}
		return t
	case "scim_token":
		secret := text(a["token_wo"])
		return Thing{"kind": "tokens", "directory": a["directory_id"], "name": a["name"], "token_suffix": secret[len(secret)-4:]}
	case "scim_client":
		secret := text(a["secret_wo"])
		return Thing{"kind": "clients", "directory": a["directory_id"], "name": a["name"], "secret_suffix": secret[len(secret)-4:]}
	case "group_role_mapping":
		match, _ := a["match"].(Attrs) // required
		return Thing{
			"kind": "group_role_mappings", "directory": a["directory_id"], "match": fmt.Sprint(map[string]any(match)),
			"role": a["role"], "priority": number(a["priority"]),
		}
	}
	return nil
}

// number returns a number as JSON decodes it.
func number(v any) any {
	if n, err := strconv.ParseFloat(fmt.Sprint(v), 64); err == nil {
		return n
	}
	return v
}

// released returns what has to be there after the resources are destroyed: what belonged to others, and what a resource
// only forgets.
func released(others *Account, was []Managed) *Account {
	want := others.clone()
	for _, m := range was {
		a := m.Resource.Attrs
		switch m.Resource.Type {
		case "domains":
			clear(want.Domains)
			want.loosenServed()
		case "domain":
			delete(want.Domains, text(a["name"]))
		case "member_role":
			if m.expect(want); a["on_destroy"] == "reset" {
				want.Roles[text(a["email"])] = "Member"
			}
		case "role_members":
			m.expectHolders(want)
		case "team_workspace_role":
			team, _ := a["team"].(Attrs) // required
			delete(want.TeamRoles, teamKey(team, m.Attributes)+"/"+text(a["workspace"]))
		case "identity_provider", "scim_directory":
			if m.Attributes["configurable"] == "false" {
				m.expect(want)
			}
		case "member_roles", "session_policy":
			m.expect(want)
		}
	}
	return want
}

// loosen has what an earlier configuration may have left behind be anything, as it is not known how much of it was applied.
func (a *Account) loosen(earlier []Resource) {
	for _, r := range earlier {
		switch r.Type {
		case "member_role":
			a.Roles[text(r.Attrs["email"])] = anything
		case "member_roles":
			roles, _ := r.Attrs["roles"].(Attrs) // required
			for email := range roles {
				a.Roles[email] = anything
			}
		case "role_members":
			for _, email := range append(elements(r.Attrs["members"]), "barbara@acme.com", "donald@acme.com") {
				a.Roles[email] = anything
			}
		case "session_policy":
			a.Expires = anything
		case "team_workspace_role":
			a.TeamRoles["Crew/staging"] = anything // which was there before
		}
	}
}

// loosenServed leaves open what domains things serve, since one that is disabled goes from them.
func (a *Account) loosenServed() {
	for id, thing := range a.Things {
		thing = maps.Clone(thing)
		delete(thing, "domains")
		delete(thing, "allowed_domains")
		a.Things[id] = thing
	}
}

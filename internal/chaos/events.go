package chaos

import (
	"errors"
	"net/http"
)

// happen does what an event is about, behind Terraform's back, and notes what it changes of what belongs to others.
// attributes are those of the resource's object in the state; nil for none, and then there is nothing to do.
func (a *API) happen(e Event, r *Resource, attributes map[string]string, others *Account) error {
	if e.Address != "" {
		if r == nil || attributes == nil {
			return nil
		}
		return tolerated(a.meddle(e.Deed, *r, attributes))
	}
	switch e.Deed {
	case Promote:
		others.Roles[e.Subject] = e.Value
		return a.setRole(e.Subject, e.Value)
	case Enable:
		others.Domains[e.Subject] = enabled
		return a.setDomains(func(names map[string]bool) { names[e.Subject] = true })
	case Make:
		return tolerated(a.makeOther(e.Subject, others))
	case Drop:
		return tolerated(a.dropOther(e.Subject, others))
	}
	return nil
}

// domain returns the domain that belongs to others and that an event is about; "" for none.
func (e Event) domain() string {
	switch {
	case e.Deed == Enable:
		return e.Subject
	case e.Deed == Drop && e.Subject == "domain":
		return othersDomain
	}
	return ""
}

// othersDomain is one that was enabled by others before Terraform came.
const othersDomain = "others.example"

// tolerated lets pass what the server rejects: the thing is gone, or cannot be changed just now.
func tolerated(err error) error {
	var no *refused
	if errors.As(err, &no) && no.status < http.StatusInternalServerError {
		return nil
	}
	return err
}

func (a *API) setRole(email, role string) error {
	roles, err := a.names("/account_roles/filter", "roles")
	if err != nil {
		return err
	}
	var members []struct {
		ID    string `json:"id"`
		Email string `json:"email"`
	}
	if err := a.call(http.MethodPost, "/account_memberships/filter", map[string]any{}, &members); err != nil {
		return err
	}
	for _, m := range members {
		if m.Email == email {
			return a.call(http.MethodPatch, "/account_memberships/"+m.ID, map[string]any{"account_role_id": idOf(roles, role)}, nil)
		}
	}
	return nil
}

func (a *API) setDomains(change func(names map[string]bool)) error {
	var rows []named
	if err := a.call(http.MethodGet, "/domains", nil, &rows); err != nil {
		return err
	}
	names := map[string]bool{}
	for _, row := range rows {
		names[row.Name] = true
	}
	change(names)
	list := []string{}
	for name, in := range names {
		if in {
			list = append(list, name)
		}
	}
	return a.call(http.MethodPatch, "/domains", map[string]any{"domain_names": list}, nil)
}

// thingPath returns where a resource's thing is.
func thingPath(r Resource, is map[string]string) string {
	switch r.Type {
	case "identity_provider":
		return "/sso/connections/" + is["id"]
	case "scim_directory":
		return "/sso/directories/" + is["id"]
	case "scim_token":
		return "/sso/directories/" + is["directory_id"] + "/tokens/" + is["id"]
	case "scim_client":
		return "/sso/directories/" + is["directory_id"] + "/clients/" + is["id"]
	case "group_role_mapping":
		return "/sso/directories/" + is["directory_id"] + "/group_role_mappings/" + is["id"]
	case "team_workspace_role":
		return "/workspaces/" + is["workspace_id"] + "/team_access/" + is["team_id"]
	}
	return ""
}

// meddle deletes or changes a resource's thing.
func (a *API) meddle(deed Deed, r Resource, is map[string]string) error {
	switch r.Type {
	case "domain", "domains":
		return a.setDomains(func(names map[string]bool) {
			name := is["name"]
			if name == "" {
				name = "d1.example"
			}
			names[name] = deed != Delete
		})
	case "member_role":
		return a.setRole(is["email"], "Auditor")
	case "member_roles":
		roles, _ := r.Attrs["roles"].(Attrs) // required
		for email := range roles {
			return a.setRole(email, "Member")
		}
	case "role_members":
		if members := elements(r.Attrs["members"]); len(members) > 0 {
			return a.setRole(members[0], "Auditor")
		}
	case "session_policy":
		return a.call(http.MethodPatch, "", map[string]any{"auth_expiration_seconds": 77}, nil)
	}
	path := thingPath(r, is)
	if path == "" || is["configurable"] == "false" {
		return nil
	}
	if deed == Delete {
		return a.call(http.MethodDelete, path, nil, nil)
	}
	change := map[string]map[string]any{
		"identity_provider":  {"name": is["name"] + " (by hand)"},
		"scim_directory":     {"name": is["name"] + " (by hand)", "deprovision_action": "delete"},
		"group_role_mapping": {"priority": 99},
	}[r.Type]
	if change == nil {
		return nil
	}
	return a.call(http.MethodPatch, path, change, nil)
}

// probed returns the directory that belongs to others.
func probed(others *Account) string {
	for id, thing := range others.Things {
		if thing["kind"] == "directory" && thing["name"] == "Probed" {
			return id
		}
	}
	return ""
}

// makeOther makes a thing that is not Terraform's.
func (a *API) makeOther(what string, others *Account) error {
	body, path := map[string]any{"name": "Colleague's", "type": "generic scim v2.0"}, "/sso/directories"
	switch what {
	case "mapping":
		body, path = map[string]any{"match": map[string]any{"group_name": "Colleagues"}, "account_role_id": "", "priority": 3}, "/sso/directories/"+probed(others)+"/group_role_mappings"
		roles, err := a.names("/account_roles/filter", "roles")
		if err != nil {
			return err
		}
		body["account_role_id"] = idOf(roles, "Auditor")
	case "token":
		body, path = map[string]any{"name": "Colleague's", "token": "colleagues-token-0123456789abcdef-01"}, "/sso/directories/"+probed(others)+"/tokens"
	}
	var made named
	if err := a.call(http.MethodPost, path, body, &made); err != nil {
		return err
	}
	others.Things[made.ID] = Thing{"kind": map[string]string{"directory": "directory", "mapping": "group_role_mappings", "token": "tokens"}[what]}
	return nil
}

// dropOther deletes a thing that is not Terraform's.
func (a *API) dropOther(what string, others *Account) error {
	if what == "domain" {
		err := a.setDomains(func(names map[string]bool) { names[othersDomain] = false })
		if err == nil {
			delete(others.Domains, othersDomain)
		}
		return err
	}
	for id, thing := range others.Things {
		if thing["kind"] == "group_role_mappings" && thing["directory"] == probed(others) {
			if err := a.call(http.MethodDelete, "/sso/directories/"+probed(others)+"/group_role_mappings/"+id, nil, nil); err != nil {
				return err
			}
			delete(others.Things, id)
		}
	}
	return nil
}

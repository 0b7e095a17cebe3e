package chaos

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// Account is what counts of an account: what is looked at before, and has to be there afterwards.
type Account struct {
	// Domains are the enabled ones; in what is expected, "*" may be or not.
	Domains map[string]string
	// Roles are those of the people. In what is expected, "*" is any.
	Roles map[string]string
	// TeamRoles are by team and workspace.
	TeamRoles map[string]string
	// Expires is the session policy; in what is expected, "*" is any.
	Expires any
	// Things are connections, directories, tokens, clients and mappings by their ids.
	Things map[string]Thing
}

// Thing is what has an id, as far as its fields count.
type Thing map[string]any

func (a *Account) clone() *Account {
	out := *a
	out.Domains, out.Roles, out.TeamRoles, out.Things = maps.Clone(a.Domains), maps.Clone(a.Roles), maps.Clone(a.TeamRoles), maps.Clone(a.Things)
	return &out
}

// named is what has an id and a name.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (a *API) names(path, noun string) (map[string]string, error) {
	var rows []named
	if err := a.call(http.MethodPost, path, map[string]any{}, &rows); err != nil {
		return nil, fmt.Errorf("list %s: %w", noun, err)
	}
	out := map[string]string{}
	for _, row := range rows {
		out[row.ID] = row.Name
	}
	return out, nil
}

// idOf returns the id of what has a name.
func idOf(names map[string]string, name string) string {
	for id, other := range names {
		if other == name {
			return id
		}
	}
	return ""
}

// Look reads the account.
func (a *API) Look(published bool) (*Account, error) {
	out := &Account{Domains: map[string]string{}, Roles: map[string]string{}, TeamRoles: map[string]string{}, Things: map[string]Thing{}}
	var domains []named
	if err := a.call(http.MethodGet, "/domains", nil, &domains); err != nil {
		return nil, err
	}
	for _, d := range domains {
		out.Domains[d.Name] = enabled
	}
	var members []struct {
		Email string `json:"email"`
		Role  string `json:"account_role_name"`
	}
	if err := a.call(http.MethodPost, "/account_memberships/filter", map[string]any{}, &members); err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.Email != "" {
			out.Roles[m.Email] = m.Role
		}
	}
	var teams []struct {
		Name       string `json:"name"`
		Workspaces []struct {
			Handle string `json:"workspace_handle"`
			Role   string `json:"workspace_role_name"`
		} `json:"workspaces"`
	}
	if err := a.call(http.MethodPost, "/teams/filter", map[string]any{}, &teams); err != nil {
		return nil, err
	}
	for _, t := range teams {
		for _, w := range t.Workspaces {
			out.TeamRoles[t.Name+"/"+w.Handle] = w.Role
		}
	}
	var account struct {
		Expires any `json:"auth_expiration_seconds"`
	}
	if err := a.call(http.MethodGet, "", nil, &account); err != nil {
		return nil, err
	}
	out.Expires = account.Expires
	if published {
		return out, a.integrations(out)
	}
	return out, a.things(out)
}

// integrations reads what today's Prefect Cloud shows of connections and directories.
func (a *API) integrations(into *Account) error {
	var found struct{ Connections, Directories []named }
	if err := a.call(http.MethodGet, "/sso/integrations", nil, &found); err != nil {
		return err
	}
	for _, c := range found.Connections {
		into.Things[c.ID] = Thing{"kind": "connection", "name": c.Name}
	}
	for _, d := range found.Directories {
		into.Things[d.ID] = Thing{"kind": "directory", "name": d.Name}
	}
	return nil
}

// things reads what is configured over the API.
func (a *API) things(into *Account) error {
	roles, err := a.names("/account_roles/filter", "roles")
	if err != nil {
		return err
	}
	var connections []map[string]any
	if err := a.call(http.MethodGet, "/sso/connections", nil, &connections); err != nil {
		return err
	}
	for _, c := range connections {
		thing := pick(c, "name", "connection_type", "state")
		thing["kind"] = "connection"
		var names []string
		for _, d := range list(c["domains"]) {
			names = append(names, text(d["domain"]))
		}
		slices.Sort(names)
		thing["domains"] = strings.Join(names, " ")
		if oidc, ok := c["oidc"].(map[string]any); ok {
			thing["client_id"], thing["issuer"] = oidc["client_id"], oidc["issuer"]
		}
		if saml, ok := c["saml"].(map[string]any); ok {
			thing["entity_id"], thing["sso_url"] = saml["idp_entity_id"], saml["idp_sso_url"]
		}
		into.Things[text(c["id"])] = thing
	}
	var directories []map[string]any
	if err := a.call(http.MethodGet, "/sso/directories", nil, &directories); err != nil {
		return err
	}
	for _, d := range directories {
		id := text(d["id"])
		thing := pick(d, "name", "type", "deprovision_action", "sync_groups_to_teams")
		thing["kind"], thing["enabled"] = "directory", d["state"] != "unlinked"
		thing["default_role"] = roles[text(d["default_account_role_id"])]
		if domains, ok := d["allowed_domains"].([]any); ok {
			thing["allowed_domains"] = joined(domains)
		}
		into.Things[id] = thing
		if err := a.inDirectory(id, roles, into); err != nil {
			return err
		}
	}
	return nil
}

// inDirectory reads what belongs to a directory.
func (a *API) inDirectory(id string, roles map[string]string, into *Account) error {
	for _, kind := range []string{"tokens", "clients", "group_role_mappings"} {
		var rows []map[string]any
		if err := a.call(http.MethodGet, "/sso/directories/"+id+"/"+kind, nil, &rows); err != nil {
			return err
		}
		for _, row := range rows {
			thing := pick(row, "name", "token_suffix", "secret_suffix", "priority")
			thing["kind"], thing["directory"] = kind, id
			if match, ok := row["match"].(map[string]any); ok {
				thing["match"], thing["role"] = fmt.Sprint(match), roles[text(row["account_role_id"])]
			}
			into.Things[text(row["id"])] = thing
		}
	}
	return nil
}

func pick(row map[string]any, names ...string) Thing {
	out := Thing{}
	for _, name := range names {
		if value, ok := row[name]; ok {
			out[name] = value
		}
	}
	return out
}

func text(v any) string {
	s, _ := v.(string) // "" where it is none
	return s
}

func list(v any) (rows []map[string]any) {
	elements, _ := v.([]any) // none where it is no list
	for _, element := range elements {
		if row, ok := element.(map[string]any); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

// joined returns elements sorted, as one text.
func joined(elements []any) string {
	texts := make([]string, len(elements))
	for i, element := range elements {
		texts[i] = text(element)
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

// What is expected of a domain, and of what does not matter.
const (
	enabled  = "enabled"
	anything = "*"
)

// differences compares the account with what is expected of it.
func (a *Account) differences(want *Account) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, name := range union(a.Domains, want.Domains) {
		if a.Domains[name] != want.Domains[name] && want.Domains[name] != anything {
			say("domain %s is %q, want %q", name, a.Domains[name], want.Domains[name])
		}
	}
	for _, email := range union(a.Roles, want.Roles) {
		if a.Roles[email] != want.Roles[email] && want.Roles[email] != anything {
			say("%s is %q, want %q", email, a.Roles[email], want.Roles[email])
		}
	}
	for _, key := range union(a.TeamRoles, want.TeamRoles) {
		if a.TeamRoles[key] != want.TeamRoles[key] && want.TeamRoles[key] != anything {
			say("team role %s is %q, want %q", key, a.TeamRoles[key], want.TeamRoles[key])
		}
	}
	if want.Expires != anything && fmt.Sprint(a.Expires) != fmt.Sprint(want.Expires) {
		say("session policy is %v, want %v", a.Expires, want.Expires)
	}
	for _, id := range union(a.Things, want.Things) {
		is, there := a.Things[id]
		wanted, expected := want.Things[id]
		switch {
		case !there:
			say("gone: %s %v", id, wanted)
		case !expected:
			say("orphan, which no state knows: %s %v", id, is)
		default:
			for _, field := range slices.Sorted(maps.Keys(wanted)) {
				if !reflect.DeepEqual(is[field], wanted[field]) {
					say("%s %s: %s is %v, want %v", wanted["kind"], id, field, is[field], wanted[field])
				}
			}
		}
	}
	return out
}

func union[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

package acctest

import (
	"net/http"
	"strings"
)

// What the directory of DirectoryScenario and WithDirectory is reached by.
const (
	DirectoryEndpoint = "okta" // the last part of the SCIM endpoint's address
	DirectoryToken    = "directory-token-0123456789abcdef"
	StrangerKey       = "pnu_stranger" // of a user who is in no account, in WithDirectory
)

// DirectoryScenario is an account with a directory for the people of acme.com, whose groups Admins and Owners give the
// roles Admin and Owner. A second domain is enabled that the directory does not serve.
var DirectoryScenario = Scenario(`
accounts:
  - id: ` + AccountID + `
    handle: acme
    name: Acme
    features: [sso, scim, teams, custom_roles, audit_logs]
    rate_limit_per_minute: 0
    domains: [acme.com, acme.example]
    users:
      - {email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: ` + OwnerKey + `}
      - {email: second.owner@acme.com, first_name: Second, last_name: Owner, role: Owner, api_key: ` + SecondOwnerKey + `}
    service_accounts: [{name: terraform, role: Owner, api_key: ` + ServiceKey + `}]
    workspaces: [{handle: production, name: Production}]
    directories:
      - name: Okta
        type: okta scim v2.0
        endpoint: ` + DirectoryEndpoint + `
        token: ` + DirectoryToken + `
        allowed_domains: [acme.com]
        group_role_mappings:
          - {group_name: Admins, role: Admin, priority: 1}
          - {group_name: Owners, role: Owner, priority: 2}
`)

// WithDirectory is an account with two Owners, two Members and a directory for the people of acme.com, which has neither
// people nor mappings yet. A stranger is in no account.
var WithDirectory = Scenario(`
accounts:
  - id: ` + AccountID + `
    handle: acme
    name: Acme
    features: [sso, scim, teams, custom_roles, audit_logs]
    rate_limit_per_minute: 0
    domains: [acme.com]
    users:
      - {email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: ` + OwnerKey + `}
      - {email: second.owner@acme.com, first_name: Second, last_name: Owner, role: Owner, api_key: ` + SecondOwnerKey + `}
      - {email: ada@acme.com, first_name: Ada, last_name: Lovelace, role: Member, api_key: pnu_ada}
      - {email: grace@acme.com, first_name: Grace, last_name: Hopper, role: Member, api_key: pnu_grace}
    service_accounts: [{name: terraform, role: Owner, api_key: ` + ServiceKey + `}]
    custom_roles: [{name: Auditor, permissions: ["read:account"]}]
    workspaces: [{handle: production, name: Production}]
    directories: [{name: Okta, type: okta scim v2.0, endpoint: ` + DirectoryEndpoint + `, token: ` + DirectoryToken + `}]
users: [{email: stranger@globex.example, first_name: Sam, last_name: Stranger, api_key: ` + StrangerKey + `}]
`)

// SCIMURL is the address of the directory's SCIM endpoint.
func (s *Server) SCIMURL() string { return s.URL + "/scim/v2.0/" + DirectoryEndpoint }

// SCIM makes a request as the directory's identity provider does. Any answer but 2xx fails the test.
func (s *Server) SCIM(method, path string, body, out any) {
	s.t.Helper()
	s.SCIMTo(s.SCIMURL(), DirectoryToken, method, path, body, out)
}

// SCIMTo is SCIM for another directory.
func (s *Server) SCIMTo(endpoint, token, method, path string, body, out any) {
	s.t.Helper()
	s.do(token, method, strings.TrimPrefix(endpoint, s.URL)+path, body, out)
}

// scimRow is the part of a SCIM resource that tests need.
type scimRow struct {
	ID string `json:"id"`
}

// PushUser makes a user of the directory, and returns the SCIM id.
func (s *Server) PushUser(email string) string {
	s.t.Helper()
	var row scimRow
	s.SCIM(http.MethodPost, "/Users", ActiveUser(email), &row)
	return row.ID
}

// ActiveUser is a person as an identity provider pushes them.
func ActiveUser(email string) map[string]any {
	first, _, _ := strings.Cut(email, "@")
	return map[string]any{
		"schemas":  []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"userName": email, "active": true, "name": map[string]any{"givenName": first},
		"emails": []map[string]any{{"value": email, "type": "work", "primary": true}},
	}
}

// PushGroup makes a group of the directory, with users as members who are given by their SCIM ids, and returns its own.
func (s *Server) PushGroup(name string, members ...string) string {
	s.t.Helper()
	rows := make([]map[string]any, len(members))
	for i, member := range members {
		rows[i] = map[string]any{"value": member}
	}
	var row scimRow
	s.SCIM(http.MethodPost, "/Groups", map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": name, "members": rows,
	}, &row)
	return row.ID
}

// RenameGroup gives a group of the directory another name.
func (s *Server) RenameGroup(id, name string) {
	s.t.Helper()
	s.SCIM(http.MethodPatch, "/Groups/"+id, map[string]any{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		"Operations": []map[string]any{{"op": "replace", "path": "displayName", "value": name}},
	}, nil)
}

// TeamID is the id of a team.
func (s *Server) TeamID(name string) string {
	s.t.Helper()
	var rows []struct {
		ID string `json:"id"`
	}
	s.Call(s.key, http.MethodPost, "/teams/filter", map[string]any{"teams": map[string]any{"name": map[string]any{"any_": []string{name}}}}, &rows)
	if len(rows) != 1 {
		s.t.Fatalf("%d teams are named %q", len(rows), name)
	}
	return rows[0].ID
}

// DirectoryUsers are the names of the directory's users, as its identity provider sees them.
func (s *Server) DirectoryUsers() []string {
	s.t.Helper()
	var list struct {
		Resources []struct {
			UserName string `json:"userName"`
		}
	}
	s.SCIM(http.MethodGet, "/Users", nil, &list)
	names := make([]string, len(list.Resources))
	for i, user := range list.Resources {
		names[i] = user.UserName
	}
	return names
}

// Emails are the addresses of the account's members.
func (s *Server) Emails() []string {
	s.t.Helper()
	var rows []Member
	s.Call(s.key, http.MethodPost, "/account_memberships/filter", map[string]any{"only_users": true}, &rows)
	emails := make([]string, len(rows))
	for i, row := range rows {
		emails[i] = row.Email
	}
	return emails
}

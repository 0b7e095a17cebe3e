package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

// plannings is what the plans of each resource type have in common. Who may give a role is looked at where the role is
// (guard_roles.go); who may change what teams may do in a workspace is a matter of the workspace, which no account says.
var plannings = map[string]planning{
	"prefectsso_domain": {
		permission: client.PermissionAdministrateSSO, unsent: []string{"timeouts"},
		at: atRoot("name"), manages: one(run.Domain, func(v values) (string, bool) {
			name, ok := v.text("name")
			return normalized.Domain.Key(name), ok
		}),
	},
	"prefectsso_domains": {
		permission: client.PermissionAdministrateSSO, unsent: []string{"timeouts"},
		at: atRoot("names"), manages: func(planned, _ values) []managed {
			return []managed{{kind: run.Domain, takes: func(string, func(a, b string) bool) bool { return true }, keys: func() []string {
				keys := []string{""} // all, whatever their names
				for _, name := range planned.texts("names") {
					keys = append(keys, normalized.Domain.Key(name))
				}
				return keys
			}}}
		},
	},
	"prefectsso_group_role_mapping": {
		permission: client.PermissionAdministrateSSO,
		at:         atRoot("match"), manages: one(run.Mapping, mappingKey),
	},
	"prefectsso_identity_provider": {
		permission: client.PermissionAdministrateSSO, unsent: []string{"timeouts"},
		at: atRoot("name"), manages: nameAndID(run.Connection, ""),
	},
	"prefectsso_member_role":  {at: atRoot("email"), manages: memberRoleManages},
	"prefectsso_member_roles": {at: atRoot("roles"), manages: memberRolesManage},
	"prefectsso_role_members": {at: atRoot("members"), manages: roleMembersManage},
	"prefectsso_scim_client": {
		permission: client.PermissionAdministrateSSO, unsent: []string{"overlap"},
		at: atRoot("name"), manages: nameAndID(run.SCIMClient, "directory_id"),
	},
	"prefectsso_scim_directory": {
		permission: client.PermissionAdministrateSSO,
		at:         atRoot("name"), manages: nameAndID(run.Directory, ""),
	},
	"prefectsso_scim_probe": {
		permission: client.PermissionDeleteMembership, unsent: []string{"fail_on_unhealthy"}, stays: true,
	},
	"prefectsso_scim_token": {
		permission: client.PermissionAdministrateSSO, unsent: []string{"expires_in", "overlap"},
		at: atRoot("token_wo"), manages: scimTokenManages,
	},
	"prefectsso_session_policy": {
		permission: client.PermissionUpdateAccount, stays: true,
		at: atRoot("auth_expiration_seconds"), manages: one(run.SessionPolicy, func(values) (string, bool) { return "of the account", true }),
	},
	"prefectsso_setup_link": {permission: client.PermissionAdministrateSSO, stays: true},
	"prefectsso_team_workspace_role": {
		at: func(planned values) path.Path {
			for _, name := range []string{"id", "name", "directory_group"} {
				if _, ok := valuesOf(planned["team"]).text(name); ok {
					return path.Root("team").AtName(name)
				}
			}
			return path.Root("team")
		},
		manages: one(run.TeamRole, func(v values) (string, bool) {
			team, teamOK := v.text("team_id")
			workspace, workspaceOK := v.text("workspace_id")
			return teamInWorkspace(team, workspace), teamOK && workspaceOK
		}),
	},
}

func atRoot(name string) func(values) path.Path {
	return func(values) path.Path { return path.Root(name) }
}

// exactly returns keys that are known already.
func exactly(keys ...string) func() []string { return func() []string { return keys } }

// one makes planning.manages of a type that manages one thing.
func one(kind run.Kind, key func(values) (string, bool)) func(planned, config values) []managed {
	return func(planned, _ values) []managed {
		if text, ok := key(planned); ok {
			return []managed{{kind: kind, keys: exactly(text)}}
		}
		return nil
	}
}

// nameAndID makes planning.manages of a type whose things have a name each and, once they are there, an id. in is the argument
// that says what they belong to; "" for the account.
func nameAndID(kind run.Kind, in string) func(planned, config values) []managed {
	return func(planned, _ values) []managed {
		place, ok := "", true
		if in != "" {
			place, ok = planned.text(in)
			place = " of " + place
		}
		var keys []string
		for _, argument := range []string{"name", "id"} {
			if text, known := planned.text(argument); ok && known {
				keys = append(keys, text+place)
			}
		}
		return []managed{{kind: kind, keys: exactly(keys...)}}
	}
}

// mappingKey is what there is once in a directory: a mapping of a match.
func mappingKey(v values) (string, bool) {
	directory, ok := v.text("directory_id")
	match := v["match"]
	if !ok || !match.IsFullyKnown() || match.IsNull() {
		return "", false
	}
	written := valuesOf(match)
	text := func(name string) string { s, _ := written.text(name); return s }
	of := access.Match{GroupID: text("group_id"), GroupName: text("group_name"), Attribute: text("attribute"), Equals: text("equals")}
	return "for " + of.String() + " in " + directory, true
}

// givenRole is the key of what a prefectsso_role_members takes as its own: that somebody holds a role.
func givenRole(role, email string) string { return role + "\n" + email }

// roleOf returns the role of such a key.
func roleOf(key string) string {
	role, _, _ := strings.Cut(key, "\n")
	return role
}

// memberRoleManages: the person's role, and that the person holds this one.
func memberRoleManages(planned, _ values) []managed {
	written, ok := planned.text("email")
	if !ok {
		return nil
	}
	email := normalized.Email.Key(written)
	all := []managed{{kind: run.MemberRole, keys: exactly(email)}}
	if role, ok := planned.text("role"); ok {
		all = append(all, managed{kind: run.RoleHolders, keys: exactly(givenRole(role, email)), shown: roleOf})
	}
	return all
}

// memberRolesManage is the same for many people.
func memberRolesManage(planned, _ values) []managed {
	keys := func(key func(role, email string) string) func() []string {
		return func() (keys []string) {
			roles := valuesOf(planned["roles"])
			for written := range roles {
				if role, ok := roles.text(written); ok {
					keys = append(keys, key(role, normalized.Email.Key(written)))
				}
			}
			return keys
		}
	}
	return []managed{
		{kind: run.MemberRole, keys: keys(func(_, email string) string { return email })},
		{kind: run.RoleHolders, keys: keys(givenRole), shown: roleOf},
	}
}

// roleMembersManage: the roles of the members, and who else holds the role. Whom a directory brought is its business where the
// configuration says so, and only the server tells who that is.
func roleMembersManage(planned, _ values) []managed {
	members := func() []string { return emailKeys(planned.texts("members")) }
	all := []managed{{kind: run.MemberRole, keys: members}}
	role, ok := planned.text("role")
	if !ok {
		return all
	}
	holders := managed{kind: run.RoleHolders, shown: roleOf, keys: func() (keys []string) {
		for _, email := range members() {
			keys = append(keys, givenRole(role, email))
		}
		return keys
	}}
	if ignores, told := planned.flag("ignore_directory_managed"); told && !ignores && planned["ignore_emails"].IsFullyKnown() {
		ignored := emailKeys(planned.texts("ignore_emails"))
		holders.takes = func(key string, sameRole func(a, b string) bool) bool {
			of, email, given := strings.Cut(key, "\n")
			return given && !slices.Contains(ignored, email) && sameRole(of, role)
		}
	}
	return append(all, holders)
}

func emailKeys(written []string) []string {
	keys := make([]string, len(written))
	for i, email := range written {
		keys[i] = normalized.Email.Key(email)
	}
	return keys
}

// scimTokenManages: its secret, which the server takes once. Names may be equal.
func scimTokenManages(planned, config values) []managed {
	secret, ok := config.text("token_wo")
	directory, known := planned.text("directory_id")
	name, named := planned.text("name")
	if !ok || !known || !named {
		return nil
	}
	sum := sha256.Sum256([]byte(secret))
	return []managed{{kind: run.SCIMToken, keys: exactly(hex.EncodeToString(sum[:])), shown: func(string) string { return name + " of " + directory }}}
}

// teamInWorkspace is what a prefectsso_team_workspace_role is about.
func teamInWorkspace(teamID, workspaceID string) string {
	return teamID + " in workspace " + workspaceID
}

package client

import "slices"

// PermissionBypassSSO is the account permission that gets its holders in without single sign-on.
const PermissionBypassSSO = "bypass:sso"

// PermissionAdministrateSSO is the account permission that lets its holders say which identity provider vouches for whom.
const PermissionAdministrateSSO = "administrate:sso"

// PermissionUpdateMembership is the account permission that lets its holders give members roles.
const PermissionUpdateMembership = "update:account_membership"

// PermissionDeleteMembership is the account permission that lets its holders remove members.
const PermissionDeleteMembership = "delete:account_membership"

// PermissionUpdateAccount is the account permission that lets its holders change the account's own settings.
const PermissionUpdateAccount = "update:account"

// PermissionAdministrateWorkspace is the account permission that lets its holders into every workspace.
const PermissionAdministrateWorkspace = "administrate:workspace"

// SSOStateEnabled is the sso_state of an account with an active connection: single sign-on is enforced.
const SSOStateEnabled = "ENABLED"

// Has reports whether the role includes an account permission, such as [PermissionBypassSSO].
func (r AccountRole) Has(permission string) bool {
	return slices.Contains(r.Permissions, permission)
}

// ScopeManageTeams is the workspace scope that lets its holders give teams a role in the workspace.
const ScopeManageTeams = "manage_workspace_teams"

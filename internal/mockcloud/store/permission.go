package store

import "slices"

// Permission is a right over an account (AccountPermission in the document).
type Permission string

// The permissions of the published API, in the document's order.
const (
	ReadAccount               Permission = "read:account"
	UpdateAccount             Permission = "update:account"
	DeleteAccount             Permission = "delete:account"
	ReadAccountMembership     Permission = "read:account_membership"
	UpdateAccountMembership   Permission = "update:account_membership"
	DeleteAccountMembership   Permission = "delete:account_membership"
	CreateAccountRole         Permission = "create:account_role"
	ReadAccountRole           Permission = "read:account_role"
	UpdateAccountRole         Permission = "update:account_role"
	DeleteAccountRole         Permission = "delete:account_role"
	AddAccountMember          Permission = "add:account_member"
	ReadSSO                   Permission = "read:sso"
	AdministrateSSO           Permission = "administrate:sso"
	BypassSSO                 Permission = "bypass:sso"
	ReadBilling               Permission = "read:billing"
	UpdateBilling             Permission = "update:billing"
	CreateBot                 Permission = "create:bot"
	ReadBot                   Permission = "read:bot"
	UpdateBot                 Permission = "update:bot"
	DeleteBot                 Permission = "delete:bot"
	CreateTeam                Permission = "create:team"
	ReadTeam                  Permission = "read:team"
	UpdateTeam                Permission = "update:team"
	DeleteTeam                Permission = "delete:team"
	CreateInvitation          Permission = "create:invitation"
	ReadInvitation            Permission = "read:invitation"
	UpdateInvitation          Permission = "update:invitation"
	CreateWorkspaceInvitation Permission = "create:workspace_invitation"
	ReadWorkspaceInvitation   Permission = "read:workspace_invitation"
	UpdateWorkspaceInvitation Permission = "update:workspace_invitation"
	AdministrateWorkspace     Permission = "administrate:workspace"
	CreateWorkspace           Permission = "create:workspace"
	ReadWorkspace             Permission = "read:workspace"
	DeleteWorkspace           Permission = "delete:workspace"
	CreateWorkspaceRole       Permission = "create:workspace_role"
	ReadWorkspaceRole         Permission = "read:workspace_role"
	UpdateWorkspaceRole       Permission = "update:workspace_role"
	DeleteWorkspaceRole       Permission = "delete:workspace_role"
	CreateAuditEvent          Permission = "create:audit_event"
	ReadAuditEvent            Permission = "read:audit_event"
	UpdateIPAllowlist         Permission = "update:ip_allowlist"
	ReadIPAllowlist           Permission = "read:ip_allowlist"
	ReadMexStorage            Permission = "read:mex-storage"
	UpdateMexStorage          Permission = "update:mex-storage"
	DeleteMexStorage          Permission = "delete:mex-storage"
	ReadIntegrations          Permission = "read:integrations"
	UpdateIntegrations        Permission = "update:integrations"
)

var permissions = []Permission{
	ReadAccount, UpdateAccount, DeleteAccount,
	ReadAccountMembership, UpdateAccountMembership, DeleteAccountMembership,
	CreateAccountRole, ReadAccountRole, UpdateAccountRole, DeleteAccountRole,
	AddAccountMember, ReadSSO, AdministrateSSO, BypassSSO, ReadBilling, UpdateBilling,
	CreateBot, ReadBot, UpdateBot, DeleteBot,
	CreateTeam, ReadTeam, UpdateTeam, DeleteTeam,
	CreateInvitation, ReadInvitation, UpdateInvitation,
	CreateWorkspaceInvitation, ReadWorkspaceInvitation, UpdateWorkspaceInvitation,
	AdministrateWorkspace, CreateWorkspace, ReadWorkspace, DeleteWorkspace,
	CreateWorkspaceRole, ReadWorkspaceRole, UpdateWorkspaceRole, DeleteWorkspaceRole,
	CreateAuditEvent, ReadAuditEvent, UpdateIPAllowlist, ReadIPAllowlist,
	ReadMexStorage, UpdateMexStorage, DeleteMexStorage, ReadIntegrations, UpdateIntegrations,
}

// Permissions returns all that there are, in the document's order.
func Permissions() []Permission { return slices.Clone(permissions) }

// missing returns those wanted that are not held.
func missing[T comparable](held, wanted []T) []T {
	var out []T
	for _, p := range wanted {
		if !slices.Contains(held, p) {
			out = append(out, p)
		}
	}
	return out
}

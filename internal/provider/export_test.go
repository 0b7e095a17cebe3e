package provider

import (
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// NewWithTimer returns New with another way to wait for promotions than time.After.
func NewWithTimer(after func(time.Duration) <-chan time.Time) func() provider.Provider {
	return func() provider.Provider { return &prefectssoProvider{version: "test", after: after} }
}

// PlannedTypes returns the resource types whose plans have something in common.
func PlannedTypes() []string { return slices.Sorted(maps.Keys(plannings)) }

// PermissionsToApply returns for each resource type which permission its plans look at, or which scope.
func PermissionsToApply() map[string]string {
	all := map[string]string{
		"prefectsso_member_role": client.PermissionUpdateMembership, "prefectsso_member_roles": client.PermissionUpdateMembership,
		"prefectsso_role_members": client.PermissionUpdateMembership, "prefectsso_team_workspace_role": client.ScopeManageTeams,
	}
	for name, p := range plannings {
		if p.permission != "" {
			all[name] = p.permission
		}
	}
	return all
}

// OIDCTypes and SAMLTypes are the connection types, in the order of their names.
var OIDCTypes, SAMLTypes = oidcTypes, samlTypes

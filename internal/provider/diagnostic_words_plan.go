package provider

import (
	"fmt"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

// The sentences about a plan as a whole: what its key may do, and what its resources do to each other.

// The ids.
const (
	keyRejected       access.ID = "key-rejected"
	keyNotChecked     access.ID = "key-not-checked"
	permissionMissing access.ID = "permission-missing"
)

// saysKeyRejected is about a key that the API does not know, or an account that is not the key's.
func saysKeyRejected(err error) notice {
	summary := "API key not accepted"
	if rejectedAccount(err) != "" {
		summary = "Account not found with this key"
	}
	return notice{keyRejected, summary, reason(err)}
}

func saysKeyNotChecked(account string, err error) notice {
	return notice{keyNotChecked, "API key not checked", fmt.Sprintf("Whether the API key may make the planned changes in account %s was not found out, so the apply may be the first to say. %s", account, reason(err))}
}

// saysPermissionMissing is about a permission that the apply needs.
func saysPermissionMissing(permission, account string, ends bool) notice {
	next := "Nothing has to be done if this plan is applied with another key, as where pull requests are planned with one that may only read; `plan_permissions = \"error\"` in the provider block makes this an error."
	if ends {
		next = "Plan with a key whose role has it, or take `plan_permissions = \"error\"` out of the provider block."
	}
	return notice{permissionMissing, "API key may not apply this plan", fmt.Sprintf("The API key in use does not have the permission %s in account %s, which applying this plan needs. %s", permission, account, next)}
}

package provider

import (
	"fmt"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// The sentences about a plan as a whole: what its key may do, and what its resources do to each other.

// The ids.
const (
	keyRejected       access.ID = "key-rejected"
	keyNotChecked     access.ID = "key-not-checked"
	permissionMissing access.ID = "permission-missing"
	domainNotEnabled  access.ID = "domain-not-enabled"
	directoryAbsent   access.ID = "directory-absent"
	nothingToAdopt    access.ID = "nothing-to-adopt"
)

// saysKeyRejected is about a key that the API does not know, or an account that is not the key's.
func saysKeyRejected(err error) notice {
	summary := "API key not accepted"
	if rejectedAccount(err) != "" {
		summary = "Account not found with this key"
	}
	return notice{keyRejected, summary, reason(err)}
}

// saysKeyNotChecked is about an account or a workspace, as "account acme".
func saysKeyNotChecked(where string, err error) notice {
	return notice{keyNotChecked, "API key not checked", fmt.Sprintf("Whether the API key may make the planned changes in %s was not found out, so the apply may be the first to say. %s", where, reason(err))}
}

// saysPermissionMissing is about a permission that the apply needs in an account, or a scope in a workspace.
func saysPermissionMissing(permission, where string, ends bool) notice {
	next := "Nothing has to be done if this plan is applied with another key, as where pull requests are planned with one that may only read; `plan_permissions = \"error\"` in the provider block makes this an error."
	if ends {
		next = "Plan with a key whose role has it, or take `plan_permissions = \"error\"` out of the provider block."
	}
	return notice{permissionMissing, "API key may not apply this plan", fmt.Sprintf("The API key in use does not have the permission %s in %s, which applying this plan needs. %s", permission, where, next)}
}

// saysDomainsNotEnabled is about domains of an argument that are not enabled yet.
func saysDomainsNotEnabled(names []string, account, argument string) notice {
	is := map[bool]string{true: "is", false: "are"}[len(names) == 1]
	return notice{domainNotEnabled, "Domain not enabled yet", fmt.Sprintf("%s %s not enabled in account %s now, and applying this plan fails unless that is so by then. Where a prefectsso_domain of this configuration enables it, let `%s` refer to that resource (`prefectsso_domain.<name>.name`), so that Terraform makes it first.", english.And(names), is, account, argument)}
}

// saysDirectoryAbsent is about the directory that something is in.
func saysDirectoryAbsent(id, account string) notice {
	return notice{directoryAbsent, "No such directory yet", fmt.Sprintf("Account %s has no directory %s now, and applying this plan fails unless it is there by then. Where a prefectsso_scim_directory of this configuration makes it, let `directory_id` refer to that resource (`prefectsso_scim_directory.<name>.id`), so that Terraform makes it first.", account, id)}
}

// saysNothingToAdopt is about what only a person can configure on this server.
func saysNothingToAdopt(kind, name, account, others string) notice {
	about, thing := configuration[kindFeatures[kind]].what, map[string]string{setupSSO: "connection", setupDirectorySync: "directory"}[kind]
	return notice{nothingToAdopt, "Nothing to adopt yet", fmt.Sprintf("This server does not offer the configuration of %s over its API, and account %s has no %s named %q%s. Applying this plan fails unless a person has configured it in the browser by then: the resource prefectsso_setup_link with `kind = %q` gives the link, also one of this plan. Then apply again, and the %s is adopted.", about, account, thing, name, others, kind, thing)}
}

// kindFeatures are the features that the kinds of setup links configure.
var kindFeatures = map[string]string{setupSSO: "sso", setupDirectorySync: "scim"}

# Holds a plan, as `terraform show -json` prints it, against two rules: only these people are Owners, and no domain is
# without a connection through which its people log in.
package prefectsso.access

# Everybody who may be an Owner, in lower case.
allowed_owners := {"owner@acme.com", "second.owner@acme.com"}

deny contains "the input is no plan: give what terraform show -json prints of a saved one" if not input.planned_values

# What each resource will be. One that goes has no after.
resources contains resource if {
	some resource in input.resource_changes
	resource.mode == "managed"
	resource.change.after != null
}

owners contains {"address": resource.address, "email": resource.change.after.email} if {
	some resource in resources
	resource.type == "prefectsso_member_role"
	resource.change.after.role == "Owner"
}

owners contains {"address": resource.address, "email": email} if {
	some resource in resources
	resource.type == "prefectsso_member_roles"
	some email, "Owner" in resource.change.after.roles
}

owners contains {"address": resource.address, "email": email} if {
	some resource in resources
	resource.type == "prefectsso_role_members"
	resource.change.after.role == "Owner"
	some email in resource.change.after.members
}

deny contains message if {
	some owner in owners
	not lower(owner.email) in allowed_owners
	message := sprintf("%s makes %s an Owner, who is not in allowed_owners", [owner.address, owner.email])
}

# Roles of people whom the plan does not name: they come by a group or a directory, or are taken out of another role.
unnamed := {
	"prefectsso_group_role_mapping": "role",
	"prefectsso_role_members": "removed_role",
	"prefectsso_scim_directory": "default_role",
}

deny contains message if {
	some resource in resources
	name := unnamed[resource.type]
	resource.change.after[name] == "Owner"
	message := sprintf("%s: %s makes people Owners whom the plan does not name", [resource.address, name])
}

domains contains {"address": resource.address, "name": name} if {
	some resource in resources
	resource.type == "prefectsso_domain"
	name := resource.change.after.name
}

domains contains {"address": resource.address, "name": name} if {
	some resource in resources
	resource.type == "prefectsso_domains"
	some name in resource.change.after.names
}

# A domain with letters beyond ASCII has to be spelled the same way everywhere: Rego knows no Punycode.
same(name) := trim_suffix(lower(name), ".")

connected contains same(name) if {
	some resource in resources
	resource.type == "prefectsso_identity_provider"
	some name in resource.change.after.domains
}

deny contains message if {
	some domain in domains
	not same(domain.name) in connected
	message := sprintf("%s enables %s, and no prefectsso_identity_provider has it", [domain.address, domain.name])
}

# What the rules look at, so that nothing gets past them by being unknown.
watched := {
	"prefectsso_domain": {"name"},
	"prefectsso_domains": {"names"},
	"prefectsso_group_role_mapping": {"role"},
	"prefectsso_identity_provider": {"domains"},
	"prefectsso_member_role": {"email", "role"},
	"prefectsso_member_roles": {"roles"},
	"prefectsso_role_members": {"members", "removed_role", "role"},
	"prefectsso_scim_directory": {"default_role"},
}

deny contains message if {
	some resource in resources
	some name in watched[resource.type]
	unknown(object.get(resource.change.after_unknown, name, false))
	message := sprintf("%s: %s is known only after apply, so it cannot be judged", [resource.address, name])
}

unknown(mask) if mask == true

unknown(mask) if {
	walk(mask, [_, true])
}

# A role may be given by its id, too, which says nothing here.
deny contains message if {
	some resource in resources
	some name in ({"role", "roles", "default_role", "removed_role"} & object.get(watched, resource.type, set()))
	walk(resource.change.after[name], [_, role])
	is_string(role)
	regex.match(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`, role)
	message := sprintf("%s: give the role %s by its name, so that it can be judged", [resource.address, role])
}

package prefectsso.access_test

import data.prefectsso.access

plan(type, after) := planned(type, after, {})

planned(type, after, unknown) := {"planned_values": {}, "resource_changes": [{
	"address": "this",
	"mode": "managed",
	"type": type,
	"change": {"after": after, "after_unknown": unknown},
}]}

corp := {
	"address": "corp",
	"mode": "managed",
	"type": "prefectsso_identity_provider",
	"change": {"after": {"domains": ["Acme.com"]}, "after_unknown": {}},
}

test_allowed if {
	count(access.deny) == 0 with input as plan("prefectsso_member_role", {"email": "Owner@acme.com", "role": "Owner"})
	count(access.deny) == 0 with input as plan("prefectsso_member_role", {"email": "eve@acme.com", "role": "Member"})
	count(access.deny) == 0 with input as plan("prefectsso_member_roles", {"roles": {"eve@acme.com": "Admin"}})
	count(access.deny) == 0 with input as plan("prefectsso_role_members", {"role": "Admin", "members": ["eve@acme.com"], "removed_role": "Member"})
	count(access.deny) == 0 with input as plan("prefectsso_scim_directory", {"default_role": "Member"})
}

test_other_owners if {
	count(access.deny) == 1 with input as plan("prefectsso_member_role", {"email": "eve@acme.com", "role": "Owner"})
	count(access.deny) == 1 with input as plan("prefectsso_member_roles", {"roles": {"eve@acme.com": "Owner"}})
	count(access.deny) == 1 with input as plan("prefectsso_role_members", {"role": "Owner", "members": ["owner@acme.com", "eve@acme.com"]})
	count(access.deny) == 1 with input as plan("prefectsso_group_role_mapping", {"role": "Owner"})
	count(access.deny) == 1 with input as plan("prefectsso_scim_directory", {"default_role": "Owner"})
	count(access.deny) == 1 with input as plan("prefectsso_role_members", {"role": "Admin", "members": [], "removed_role": "Owner"})
}

test_domains if {
	enabled := plan("prefectsso_domain", {"name": "acme.com"})
	count(access.deny) == 1 with input as enabled
	count(access.deny) == 0 with input as object.union(enabled, {"resource_changes": array.concat(enabled.resource_changes, [corp])})
	dotted := plan("prefectsso_domain", {"name": "acme.com."})
	count(access.deny) == 0 with input as object.union(dotted, {"resource_changes": array.concat(dotted.resource_changes, [corp])})
	count(access.deny) == 2 with input as plan("prefectsso_domains", {"names": ["acme.com", "b.example"]})
}

test_unknown if {
	count(access.deny) == 1 with input as planned("prefectsso_role_members", {"role": "Owner"}, {"members": true})
	count(access.deny) == 1 with input as planned("prefectsso_role_members", {"role": "Owner", "members": []}, {"members": [false, true]})
	count(access.deny) == 1 with input as planned("prefectsso_role_members", {"role": "Admin", "members": []}, {"removed_role": true})
	count(access.deny) == 1 with input as planned("prefectsso_member_roles", {"roles": {}}, {"roles": {"eve@acme.com": true}})
}

test_role_by_id if {
	id := "b8feca13-801b-57c5-9c33-330048ecebaf"
	count(access.deny) == 1 with input as plan("prefectsso_member_role", {"email": "eve@acme.com", "role": id})
	count(access.deny) == 1 with input as plan("prefectsso_member_roles", {"roles": {"eve@acme.com": id}})
	count(access.deny) == 1 with input as plan("prefectsso_role_members", {"members": [], "role": id})
	count(access.deny) == 1 with input as plan("prefectsso_role_members", {"members": [], "role": "Admin", "removed_role": id})
}

test_what_goes_is_free if {
	count(access.deny) == 0 with input as plan("prefectsso_domain", null)
}

test_no_plan if {
	count(access.deny) == 1 with input as {"format_version": "1.0", "values": {}}
}

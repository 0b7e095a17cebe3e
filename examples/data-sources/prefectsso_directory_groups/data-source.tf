resource "prefectsso_scim_directory" "okta" {
  name = "Okta"
  type = "okta scim v2.0"
}

data "prefectsso_directory_groups" "all" {
  directory_id = prefectsso_scim_directory.okta.id
}

output "groups" {
  value = [for group in data.prefectsso_directory_groups.all.groups : group.name]
}

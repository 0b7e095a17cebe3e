resource "prefectsso_scim_directory" "okta" {
  name = "Okta"
  type = "okta scim v2.0"
}

# People whom the identity provider pushes in vain.
data "prefectsso_directory_users" "held" {
  directory_id = prefectsso_scim_directory.okta.id
  held         = true
}

output "held" {
  value = { for name, person in data.prefectsso_directory_users.held.users : name => person.held_reason }
}

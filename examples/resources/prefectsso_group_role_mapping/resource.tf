resource "prefectsso_scim_directory" "okta" {
  name = "Okta"
  type = "okta scim v2.0"
}

# Members of the group Engineers are Admins, for as long as they are in it.
resource "prefectsso_group_role_mapping" "engineers" {
  directory_id = prefectsso_scim_directory.okta.id
  match        = { group_name = "Engineers" }
  role         = "Admin"
  priority     = 10
}

# Whoever is a contractor may look, and no more, whatever their groups: the higher priority counts.
resource "prefectsso_group_role_mapping" "contractors" {
  directory_id = prefectsso_scim_directory.okta.id
  match        = { attribute = "userType", equals = "Contractor" }
  role         = "Auditor"
  priority     = 20
}

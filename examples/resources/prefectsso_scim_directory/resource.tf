resource "prefectsso_domain" "corp" {
  name = "acme.com"
}

resource "prefectsso_scim_directory" "okta" {
  name = "Okta"
  type = "okta scim v2.0"

  # What people are who join from now on, unless a group role mapping says otherwise.
  default_role = "Member"

  # Who leaves keeps the membership, inactive, for a return.
  deprovision_action = "deactivate"

  allowed_domains = [prefectsso_domain.corp.name]
}

# What Okta wants as the SCIM connector's base URL.
output "scim_endpoint" {
  value = prefectsso_scim_directory.okta.scim_endpoint
}

# The people of the identity provider's directory become members, and nobody copies
# a token by hand. Today's Prefect Cloud has directories in the browser only; there
# `terraform apply` says which step a person must take.

variable "scim_secret" {
  description = "The directory's token, 32 characters or more. It is in no state and no plan."
  type        = string
  ephemeral   = true
}

resource "prefectsso_scim_directory" "corp" {
  name            = "Corp"
  type            = "okta scim v2.0"
  allowed_domains = [prefectsso_domain.corp.name]
}

resource "prefectsso_scim_token" "corp" {
  directory_id     = prefectsso_scim_directory.corp.id
  name             = "corp"
  token_wo         = var.scim_secret
  token_wo_version = 1
}

# Who is in this group is an Admin for as long as they are in it.
resource "prefectsso_group_role_mapping" "admins" {
  directory_id = prefectsso_scim_directory.corp.id
  match        = { group_name = "Prefect Admins" }
  role         = "Admin"
  priority     = 10
}

output "scim_endpoint" {
  description = "Where the identity provider pushes to."
  value       = prefectsso_scim_directory.corp.scim_endpoint
}

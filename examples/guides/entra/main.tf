terraform {
  required_version = ">= 1.11"

  required_providers {
    prefectsso = {
      source  = "prefectsso/prefectsso"
      version = "~> 0.1"
    }
  }
}

# What the identity provider has to know of this account.
data "prefectsso_service_provider" "this" {}

# People with these addresses sign in through the identity provider.
resource "prefectsso_domain" "corp" {
  name = "acme.com"
}

variable "issuer" {
  description = "https://login.microsoftonline.com/, then the tenant's id, then /v2.0."
  type        = string
}

variable "client_id" {
  description = "The client id of the application at the identity provider."
  type        = string
}

variable "client_secret" {
  description = "The secret of the application at the identity provider. It is in no state and no plan."
  type        = string
  ephemeral   = true
}

resource "prefectsso_identity_provider" "corp" {
  name            = "Entra ID"
  connection_type = "EntraIdOIDC"
  domains         = [prefectsso_domain.corp.name]

  oidc = {
    issuer                   = var.issuer
    client_id                = var.client_id
    client_secret_wo         = var.client_secret
    client_secret_wo_version = 1
  }
}

output "redirect_uri" {
  description = "What the application at the identity provider needs."
  value       = data.prefectsso_service_provider.this.redirect_uri
}

variable "scim_secret" {
  description = "The directory's token, 32 random characters or more. It is in no state and no plan."
  type        = string
  ephemeral   = true
}

# Who is pushed becomes a member; who leaves keeps the membership, inactive.
resource "prefectsso_scim_directory" "corp" {
  name            = "Entra ID"
  type            = "azure scim v2.0"
  allowed_domains = [prefectsso_domain.corp.name]
}

resource "prefectsso_scim_token" "corp" {
  directory_id     = prefectsso_scim_directory.corp.id
  name             = "entra"
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

output "tenant_url" {
  description = "Where the identity provider pushes to."
  value       = "${prefectsso_scim_directory.corp.scim_endpoint}?aadOptscim062020"
}

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
  description = "https://accounts.google.com, exactly so."
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
  name            = "Google"
  connection_type = "GoogleOIDC"
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

# No directory pushes people: the first login makes a member, and roles are written here.
resource "prefectsso_member_roles" "team" {
  roles = {
    "ada@acme.com"   = "Admin"
    "grace@acme.com" = "Member"
  }
}

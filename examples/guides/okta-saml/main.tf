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

variable "metadata_url" {
  description = "The address of the application's metadata, on its tab Sign On."
  type        = string
}

resource "prefectsso_identity_provider" "corp" {
  name            = "Okta"
  connection_type = "OktaSAML"
  domains         = [prefectsso_domain.corp.name]

  # Followed: new signing keys need nobody here.
  saml = {
    metadata_url = var.metadata_url
  }
}

output "entity_id" {
  description = "What the identity provider needs, with the address below."
  value       = data.prefectsso_service_provider.this.sp_entity_id
}

output "acs_url" {
  value = data.prefectsso_service_provider.this.acs_url
}

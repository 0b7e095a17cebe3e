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
  description = "https://, the federation service's name, then /FederationMetadata/2007-06/FederationMetadata.xml."
  type        = string
}

resource "prefectsso_identity_provider" "corp" {
  name            = "AD FS"
  connection_type = "ADFSSAML"
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

# No directory pushes people: the first login makes a member, and roles are written here.
resource "prefectsso_member_roles" "team" {
  roles = {
    "ada@acme.com"   = "Admin"
    "grace@acme.com" = "Member"
  }
}

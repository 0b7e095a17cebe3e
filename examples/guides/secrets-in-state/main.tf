# Where the identity provider's own provider takes no write-only value, the secret is in the state, and both sides get it from there.

terraform {
  required_version = ">= 1.11"

  required_providers {
    prefectsso = {
      source  = "prefectsso/prefectsso"
      version = "~> 0.1"
    }
    azuread = {
      source = "hashicorp/azuread"
    }
    okta = {
      source = "okta/okta"
    }
    random = {
      source = "hashicorp/random"
    }
    time = {
      source = "hashicorp/time"
    }
  }
}

resource "time_rotating" "scim" {
  rotation_days = 30
}

resource "random_password" "scim" {
  for_each = toset(["entra", "okta"])

  length  = 64
  special = false
  keepers = { rotation = time_rotating.scim.id }
}

resource "prefectsso_domain" "each" {
  for_each = { okta = "acme.com", entra = "acme.example" }

  name = each.value
}

# Okta

resource "prefectsso_scim_directory" "okta" {
  name            = "Okta"
  type            = "okta scim v2.0"
  allowed_domains = [prefectsso_domain.each["okta"].name]
}

resource "prefectsso_scim_token" "okta" {
  directory_id     = prefectsso_scim_directory.okta.id
  name             = "okta"
  token_wo         = random_password.scim["okta"].result
  token_wo_version = time_rotating.scim.unix
  overlap          = "1h"
}

resource "okta_app_connection" "prefect" {
  id       = "0oa1b2c3d4"
  base_url = prefectsso_scim_directory.okta.scim_endpoint
  action   = "activate"

  profile {
    auth_scheme = "TOKEN"
    token       = random_password.scim["okta"].result
  }

  # The side that checks the token has to know it first.
  depends_on = [prefectsso_scim_token.okta]
}

# Microsoft Entra ID

resource "prefectsso_scim_directory" "entra" {
  name            = "Entra ID"
  type            = "azure scim v2.0"
  allowed_domains = [prefectsso_domain.each["entra"].name]
}

resource "prefectsso_scim_token" "entra" {
  directory_id     = prefectsso_scim_directory.entra.id
  name             = "entra"
  token_wo         = random_password.scim["entra"].result
  token_wo_version = time_rotating.scim.unix
  overlap          = "1h"
}

resource "azuread_synchronization_secret" "prefect" {
  service_principal_id = "/servicePrincipals/00000000-0000-0000-0000-000000000001"

  credential {
    key   = "BaseAddress"
    value = prefectsso_scim_directory.entra.scim_endpoint
  }
  credential {
    key   = "SecretToken"
    value = random_password.scim["entra"].result
  }

  depends_on = [prefectsso_scim_token.entra]
}

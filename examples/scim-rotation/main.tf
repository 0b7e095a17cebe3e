# One secret on two sides, and on neither side's disk.
#
# An ephemeral value goes to the directory's token here and to the identity
# provider's configuration. Neither the state nor a plan holds it. To rotate,
# give a new secret and the next version:
#
#   export TF_VAR_shared_secret="$(openssl rand -hex 32)" TF_VAR_secret_version=2
#   terraform apply
#
# A secret store's ephemeral resource can take the variable's place, and
# time_rotating can count the versions: the guide on secrets has all of it.

terraform {
  required_version = ">= 1.11"

  required_providers {
    prefectsso = {
      source  = "prefectsso/prefectsso"
      version = "~> 0.1"
    }
  }
}

variable "shared_secret" {
  description = "At least 32 random characters, new with each version."
  type        = string
  ephemeral   = true
}

variable "secret_version" {
  description = "Bumped with each new secret."
  type        = number
  default     = 1
}

variable "issuer" {
  description = "The OpenID Connect issuer, such as https://acme.okta.com."
  type        = string
}

resource "prefectsso_domain" "corp" {
  name = "acme.com"
}

resource "prefectsso_scim_directory" "okta" {
  name            = "Okta"
  type            = "okta scim v2.0"
  allowed_domains = [prefectsso_domain.corp.name]
}

# The side that checks the secret comes first.
resource "prefectsso_scim_token" "okta" {
  directory_id     = prefectsso_scim_directory.okta.id
  name             = "okta"
  token_wo         = var.shared_secret
  token_wo_version = var.secret_version

  # Until the other side has the new one, the old one works too.
  overlap = "1h"
}

# The side that uses it follows: its version is the token's, so that Terraform
# never hands out a secret that is not accepted yet. In your configuration this
# is a resource of the identity provider's own Terraform provider; here another
# write-only argument stands for it.
resource "prefectsso_identity_provider" "okta" {
  name            = "Okta"
  connection_type = "OktaOIDC"
  domains         = [prefectsso_domain.corp.name]

  oidc = {
    issuer                   = var.issuer
    client_id                = "0oa1b2c3d4"
    client_secret_wo         = var.shared_secret
    client_secret_wo_version = prefectsso_scim_token.okta.token_wo_version
  }
}

output "token_suffix" {
  value = prefectsso_scim_token.okta.suffix
}

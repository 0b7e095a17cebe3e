# Who may be an Owner, and through which identity provider people log in. tests/ has rules that `terraform test` proves,
# opa/ has a policy that every plan can be held against.

terraform {
  required_version = ">= 1.11"

  required_providers {
    prefectsso = {
      source  = "prefectsso/prefectsso"
      version = "~> 0.1"
    }
  }
}

variable "domains" {
  description = "Email domains whose people log in through single sign-on."
  type        = set(string)
  default     = ["acme.com"]
}

variable "owners" {
  description = "Email addresses of everybody who may do everything."
  type        = set(string)
  default     = ["owner@acme.com", "second.owner@acme.com"]

  validation {
    condition     = length(var.owners) >= 2
    error_message = "Name two Owners or more: one alone may be ill when single sign-on breaks."
  }

  validation {
    condition     = alltrue([for email in var.owners : contains(var.domains, provider::prefectsso::email_domain(email))])
    error_message = "Every Owner has an address in one of the domains."
  }
}

variable "issuer" {
  description = "The OpenID Connect issuer, such as https://acme.okta.com."
  type        = string
}

variable "client_secret" {
  description = "Kept in no state and no plan."
  type        = string
  ephemeral   = true
}

resource "prefectsso_domains" "all" {
  names = var.domains
}

resource "prefectsso_identity_provider" "corp" {
  name            = "Okta"
  connection_type = "OktaOIDC"
  domains         = prefectsso_domains.all.names

  oidc = {
    issuer                   = var.issuer
    client_id                = "0oa1b2c3d4"
    client_secret_wo         = var.client_secret
    client_secret_wo_version = 1
  }
}

resource "prefectsso_role_members" "owners" {
  role         = "Owner"
  members      = var.owners
  max_removals = 1
}

# Who gets in when the identity provider does not let anybody in, and how you learn that this has stopped working.

terraform {
  required_version = ">= 1.11"

  required_providers {
    prefectsso = {
      source  = "prefectsso/prefectsso"
      version = "~> 0.1"
    }
  }
}

variable "owners" {
  description = "The Owners of every day, who log in through the identity provider as everybody does."
  type        = set(string)
  default     = ["owner@acme.com", "second.owner@acme.com"]
}

variable "break_glass" {
  description = "Signs in without the identity provider: an address of a domain that it does not serve, in a mailbox that two people can open."
  type        = string
  default     = "break-glass@acme-emergency.example"
}

variable "on_duty" {
  description = "Who else gets in for as long as the identity provider is down."
  type        = set(string)
  default     = []
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

resource "prefectsso_domain" "corp" {
  name = "acme.com" # and not the domain of the break-glass address
}

resource "prefectsso_identity_provider" "corp" {
  name            = "Okta"
  connection_type = "OktaOIDC"
  domains         = [prefectsso_domain.corp.name]

  oidc = {
    issuer                   = var.issuer
    client_id                = "0oa1b2c3d4"
    client_secret_wo         = var.client_secret
    client_secret_wo_version = 1
  }
}

# Exactly these are Owners: of the built-in roles only this one signs in without single sign-on.
resource "prefectsso_role_members" "owners" {
  role         = "Owner"
  members      = setunion(var.owners, [var.break_glass], var.on_duty)
  removed_role = "Member"
  max_removals = 1
}

data "prefectsso_access_review" "this" {
  stale_after_days = 90

  depends_on = [prefectsso_role_members.owners]
}

locals {
  missed_drills = setintersection(keys(data.prefectsso_access_review.this.findings), [
    "member-stale:${var.break_glass}", "member-never-logged-in:${var.break_glass}", "member-inactive:${var.break_glass}",
  ])
}

check "drill" {
  assert {
    condition     = length(local.missed_drills) == 0
    error_message = "Nobody has signed in as ${var.break_glass} for 90 days: do the drill."
  }
}

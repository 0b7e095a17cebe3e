# What one team looks after: its domain, and the roles of its people. Each team has a state of its own in the same database.

terraform {
  required_version = ">= 1.11"

  # PG_CONN_STR says where, and -backend-config=schema_name=… which team's.
  backend "pg" {}

  required_providers {
    prefectsso = {
      source  = "prefectsso/prefectsso"
      version = "~> 0.1"
    }
  }
}

variable "domain" {
  description = "The team's domain."
  type        = string
}

variable "roles" {
  description = "Email addresses of the team's people → their roles."
  type        = map(string)
}

resource "prefectsso_domain" "own" {
  name = var.domain
}

resource "prefectsso_member_roles" "own" {
  roles = var.roles
}

# A module for a team: its domain, and the roles of its people. tests/ holds it against an account.

terraform {
  required_version = ">= 1.11"

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
  default     = "acme.com"
}

variable "roles" {
  description = "Email addresses of the team's people → their roles."
  type        = map(string)
  default     = { "ada@acme.com" = "Admin" }

  validation {
    condition     = !contains(values(var.roles), "Owner")
    error_message = "A team makes no Owners."
  }

  validation {
    condition     = alltrue([for email in keys(var.roles) : provider::prefectsso::email_domain(email) == var.domain])
    error_message = "A team gives roles to people of its own domain."
  }
}

resource "prefectsso_domain" "own" {
  name = var.domain
}

resource "prefectsso_member_roles" "own" {
  roles = var.roles
}

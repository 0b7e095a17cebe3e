terraform {
  required_version = ">= 1.11"

  required_providers {
    prefect = {
      source = "prefecthq/prefect"
    }
    prefectsso = {
      source  = "prefectsso/prefectsso"
      version = "~> 0.1"
    }
  }
}

variable "ids" {
  description = "Ids of the account: of a workspace, a team, a service account, and of roles."
  type        = map(string)
}

resource "prefect_account" "acme" {
  name   = "Acme"
  handle = "acme"

  lifecycle {
    ignore_changes  = [domain_names] # prefectsso_domain has them now
    prevent_destroy = true           # its destruction would delete the account
  }
}

# Stays: this provider has nothing for the access of service accounts and of single people.
resource "prefect_workspace_access" "deploy" {
  accessor_type     = "SERVICE_ACCOUNT"
  accessor_id       = var.ids["deploy"]
  workspace_id      = var.ids["production"]
  workspace_role_id = var.ids["Developer"]
}

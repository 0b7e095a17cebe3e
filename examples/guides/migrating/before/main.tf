terraform {
  required_providers {
    prefect = {
      source = "prefecthq/prefect"
    }
  }
}

variable "ids" {
  description = "Ids of the account: of a workspace, a team, a service account, and of roles."
  type        = map(string)
}

resource "prefect_account" "acme" {
  name         = "Acme"
  handle       = "acme"
  domain_names = ["acme.com"]
}

resource "prefect_account_member" "ada" {
  account_role_id = var.ids["Admin"]
}

resource "prefect_account_member" "grace" {
  account_role_id = var.ids["Member"]
}

resource "prefect_workspace_access" "platform" {
  accessor_type     = "TEAM"
  accessor_id       = var.ids["Platform"]
  workspace_id      = var.ids["production"]
  workspace_role_id = var.ids["Developer"]
}

resource "prefect_workspace_access" "deploy" {
  accessor_type     = "SERVICE_ACCOUNT"
  accessor_id       = var.ids["deploy"]
  workspace_id      = var.ids["production"]
  workspace_role_id = var.ids["Developer"]
}

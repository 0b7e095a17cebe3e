# What the account has, whoever made it so.

terraform {
  required_providers {
    prefectsso = {
      source = "registry.terraform.io/prefectsso/prefectsso"
    }
  }
}

data "prefectsso_members" "admins" {
  role = "Admin"
}

data "prefectsso_account" "this" {}

# What the account has, whoever made it so.

terraform {
  required_providers {
    prefectsso = {
      source  = "prefectsso/prefectsso"
      version = "~> 0.1"
    }
  }
}

data "prefectsso_members" "admins" {
  role = "Admin"
}

data "prefectsso_account" "this" {}

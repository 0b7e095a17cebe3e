# Every 60 days a new secret: made during the apply, kept in a secret store, read back from there. It is in no state and no plan.

terraform {
  required_version = ">= 1.11"

  required_providers {
    prefectsso = {
      source  = "prefectsso/prefectsso"
      version = "~> 0.1"
    }
    aws = {
      source = "hashicorp/aws"
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

# Counts the versions: after 60 days the next apply begins another one.
resource "time_rotating" "scim" {
  rotation_days = 60
}

# Another one in each run, so nothing reads it but the store, which takes it when the version is a new one.
ephemeral "random_password" "scim" {
  length  = 64
  special = false
}

resource "aws_secretsmanager_secret" "scim" {
  name = "prefect-scim-token"
}

resource "aws_secretsmanager_secret_version" "scim" {
  secret_id                = aws_secretsmanager_secret.scim.id
  secret_string_wo         = ephemeral.random_password.scim.result
  secret_string_wo_version = time_rotating.scim.unix
}

# The store's version_id is not known before the apply has written the secret, so Terraform reads the new one, not the old one.
ephemeral "aws_secretsmanager_secret_version" "scim" {
  secret_id  = aws_secretsmanager_secret_version.scim.secret_id
  version_id = aws_secretsmanager_secret_version.scim.version_id
}

resource "prefectsso_domain" "corp" {
  name = "acme.com"
}

resource "prefectsso_scim_directory" "okta" {
  name            = "Okta"
  type            = "okta scim v2.0"
  allowed_domains = [prefectsso_domain.corp.name]
}

resource "prefectsso_scim_token" "okta" {
  directory_id     = prefectsso_scim_directory.okta.id
  name             = "okta"
  token_wo         = ephemeral.aws_secretsmanager_secret_version.scim.secret_string
  token_wo_version = aws_secretsmanager_secret_version.scim.secret_string_wo_version

  overlap    = "48h"   # so long the old one works, too
  expires_in = "2160h" # 90 days: a plan warns 30 days before
}

# The client secret of the sign-on, the same way. Okta's provider takes this one as a write-only value.

variable "issuer" {
  description = "The OpenID Connect issuer, such as https://acme.okta.com."
  type        = string
}

resource "time_rotating" "client" {
  rotation_days = 60
}

ephemeral "random_password" "client" {
  length  = 64
  special = false
}

resource "aws_secretsmanager_secret" "client" {
  name = "prefect-client-secret"
}

resource "aws_secretsmanager_secret_version" "client" {
  secret_id                = aws_secretsmanager_secret.client.id
  secret_string_wo         = ephemeral.random_password.client.result
  secret_string_wo_version = time_rotating.client.unix
}

ephemeral "aws_secretsmanager_secret_version" "client" {
  secret_id  = aws_secretsmanager_secret_version.client.secret_id
  version_id = aws_secretsmanager_secret_version.client.version_id
}

resource "okta_app_oauth" "prefect" {
  label                          = "Prefect Cloud"
  type                           = "web"
  omit_secret                    = true # or the provider keeps it in the state
  client_basic_secret_wo         = ephemeral.aws_secretsmanager_secret_version.client.secret_string
  client_basic_secret_wo_version = aws_secretsmanager_secret_version.client.secret_string_wo_version
}

resource "prefectsso_identity_provider" "okta" {
  name            = "Okta"
  connection_type = "OktaOIDC"
  domains         = [prefectsso_domain.corp.name]

  oidc = {
    issuer                   = var.issuer
    client_id                = okta_app_oauth.prefect.client_id
    client_secret_wo         = ephemeral.aws_secretsmanager_secret_version.client.secret_string
    client_secret_wo_version = okta_app_oauth.prefect.client_basic_secret_wo_version
  }
}

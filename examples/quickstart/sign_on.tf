# People of the domain sign in at the identity provider. Single sign-on is enforced from
# the first of them on who does. Today's Prefect Cloud has connections in the browser
# only; there `terraform apply` says which step a person must take.

variable "issuer" {
  description = "The OpenID Connect issuer, such as https://acme.okta.com."
  type        = string
}

variable "client_secret" {
  description = "The secret of the application at the identity provider. It is in no state and no plan."
  type        = string
  ephemeral   = true
}

resource "prefectsso_identity_provider" "corp" {
  name            = "Corp"
  connection_type = "GenericOIDC"
  domains         = [prefectsso_domain.corp.name]

  oidc = {
    issuer                   = var.issuer
    client_id                = "prefect"
    client_secret_wo         = var.client_secret
    client_secret_wo_version = 1
  }
}

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
  name = "acme.com"
}

resource "prefectsso_domain" "subsidiary" {
  name = "acme.example"
}

# OpenID Connect. Bump the version whenever the secret is a new one: it rotates in place, and nobody's login fails.
resource "prefectsso_identity_provider" "okta" {
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

# SAML 2.0, from the metadata that the identity provider gives.
resource "prefectsso_identity_provider" "adfs" {
  name            = "AD FS of the subsidiary"
  connection_type = "ADFSSAML"
  domains         = [prefectsso_domain.subsidiary.name]

  saml = {
    metadata_xml = file("${path.module}/metadata.xml")
  }

  attribute_mapping = {
    email = "mail"
  }
}

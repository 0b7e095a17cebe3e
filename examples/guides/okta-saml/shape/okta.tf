resource "okta_app_saml" "prefect" {
  label       = "Prefect Cloud"
  sso_url     = data.prefectsso_service_provider.this.acs_url
  recipient   = data.prefectsso_service_provider.this.acs_url
  destination = data.prefectsso_service_provider.this.acs_url
  audience    = data.prefectsso_service_provider.this.sp_entity_id

  subject_name_id_template = "$${user.email}"
  subject_name_id_format   = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
  signature_algorithm      = "RSA_SHA256"
  digest_algorithm         = "SHA256"
  response_signed          = true
  assertion_signed         = true
  honor_force_authn        = true
  authn_context_class_ref  = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"

  attribute_statements {
    type   = "EXPRESSION"
    name   = "email"
    values = ["user.email"]
  }

  attribute_statements {
    type   = "EXPRESSION"
    name   = "firstName"
    values = ["user.firstName"]
  }

  attribute_statements {
    type   = "EXPRESSION"
    name   = "lastName"
    values = ["user.lastName"]
  }
}

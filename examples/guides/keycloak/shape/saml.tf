# The same by SAML. The address must come as an attribute, or as the name ID.
resource "keycloak_saml_client" "prefect" {
  realm_id  = var.realm
  client_id = data.prefectsso_service_provider.this.sp_entity_id
  name      = "Prefect Cloud"

  sign_documents            = true
  sign_assertions           = true
  signature_algorithm       = "RSA_SHA256"
  client_signature_required = false
  force_post_binding        = true
  name_id_format            = "email"

  valid_redirect_uris         = [data.prefectsso_service_provider.this.acs_url]
  assertion_consumer_post_url = data.prefectsso_service_provider.this.acs_url
}

resource "keycloak_saml_user_property_protocol_mapper" "email" {
  realm_id                   = var.realm
  client_id                  = keycloak_saml_client.prefect.id
  name                       = "email"
  user_property              = "email"
  saml_attribute_name        = "email"
  saml_attribute_name_format = "Basic"
}

# The client at Keycloak. The same ephemeral secret goes to both sides, so neither
# state has it.
resource "keycloak_openid_client" "prefect" {
  realm_id  = var.realm
  client_id = "prefect"
  name      = "Prefect Cloud"

  access_type                = "CONFIDENTIAL"
  standard_flow_enabled      = true
  valid_redirect_uris        = [data.prefectsso_service_provider.this.redirect_uri]
  pkce_code_challenge_method = "S256"

  client_secret_wo         = var.client_secret
  client_secret_wo_version = 1
}

# The application at Okta. The same ephemeral secret goes to both sides, so neither
# state has it.
resource "okta_app_oauth" "prefect" {
  label          = "Prefect Cloud"
  type           = "web"
  grant_types    = ["authorization_code"]
  response_types = ["code"]
  redirect_uris  = [data.prefectsso_service_provider.this.redirect_uri]
  pkce_required  = true

  token_endpoint_auth_method     = "client_secret_basic"
  client_basic_secret_wo         = var.client_secret
  client_basic_secret_wo_version = 1
  omit_secret                    = true
}

# Who may sign in.
resource "okta_app_group_assignments" "prefect" {
  app_id = okta_app_oauth.prefect.id

  group {
    id       = var.okta_group_id
    priority = 1
  }
}

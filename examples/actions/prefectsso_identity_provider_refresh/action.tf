# The identity provider has announced a new certificate:
# terraform apply -invoke=action.prefectsso_identity_provider_refresh.now
action "prefectsso_identity_provider_refresh" "now" {
  config {
    id = prefectsso_identity_provider.okta.id
  }
}

data "prefectsso_identity_providers" "all" {}

output "active" {
  value = [for name, idp in data.prefectsso_identity_providers.all.identity_providers : name if idp.state == "active"]
}

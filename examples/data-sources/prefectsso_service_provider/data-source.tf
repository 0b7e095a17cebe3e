data "prefectsso_service_provider" "this" {}

# What to configure at the identity provider, for example as arguments of its own Terraform provider.
output "acs_url" {
  value = data.prefectsso_service_provider.this.acs_url
}

output "entity_id" {
  value = data.prefectsso_service_provider.this.sp_entity_id
}

data "prefectsso_account_roles" "all" {}

output "custom_roles" {
  value = [for name, role in data.prefectsso_account_roles.all.roles : name if !role.is_system_role]
}

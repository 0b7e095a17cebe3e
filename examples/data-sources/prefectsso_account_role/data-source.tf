data "prefectsso_account_role" "owner" {
  name = "Owner"
}

output "owners_get_in_without_sso" {
  value = data.prefectsso_account_role.owner.bypasses_sso
}

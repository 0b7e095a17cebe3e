data "prefectsso_account" "this" {}

output "single_sign_on" {
  value = data.prefectsso_account.this.sso_state
}

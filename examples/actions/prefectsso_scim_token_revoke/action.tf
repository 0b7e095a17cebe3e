# A token that was leaked: terraform apply -invoke=action.prefectsso_scim_token_revoke.leaked
action "prefectsso_scim_token_revoke" "leaked" {
  config {
    directory_id = prefectsso_scim_token.okta.directory_id
    id           = prefectsso_scim_token.okta.id
  }
}

# A client whose secret was leaked: terraform apply -invoke=action.prefectsso_scim_client_revoke.leaked
action "prefectsso_scim_client_revoke" "leaked" {
  config {
    directory_id = prefectsso_scim_client.ping.directory_id
    id           = prefectsso_scim_client.ping.id
  }
}

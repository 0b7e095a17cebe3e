# Does provisioning work? terraform apply -invoke=action.prefectsso_scim_probe_run.okta
action "prefectsso_scim_probe_run" "okta" {
  config {
    directory_id  = prefectsso_scim_directory.okta.id
    email_domain  = "acme.com"
    expected_role = "Member"
  }
}

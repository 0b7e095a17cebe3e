resource "prefectsso_domain" "corp" {
  name = "acme.com"
}

resource "prefectsso_scim_directory" "okta" {
  name            = "Okta"
  type            = "okta scim v2.0"
  allowed_domains = [prefectsso_domain.corp.name]
}

# For what speaks SCIM during this run of Terraform: the token ends with the run.
ephemeral "prefectsso_scim_token" "run" {
  directory_id = prefectsso_scim_directory.okta.id
}

# Such as a probe, which proves that whoever is pushed becomes a member.
resource "prefectsso_scim_probe" "okta" {
  scim_endpoint = prefectsso_scim_directory.okta.scim_endpoint
  token_wo      = ephemeral.prefectsso_scim_token.run.token
  email_domain  = prefectsso_domain.corp.name
}

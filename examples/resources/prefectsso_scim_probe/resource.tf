resource "prefectsso_domain" "corp" {
  name = "acme.com"
}

resource "prefectsso_scim_directory" "okta" {
  name            = "Okta"
  type            = "okta scim v2.0"
  allowed_domains = [prefectsso_domain.corp.name]
}

# A token for this run only: neither the state nor the plan has it.
ephemeral "prefectsso_scim_token" "run" {
  directory_id = prefectsso_scim_directory.okta.id
}

resource "prefectsso_scim_probe" "okta" {
  scim_endpoint = prefectsso_scim_directory.okta.scim_endpoint
  token_wo      = ephemeral.prefectsso_scim_token.run.token
  email_domain  = prefectsso_domain.corp.name
  expected_role = "Member"

  # Probe again whenever the directory is configured differently, and leave the judgment to the check below.
  triggers          = { directory = prefectsso_scim_directory.okta.default_role }
  fail_on_unhealthy = false
}

check "provisioning" {
  assert {
    condition     = prefectsso_scim_probe.okta.healthy
    error_message = join(" ", prefectsso_scim_probe.okta.differences)
  }
}

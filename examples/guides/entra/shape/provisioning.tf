# Provisioning, for an application that has it already. This takes no write-only value:
# the state of this configuration has the token.
resource "azuread_synchronization_secret" "prefect" {
  service_principal_id = var.service_principal_id

  credential {
    key   = "BaseAddress"
    value = "${prefectsso_scim_directory.corp.scim_endpoint}?aadOptscim062020"
  }

  credential {
    key   = "SecretToken"
    value = var.scim_secret # then not ephemeral, but sensitive
  }
}

resource "azuread_synchronization_job" "prefect" {
  service_principal_id = azuread_synchronization_secret.prefect.service_principal_id
  template_id          = "scim" # for applications of your own; those of the gallery have others
  enabled              = true
}

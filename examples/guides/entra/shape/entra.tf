# The application at Entra ID. Its secret is made there, in the browser or with the
# command line: azuread_application_password would keep it in the state.
resource "azuread_application" "prefect" {
  display_name     = "Prefect Cloud"
  sign_in_audience = "AzureADMyOrg"

  web {
    redirect_uris = [data.prefectsso_service_provider.this.redirect_uri]
  }

  optional_claims {
    id_token {
      name = "email"
    }

    id_token {
      name = "given_name"
    }

    id_token {
      name = "family_name"
    }
  }
}

resource "azuread_service_principal" "prefect" {
  client_id                    = azuread_application.prefect.client_id
  app_role_assignment_required = true
}

terraform {
  required_providers {
    prefectsso = {
      source = "registry.terraform.io/prefectsso/prefectsso"
    }
  }
}

# The key and the account come from PREFECT_API_KEY and PREFECT_CLOUD_ACCOUNT_ID,
# the variables that Prefect's own provider reads too.
provider "prefectsso" {}

resource "prefectsso_domain" "corp" {
  name = "acme.com"
}

terraform {
  required_providers {
    prefectsso = {
      source  = "prefectsso/prefectsso"
      version = "~> 0.1"
    }
  }
}

# The key and the account come from PREFECT_API_KEY and PREFECT_CLOUD_ACCOUNT_ID,
# the variables that Prefect's own provider reads too, or from the profile that
# `prefect cloud login` has written.
provider "prefectsso" {}

resource "prefectsso_domain" "corp" {
  name = "acme.com"
}

# Behind a proxy that asks for a header of its own.
variable "access_client_secret" {
  type      = string
  ephemeral = true
  default   = null
}

provider "prefectsso" {
  alias = "guarded"

  custom_headers = {
    "CF-Access-Client-Secret" = var.access_client_secret
  }
}

data "prefectsso_account" "this" {
  provider = prefectsso.guarded
}

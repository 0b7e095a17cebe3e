variable "scim_secret" {
  description = "At least 32 random characters. Kept in no state and no plan."
  type        = string
  ephemeral   = true
}

resource "prefectsso_scim_directory" "okta" {
  name = "Okta"
  type = "okta scim v2.0"
}

resource "prefectsso_scim_token" "okta" {
  directory_id = prefectsso_scim_directory.okta.id
  name         = "okta"

  # Rotation: a new secret, and the next version, here and at the identity provider.
  token_wo         = var.scim_secret
  token_wo_version = 1

  expires_in = "2160h" # 90 days
  overlap    = "2h"    # how long pushes with the old secret go on working
}

variable "scim_secret" {
  description = "At least 32 random characters. Kept in no state and no plan."
  type        = string
  ephemeral   = true
}

resource "prefectsso_scim_directory" "ping" {
  name = "Ping"
  type = "pingfederate scim v2.0"
}

resource "prefectsso_scim_client" "ping" {
  directory_id = prefectsso_scim_directory.ping.id
  name         = "ping"

  # Rotation: a new secret, and the next version, here and at the identity provider.
  secret_wo         = var.scim_secret
  secret_wo_version = 1

  overlap = "2h" # how long the old secret, and access tokens that it got, go on working
}

# What the identity provider asks for beside the secret.
output "scim_client" {
  value = {
    scim_endpoint  = prefectsso_scim_directory.ping.scim_endpoint
    token_endpoint = prefectsso_scim_client.ping.token_endpoint
    client_id      = prefectsso_scim_client.ping.client_id
  }
}

# terraform query -generate-config-out=connections.tf
list "prefectsso_identity_provider" "active" {
  provider = prefectsso

  config {
    state = "active"
  }
}

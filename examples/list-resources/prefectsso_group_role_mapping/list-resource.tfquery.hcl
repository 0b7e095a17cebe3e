# terraform query -generate-config-out=mappings.tf
list "prefectsso_group_role_mapping" "okta" {
  provider = prefectsso

  config {
    directory = "Okta"
  }
}

# Mappings whose group has not arrived.
list "prefectsso_group_role_mapping" "dangling" {
  provider = prefectsso

  config {
    status = "dangling"
  }
}

# terraform query -generate-config-out=directories.tf
list "prefectsso_scim_directory" "okta" {
  provider = prefectsso

  config {
    type = "okta scim v2.0"
  }
}

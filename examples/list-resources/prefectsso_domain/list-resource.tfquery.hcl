# terraform query -generate-config-out=domains.tf
list "prefectsso_domain" "all" {
  provider = prefectsso
}

# Those that one connection serves.
list "prefectsso_domain" "corporate" {
  provider = prefectsso

  config {
    identity_provider = "Corporate login"
  }
}

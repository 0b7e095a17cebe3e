# terraform query -generate-config-out=owners.tf
list "prefectsso_member_role" "owners" {
  provider = prefectsso

  config {
    role   = "Owner"
    active = true
  }
}

# Everybody of a domain, also those whose role the directory decides. Without a limit Terraform stops at 100.
list "prefectsso_member_role" "contractors" {
  provider         = prefectsso
  include_resource = true
  limit            = 1000

  config {
    domain     = "contractors.acme.com"
    managed_by = "any"
  }
}

data "prefectsso_members" "owners" {
  role   = "Owner"
  active = true
}

output "owners" {
  value = keys(data.prefectsso_members.owners.members)
}

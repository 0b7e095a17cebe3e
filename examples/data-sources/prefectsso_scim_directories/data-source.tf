data "prefectsso_scim_directories" "all" {}

output "waiting_for_a_first_push" {
  value = [for name, directory in data.prefectsso_scim_directories.all.scim_directories : name if directory.state == "validating"]
}

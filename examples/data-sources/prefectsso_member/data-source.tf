data "prefectsso_member" "ada" {
  email = "ada@acme.com"
}

output "ada_is" {
  value = data.prefectsso_member.ada.role
}

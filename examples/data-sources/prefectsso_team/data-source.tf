data "prefectsso_team" "platform" {
  name = "Platform"
}

output "platform_people" {
  value = keys(data.prefectsso_team.platform.members)
}

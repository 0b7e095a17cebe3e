data "prefectsso_teams" "all" {}

# Teams that nobody of the identity provider's groups decides about
output "made_by_hand" {
  value = [for name, team in data.prefectsso_teams.all.teams : name if team.directory_group_id == null]
}

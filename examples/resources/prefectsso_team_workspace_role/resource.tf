# A team that somebody made by hand, or another provider.
resource "prefectsso_team_workspace_role" "platform" {
  team      = { name = "Platform" }
  workspace = "production"
  role      = "Developer"
}

# Everybody may look at what runs in staging.
resource "prefectsso_team_workspace_role" "platform_staging" {
  team      = { id = prefectsso_team_workspace_role.platform.team_id }
  workspace = "staging"
  role      = "Viewer"
}

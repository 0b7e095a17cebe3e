# terraform query -generate-config-out=production.tf
list "prefectsso_team_workspace_role" "production" {
  provider = prefectsso

  config {
    workspace = "production"
  }
}

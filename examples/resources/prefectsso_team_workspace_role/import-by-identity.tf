import {
  to = prefectsso_team_workspace_role.platform
  identity = {
    team_id      = "0c1f1d2e-0000-4000-8000-000000000002"
    workspace_id = "0c1f1d2e-0000-4000-8000-000000000003"
  }
}

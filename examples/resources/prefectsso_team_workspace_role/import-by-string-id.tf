import {
  to = prefectsso_team_workspace_role.platform
  id = "Platform/production"
}

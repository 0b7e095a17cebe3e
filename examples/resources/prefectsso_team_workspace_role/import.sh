# By the team's name or id and the workspace's handle or id, in the provider's account
terraform import prefectsso_team_workspace_role.platform Platform/production

# In another account
terraform import prefectsso_team_workspace_role.platform 0c1f1d2e-0000-4000-8000-000000000001/Platform/production

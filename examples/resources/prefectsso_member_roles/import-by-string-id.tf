import {
  to = prefectsso_member_roles.platform_team
  id = "0c1f1d2e-0000-4000-8000-000000000001"
}

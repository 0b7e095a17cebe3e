import {
  to = prefectsso_group_role_mapping.engineers
  id = "Okta/Engineers"
}

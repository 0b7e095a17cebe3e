import {
  to = prefectsso_scim_token.okta
  identity = {
    directory_id = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"
    id           = "0c1f1d2e-0000-4000-8000-000000000006"
  }
}

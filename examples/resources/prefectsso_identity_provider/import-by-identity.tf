import {
  to = prefectsso_identity_provider.okta
  identity = {
    id = "conn_01KABCDEFGHJKMNPQRSTVWXYZ0"
  }
}

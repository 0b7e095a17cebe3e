import {
  to = prefectsso_scim_client.ping
  identity = {
    directory_id = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"
    id           = "0c1f1d2e-0000-4000-8000-000000000005"
  }
}

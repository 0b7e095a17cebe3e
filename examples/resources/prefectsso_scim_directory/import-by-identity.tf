import {
  to = prefectsso_scim_directory.okta
  identity = {
    id = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"
  }
}

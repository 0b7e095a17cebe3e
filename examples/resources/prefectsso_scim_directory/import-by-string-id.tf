import {
  to = prefectsso_scim_directory.okta
  id = "Okta"
}

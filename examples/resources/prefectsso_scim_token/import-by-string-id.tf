import {
  to = prefectsso_scim_token.okta
  id = "Okta/okta"
}

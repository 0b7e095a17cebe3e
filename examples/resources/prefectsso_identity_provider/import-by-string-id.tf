import {
  to = prefectsso_identity_provider.okta
  id = "Okta"
}

import {
  to = prefectsso_domain.corp
  id = "acme.com"
}

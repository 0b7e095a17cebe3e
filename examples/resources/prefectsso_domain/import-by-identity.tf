import {
  to = prefectsso_domain.corp
  identity = {
    name = "acme.com"
  }
}

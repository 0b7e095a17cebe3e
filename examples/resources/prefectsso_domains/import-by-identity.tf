import {
  to = prefectsso_domains.all
  identity = {
    account_id = "0c1f1d2e-0000-4000-8000-000000000001"
  }
}

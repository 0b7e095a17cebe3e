data "prefectsso_permissions" "mine" {}

# Say early, and in plain words, that the key in use cannot do what the configuration asks for.
check "key" {
  assert {
    condition     = contains(data.prefectsso_permissions.mine.permissions, "administrate:sso")
    error_message = "The API key in use cannot administrate single sign-on."
  }
}

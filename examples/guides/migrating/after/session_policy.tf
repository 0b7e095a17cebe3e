resource "prefectsso_session_policy" "this" {
  auth_expiration_seconds = 12 * 60 * 60
}

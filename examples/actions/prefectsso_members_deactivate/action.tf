# Somebody has left, and the identity provider does not say so:
# terraform apply -invoke=action.prefectsso_members_deactivate.left
action "prefectsso_members_deactivate" "left" {
  config {
    emails = ["ada@acme.com"]
  }
}

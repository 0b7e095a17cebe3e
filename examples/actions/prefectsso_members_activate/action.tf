# Back from leave: terraform apply -invoke=action.prefectsso_members_activate.back
action "prefectsso_members_activate" "back" {
  config {
    emails = ["ada@acme.com"]
  }
}

# They come back: terraform apply -invoke=action.prefectsso_members_activate.contractors
action "prefectsso_members_activate" "contractors" {
  config {
    emails = ["ada@acme.com", "grace@acme.com"]
  }
}

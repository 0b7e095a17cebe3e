# Two contractors leave today: terraform apply -invoke=action.prefectsso_members_deactivate.contractors
action "prefectsso_members_deactivate" "contractors" {
  config {
    emails = ["ada@acme.com", "grace@acme.com"]
  }
}

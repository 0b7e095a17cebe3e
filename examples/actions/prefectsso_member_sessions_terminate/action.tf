# A laptop was lost: terraform apply -invoke=action.prefectsso_member_sessions_terminate.lost
action "prefectsso_member_sessions_terminate" "lost" {
  config {
    email = "ada@acme.com"
  }
}

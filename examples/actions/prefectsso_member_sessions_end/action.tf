# A laptop was stolen: terraform apply -invoke=action.prefectsso_member_sessions_end.stolen
action "prefectsso_member_sessions_end" "stolen" {
  config {
    email = "ada@acme.com"
  }
}

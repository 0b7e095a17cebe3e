# Who changed somebody's role in the last two weeks?
data "prefectsso_audit_events" "roles" {
  names = ["prefect-cloud.account-membership.*"]
}

output "role_changes" {
  value = [for e in data.prefectsso_audit_events.roles.events : "${e.occurred} ${e.resource_name} by ${coalesce(e.actor_name, "the system")}"]
}

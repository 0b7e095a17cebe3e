data "prefectsso_access_review" "this" {
  stale_after_days  = 90
  sync_within_hours = 72
}

locals {
  # Findings that somebody has looked at and accepted, by id.
  accepted_findings = [
    "sso-not-enforced:acme",
    "service-account-key-never-expires:terraform",
  ]

  open_findings = {
    for id, finding in data.prefectsso_access_review.this.findings : id => finding
    if contains(["high", "medium"], finding.severity) && !contains(local.accepted_findings, id)
  }
}

check "access_is_explained" {
  assert {
    condition     = length(local.open_findings) == 0
    error_message = join("\n", [for finding in local.open_findings : finding.message])
  }

  assert {
    condition     = length(data.prefectsso_access_review.this.left_out) == 0
    error_message = "The review is not complete: ${join(" ", values(data.prefectsso_access_review.this.left_out))}"
  }
}

output "owners" {
  description = "Who is an Owner, and why."
  value = {
    for email, person in data.prefectsso_access_review.this.people : email => person.role_source
    if person.role == "Owner" && person.active
  }
}

output "machines_in_production" {
  description = "Which service accounts get into the workspace production, and how; null where that is not known."
  value = {
    for name, account in data.prefectsso_access_review.this.service_accounts :
    name => account.workspaces == null ? null : account.workspaces["production"]
    if account.workspaces == null || can(account.workspaces["production"])
  }
}

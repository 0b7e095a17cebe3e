# An account that is looked after in CI: drift.sh says in the morning what somebody changed by hand.

terraform {
  required_version = ">= 1.11"

  required_providers {
    prefectsso = {
      source  = "prefectsso/prefectsso"
      version = "~> 0.1"
    }
  }
}

locals {
  owners = ["owner@acme.com", "second.owner@acme.com"]
}

resource "prefectsso_domains" "all" {
  names = ["acme.com"]
}

resource "prefectsso_member_role" "ada" {
  email = "ada@acme.com"
  role  = "Admin"
}

resource "prefectsso_member_roles" "team" {
  roles = {
    "grace@acme.com" = "Auditor"
    "linus@acme.com" = "Member"
  }
}

# Checks hold what no resource manages. Their failures are in the report, and in its exit code.
#
# The data source stands outside of the check: one inside is read again at every apply, so that terraform plan never ends
# with "No changes".
data "prefectsso_members" "owners" {
  role   = "Owner"
  active = true
}

check "only_known_owners" {
  assert {
    condition     = length(setsubtract(keys(data.prefectsso_members.owners.members), local.owners)) == 0
    error_message = "Owner without being in local.owners: ${join(", ", setsubtract(keys(data.prefectsso_members.owners.members), local.owners))}."
  }
}

check "two_ways_in" {
  assert {
    condition     = length(data.prefectsso_members.owners.members) >= 2
    error_message = "Fewer than two active people could get in if single sign-on broke."
  }
}

# The whole account, people and service accounts: what is serious and nobody has accepted.
data "prefectsso_access_review" "this" {}

locals {
  accepted_findings = ["service-account-key-never-expires:terraform"]
  serious_findings = {
    for id, finding in data.prefectsso_access_review.this.findings : id => finding.message
    if finding.severity == "high" && !contains(local.accepted_findings, id)
  }
}

check "access_review" {
  assert {
    condition     = length(local.serious_findings) == 0
    error_message = join(" ", values(local.serious_findings))
  }
}

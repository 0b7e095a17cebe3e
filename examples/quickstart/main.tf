# Single sign-on for one email domain, and who may do what in the account. sign_on.tf has
# the identity provider, directory.tf the people whom it pushes.
#
# The provider takes its settings from the environment, as Prefect's own does:
# PREFECT_API_KEY, PREFECT_CLOUD_ACCOUNT_ID and, for another server than Prefect
# Cloud, PREFECT_API_URL.

terraform {
  required_version = ">= 1.11"

  required_providers {
    prefectsso = {
      source  = "prefectsso/prefectsso"
      version = "~> 0.1"
    }
  }
}

# People with an address in this domain log in through the identity provider.
# Other domains of the account are left alone.
resource "prefectsso_domain" "corp" {
  name = "acme.com"
}

# One person, on a line of its own that a reviewer sees.
resource "prefectsso_member_role" "ada" {
  email = "ada@acme.com"
  role  = "Admin"
}

# Many people at once: hundreds or thousands of them fit here.
resource "prefectsso_member_roles" "team" {
  roles = {
    "grace@acme.com" = "Auditor"
    "linus@acme.com" = "Member"
  }
}

data "prefectsso_members" "owners" {
  role       = "Owner"
  depends_on = [prefectsso_member_role.ada, prefectsso_member_roles.team]
}

output "owners" {
  description = "Who may do everything, and gets in without the identity provider."
  value       = keys(data.prefectsso_members.owners.members)
}

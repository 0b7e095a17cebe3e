# These people are Owners and nobody else: whoever is added elsewhere shows up in the next plan, by name.
resource "prefectsso_role_members" "owners" {
  role    = "Owner"
  members = ["owner@acme.com", "ada@acme.com"]

  # The break-glass account may stay.
  ignore_emails = ["second.owner@acme.com"]

  # A plan that takes the role from more than one person is a mistake.
  max_removals = 1
}

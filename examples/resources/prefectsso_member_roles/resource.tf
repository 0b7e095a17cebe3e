# One resource for any number of people; who is not named is left alone.
resource "prefectsso_member_roles" "platform_team" {
  roles = {
    "ada@acme.com"   = "Admin"
    "grace@acme.com" = "Auditor"
    "linus@acme.com" = "Member"
  }
}

resource "prefectsso_member_role" "ada" {
  email = "ada@acme.com"
  role  = "Admin"
}

# Back to Member when this is destroyed, and patient with somebody who is still to join.
resource "prefectsso_member_role" "grace" {
  email      = "grace@acme.com"
  role       = "Auditor"
  on_destroy = "reset"

  timeouts = {
    create = "10m"
  }
}

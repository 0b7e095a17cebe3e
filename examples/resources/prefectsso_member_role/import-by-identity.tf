import {
  to = prefectsso_member_role.ada
  identity = {
    email = "ada@acme.com"
  }
}

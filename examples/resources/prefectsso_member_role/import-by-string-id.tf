import {
  to = prefectsso_member_role.ada
  id = "ada@acme.com"
}

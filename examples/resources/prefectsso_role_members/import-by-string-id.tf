import {
  to = prefectsso_role_members.owners
  id = "Owner"
}

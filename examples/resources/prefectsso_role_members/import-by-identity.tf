import {
  to = prefectsso_role_members.owners
  identity = {
    role = "Owner"
  }
}

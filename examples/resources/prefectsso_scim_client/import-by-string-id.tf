import {
  to = prefectsso_scim_client.ping
  id = "Ping/ping"
}

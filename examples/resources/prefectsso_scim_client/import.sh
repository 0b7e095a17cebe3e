# By the names or ids of the directory and the client, in the provider's account
terraform import prefectsso_scim_client.ping Ping/ping

# In another account
terraform import prefectsso_scim_client.ping 0c1f1d2e-0000-4000-8000-000000000001/Ping/ping

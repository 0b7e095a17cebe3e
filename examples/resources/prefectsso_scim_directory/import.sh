# By name or by id, in the provider's account
terraform import prefectsso_scim_directory.okta Okta

# In another account
terraform import prefectsso_scim_directory.okta 0c1f1d2e-0000-4000-8000-000000000001/Okta

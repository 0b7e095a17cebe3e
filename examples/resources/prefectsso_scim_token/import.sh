# By the names or ids of the directory and the token, in the provider's account
terraform import prefectsso_scim_token.okta Okta/okta

# In another account
terraform import prefectsso_scim_token.okta 0c1f1d2e-0000-4000-8000-000000000001/Okta/okta

# By name, in the provider's account
terraform import prefectsso_domain.corp acme.com

# In another account
terraform import prefectsso_domain.corp 0c1f1d2e-0000-4000-8000-000000000001/acme.com

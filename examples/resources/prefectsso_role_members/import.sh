# By the role, in the provider's account
terraform import prefectsso_role_members.owners Owner

# In another account
terraform import prefectsso_role_members.owners 0c1f1d2e-0000-4000-8000-000000000001/Owner

# By the directory's name or id, and the mapping's group or id, in the provider's account
terraform import prefectsso_group_role_mapping.engineers Okta/Engineers

# In another account
terraform import prefectsso_group_role_mapping.engineers 0c1f1d2e-0000-4000-8000-000000000001/Okta/Engineers

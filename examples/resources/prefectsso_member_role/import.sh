# By email address, in the provider's account
terraform import prefectsso_member_role.ada ada@acme.com

# In another account
terraform import prefectsso_member_role.ada 0c1f1d2e-0000-4000-8000-000000000001/ada@acme.com

# By the account's id; takes in everybody who is a member
terraform import prefectsso_member_roles.platform_team 0c1f1d2e-0000-4000-8000-000000000001

# These people only
terraform import prefectsso_member_roles.platform_team "0c1f1d2e-0000-4000-8000-000000000001/ada@acme.com grace@acme.com"

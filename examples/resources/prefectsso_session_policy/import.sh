# By the account's id
terraform import prefectsso_session_policy.this 0c1f1d2e-0000-4000-8000-000000000001

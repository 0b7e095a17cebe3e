run "makes_no_owners" {
  command = plan

  variables {
    roles = { "ada@acme.com" = "Owner" }
  }

  expect_failures = [var.roles]
}

run "leaves_others_alone" {
  command = plan

  variables {
    roles = { "eve@globex.example" = "Admin" }
  }

  expect_failures = [var.roles]
}

run "applied" {
  assert {
    condition     = prefectsso_member_roles.own.roles == tomap({ "ada@acme.com" = "Admin" })
    error_message = "The state has other roles."
  }
}

# The state says what Terraform believes; this asks the account.
run "account_after_apply" {
  module {
    source = "./tests/account"
  }

  assert {
    condition     = join(", ", keys(data.prefectsso_members.admins.members)) == "ada@acme.com"
    error_message = "The account's Admins are ${join(", ", keys(data.prefectsso_members.admins.members))}."
  }
}

run "demoted" {
  variables {
    roles = { "ada@acme.com" = "Member" }
  }
}

run "account_after_demotion" {
  module {
    source = "./tests/account"
  }

  assert {
    condition     = length(data.prefectsso_members.admins.members) == 0
    error_message = "Somebody is still an Admin."
  }
}

# terraform test, against a mockcloud that forgets everything afterwards: README.md says how.

run "planned" {
  command = plan

  assert {
    condition     = prefectsso_role_members.owners.members == toset(["owner@acme.com", "second.owner@acme.com"])
    error_message = "The Owners are not those that were agreed on."
  }

  assert {
    condition     = length(setsubtract(prefectsso_domains.all.names, prefectsso_identity_provider.corp.domains)) == 0
    error_message = "A domain has no connection."
  }
}

run "one_owner_is_too_few" {
  command = plan

  variables {
    owners = ["owner@acme.com"]
  }

  expect_failures = [var.owners]
}

run "owners_are_of_our_domains" {
  command = plan

  variables {
    owners = ["owner@acme.com", "second.owner@gmail.example"]
  }

  expect_failures = [var.owners]
}

run "applied" {
  assert {
    condition     = prefectsso_identity_provider.corp.state == "validating"
    error_message = "The connection is ${prefectsso_identity_provider.corp.state}; it waits for its first login."
  }
}

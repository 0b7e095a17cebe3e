package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

func TestAccDataSources(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		srv.SetDomains("acme.com")
		ada, _ := srv.Member("ada@acme.com")
		at := func(address, attribute string, check knownvalue.Check) statecheck.StateCheck {
			return statecheck.ExpectKnownValue("data.prefectsso_"+address, tfjsonpath.New(attribute), check)
		}
		member := func(email, attribute string, check knownvalue.Check) statecheck.StateCheck {
			return statecheck.ExpectKnownValue("data.prefectsso_members.all", tfjsonpath.New("members").AtMapKey(email).AtMapKey(attribute), check)
		}
		runSteps(t, resource.TestStep{
			Config: srv.Provider() + `
data "prefectsso_account" "this" {}
data "prefectsso_account_role" "owner" { name = "Owner" }
data "prefectsso_account_role" "by_id" { id = data.prefectsso_account_role.owner.id }
data "prefectsso_account_roles" "all" {}
data "prefectsso_member" "ada" { email = "ADA@acme.com" }
data "prefectsso_members" "all" {}
data "prefectsso_members" "owners" { role = "Owner" }
data "prefectsso_members" "elsewhere" { domain = "cme.com" }
data "prefectsso_members" "inactive" { active = false }
`,
			ConfigStateChecks: []statecheck.StateCheck{
				at("account.this", "id", knownvalue.StringExact(acctest.AccountID)),
				at("account.this", "handle", knownvalue.StringExact("acme")),
				at("account.this", "sso_state", knownvalue.StringExact("NEEDS_CONFIGURATION")),
				at("account.this", "domain_names", knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("acme.com")})),
				at("account.this", "features", knownvalue.SetPartial([]knownvalue.Check{knownvalue.StringExact("sso")})),
				at("account_role.owner", "bypasses_sso", knownvalue.Bool(true)),
				at("account_role.owner", "is_system_role", knownvalue.Bool(true)),
				at("account_role.by_id", "name", knownvalue.StringExact("Owner")),
				statecheck.ExpectKnownValue("data.prefectsso_account_roles.all", tfjsonpath.New("roles").AtMapKey("Auditor").AtMapKey("permissions"),
					knownvalue.SetPartial([]knownvalue.Check{knownvalue.StringExact("read:account"), knownvalue.StringExact("read:audit_event")})),
				at("member.ada", "id", knownvalue.StringExact(ada.ID)),
				at("member.ada", "role", knownvalue.StringExact("Member")),
				at("member.ada", "last_login", knownvalue.Null()),
				member("ada@acme.com", "user_id", knownvalue.StringExact(ada.UserID)),
				member("owner@acme.com", "role", knownvalue.StringExact("Owner")),
				at("members.all", "members", knownvalue.MapSizeExact(6)),
				at("members.owners", "members", knownvalue.MapSizeExact(2)),
				at("members.elsewhere", "members", knownvalue.MapSizeExact(0)),
				at("members.inactive", "members", knownvalue.MapSizeExact(0)),
			},
		})
	})
}

func TestAccDataSourcesBadInput(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	var refused refusals
	for name, test := range map[string]struct{ config, want string }{
		"nobody":             {`data "prefectsso_member" "x" { email = "nobody@acme.com" }`, `Could not find member.*nobody@acme\.com is not a member`},
		"no such role":       {`data "prefectsso_account_role" "x" { name = "Boss" }`, `Could not find account role.*no role "Boss".*Owner`},
		"neither":            {`data "prefectsso_account_role" "x" {}`, `No attribute specified when one .and only one. of \[name,id\]`},
		"no such account":    {`data "prefectsso_account" "x" { account_id = "0c1f1d2e-0000-4000-8000-0000000000ff" }`, `Account not found with this key.*account_id`},
		"a foreign role":     {`data "prefectsso_members" "x" { role = "Boss" }`, `Unusable role`},
		"a malformed domain": {`data "prefectsso_members" "x" { domain = "acme" }`, `Invalid email domain`},
	} {
		refused.add(name, resource.TestStep{Config: srv.Provider() + test.config, ExpectError: spread(test.want)}, nil)
	}
	refused.run(t)
}

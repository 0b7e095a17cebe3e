package provider_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// TestAccLookAlikes: an address that looks like a member's gives nobody a role and takes none away, by any resource or
// data source that goes by addresses. Terraform's own strings are composed (NFC), so that a Kelvin sign is a K before a
// provider sees it; it is in the client's tests.
func TestAccLookAlikes(t *testing.T) {
	t.Parallel()
	for victim, email := range map[string]string{
		"mike@acme.com":      "m\u0130ke@acme.com",
		"jos\u00e9@acme.com": "JOS\u00c9@acme.com",
		"strauss@acme.com":   "strau\u00df@acme.com",
		"amy@acme.com":       "amy\u200b@acme.com",
		"grace@acme.com":     "grace@\uff41cme.com",
		"heidi@acme.com":     "heidi@acme\u3002com",
		"\u0430nn@acme.com":  "ann@acme.com", // the member's is Cyrillic
		"dotless@acme.com":   "dotless\u0131@acme.com",
	} {
		t.Run(fmt.Sprintf("%+q", email), func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, unicodeDomain("Member", victim))
			same := func(*terraform.State) error { return srv.WantRole(victim, "Member") }
			rejected := func(config string) resource.TestStep {
				return resource.TestStep{Config: config, ExpectError: regexp.MustCompile(`(?s)Error: .*@`)}
			}
			runSteps(
				t,
				rejected(memberRoleConfig(srv, email, "Owner")),
				rejected(memberRolesConfig(srv, email, "Owner")),
				rejected(memberRolesConfig(srv, email, "Owner", victim, "Admin")),
				rejected(srv.Provider()+fmt.Sprintf("resource \"prefectsso_role_members\" \"r\" {\n  role = \"Owner\"\n  members = [\"owner@acme.com\", %q]\n}\n", email)),
				rejected(srv.Provider()+fmt.Sprintf("data \"prefectsso_member\" \"m\" { email = %q }\n", email)),
				resource.TestStep{Config: srv.Provider() + fmt.Sprintf("data \"prefectsso_member\" \"m\" { email = %q }\n", victim), Check: same},
				// ignore_emails with a look-alike leaves nobody out of what is managed, whom it does not name.
				resource.TestStep{Config: memberRoleConfig(srv, victim, "Admin"), Check: func(*terraform.State) error { return srv.WantRole(victim, "Admin") }},
			)
		})
	}
}

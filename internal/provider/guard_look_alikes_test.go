package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// lookAlikes are addresses that look like those of members. Terraform's own strings are composed (NFC), so that a Kelvin
// sign is a K before a provider sees it; it is in the client's tests.
var lookAlikes = map[string]string{
	"mike@acme.com":      "m\u0130ke@acme.com",
	"jos\u00e9@acme.com": "JOS\u00c9@acme.com",
	"strauss@acme.com":   "strau\u00df@acme.com",
	"amy@acme.com":       "amy\u200b@acme.com",
	"grace@acme.com":     "grace@\uff41cme.com",
	"heidi@acme.com":     "heidi@acme\u3002com",
	"\u0430nn@acme.com":  "ann@acme.com", // the member's is Cyrillic
	"dotless@acme.com":   "dotless\u0131@acme.com",
}

// TestLookAlikes: an address that looks like a member's gives nobody a role and takes none away, by any resource that goes
// by addresses.
func TestLookAlikes(t *testing.T) {
	t.Parallel()
	for victim, email := range lookAlikes {
		t.Run(fmt.Sprintf("%+q", email), func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, unicodeDomain("Member", victim))
			l := newLine(t, srv)
			for _, row := range []struct {
				kind   string
				config object
			}{
				{"prefectsso_member_role", object{"email": email, "role": "Owner"}},
				{"prefectsso_member_roles", object{"roles": map[string]string{email: "Owner"}}},
				{"prefectsso_member_roles", object{"roles": map[string]string{email: "Owner", victim: "Admin"}}},
				{"prefectsso_role_members", object{"role": "Owner", "members": []string{"owner@acme.com", email}}},
			} {
				thing := &tracked{typeName: row.kind, line: l, key: acctest.ServiceKey}
				if found := thing.apply(t, row.config); errorsIn(found) == 0 || !strings.Contains(detailsOf(found), "@") {
					t.Errorf("%s with %v: %s", row.kind, row.config, detailsOf(found))
				}
				if err := srv.WantRole(victim, "Member"); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestAccLookAlikes is the same by the real terraform, and by data sources.
func TestAccLookAlikes(t *testing.T) {
	t.Parallel()
	for _, victim := range []string{"jos\u00e9@acme.com", "amy@acme.com"} {
		email := lookAlikes[victim]
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

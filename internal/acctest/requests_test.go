package acctest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

const requiredProviders = `
terraform {
  required_providers {
    prefectsso = { source = "prefectsso/prefectsso" }
  }
}
`

// single configures the first n people of a crowd one by one, as many as range gives at once.
func single(n int) string {
	return requiredProviders + fmt.Sprintf(`
resource "prefectsso_member_role" "person" {
  for_each = toset([for i in range(1, %d + 1) : format("person%%05d@acme.com", i)])
  email    = each.value
  role     = "Member"
}`, n)
}

// many configures the first n people of a crowd in one map.
func many(n int) string {
	return requiredProviders + "resource \"prefectsso_member_roles\" \"all\" {\n" + rolesOf(n) + "}\n"
}

// rolesOf is the argument roles for the first n people of a crowd.
func rolesOf(n int) string {
	var roles strings.Builder
	roles.WriteString("  roles = {\n")
	for i := range n {
		fmt.Fprintf(&roles, "    \"person%05d@acme.com\" = \"Member\"\n", i+1)
	}
	roles.WriteString("  }\n")
	return roles.String()
}

// Refreshing N people in an account of M costs at most ⌈M/200⌉ + 4 requests; one by one never more than N + 4.
func TestAccRefreshRequests(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name            string
		config          func(people int) string
		people, members int
		perPerson       bool
	}{
		{"one by one, few", single, 3, 1000, true},
		{"one by one, few of many", single, 12, 5000, true},
		{"one by one, many", single, 60, 2000, true},
		{"one by one, many of more", single, 100, 3000, true},
		{"a map", many, 1500, 1500, false},
		{"a map of some", many, 100, 5000, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.Crowd(test.members, "Member"))
			d := acctest.NewDir(t, srv)
			d.Write("main.tf", test.config(test.people))
			d.MustRun("apply", "-input=false", "-auto-approve")
			srv.ResetRequests()
			d.MustRun("plan", "-input=false", "-detailed-exitcode")
			most := (test.members+1+199)/200 + 4
			if test.perPerson {
				most = min(most, test.people+4)
			}
			if got := srv.Requests().Total; got > most {
				t.Errorf("refreshing %d people in an account of %d took %d requests, at most %d are wanted: %+v", test.people, test.members, got, most, srv.Requests().Routes)
			} else {
				t.Logf("%d requests, at most %d are wanted", got, most)
			}
		})
	}
}

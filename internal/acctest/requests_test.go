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

// Refreshing N people one by one costs at most N + 4 requests however they come; all in one map, in an account of M, at
// most ⌈M/200⌉ + 4. That one by one usually costs ⌈M/200⌉ + 4, too, depends on how fast Terraform asks and is held by
// TestByEmailRequests of the client, where it asks in a clockwork, and measured by BenchmarkMemberRoleRefresh.
func TestAccRefreshRequests(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name            string
		config          func(people int) string
		people, members int
		limit           int
	}{
		{"one by one, few", single, 3, 1000, 3 + 4},
		{"one by one, few of many", single, 12, 5000, 12 + 4},
		{"one by one, many", single, 60, 2000, 60 + 4},
		{"one by one, many of more", single, 100, 3000, 100 + 4},
		{"a map", many, 1500, 1500, pages(1500) + 4},
		{"a map of some", many, 100, 5000, pages(5000) + 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.Crowd(test.members, "Member"))
			d := acctest.NewDir(t, srv)
			d.Write("main.tf", test.config(test.people))
			d.MustRun("apply", "-input=false", "-auto-approve")
			srv.ResetRequests()
			d.MustRun("plan", "-input=false", "-detailed-exitcode")
			if got := srv.Requests().Total; got > test.limit {
				t.Errorf("refreshing %d people in an account of %d took %d requests, at most %d are wanted: %+v", test.people, test.members, got, test.limit, srv.Requests().Routes)
			} else {
				t.Logf("%d requests, at most %d are wanted", got, test.limit)
			}
		})
	}
}

// pages is how many pages the listing of a crowd has: the crowd and the owner.
func pages(crowd int) int { return (crowd + 1 + 199) / 200 }

package acctest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// Real Terraform, ten at a time and in whichever order it likes: those who get in without single sign-on hand over to
// others, each by a resource of its own, and the account is never without one.
func TestAccHandOver(t *testing.T) {
	t.Parallel()
	const ada, grace, linus = "ada@acme.com", "grace@acme.com", "linus@acme.com"
	const owner, second = "owner@acme.com", "second.owner@acme.com"
	for name, test := range map[string]struct {
		before, after map[string]string // each a prefectsso_member_role
		more          string            // further resources
		want          map[string]string
		rejected      string
	}{
		"both go, one comes": {after: map[string]string{owner: "Member", second: "Member", ada: "Owner"}},
		"the only one waits for who comes": {
			before: map[string]string{second: "Member"}, after: map[string]string{second: "Member", ada: "Owner"},
			more: "resource \"prefectsso_member_role\" \"goes\" {\n  email = \"" + owner + "\"\n  role  = \"Member\"\n  depends_on = [prefectsso_member_role.ada_acme_com]\n}\n",
			want: map[string]string{owner: "Member"},
		},
		"everybody changes places": {before: map[string]string{ada: "Owner", grace: "Owner"}, after: map[string]string{ada: "Member", grace: "Member", linus: "Owner", owner: "Member", second: "Member"}},
		"a map goes, one comes": {
			after: map[string]string{ada: "Owner", owner: "Member"},
			more:  "resource \"prefectsso_member_roles\" \"m\" {\n  roles = { \"" + second + "\" = \"Member\", \"" + grace + "\" = \"Admin\" }\n}\n",
			want:  map[string]string{second: "Member", grace: "Admin"},
		},
		"all go at once, and the plan is refused": {
			more:     "resource \"prefectsso_member_roles\" \"m\" {\n  roles = { \"" + owner + "\" = \"Member\", \"" + second + "\" = \"Member\" }\n}\n",
			want:     map[string]string{owner: "Owner", second: "Owner"},
			rejected: "bypass-nobody-left",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t).As(acctest.ServiceKey)
			d := acctest.NewDir(t, srv)
			if test.before != nil {
				d.Write("main.tf", requiredProviders+handOver(test.before))
				d.MustRun("apply", "-input=false", "-auto-approve")
			}
			d.Write("main.tf", requiredProviders+handOver(test.after)+test.more)
			output, code := d.Run("apply", "-input=false", "-auto-approve", "-parallelism=10")
			if rejected := code != 0; rejected != (test.rejected != "") || rejected && !acctest.Finding(test.rejected).MatchString(output) {
				t.Fatalf("terraform ended with %d:\n%s", code, output)
			}
			for _, roles := range []map[string]string{test.after, test.want} {
				for email, role := range roles {
					if err := srv.WantRole(email, role); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

func handOver(roles map[string]string) string {
	var config strings.Builder
	for email, role := range roles {
		fmt.Fprintf(&config, "resource \"prefectsso_member_role\" %q {\n  email = %q\n  role  = %q\n}\n", strings.NewReplacer("@", "_", ".", "_").Replace(email), email, role)
	}
	return config.String()
}

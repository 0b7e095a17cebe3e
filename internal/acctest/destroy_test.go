package acctest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// What a plan rejects also ends `terraform destroy`, since that makes a normal plan first. The error says how to destroy all
// the same, and that works.
func TestAccDestroyAfterRejection(t *testing.T) {
	t.Parallel()
	roleMembers := func(members string) string {
		return "resource \"prefectsso_role_members\" \"r\" {\n  role = \"Auditor\"\n  members = [" + members + "]\n  max_removals = 0\n}\n"
	}
	for name, test := range map[string]struct {
		config, later string // later: "" for the same
		happens       func(*acctest.Server)
		id            string // of the finding; "" where the error has none
		keeps         string // the Auditor who is one still
	}{
		"too many removals": {
			config: roleMembers(`"ada@acme.com"`), id: "max-removals-exceeded", keeps: "grace@acme.com",
			happens: func(srv *acctest.Server) { srv.SetRole("grace@acme.com", "Auditor") },
		},
		"a mapping took somebody over": {
			config: "resource \"prefectsso_member_role\" \"m\" {\n  email = \"ada@acme.com\"\n  role = \"Auditor\"\n}\n", id: "role-given-by-mapping",
			happens: func(srv *acctest.Server) {
				srv.PushGroup("Staff", srv.PushUser("ada@acme.com"))
				srv.AddMapping("Staff", "Admin", 10)
			},
		},
		"a role was renamed": {
			config: roleMembers(`"ada@acme.com"`), id: "role-gone",
			happens: func(srv *acctest.Server) {
				srv.Call(acctest.OwnerKey, http.MethodPatch, "/account_roles/"+srv.RoleID("Auditor"), map[string]any{"name": "Inspector"}, nil)
			},
		},
		"a resource that was added cannot be made": {
			config: "", later: "resource \"prefectsso_domain\" \"d\" {\n  name = \"acme.org\"\n}\nresource \"prefectsso_member_role\" \"m\" {\n  email = \"ada@acme.com\"\n  role = \"No such role\"\n}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory).As(acctest.ServiceKey)
			d := acctest.NewDir(t, srv)
			d.Write("main.tf", requiredProviders+"resource \"prefectsso_session_policy\" \"s\" {\n  auth_expiration_seconds = 86400\n}\n"+test.config)
			d.MustRun("apply", "-input=false", "-auto-approve")
			if test.happens != nil {
				test.happens(srv)
			}
			if test.later != "" {
				d.Write("later.tf", test.later)
			}
			output, code := d.Run("destroy", "-input=false", "-auto-approve")
			if code == 0 || test.id != "" && !acctest.Finding(test.id).MatchString(output) {
				t.Fatalf("terraform destroy ended with %d, want an error %s:\n%s", code, test.id, output)
			}
			if advice := "terraform destroy -refresh=false"; !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(output, "│", "")), " "), advice) {
				t.Errorf("the error does not say %q:\n%s", advice, output)
			}
			d.MustRun("destroy", "-input=false", "-auto-approve", "-refresh=false")
			if left := d.MustRun("state", "list"); strings.TrimSpace(left) != "" {
				t.Errorf("the state still has\n%s", left)
			}
			if test.keeps != "" {
				if err := srv.WantRole(test.keeps, "Auditor"); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

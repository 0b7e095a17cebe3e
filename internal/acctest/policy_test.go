package acctest_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// policyExample is a directory with examples/policy, its tests too.
func policyExample(t *testing.T) *acctest.Dir {
	t.Helper()
	folder := filepath.Join(acctest.Root(t), "examples", "policy")
	d := newExample(t).dir(folder)
	d.CopyDir(filepath.Join(folder, "tests"), "tests")
	return d
}

// The tests of examples/policy pass, and fail when the configuration is another.
func TestAccPolicyTests(t *testing.T) {
	t.Parallel()
	d := policyExample(t)
	if output, code := d.Run("test"); code != 0 || !strings.Contains(output, "4 passed, 0 failed") {
		t.Errorf("terraform test ended with %d:\n%s", code, output)
	}
	d.Setenv("TF_VAR_owners", `["owner@acme.com", "admin@acme.com"]`)
	if output, code := d.Run("test", "-filter=tests/access.tftest.hcl"); code == 0 || !strings.Contains(output, "The Owners are not those that were agreed on.") {
		t.Errorf("with other Owners terraform test ended with %d:\n%s", code, output)
	}
}

// The policy passes the example's plan, and denies those that it should. Its own tests pass.
func TestAccPolicyOPA(t *testing.T) {
	t.Parallel()
	opa, err := exec.LookPath(cmp.Or(os.Getenv("OPA"), "opa"))
	if err != nil {
		t.Skip("there is no opa: make test builds one and names it in OPA")
	}
	folder := filepath.Join(acctest.Root(t), "examples", "policy", "opa")
	if output, err := exec.CommandContext(t.Context(), opa, "test", folder).CombinedOutput(); err != nil {
		t.Errorf("opa test: %v\n%s", err, output)
	}
	// The provider refuses two resources for one role or one domain, so the other one lets go of it here.
	besides := func(email string) string {
		return `resource "prefectsso_role_members" "owners" { ignore_emails = ["` + email + `"] }`
	}
	for name, tc := range map[string]struct{ file, override, want string }{
		"as it is":      {},
		"another Owner": {"resource \"prefectsso_member_role\" \"eve\" {\n  email = \"admin@acme.com\"\n  role = \"Owner\"\n}\n", besides("admin@acme.com"), "admin@acme.com an Owner, who is not in allowed_owners"},
		"one in a map":  {`resource "prefectsso_member_roles" "all" { roles = { "ada@acme.com" = "Owner" } }`, besides("ada@acme.com"), "ada@acme.com an Owner, who is not in allowed_owners"},
		"one taken out of Admin": {`resource "prefectsso_role_members" "admins" {
  role         = "Admin"
  members      = []
  removed_role = "Owner"
}
`, "", "removed_role makes people Owners whom the plan does not name"},
		"a lonely domain": {`resource "prefectsso_domain" "labs" { name = "labs.example" }`, `resource "prefectsso_domains" "all" { count = 0 }
resource "prefectsso_identity_provider" "corp" { domains = ["acme.com"] }
`, "labs.example, and no prefectsso_identity_provider has it"},
		"a value of the apply": {"resource \"prefectsso_member_role\" \"who\" {\n  email = prefectsso_identity_provider.corp.id\n  role = \"Member\"\n}\n", "", "email is known only after apply"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := policyExample(t)
			d.Write("more.tf", tc.file)
			d.Write("more_override.tf", tc.override)
			d.MustRun("plan", "-input=false", "-out=tfplan")
			d.Write("tfplan.json", d.MustRun("show", "-json", "tfplan"))
			output, err := exec.CommandContext(t.Context(), opa, "eval", "--fail-defined", "--format", "pretty", "--data", filepath.Join(folder, "access.rego"),
				"--input", filepath.Join(d.Path, "tfplan.json"), "data.prefectsso.access.deny[_]").CombinedOutput()
			if (err != nil) != (tc.want != "") || !strings.Contains(string(output), tc.want) {
				t.Errorf("%v, want %q:\n%s", err, tc.want, output)
			}
		})
	}
}

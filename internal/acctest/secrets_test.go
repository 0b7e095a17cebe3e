package acctest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// The API key stands in no state, plan, log or message, at the loudest log level and over all kinds of trouble.
func TestAccKeyIsNowhere(t *testing.T) {
	t.Parallel()
	const canary = "pnb_canary0123456789canary"
	srv := acctest.Start(t, acctest.Scenario(`
accounts:
  - id: `+acctest.AccountID+`
    handle: acme
    name: Acme
    features: [sso, custom_roles]
    users:
      - {email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: pnu_owner}
      - {email: ada@acme.com, first_name: Ada, last_name: Lovelace, role: Member}
    service_accounts: [{name: terraform, role: Owner, api_key: `+canary+`}]
`))
	d := acctest.NewDir(t, srv)
	d.Setenv("PREFECT_API_KEY", canary)
	d.Setenv("TF_LOG", "TRACE")
	d.Write("main.tf", `
terraform {
  required_providers {
    prefectsso = { source = "prefectsso/prefectsso" }
  }
}
resource "prefectsso_domains" "all" { names = ["acme.com"] }
resource "prefectsso_member_role" "ada" {
  email = "ada@acme.com"
  role  = "Admin"
}
resource "prefectsso_member_roles" "rest" { roles = { "owner@acme.com" = "Owner" } }
data "prefectsso_account" "this" {}
data "prefectsso_account_roles" "all" {}
data "prefectsso_members" "all" {}
`)
	for _, fault := range []map[string]any{
		{"route": "*", "status": 429, "retry_after_s": 0, "times": 1},
		{"route": "*", "status": 503, "times": 2},
		{"route": "*", "drop": true, "times": 1},
		{"route": "*", "truncate": true, "times": 1},
	} {
		srv.Fault(fault)
	}
	outputs := map[string]string{}
	outputs["plan"] = d.MustRun("plan", "-input=false", "-out=plan.bin")
	outputs["the plan as JSON"] = d.MustRun("show", "-json", "plan.bin")
	outputs["apply"] = d.MustRun("apply", "-input=false", "plan.bin")
	srv.Fault(map[string]any{"route": "*", "status": 403, "times": 5})
	outputs["a refused plan"], _ = d.Run("plan", "-input=false")
	outputs["destroy"] = d.MustRun("destroy", "-input=false", "-auto-approve")
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", "plan.bin"} {
		content, err := os.ReadFile(filepath.Join(d.Path, name))
		if err != nil {
			t.Fatal(err)
		}
		outputs[name] = string(content)
	}
	if !strings.Contains(outputs["apply"], "api/accounts") {
		t.Error("the log does not show requests, so it proves nothing")
	}
	for name, text := range outputs {
		if at := strings.Index(text, canary); at >= 0 {
			t.Errorf("the key stands in %s: …%s…", name, text[max(0, at-200):at])
		}
	}
}

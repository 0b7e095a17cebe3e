package acctest_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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
	nowhere(t, d, outputs, regexp.MustCompile(canary))
}

// A SCIM secret that is rotated on two sides, and the token of a run, stand nowhere either; nor does a secret that is
// refused.
func TestAccSCIMSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	const canary = "canary-0123456789-0123456789-0123456789-"
	e := newExample(t)
	d := e.dir(filepath.Join(acctest.Root(t), "examples", "scim-rotation"))
	d.Write("run.tf", `ephemeral "prefectsso_scim_token" "run" { directory_id = prefectsso_scim_directory.okta.id }`)
	// A client's secret, and the access tokens that it gets, are as secret.
	d.Write("client.tf", `
resource "prefectsso_scim_client" "okta" {
  directory_id      = prefectsso_scim_directory.okta.id
  name              = "okta"
  secret_wo         = "client+/${var.shared_secret}"
  secret_wo_version = var.secret_version
}
resource "prefectsso_scim_probe" "client" {
  scim_endpoint            = prefectsso_scim_directory.okta.scim_endpoint
  client_id                = prefectsso_scim_client.okta.client_id
  client_secret_wo         = "client+/${var.shared_secret}"
  client_secret_wo_version = prefectsso_scim_client.okta.secret_wo_version
  email_domain             = prefectsso_domain.corp.name
}
`)
	is := d.Version()
	d.Setenv("TF_LOG", "TRACE")
	outputs := map[string]string{}
	for version, secret := range []string{"0", "1"} {
		d.Setenv("TF_VAR_shared_secret", canary+secret)
		d.Setenv("TF_VAR_secret_version", strconv.Itoa(version))
		outputs[fmt.Sprintf("plan %d", version)] = d.MustRun("plan", "-input=false", "-out=plan.bin")
		outputs[fmt.Sprintf("plan %d as JSON", version)] = d.MustRun("show", "-json", "plan.bin")
		outputs[fmt.Sprintf("apply %d", version)] = d.MustRun("apply", "-input=false", "plan.bin")
	}
	d.Setenv("TF_VAR_secret_version", "2")
	outputs["plan 2"], _ = d.Run("plan", "-input=false")
	d.Setenv("TF_VAR_secret_version", "1")
	if !strings.Contains(outputs["plan 2"], "Too many live tokens") {
		t.Errorf("a second rotation within the overlap is not refused:\n%s", outputs["plan 2"])
	}
	tokensOfRuns := func(event string) (n int) {
		var found struct {
			Events []struct {
				Payload struct{ Run bool }
			}
		}
		e.srv.Call(acctest.OwnerKey, http.MethodPost, "/events/filter", map[string]any{"filter": map[string]any{"event": map[string]any{"name": []string{"prefect-cloud.scim-token." + event}}}}, &found)
		for _, event := range found.Events {
			if event.Payload.Run {
				n++
			}
		}
		return n
	}
	want := 4 // all but the first plan, which knew no directory
	if is.OpenTofu {
		want = 2 // it makes none while it plans
	}
	if made, ended := tokensOfRuns("created"), tokensOfRuns("deleted"); made < want || ended != made {
		t.Errorf("%d tokens of runs were made and %d ended, want %d", made, ended, want)
	}
	outputs["destroy"] = d.MustRun("destroy", "-input=false", "-auto-approve")
	if !acctest.Finding("directory-deleted-keeps-people").MatchString(outputs["destroy"]) {
		t.Error("destroying a directory does not say what it leaves")
	}
	nowhere(t, d, outputs, regexp.MustCompile(canary+`|scim[ac]?_[A-Z2-7]{20}`))
}

// nowhere fails the test where a secret stands in an output, or in the files that terraform has left.
func nowhere(t *testing.T, d *acctest.Dir, outputs map[string]string, secret *regexp.Regexp) {
	t.Helper()
	if !strings.Contains(outputs["destroy"], "api/accounts") {
		t.Error("the log does not show requests, so it proves nothing")
	}
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", "plan.bin"} {
		content, err := os.ReadFile(filepath.Join(d.Path, name))
		if err != nil {
			t.Fatal(err)
		}
		outputs[name] = string(content)
	}
	for name, text := range outputs {
		if at := secret.FindStringIndex(text); at != nil {
			t.Errorf("a secret stands in %s: …%s…", name, text[max(0, at[0]-200):at[0]])
		}
	}
}

package acctest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// What examples/ci/access.sh does with the real terraform: a plan that takes people's access is whole, because the guards
// only warn in the pipeline; the report names the people and fails it; and the apply, which keeps the guards, is refused.
func TestAccAccessReportInCI(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PrivateIssuers)
	_, issuer := acctest.StartIdP(t, srv)
	d := acctest.NewDir(t, srv)
	d.Mirror()
	for _, name := range []string{"plan.sh", "access.sh", "comment.sh", "hcp-plan.sh"} {
		text := ciFile(t, name)
		if name == "comment.sh" { // TestComment has the real one
			text = "#!/bin/sh\ncp \"$1\" commented\n"
		}
		d.Write(name, text)
		if err := os.Chmod(filepath.Join(d.Path, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	const main = `
terraform {
  required_providers { prefectsso = { source = "prefectsso/prefectsso", version = "~> 0.1" } }
}
resource "prefectsso_domains" "all" { names = ["acme.com", "labs.example"] }
resource "prefectsso_identity_provider" "okta" {
  name            = "Okta"
  connection_type = "OktaOIDC"
  domains         = DOMAINS
  activation      = "immediate"
  depends_on      = [prefectsso_domains.all]
  oidc            = { issuer = "ISSUER", client_id = "c", client_secret_wo = "s", client_secret_wo_version = 1 }
}
resource "prefectsso_member_role" "ada" {
  email = "ada@acme.com"
  role  = "ROLE"
}
`
	write := func(domains, role string) {
		d.Write("main.tf", strings.NewReplacer("DOMAINS", domains, "ISSUER", issuer, "ROLE", role).Replace(main))
	}
	reported := func(env string) (string, int) {
		t.Helper()
		return d.Shell(env + " ./access.sh 2>messages")
	}
	write(`["acme.com"]`, "Member")
	d.MustRun("init", "-input=false")
	d.MustRun("apply", "-input=false", "-auto-approve")

	if text, code := reported(""); code != 0 || !strings.Contains(text, "Nothing changes for anybody.") {
		t.Errorf("nothing: %d %s", code, text)
	}
	pipelines(t, d, 0, 0, "Nothing changes for anybody.")
	// Where there is only OpenTofu, whose command is the same.
	if text, code := d.Shell(`mkdir only && ln -s "$(command -v terraform)" only/tofu && PATH="$PWD/only:/usr/bin:/bin" && ! command -v terraform >/dev/null && ./access.sh 2>messages`); code != 0 || !strings.Contains(text, "Nothing changes for anybody.") {
		t.Errorf("with tofu: %d %s", code, text)
	}
	write(`["acme.com"]`, "Admin")
	if text, code := reported("FORMAT=markdown"); code != 2 || !strings.Contains(text, "| `ada@acme.com` | role `Member` → `Admin`") {
		t.Errorf("a role: %d %s", code, text)
	}
	pipelines(t, d, 2, 0, "ada@acme.com")
	write(`["labs.example"]`, "Member")
	out := t.TempDir()
	text, code := reported("OUT=" + out)
	if code != 3 || !strings.Contains(text, "[people-lose-access]") || !strings.Contains(text, "grace@acme.com") || strings.Contains(text, "Incomplete") {
		t.Errorf("a lockout: %d %s", code, text)
	}
	for _, name := range []string{"report.json", "report.svg"} {
		if content, err := os.ReadFile(filepath.Join(out, name)); err != nil || len(content) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	pipelines(t, d, 3, 1, "grace@acme.com")
	if text, code := reported("FAIL_ON=none"); code != 2 {
		t.Errorf("without a severity: %d %s", code, text)
	}
	if output, code := d.Shell(`terraform apply -input=false -auto-approve -no-color`); code == 0 || !strings.Contains(output, "people-lose-access") {
		t.Errorf("the apply has no guards: %d %s", code, output)
	}
	if output, code := d.Shell("PREFECTSSO_LOCKOUT_PROTECTION=false terraform plan -input=false -out=saved >planned\nterraform apply -input=false -no-color saved"); code == 0 || !strings.Contains(output, "people-lose-access") {
		t.Errorf("the apply of a plan that was only warned of has no guards: %d %s", code, output)
	}
	d.Write("more.tf", `resource "prefectsso_member_role" "refused" {
  email = "grace@acme.com"
  role  = "No such role"
}
`)
	if text, code := reported(""); code != 1 || !strings.Contains(text, "Incomplete") || !strings.Contains(text, "prefectsso_member_role.refused") || strings.Contains(text, "Nothing changes") {
		t.Errorf("a plan that failed: %d %s", code, text)
	}
}

// Both guides have the one table of exit codes, which the commands print, too.
func TestGuidesHaveTheExitCodes(t *testing.T) {
	t.Parallel()
	for _, guide := range []string{"access-report.md", "drift.md"} {
		content, err := os.ReadFile(filepath.Join(acctest.Root(t), "templates", "guides", guide))
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for line := range strings.Lines(report.ExitCodes) {
			code, meaning, found := strings.Cut(strings.TrimSpace(line), "  ")
			if !found {
				continue
			}
			rows++
			if !strings.Contains(strings.ReplaceAll(string(content), "`", ""), "| "+code+" | "+meaning+" |") {
				t.Errorf("%s does not say of %s: %s", guide, code, meaning)
			}
		}
		if rows != 4 {
			t.Errorf("there are %d exit codes", rows)
		}
	}
}

package acctest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// probe is a probe of the scenario's directory with these arguments, and the token as an ephemeral variable.
func probe(srv *acctest.Server, arguments ...string) string {
	return requiredProviders + `
variable "token" {
  type      = string
  ephemeral = true
}
resource "prefectsso_scim_probe" "this" {
  scim_endpoint = "` + srv.SCIMURL() + `"
  token_wo      = var.token
  email_domain  = "acme.com"
  ` + strings.Join(arguments, "\n  ") + "\n}\n"
}

// waiting is a probe that finds its canary and waits for a role that it does not get.
const waiting = "expected_role = \"Admin\"\n  max_seconds = 300"

func canaries(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, "prefectsso-probe-") })
}

// A probe that is interrupted by Ctrl-C leaves nobody behind. One that is killed does, and the next probe removes them.
func TestAccProbeIsStopped(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.DirectoryScenario)
	d := acctest.NewDir(t, srv)
	d.Setenv("TF_VAR_token", acctest.DirectoryToken)
	d.Write("main.tf", probe(srv, waiting))
	left := func() (all []string) { return append(canaries(srv.DirectoryUsers()), canaries(srv.Emails())...) }

	apply := d.Start("apply", "-input=false", "-auto-approve")
	waitFor(t, func() bool { return len(left()) == 2 || apply.Ended() })
	if output := apply.Interrupt(); !strings.Contains(output, "Probe interrupted") || !strings.Contains(output, "has been removed again") {
		t.Errorf("it says:\n%s", output)
	}
	if now := left(); len(now) != 0 {
		t.Errorf("interrupted, the probe left %v", now)
	}

	apply = d.Start("apply", "-input=false", "-auto-approve")
	waitFor(t, func() bool { return len(left()) == 2 || apply.Ended() })
	apply.Kill()
	killed := left()
	if len(killed) != 2 {
		t.Fatalf("killed, the probe left %v, so the rest proves nothing", killed)
	}
	d.Write("main.tf", probe(srv))
	d.MustRun("apply", "-input=false", "-auto-approve")
	if now := left(); !slices.Equal(now, killed) {
		t.Errorf("the next probe left %v, but the other may still have been running: %v", now, killed)
	}
	srv.Advance("1h")
	output := d.MustRun("apply", "-input=false", "-auto-approve", "-replace=prefectsso_scim_probe.this")
	if now := left(); len(now) != 0 || !strings.Contains(output, killed[0]) {
		t.Errorf("an hour later %v is left; it says:\n%s", now, output)
	}
}

// The SCIM token stands in no state, plan, log or message, at the loudest log level.
func TestAccProbeTokenIsNowhere(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.DirectoryScenario)
	d := acctest.NewDir(t, srv)
	d.Setenv("TF_VAR_token", acctest.DirectoryToken)
	d.Setenv("TF_LOG", "TRACE")
	outputs := map[string]string{}
	d.Write("main.tf", probe(srv))
	outputs["plan"] = d.MustRun("plan", "-input=false", "-out=plan.bin")
	outputs["the plan as JSON"] = d.MustRun("show", "-json", "plan.bin")
	outputs["apply"] = d.MustRun("apply", "-input=false", "plan.bin")
	d.Write("main.tf", probe(srv, `expected_role = "Admin"`, `max_seconds = 1`))
	outputs["an unhealthy probe"], _ = d.Run("apply", "-input=false", "-auto-approve")
	d.Write("main.tf", strings.Replace(probe(srv), acctest.DirectoryEndpoint+`"`, `other"`, 1))
	outputs["a refused probe"], _ = d.Run("apply", "-input=false", "-auto-approve")
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", "plan.bin"} {
		content, err := os.ReadFile(filepath.Join(d.Path, name))
		if err != nil {
			t.Fatal(err)
		}
		outputs[name] = string(content)
	}
	if !strings.Contains(outputs["apply"], "scim/v2.0/") || !strings.Contains(outputs["a refused probe"], "answered 401") {
		t.Error("the log does not show requests, so it proves nothing")
	}
	for name, text := range outputs {
		if at := strings.Index(text, acctest.DirectoryToken); at >= 0 {
			t.Errorf("the token stands in %s: …%s…", name, text[max(0, at-200):at])
		}
	}
}

package acctest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/accessreport"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// invokedExamples is what the examples of actions refer to, and another example is about Owners who are the last.
const invokedExamples = `
variable "secret" {
  type      = string
  ephemeral = true
}
resource "prefectsso_scim_directory" "okta" {
  name = "Another"
  type = "okta scim v2.0"
}
resource "prefectsso_scim_token" "okta" {
  directory_id     = prefectsso_scim_directory.okta.id
  name             = "okta"
  token_wo         = var.secret
  token_wo_version = 1
}
resource "prefectsso_scim_client" "ping" {
  directory_id      = prefectsso_scim_directory.okta.id
  name              = "ping"
  secret_wo         = "${var.secret}-of-the-client"
  secret_wo_version = 1
}
resource "prefectsso_identity_provider" "okta" {
  name            = "SAML"
  connection_type = "GenericSAML"
  domains         = ["acme.com"]
  activation      = "none"
  saml            = { metadata_url = "IDP/saml/metadata" }
}
action "prefectsso_members_deactivate" "owners" {
  config {
    emails = ["owner@acme.com", "second.owner@acme.com"]
  }
}
`

// The real Terraform invokes every example of an action, twice, and says what it says. What a guard refuses is refused while
// planning.
func TestAccActionExamples(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory, acctest.BundledIdP)
	d := acctest.NewDir(t, srv)
	d.Needs(acctest.Actions)
	d.Setenv("TF_VAR_secret", scimSecret)
	d.Write("main.tf", requiredProviders+strings.ReplaceAll(invokedExamples, "IDP", srv.IdPURL()))
	files, err := filepath.Glob(filepath.Join(acctest.Root(t), "examples", "actions", "*", "action.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d.Write(filepath.Base(filepath.Dir(file))+".tf", string(content))
	}
	d.MustRun("apply", "-input=false", "-auto-approve")
	for _, one := range []struct {
		address string
		says    [2]string // the first time and the second
	}{
		{"prefectsso_identity_provider_refresh.now", [2]string{"is up to date", "is up to date"}},
		{"prefectsso_member_sessions_end.stolen", [2]string{"there was nothing to end", "there was nothing to end"}},
		{"prefectsso_members_deactivate.contractors", [2]string{"2 people now inactive: ada@acme.com, grace@acme.com (2 of 2)", "2 people of 2 are inactive already"}},
		{"prefectsso_members_activate.contractors", [2]string{"2 people now active", "2 people of 2 are active already"}},
		{"prefectsso_scim_probe_run.okta", [2]string{"Provisioning is healthy", "Provisioning is healthy"}},
		{"prefectsso_scim_client_revoke.leaked", [2]string{"is revoked", "nothing to revoke"}},
		{"prefectsso_scim_token_revoke.leaked", [2]string{"is revoked", "nothing to revoke"}},
	} {
		for n, want := range one.says {
			output := d.MustRun("apply", "-input=false", "-auto-approve", "-refresh=false", "-invoke=action."+one.address)
			if !strings.Contains(unwrapped(output), want) {
				t.Errorf("%s, time %d, does not say %q:\n%s", one.address, n+1, want, output)
			}
			if strings.Contains(output, scimSecret) {
				t.Errorf("%s says the secret", one.address)
			}
		}
	}
	if len(files) != 7 {
		t.Errorf("%d examples are there, and not all are invoked", len(files))
	}
	output, code := d.Run("plan", "-input=false", "-invoke=action.prefectsso_members_deactivate.owners")
	if code != 1 || !strings.Contains(output, "Guard: bypass-nobody-left") {
		t.Errorf("deactivating all Owners ended with %d:\n%s", code, output)
	}
}

// Actions come before and after the change that triggers them. The report reads Terraform's own plan: who is deactivated,
// when, and by which resource's change. That somebody else is an Owner by then the guard of the plan knows, too.
func TestAccActionsInPlan(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	d := acctest.NewDir(t, srv)
	d.Needs(acctest.Actions)
	d.Write("main.tf", requiredProviders+`
resource "prefectsso_member_role" "successor" {
  email = "grace@acme.com"
  role  = "Owner"
  lifecycle {
    action_trigger {
      events  = [before_create]
      actions = [action.prefectsso_member_sessions_end.ada]
    }
    action_trigger {
      events  = [after_create]
      actions = [action.prefectsso_members_deactivate.owners]
    }
  }
}
action "prefectsso_members_deactivate" "owners" {
  config {
    emails = ["OWNER@acme.com", "second.owner@acme.com"]
  }
}
action "prefectsso_member_sessions_end" "ada" {
  config {
    email = "ada@acme.com"
  }
}
`)
	d.MustRun("plan", "-input=false", "-out=tfplan")
	plan := d.MustRun("show", "-json", "tfplan")
	var out, errs bytes.Buffer
	env := map[string]string{"PREFECT_API_KEY": acctest.ServiceKey, "PREFECT_API_URL": srv.URL + "/api", "PREFECT_CLOUD_ACCOUNT_ID": acctest.AccountID, "PREFECT_PROFILES_PATH": "/dev/null"}
	code := accessreport.Run(context.Background(), "test", []string{"--format", "json"}, report.Streams{
		In: strings.NewReader(plan), Out: &out, Err: &errs, Getenv: func(name string) string { return env[name] }, Now: time.Now,
	})
	var r accessreport.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || len(r.Accounts) != 1 || len(r.Unknown) > 0 || code != report.ExitChanges {
		t.Fatalf("exit code %d, %v: %s%s", code, err, out.String(), errs.String())
	}
	a := r.Accounts[0]
	var when []string
	for _, one := range a.Actions {
		when = append(when, one.Event+" "+one.Resource+" "+one.Type)
	}
	if want := []string{
		"before_create prefectsso_member_role.successor prefectsso_member_sessions_end", "after_create prefectsso_member_role.successor prefectsso_members_deactivate",
	}; !slices.Equal(when, want) {
		t.Errorf("the actions are %q, want %q", when, want)
	}
	var people []string
	for _, p := range a.People {
		people = append(people, p.Email+" "+string(p.Kinds[0]))
	}
	if want := []string{"owner@acme.com loses-access", "second.owner@acme.com loses-access", "grace@acme.com gains-bypass"}; !slices.Equal(people, want) {
		t.Errorf("the people are %q, want %q", people, want)
	}
	output := d.MustRun("apply", "-input=false", "tfplan")
	if !strings.Contains(unwrapped(output), "2 people now inactive: owner@acme.com, second.owner@acme.com (2 of 2)") {
		t.Errorf("the apply does not say who is inactive:\n%s", output)
	}
	for email, want := range map[string]bool{"owner@acme.com": false, "second.owner@acme.com": false, "grace@acme.com": true} {
		if m, ok := srv.As(acctest.ServiceKey).Member(email); !ok || m.IsActive != want {
			t.Errorf("%s: a member %t, active %t, want %t", email, ok, m.IsActive, want)
		}
	}
}

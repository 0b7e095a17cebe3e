package acctest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// workflow is what is looked at of a GitHub Actions workflow.
type workflow struct {
	On   map[string]any `yaml:"on"`
	Jobs map[string]struct {
		If          string            `yaml:"if"`
		RunsOn      string            `yaml:"runs-on"`
		Minutes     int               `yaml:"timeout-minutes"`
		Permissions map[string]string `yaml:"permissions"`
		Steps       []workflowStep    `yaml:"steps"`
	} `yaml:"jobs"`
	Name        string            `yaml:"name"`
	Env         map[string]string `yaml:"env"`
	Permissions map[string]string `yaml:"permissions"`
	Concurrency map[string]string `yaml:"concurrency"`
}

type workflowStep struct {
	Name string            `yaml:"name"`
	ID   string            `yaml:"id"`
	Uses string            `yaml:"uses"`
	With map[string]any    `yaml:"with"`
	Env  map[string]string `yaml:"env"`
	Run  string            `yaml:"run"`
}

func ciFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(acctest.Root(t), "examples", "ci", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func githubWorkflow(t *testing.T) (w workflow) {
	t.Helper()
	strictly(t, "github-actions.yml", &w)
	return w
}

// What examples/ci does, day by day: nothing to say, somebody clicks around, what they did is mended, somebody makes a
// further Owner, the configuration goes ahead, it breaks. The script and the scripts of the workflow run as they are.
func TestAccDriftInCI(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	d := acctest.NewDir(t, srv)
	d.Mirror()
	main := ciFile(t, "main.tf")
	d.Write("main.tf", main)
	for _, name := range []string{"plan.sh", "drift.sh"} {
		d.Write(name, ciFile(t, name))
		if err := os.Chmod(filepath.Join(d.Path, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	eve := srv.As(acctest.SecondOwnerKey)
	apply := func() {
		d.MustRun("init", "-input=false")
		d.MustRun("apply", "-input=false", "-auto-approve")
	}
	apply()
	for _, other := range []string{"0.0.9", "0.1.1", "0.2.0"} { // versions that init -upgrade has left
		folder := filepath.Join(d.Path, ".terraform", "providers", "registry.terraform.io", "prefectsso", "prefectsso", other, "x")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "terraform-provider-prefectsso"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	for _, day := range []struct {
		name   string
		before func()
		code   int
		judged int // exit code of the workflow's last step
		says   []string
	}{
		{"a quiet day", func() {}, report.ExitNothing, 0, []string{"Nothing changed outside of Terraform, and nothing is planned."}},
		{
			"somebody clicks around", func() {
				eve.SetRole("ada@acme.com", "Member")
				eve.SetRole("linus@acme.com", "Admin")
				eve.SetDomains("acme.com", "evil.example")
				eve.RemoveMember("grace@acme.com")
			}, report.ExitFinding, 1,
			[]string{
				"3 things changed outside of Terraform",
				"`prefectsso_member_role.ada`<br>`ada@acme.com` | `role: \"Admin\" → \"Member\"` | `second.owner@acme.com`, ",
				"`roles[\"linus@acme.com\"]: \"Member\" → \"Admin\"` | `second.owner@acme.com`, ",
				"`roles[\"grace@acme.com\"]: \"Auditor\" → nothing` | `second.owner@acme.com`, ",
				"`names: \"evil.example\" added` | `second.owner@acme.com`, ",
				"| the plan sets it back |",
				"| the plan gives the role again, which fails until the person is back |",
			},
		},
		{
			"it is mended", func() {
				d.Write("main.tf", strings.Replace(main, `"grace@acme.com" = "Auditor"`, "", 1))
				apply()
			}, report.ExitNothing, 0, []string{"Nothing changed"},
		},
		{
			"somebody makes a further Owner, whom nothing manages", func() { eve.SetRole("admin@acme.com", "Owner") },
			report.ExitFinding, 1,
			[]string{"1 check does not hold", "- `check.only_known_owners`: Owner without being in local.owners: admin&#64;acme.com."},
		},
		{
			"an output reads something else", func() {
				eve.SetRole("admin@acme.com", "Admin")
				d.Write("more.tf", "data \"prefectsso_members\" \"auditors\" { role = \"Auditor\" }\n"+
					"locals { auditors = keys(data.prefectsso_members.auditors.members) }\noutput \"auditors\" { value = local.auditors }\n")
				apply()
				eve.SetRole("admin@acme.com", "Auditor")
			}, report.ExitFinding, 1,
			[]string{
				"1 thing changed outside of Terraform.",
				"| `output.auditors` | `value: \"admin@acme.com\" added` | unknown: it comes from data.prefectsso\\_members.auditors, and no planned change explains it | the plan accepts it |",
			},
		},
		{
			"the configuration goes ahead", func() {
				d.Write("more.tf", "")
				apply()
				d.Write("more.tf", "resource \"prefectsso_session_policy\" \"this\" { auth_expiration_seconds = 60 }\n")
			}, report.ExitChanges, 0,
			[]string{"1 change is planned", "- `create prefectsso_session_policy.this`"},
		},
		{
			"a plan that is refused still tells of the drift", func() {
				d.Write("more.tf", "resource \"prefectsso_member_roles\" \"more\" { roles = { \"owner@acme.com\" = \"No such role\" } }\n")
				eve.SetRole("ada@acme.com", "Member")
			}, report.ExitError, 1,
			[]string{"The plan failed, so it may not show everything.", "`role: \"Admin\" → \"Member\"` | `second.owner@acme.com`, "},
		},
		{"no configuration", func() { d.Write("more.tf", "resource {") }, report.ExitError, 1, nil},
	} {
		day.before()
		report := runWorkflow(t, d, day.name, day.code, day.judged)
		for _, want := range day.says {
			if !strings.Contains(report, want) {
				t.Errorf("%s: %q is not in the report:\n%s", day.name, want, report)
			}
		}
	}
}

// runWorkflow runs the scripts of the workflow as GitHub would and returns the summary of the run.
func runWorkflow(t *testing.T, d *acctest.Dir, day string, wantLook, wantJudge int) string {
	t.Helper()
	outputs, summary := filepath.Join(t.TempDir(), "outputs"), filepath.Join(t.TempDir(), "summary")
	d.Setenv("GITHUB_OUTPUT", outputs)
	d.Setenv("GITHUB_STEP_SUMMARY", summary)
	var log string
	judged := -1
	for _, step := range githubWorkflow(t).Jobs["drift"].Steps {
		if step.Run == "" {
			continue
		}
		for name, value := range step.Env {
			if value != "${{ steps.look.outputs.code }}" {
				t.Fatalf("%s is %s, which this test does not know", name, value)
			}
			content, err := os.ReadFile(outputs)
			if err != nil {
				t.Fatal(err)
			}
			code := strings.TrimSpace(strings.TrimPrefix(string(content), "code="))
			if want := []string{"0", "1", "2", "3"}[wantLook]; code != want {
				t.Errorf("%s: drift.sh ended with %s, want %s:\n%s", day, code, want, log)
			}
			d.Setenv(name, code)
		}
		var output string
		output, judged = d.Shell(step.Run)
		log += output
	}
	if judged != wantJudge {
		t.Errorf("%s: the last step ended with %d, want %d:\n%s", day, judged, wantJudge, log)
	}
	content, err := os.ReadFile(summary)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content)+log, acctest.ServiceKey) {
		t.Errorf("%s: the key is in the output:\n%s%s", day, content, log)
	}
	return string(content)
}

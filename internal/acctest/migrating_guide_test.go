package acctest_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// needsJQ skips a test of commands that call it.
func needsJQ(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("this test needs jq in PATH (apt-get install jq)")
	}
}

const migratingScenario = `
accounts:
  - id: ` + acctest.AccountID + `
    handle: acme
    name: Acme
    auth_expiration_seconds: 43200
    rate_limit_per_minute: 0
    domains: [acme.com]
    users:
      - {email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: ` + acctest.OwnerKey + `}
      - {email: ada@acme.com, first_name: Ada, last_name: Lovelace, role: Admin}
      - {email: grace@acme.com, first_name: Grace, last_name: Hopper, role: Member}
    service_accounts:
      - {name: terraform, role: Owner, api_key: ` + acctest.ServiceKey + `}
      - {name: deploy, api_key: pnb_deploy, workspaces: {production: Developer}}
    workspaces: [{handle: production, name: Production}]
    teams: [{name: Platform, users: [ada@acme.com], workspaces: {production: Developer}}]
`

// The guide on migrating, step by step: what prefecthq/prefect manages is forgotten there and imported here, nothing is
// changed, what stays stays, and a login's age that the other provider resets is set again.
func TestAccGuideMigrating(t *testing.T) {
	t.Parallel()
	needsJQ(t)
	blocks := commands(t, "migrating", 5)
	srv := acctest.Start(t, acctest.Scenario(migratingScenario))
	examples := filepath.Join(acctest.Root(t), "examples", "guides", "migrating")
	d := acctest.NewDir(t, srv)
	d.Mirror()
	d.MirrorOther("prefecthq/prefect", selfAsProvider(t, "prefect"))
	answered(d)

	member := func(email string) map[string]any {
		m, _ := srv.Member(email)
		return map[string]any{"id": m.ID, "email": email, "account_role_id": m.RoleID, "account_role_name": m.Role}
	}
	var deploy string
	for _, m := range srv.Members() {
		if m.Email == "" && m.Role == "Member" {
			deploy = m.ID
		}
	}
	ids := map[string]string{
		"Admin": srv.RoleID("Admin"), "Member": srv.RoleID("Member"), "Developer": srv.WorkspaceRoleID("Developer"),
		"Platform": srv.TeamID("Platform"), "production": srv.WorkspaceID("production"), "deploy": deploy,
	}
	access := func(kind, accessor string) map[string]any {
		return map[string]any{"id": accessor, "accessor_type": kind, "accessor_id": ids[accessor], "workspace_id": ids["production"], "workspace_role_id": ids["Developer"]}
	}
	values, err := json.Marshal(map[string]any{"ids": ids})
	if err != nil {
		t.Fatal(err)
	}
	d.Write("terraform.tfvars.json", string(values))
	d.Write("terraform.tfstate", stateOf(t, map[string]map[string]map[string]any{
		"prefect_account.acme":              {"": {"id": acctest.AccountID, "name": "Acme", "handle": "acme", "domain_names": []string{"acme.com"}}},
		"prefect_account_member.ada":        {"": member("ada@acme.com")},
		"prefect_account_member.grace":      {"": member("grace@acme.com")},
		"prefect_workspace_access.platform": {"": access("TEAM", "Platform")},
		"prefect_workspace_access.deploy":   {"": access("SERVICE_ACCOUNT", "deploy")},
	}))
	before := configuration(t, filepath.Join(examples, "before"))["main.tf"]
	d.Write("main.tf", before)
	d.MustRun("init", "-input=false")

	mustShell(t, d, blocks[0]) // the plan is empty
	after := configuration(t, filepath.Join(examples, "after"))["main.tf"]
	required, _, _ := strings.Cut(after, "variable ")
	_, rest, _ := strings.Cut(before, "variable ")
	d.Write("main.tf", required+"variable "+rest)
	said := mustShell(t, d, blocks[1]) // init, export
	for _, want := range []string{"ignore_changes = [domain_names]", "prefect_workspace_access.deploy"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said:\n%s", want, said)
		}
	}
	if _, err := os.Stat(filepath.Join(d.Path, "state.json")); !os.IsNotExist(err) {
		t.Errorf("the copy of the state is left: %v", err)
	}

	if output, code := d.Shell(blocks[2]); code == 0 {
		t.Errorf("without deleting the blocks that went over the plan passes:\n%s", output)
	}
	d.Write("main.tf", after)
	mustShell(t, d, blocks[2]) // plans, and looks that it only imports and forgets
	srv.ResetRequests()
	mustShell(t, d, blocks[3]) // applies
	if writes := srv.Requests().Writes(); writes != 0 {
		t.Errorf("the apply has written %d times", writes)
	}
	if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
		t.Errorf("the plan afterwards ended with %d:\n%s", code, output)
	}
	for name, want := range map[string]bool{
		"prefectsso_imports.tf": false, "prefectsso_removed.tf": false, "prefectsso_domains.tf": true, "prefectsso_members.tf": true, "prefectsso_teams.tf": true, "prefectsso_README.md": true,
	} {
		if _, err := os.Stat(filepath.Join(d.Path, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}

	// prefect_account is updated, and sends null for what it does not know; the policy, which the other provider lacks, is
	// noticed to be gone and set again.
	d.Write("session_policy.tf", configuration(t, filepath.Join(examples, "after"))["session_policy.tf"])
	d.MustRun("apply")
	srv.Call(acctest.OwnerKey, http.MethodPatch, "", map[string]any{"name": "Acme Inc.", "auth_expiration_seconds": nil}, nil)
	if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 2 || !strings.Contains(output, "prefectsso_session_policy.this") {
		t.Errorf("the plan after an update of prefect_account ended with %d:\n%s", code, output)
	}
	mustShell(t, d, blocks[4])
	var account struct {
		Seconds *int `json:"auth_expiration_seconds"`
	}
	srv.Call(acctest.OwnerKey, http.MethodGet, "", nil, &account)
	if account.Seconds == nil || *account.Seconds != 43200 {
		t.Errorf("a login counts as recent for %v seconds", account.Seconds)
	}
}

// The guide on an existing account, from an empty folder: the binary that init installs exports, the plan only imports, and
// what is left is the account as code.
func TestAccGuideExistingAccount(t *testing.T) {
	t.Parallel()
	needsJQ(t)
	blocks := commands(t, "existing-account", 3)
	srv := acctest.Start(t, exportScenario(t, 1))
	d := acctest.NewDir(t, srv)
	d.Mirror()
	answered(d)
	mirror := filepath.Join(t.TempDir(), "mirror.tfrc") // by its absolute path: the commands work in two folders
	if err := os.WriteFile(mirror, []byte("provider_installation {\n  filesystem_mirror { path = \""+filepath.Join(d.Path, "terraform.d", "plugins")+"\" }\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.Setenv("TF_CLI_CONFIG_FILE", mirror)
	mustShell(t, d, blocks[0])
	srv.ResetRequests()
	mustShell(t, d, "cd acme\n"+blocks[1])
	if writes := srv.Requests().Writes(); writes != 0 {
		t.Errorf("the apply has written %d times", writes)
	}
	if _, err := os.Stat(filepath.Join(d.Path, "acme", "imports.tf")); !os.IsNotExist(err) {
		t.Errorf("the imports are left: %v", err)
	}
	// Somebody changes the account by hand: the last command says so.
	mustShell(t, d, "cd acme\n"+blocks[2])
	srv.SetRole("admin@acme.com", "Member")
	if output, code := d.Shell("cd acme\n" + blocks[2]); code != 2 || !strings.Contains(output, "admin@acme.com") {
		t.Errorf("after a change by hand the plan ended with %d:\n%s", code, output)
	}
}

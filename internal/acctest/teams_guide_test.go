package acctest_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// startPostgres runs a PostgreSQL of its own until the test ends, and returns how to reach it: by a socket in a folder that
// nobody else may enter. PostgreSQL refuses to run as root, so there it runs as the user whom Debian's package makes for it.
func startPostgres(t *testing.T) (connection string) {
	t.Helper()
	initdb, err := exec.LookPath("initdb")
	if err != nil { // Debian keeps it out of PATH
		found, globErr := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
		if globErr != nil || len(found) == 0 {
			t.Skip("this test needs PostgreSQL's server programs (apt-get install postgresql)")
		}
		initdb = found[len(found)-1]
	}
	folder, err := os.MkdirTemp("", "pg-") // not t.TempDir, which another user may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	var as *syscall.Credential
	if os.Getuid() == 0 {
		postgres, err := user.Lookup("postgres")
		if err != nil {
			t.Skipf("root cannot run PostgreSQL, and there is no user for it: %v", err)
		}
		uid, uidErr := strconv.ParseUint(postgres.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(postgres.Gid, 10, 32)
		if uidErr != nil || gidErr != nil {
			t.Fatal(uidErr, gidErr)
		}
		as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(folder, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
	}
	run := func(program string, arguments ...string) {
		t.Helper()
		cmd := exec.Command(program, arguments...)
		cmd.Dir, cmd.SysProcAttr = folder, &syscall.SysProcAttr{Credential: as}
		log, err := os.CreateTemp(t.TempDir(), "log") // a pipe would be waited for as long as the server has it
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Run(); err != nil {
			content, _ := os.ReadFile(log.Name()) // what there is of it
			t.Errorf("%s %v: %v\n%s", filepath.Base(program), arguments, err, content)
		}
	}
	data, control := filepath.Join(folder, "data"), filepath.Join(filepath.Dir(initdb), "pg_ctl")
	run(initdb, "--pgdata", data, "--username", "terraform", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	run(control, "start", "--wait", "--pgdata", data, "--log", filepath.Join(folder, "log"),
		"--options", fmt.Sprintf("-k %s -c listen_addresses='' -c fsync=off -c max_connections=50", folder))
	t.Cleanup(func() { run(control, "stop", "--wait", "--mode", "immediate", "--pgdata", data) })
	if t.Failed() {
		t.FailNow()
	}
	return "postgres://terraform@/postgres?host=" + folder + "&sslmode=disable"
}

// Four teams with a state each in one database, and two pipelines of each: eight at a time that write to one account. Runs of
// one state wait for each other, no writer takes away what another one has written, and a plan that was overtaken is refused.
func TestAccGuideTeams(t *testing.T) {
	t.Parallel()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("runs the real terraform: set TF_ACC=1")
	}
	srv := acctest.Start(t)
	connection := startPostgres(t)
	blocks := commands(t, "teams", 2)
	main, err := os.ReadFile(filepath.Join(acctest.Root(t), "examples", "guides", "teams", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	pipeline := func(team, person, role string) *acctest.Dir {
		t.Helper()
		d := acctest.NewDir(t, srv)
		d.Mirror()
		d.Write("main.tf", string(main))
		d.Setenv("PG_CONN_STR", connection)
		d.Setenv("TF_VAR_domain", team+".example")
		d.Setenv("TF_VAR_roles", fmt.Sprintf("{ %q = %q }", person, role))
		if output, code := d.Run("init", "-input=false", "-backend-config=schema_name="+team); strings.Contains(output, "Unsupported backend type") {
			t.Skip("this Terraform was built without the remote backends, as buildterraform does")
		} else if code != 0 {
			t.Fatalf("init ended with %d:\n%s", code, output)
		}
		return d
	}
	people := map[string]string{"alpha": "ada@acme.com", "beta": "grace@acme.com", "gamma": "linus@acme.com", "delta": "admin@acme.com"}
	teams := slices.Sorted(maps.Keys(people))
	pipelines := map[string][2]*acctest.Dir{}
	for _, team := range teams {
		pair := [2]*acctest.Dir{pipeline(team, people[team], "Auditor"), pipeline(team, people[team], "Auditor")}
		// The first state of each is made one after the other: making one takes a lock on the whole database, for which
		// Terraform waits longer and longer.
		pair[0].MustRun("apply", "-input=false", "-auto-approve", "-refresh-only")
		pipelines[team] = pair
	}
	var writers sync.WaitGroup
	for _, team := range teams {
		for _, d := range pipelines[team] {
			writers.Go(func() {
				if output, code := d.Run("apply", "-input=false", "-auto-approve", "-lock-timeout=2m"); code != 0 {
					t.Errorf("%s: a pipeline ended with %d:\n%s", team, code, output)
				}
			})
		}
	}
	writers.Wait()
	if err := srv.WantDomains("alpha.example", "beta.example", "gamma.example", "delta.example"); err != nil {
		t.Error(err)
	}
	for _, email := range people {
		if err := srv.WantRole(email, "Auditor"); err != nil {
			t.Error(err)
		}
	}

	// The guide's own commands, in the second pipeline of a team, which is then overtaken by the first.
	first, second := pipelines["alpha"][0], pipelines["alpha"][1]
	second.Setenv("TF_VAR_roles", `{ "ada@acme.com" = "Member" }`)
	const address = `"postgres://terraform@db.acme.example/terraform"`
	if !strings.Contains(blocks[0], address) {
		t.Fatalf("the guide has another address of the database:\n%s", blocks[0])
	}
	script := strings.NewReplacer(address, "'"+connection+"'", "data_platform", "alpha").Replace(blocks[0])
	mustShell(t, second, script)
	if err := srv.WantRole("ada@acme.com", "Member"); err != nil {
		t.Error(err)
	}
	if output, code := second.Run("apply", "-input=false", "tfplan"); code == 0 || !strings.Contains(output, "Saved plan is stale") {
		t.Errorf("a plan that is applied already: %d\n%s", code, output)
	}
	for name, content := range map[string]string{"the plan": read(t, second, "tfplan"), "what init keeps": read(t, second, filepath.Join(".terraform", "terraform.tfstate"))} {
		if strings.Contains(content, "pg-") {
			t.Errorf("%s holds the address of the database", name)
		}
	}
	if _, err := os.Stat(filepath.Join(first.Path, "terraform.tfstate")); !os.IsNotExist(err) {
		t.Errorf("there is a state beside the configuration: %v", err)
	}
}

// What the guide says that the two keys need is enough, and nothing of it can be left out.
func TestAccGuideTwoKeys(t *testing.T) {
	t.Parallel()
	quoted := func(permissions []string) string { return `["` + strings.Join(permissions, `", "`) + `"]` }
	reads := []string{"read:account", "read:account_membership", "read:account_role"}
	writes := append(slices.Clone(reads), "administrate:sso", "update:account_membership")
	readsConnections := append(slices.Clone(reads), "administrate:sso")
	guide := guideText(t, "teams")
	for name, permissions := range map[string][]string{"plan": reads, "plan, with identity providers or directories": readsConnections, "apply": writes} {
		row := "| " + name + " | `" + strings.Join(permissions, "`, `") + "` |"
		if !strings.Contains(guide, row) {
			t.Errorf("the guide has not the row %s", row)
		}
	}
	less := func(permissions []string, left string) []string {
		return slices.DeleteFunc(slices.Clone(permissions), func(p string) bool { return p == left })
	}
	// The role Auditor has what the apply's key has, too: nobody can give more.
	start := func(t *testing.T, plans, applies []string, more string) *acctest.Dir {
		t.Helper()
		srv := acctest.Start(t, acctest.PrivateIssuers, acctest.Scenario(`
accounts:
  - id: `+acctest.AccountID+`
    handle: acme
    name: Acme
    users:
      - {email: owner@acme.com, role: Owner, api_key: `+acctest.OwnerKey+`}
      - {email: ada@acme.com, role: Member}
    custom_roles:
      - {name: Auditor, permissions: ["read:account"]}
      - {name: Plans, permissions: `+quoted(plans)+`}
      - {name: Applies, permissions: `+quoted(applies)+`}
    service_accounts:
      - {name: plans, role: Plans, api_key: pnb_plans}
      - {name: applies, role: Applies, api_key: pnb_applies}
`))
		d := acctest.NewDir(t, srv)
		_, issuer := acctest.StartIdP(t, srv)
		d.Write("main.tf", requiredProviders+`
resource "prefectsso_domain" "own" { name = "acme.com" }
resource "prefectsso_member_roles" "own" { roles = { "ada@acme.com" = "Auditor" } }
`+strings.ReplaceAll(more, "ISSUER", issuer))
		return d
	}
	script := "PLAN_KEY=pnb_plans APPLY_KEY=pnb_applies\n" + commands(t, "teams", 2)[1]
	both := func(d *acctest.Dir) (output string, ended int) { return d.Shell(script) }
	d := start(t, reads, writes, "")
	if output, code := both(d); code != 0 {
		t.Errorf("the keys' permissions are not enough: %d\n%s", code, output)
	}
	if output, code := d.Shell(`PREFECT_API_KEY=pnb_plans terraform destroy -input=false -auto-approve`); code == 0 {
		t.Errorf("the key for plans can write:\n%s", output)
	}
	const connection = `
resource "prefectsso_identity_provider" "okta" {
  name            = "Okta"
  connection_type = "OktaOIDC"
  domains         = [prefectsso_domain.own.name]
  oidc            = { issuer = "ISSUER", client_id = "c", client_secret_wo = "s", client_secret_wo_version = 1 }
}
resource "prefectsso_scim_directory" "okta" {
  name            = "Okta"
  type            = "okta scim v2.0"
  allowed_domains = [prefectsso_domain.own.name]
}
`
	d = start(t, readsConnections, writes, connection)
	if output, code := both(d); code != 0 {
		t.Errorf("the keys' permissions are not enough for a connection and a directory: %d\n%s", code, output)
	}
	if output, code := d.Shell("PREFECT_API_KEY=pnb_plans terraform plan -input=false -detailed-exitcode"); code != 0 {
		t.Errorf("the second plan, by the key for plans: %d\n%s", code, output)
	}
	for _, left := range writes {
		t.Run("without "+left, func(t *testing.T) {
			plans := less(reads, left)
			if output, code := both(start(t, plans, less(writes, left), "")); code == 0 {
				t.Errorf("the guide names %s, and it is not needed:\n%s", left, output)
			}
		})
	}
}

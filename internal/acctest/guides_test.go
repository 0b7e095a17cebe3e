package acctest_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// guideText is a guide as it is written.
func guideText(t *testing.T, name string) string {
	t.Helper()
	folder := filepath.Join(acctest.Root(t), "templates", "guides")
	content, err := os.ReadFile(filepath.Join(folder, name+".md.tmpl"))
	if os.IsNotExist(err) {
		content, err = os.ReadFile(filepath.Join(folder, name+".md"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

var fenced = regexp.MustCompile("(?ms)^[ ]*```sh\n(.*?)^[ ]*```$")

// commands are a guide's blocks of commands, which a test does one by one. It says how many there are, so that another one
// wants its place in the test.
func commands(t *testing.T, guide string, want int) []string {
	t.Helper()
	var blocks []string
	for _, match := range fenced.FindAllStringSubmatch(guideText(t, guide), -1) {
		blocks = append(blocks, match[1])
	}
	if len(blocks) != want {
		t.Fatalf("the guide %s has %d blocks of commands, and its test does %d", guide, len(blocks), want)
	}
	return blocks
}

// mustShell is Shell for what has to succeed.
func mustShell(t *testing.T, d *acctest.Dir, script string) string {
	t.Helper()
	output, code := d.Shell(script)
	if code != 0 {
		t.Fatalf("%s\nended with %d:\n%s", script, code, output)
	}
	return output
}

// answered stands in for the person who says yes to terraform apply and destroy.
func answered(d *acctest.Dir) {
	d.Setenv("TF_CLI_ARGS_apply", "-auto-approve -input=false")
	d.Setenv("TF_CLI_ARGS_destroy", "-auto-approve -input=false")
}

func read(t *testing.T, d *acctest.Dir, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(d.Path, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// pushes is the status that an identity provider gets for a push with a token.
func pushes(t *testing.T, endpoint, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint+"/Users?count=1", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // the status is all that counts
	return resp.StatusCode
}

// endpointOf is the SCIM endpoint of a directory in the state.
func endpointOf(t *testing.T, d *acctest.Dir, directory string) string {
	t.Helper()
	match := regexp.MustCompile(`(?s)"type": "prefectsso_scim_directory",\s*"name": "` + directory + `".*?"scim_endpoint": "([^"]+)"`).FindStringSubmatch(read(t, d, "terraform.tfstate"))
	if match == nil {
		t.Fatalf("no directory %s in the state", directory)
	}
	return match[1]
}

// What the guide on secrets says of a secret store: no secret is in the state or a plan, a rotation at any time or by the
// clock leaves the one before working for the overlap, and an apply that fails between the two sides heals.
func TestAccGuideSecrets(t *testing.T) {
	t.Parallel()
	e := newExample(t)
	blocks := commands(t, "secrets", 2)
	d := e.dir(filepath.Join(acctest.Root(t), "examples", "guides", "secrets"))
	answered(d)
	store := t.TempDir()
	d.Setenv(standInStore, store)
	at := time.Now().Unix()
	d.Setenv(standInNow, strconv.FormatInt(at, 10))

	// version is the newest secret that the store has of one of the two.
	version := func(resource string) string {
		t.Helper()
		match := regexp.MustCompile(`(?s)"type": "aws_secretsmanager_secret_version",\s*"name": "` + resource + `".*?"version_id": "([^"]+)"`).FindStringSubmatch(read(t, d, "terraform.tfstate"))
		if match == nil {
			t.Fatalf("no version of %s in the state", resource)
		}
		content, err := os.ReadFile(filepath.Join(store, match[1]))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	d.MustRun("apply")
	first := version("scim")
	endpoint := endpointOf(t, d, "okta")
	if got := pushes(t, endpoint, first); got != http.StatusOK {
		t.Fatalf("a push with the secret of the store: %d", got)
	}

	d.Setenv(standInNow, strconv.FormatInt(at+60, 10))
	mustShell(t, d, blocks[1]) // rotates at once
	second := version("scim")
	if before, after := pushes(t, endpoint, first), pushes(t, endpoint, second); second == first || before != http.StatusOK || after != http.StatusOK {
		t.Errorf("within the overlap the secret before gets %d, the new one %d", before, after)
	}
	e.srv.Advance("49h")
	if before, after := pushes(t, endpoint, first), pushes(t, endpoint, second); before != http.StatusUnauthorized || after != http.StatusOK {
		t.Errorf("after the overlap the secret before gets %d, the new one %d", before, after)
	}

	// The clock rotates, and Okta does not answer after the store has the new secret.
	d.Setenv(standInNow, strconv.FormatInt(at+61*24*60*60, 10))
	d.Setenv(standInFail, "okta_app_oauth")
	if output, code := d.Run("apply"); code == 0 || !strings.Contains(output, "The stand-in fails") {
		t.Fatalf("the apply ended with %d:\n%s", code, output)
	}
	d.Setenv(standInFail, "")
	d.MustRun("apply", "-refresh=true")
	if okta, err := os.ReadFile(filepath.Join(store, "okta_app_oauth")); err != nil || string(okta) != version("client") {
		t.Errorf("Okta has another client secret than the store: %v", err)
	}
	if got := pushes(t, endpoint, version("scim")); got != http.StatusOK {
		t.Errorf("a push with the third secret: %d", got)
	}
	d.MustRun("plan", "-detailed-exitcode", "-input=false", "-out=tfplan")

	secrets, err := os.ReadDir(store)
	if err != nil || len(secrets) < 5 {
		t.Fatalf("the store has %d secrets, %v", len(secrets), err)
	}
	for _, file := range secrets {
		secret, err := os.ReadFile(filepath.Join(store, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", "tfplan"} {
			if strings.Contains(read(t, d, name), string(secret)) {
				t.Errorf("%s holds a secret", name)
			}
		}
	}
	d.MustRun("destroy")
}

// One secret for two sides by hand, as the guide begins.
func TestAccGuideSecretsByHand(t *testing.T) {
	t.Parallel()
	e := newExample(t)
	d := e.dir(filepath.Join(acctest.Root(t), "examples", "scim-rotation"))
	answered(d)
	d.MustRun("apply")
	mustShell(t, d, commands(t, "secrets", 2)[0]+`printf %s "$TF_VAR_shared_secret" >secret`)
	secret, endpoint := read(t, d, "secret"), endpointOf(t, d, "okta")
	if before, after := pushes(t, endpoint, scimSecret), pushes(t, endpoint, secret); before != http.StatusOK || after != http.StatusOK {
		t.Errorf("within the overlap the secret before gets %d, the new one %d", before, after)
	}
	if strings.Contains(read(t, d, "terraform.tfstate"), secret) {
		t.Error("the secret is in the state")
	}
}

// Where a provider takes no write-only value, the secret works on both sides, rotates by the clock, and is in the state: the
// guide has to say so.
func TestAccGuideSecretsInState(t *testing.T) {
	t.Parallel()
	e := newExample(t)
	d := e.dir(filepath.Join(acctest.Root(t), "examples", "guides", "secrets-in-state"))
	answered(d)
	store := t.TempDir()
	d.Setenv(standInStore, store)
	okta := func() string {
		t.Helper()
		content, err := os.ReadFile(filepath.Join(store, "okta_app_connection"))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	d.MustRun("apply")
	first := okta()
	if !strings.Contains(read(t, d, "terraform.tfstate"), first) {
		t.Error("the secret is not in the state, so the guide is wrong")
	}
	d.Setenv(standInNow, strconv.FormatInt(time.Now().Unix()+31*24*60*60, 10))
	d.MustRun("apply")
	second := okta()
	endpoint := endpointOf(t, d, "okta")
	if before, after := pushes(t, endpoint, first), pushes(t, endpoint, second); first == second || before != http.StatusOK || after != http.StatusOK {
		t.Errorf("within the overlap the secret before gets %d, the new one %d", before, after)
	}

	d.Write("ephemeral.tf", "variable \"secret\" {\n  ephemeral = true\n  default   = \"x\"\n}\n")
	d.Write("ephemeral_override.tf", "resource \"okta_app_connection\" \"prefect\" {\n  profile {\n    auth_scheme = \"TOKEN\"\n    token       = var.secret\n  }\n}\n")
	if output, code := d.Run("plan", "-input=false"); code == 0 || !strings.Contains(output, "phemeral value") { // each says so in its own way
		t.Errorf("an ephemeral value for an argument that is not write-only: %d\n%s", code, output)
	}
}

// mockcloudBinary builds the server into a folder.
func mockcloudBinary(t *testing.T, folder string) {
	t.Helper()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(folder, "mockcloud"), "./internal/cmd/mockcloud")
	build.Dir = acctest.Root(t)
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build mockcloud: %v\n%s", err, output)
	}
}

// The module's tests pass by the guide's commands, and fail when the module does another thing.
func TestAccGuideTestingModules(t *testing.T) {
	t.Parallel()
	blocks := commands(t, "testing-modules", 2)
	d := acctest.NewDir(t, acctest.Start(t)) // test.sh starts one of its own
	d.CopyDir(filepath.Join(acctest.Root(t), "examples", "guides", "module"), ".")
	d.Mirror()
	mockcloudBinary(t, d.Path)
	output := mustShell(t, d, "PATH=$PWD:$PATH\n"+blocks[0])
	if !strings.Contains(output, "6 passed, 0 failed") {
		t.Errorf("terraform test says:\n%s", output)
	}
	if d.Version().Has(acctest.JUnit) {
		mustShell(t, d, blocks[1])
		if report := read(t, d, "report.xml"); strings.Count(report, "<testcase") != 6 {
			t.Errorf("the report is:\n%s", report)
		}
	}

	main := read(t, d, "main.tf")
	d.Write("main.tf", strings.Replace(main, `!contains(values(var.roles), "Owner")`, `!contains(values(var.roles), "Emperor")`, 1))
	if output, code := d.Shell("MOCKCLOUD=./mockcloud ./test.sh"); code == 0 || !strings.Contains(output, "makes_no_owners") {
		t.Errorf("without the module's condition: %d\n%s", code, output)
	}
	d.Write("main.tf", strings.Replace(main, "roles = var.roles", `roles = merge(var.roles, { "owner@acme.com" = "Owner" }, { "ada@acme.com" = "Admin" })`, 1))
	if output, code := d.Shell("MOCKCLOUD=./mockcloud ./test.sh"); code == 0 || !strings.Contains(output, "Somebody is still an Admin.") {
		t.Errorf("with a module that demotes nobody: %d\n%s", code, output)
	}
	if output, code := d.Shell("MOCKCLOUD=./mockcloud SCENARIO=main.tf ./test.sh"); code != 1 || !strings.Contains(output, "main.tf") {
		t.Errorf("with a scenario that is none: %d\n%s", code, output)
	}

	d.Write("noting", "#!/bin/sh\necho $$ >pid\nexec ./mockcloud \"$@\"\n")
	mustShell(t, d, "chmod +x noting; MOCKCLOUD=./noting ./test.sh -filter=tests/none.tftest.hcl || true")
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, d, "pid")))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the server is left: %v", err)
	}
}

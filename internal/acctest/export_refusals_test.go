package acctest_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/export"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// filesOf are the files of a folder by their names.
func filesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(content)
	}
	return files
}

func wantExport(t *testing.T, srv *acctest.Server, key string, code int, want string, args ...string) {
	t.Helper()
	if said, got := exported(t, srv, key, args...); got != code || !strings.Contains(said, want) {
		t.Errorf("export %v ended with %d, want %d and %q:\n%s", args, got, code, want, said)
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A folder with files is refused. With --force the files of an earlier export are replaced, or taken away where there is
// nothing to write into them any more, and no other one is touched.
func TestExportFolder(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, exportScenario(t, 0))
	folder := filepath.Join(t.TempDir(), "a", "b")
	wantExport(t, srv, acctest.ServiceKey, 0, "It is in "+folder, folder)
	first := filesOf(t, folder)
	for name := range first {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if first["teams.tf"] == "" || strings.HasPrefix(first["teams.tf"], ".") {
		t.Errorf("the files are %v", first)
	}
	wantExport(t, srv, acctest.ServiceKey, 1, "--force", folder)
	write(t, filepath.Join(folder, "own.tf"), "# by hand\n")
	srv.Call(acctest.OwnerKey, http.MethodPatch, "", map[string]any{"auth_expiration_seconds": 60}, nil)
	wantExport(t, srv, acctest.ServiceKey, 0, "the session policy", folder, "--force")
	second := filesOf(t, folder)
	if second["own.tf"] != "# by hand\n" || second["session_policy.tf"] == "" || len(second) != len(first)+2 {
		t.Errorf("the files are %v", second)
	}
	srv.Call(acctest.OwnerKey, http.MethodPatch, "", map[string]any{"auth_expiration_seconds": nil}, nil)
	wantExport(t, srv, acctest.ServiceKey, 0, "", "--force", folder)
	if third := filesOf(t, folder); third["session_policy.tf"] != "" || len(third) != len(first)+1 {
		t.Errorf("the files are %v", third)
	}
	write(t, filepath.Join(folder, "teams.tf"), "# by hand\n")
	wantExport(t, srv, acctest.ServiceKey, 1, "teams.tf in "+folder, "--force", folder)
	if filesOf(t, folder)["teams.tf"] != "# by hand\n" {
		t.Error("a file by hand was replaced")
	}
}

// What stops the command leaves nothing behind.
func TestExportFails(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, exportScenario(t, 0))
	folder := filepath.Join(t.TempDir(), "new")
	const other = "0c1f1d2e-0000-4000-8000-0000000000ff"
	for want, args := range map[string][]string{
		"no folder is given":                  {},
		"b and c are given; export takes one": {"b", "c"},
		`--account is "x", which is no UUID`:  {"--account", "x", folder},
		"could not read account " + other:     {"--account", other, folder},
		"flag provided but not defined":       {"--nonsense", folder},
		"could not read the state":            {"--from-state", "/nowhere/state", folder},
		"could not look into the folder":      {"/dev/null/x"},
	} {
		wantExport(t, srv, acctest.ServiceKey, 1, want, args...)
	}
	state := filepath.Join(t.TempDir(), "state")
	for want, content := range map[string]string{
		"this is no state":                 `{"secret": "abc"`,
		"this is no state: give":           `{"version": 3, "resources": []}`,
		"the state has no prefect_account": `{"version": 4, "resources": [{"mode": "data", "type": "prefect_account", "name": "x", "instances": [{"attributes": {}}]}]}`,
		`" is no address of a resource`:    `{"version": 4, "resources": [{"mode": "managed", "type": "prefect_account_member", "name": "x } y", "instances": [{"attributes": {"email": "a@b.c"}}]}]}`,
		"prefect_account_member.x has not": `{"version": 4, "resources": [{"mode": "managed", "type": "prefect_account_member", "name": "x", "instances": [{"attributes": {"email": 5}}]}]}`,
	} {
		write(t, state, content)
		wantExport(t, srv, acctest.ServiceKey, 1, want, "--from-state", state, folder)
	}
	wantExport(t, srv, "pnb_nobody", 1, "could not read account", folder)
	srv.Fault(map[string]any{"method": http.MethodPost, "route": "/api/accounts/{account_id}/teams/filter", "status": http.StatusNotImplemented, "times": 100})
	wantExport(t, srv, acctest.ServiceKey, 1, "could not read roles of teams", folder)
	if _, err := os.Stat(folder); err == nil {
		t.Error("a folder was left behind")
	}
}

// A folder that nothing can be written into is refused before anything is read.
func TestExportIntoWhatIsNotWritable(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, exportScenario(t, 0))
	closed := t.TempDir()
	file := filepath.Join(closed, "file")
	write(t, file, "")
	srv.ResetRequests()
	wantExport(t, srv, acctest.ServiceKey, 1, "could not look into the folder", file)
	wantExport(t, srv, acctest.ServiceKey, 1, "could not look into the folder", filepath.Join(file, "below"))
	if os.Geteuid() != 0 { // who may write everywhere
		if err := os.Chmod(closed, 0o500); err != nil {
			t.Fatal(err)
		}
		wantExport(t, srv, acctest.ServiceKey, 1, "permission denied", "--force", closed)
		wantExport(t, srv, acctest.ServiceKey, 1, "nothing can be written into "+closed, filepath.Join(closed, "new", "folder"))
		if err := os.Chmod(closed, 0o700); err != nil { // so that the test can be tidied up
			t.Fatal(err)
		}
	}
	if n := srv.Requests().Total; n != 0 {
		t.Errorf("%d requests were made", n)
	}
	if left := filesOf(t, closed); len(left) != 1 {
		t.Errorf("the folder has %v", left)
	}
}

// A part that the key may not read is named, and is an error unless that is fine.
func TestExportOfWhatTheKeyMayNotRead(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, exportScenario(t, 0))
	folder := filepath.Join(t.TempDir(), "new")
	wantExport(t, srv, "pnu_auditor", 1, "members: the API key may not read that", folder)
	names := make([]string, 0, 5)
	for name := range filesOf(t, folder) {
		names = append(names, name)
	}
	slices.Sort(names)
	if slices.Contains(names, "members.tf") || !slices.Contains(names, "README.md") {
		t.Errorf("the files are %v", names)
	}
	wantExport(t, srv, "pnu_auditor", 0, "members: the API key may not read that", "--force", "--partial", folder)
}

// Of two accounts each has its own configuration.
func TestExportOfTwoAccounts(t *testing.T) {
	t.Parallel()
	const other = "0c1f1d2e-0000-4000-8000-000000000002"
	srv := acctest.Start(t, acctest.Scenario(`
accounts:
  - {id: `+acctest.AccountID+`, handle: acme, name: Acme, domains: [acme.com], users: [{email: owner@acme.com, first_name: A, last_name: O, role: Owner, api_key: `+acctest.OwnerKey+`}]}
  - {id: `+other+`, handle: globex, name: Globex, domains: [globex.example], users: [{email: owner@globex.example, first_name: G, last_name: O, role: Owner, api_key: pnu_globex}]}
`))
	first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")
	wantExport(t, srv, acctest.OwnerKey, 0, "1 domain", first)
	wantExport(t, srv, "pnu_globex", 0, "1 domain", "--account", strings.ToUpper(other), second)
	for folder, want := range map[string][2]string{first: {acctest.AccountID, "acme.com"}, second: {other, "globex.example"}} {
		files := filesOf(t, folder)
		if !strings.Contains(files["versions.tf"], want[0]) || !strings.Contains(files["domains.tf"], want[1]) || !strings.Contains(files["imports.tf"], `"`+want[0]+"/"+want[1]+`"`) {
			t.Errorf("%s: %v", want[0], files)
		}
	}
}

// Ten thousand people and 300 teams are one map and one resource, and cost a request for 200 of them.
func TestExportOfMany(t *testing.T) {
	t.Parallel()
	var teams strings.Builder
	for i := range 300 {
		fmt.Fprintf(&teams, "      - {name: Team %d, workspaces: {production: Developer, staging: Viewer}}\n", i)
	}
	srv := acctest.Start(t, acctest.Scenario(`
accounts:
  - id: `+acctest.AccountID+`
    handle: acme
    name: Acme
    rate_limit_per_minute: 0
    domains: [acme.com]
    users: [{email: owner@acme.com, first_name: A, last_name: O, role: Owner, api_key: `+acctest.OwnerKey+`}]
    workspaces: [{handle: production, name: Production}, {handle: staging, name: Staging}]
    directories: [{name: Okta, type: okta scim v2.0, token: `+acctest.DirectoryToken+`}]
    generate: {members: 10000, domain: acme.com, role: Member}
    teams:
`+teams.String()))
	folder := filepath.Join(t.TempDir(), "new")
	srv.ResetRequests()
	wantExport(t, srv, acctest.OwnerKey, 0, "the roles of 10001 people and 600 roles of teams in workspaces", folder)
	if n := srv.Requests().Total; n > 70 || srv.Requests().Count(http.MethodPost, "/account_memberships/count") != 0 {
		t.Errorf("%d requests were made", n)
	}
	var heard acctest.Heard
	if said, code := exportedBefore(t, &heard, srv, acctest.OwnerKey, "--force", folder); code != 0 {
		t.Errorf("ended with %d: %s", code, said)
	}
	heard.Want(t, "memberships 10001", "teams 300", "directory users")
	if n := srv.Requests().Count(http.MethodPost, "/account_memberships/count"); n != 1 {
		t.Errorf("%d requests were made for the count of members", n)
	}
	files := filesOf(t, folder)
	for name, want := range map[string]map[string]int{
		"members.tf": {`@acme.com" = "Member"`: 10000, "resource ": 1}, "teams.tf": {"{ team = ": 600, "resource ": 1}, "imports.tf": {"import {": 4},
	} {
		for text, n := range want {
			if got := strings.Count(files[name], text); got != n {
				t.Errorf("%s has %q %d times, want %d", name, text, got, n)
			}
		}
	}
}

// The help says what the command takes.
func TestExportHelp(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	code := export.Run(t.Context(), "test", []string{"-h"}, report.Streams{Out: &out, Err: io.Discard, Getenv: func(string) string { return "" }})
	for _, option := range []string{"--account", "--from-state", "--force", "--partial", "FOLDER", "PREFECT_API_KEY"} {
		if !strings.Contains(out.String(), option) {
			t.Errorf("%s is missing", option)
		}
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > 81 {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
	if code != 0 {
		t.Errorf("ended with %d", code)
	}
}

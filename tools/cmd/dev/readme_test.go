package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
)

// ours is the root of the working tree, seen from this package.
var ours = filepath.Join("..", "..", "..")

// TestReadme does what README.md says, command by command, in an empty folder: what it
// clones is the working tree. It stands in for two things: `make test`, which is what
// runs this, and the person who answers yes to terraform apply.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what builds the programs and plays the demo")
	}
	readme, err := os.ReadFile(filepath.Join(ours, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if words := len(strings.Fields(string(readme))); words > 900 {
		t.Errorf("README.md has %d words, and may have 900", words)
	}
	blocks := commands(string(readme))
	if len(blocks) != 3 {
		t.Fatalf("README.md has %d blocks of commands, want 3: clone and see, make dev, the first configuration", len(blocks))
	}
	home := filepath.Join(t.TempDir(), "with space")
	clone := filepath.Join(home, "terraform-provider-prefectsso")
	copyTree(t, clone)

	const stand = "set -e\ngit() { :; }\nmake() { [ \"$1\" = test ] || command make \"$@\"; }\n"
	shell(t, home, stand+blocks[0])

	serve(t, clone, blocks[1])
	out := shell(t, clone, "set -e\n"+blocks[2], "TF_CLI_ARGS_apply=-auto-approve")
	if !strings.Contains(out, "No changes.") {
		t.Errorf("the second plan is not empty:\n%s", out)
	}
	at := settings(t, filepath.Join(clone, "bin", "dev", "env"))
	if got := names(t, at, http.MethodGet, "/domains", "name"); !slices.Equal(got, []string{"acme.com"}) {
		t.Errorf("the account's domains are %q", got)
	}
	if admins := names(t, at, http.MethodPost, "/account_memberships/filter", "email", "account_role_name=Admin"); !slices.Contains(admins, "ada@acme.com") {
		t.Errorf("the account's Admins are %q", admins)
	}
}

// serve runs make dev, as a page has it, on a free port until the test ends, and returns what it prints until it is ready.
func serve(t *testing.T, clone, command string) (said string) {
	t.Helper()
	dev := exec.Command("sh", "-c", "exec "+strings.TrimSpace(command))
	dev.Dir = clone
	dev.Env = environ("LISTEN=127.0.0.1:0")
	dev.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a terminal has it
	printed, err := dev.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	dev.Stderr = &log
	if err := dev.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(printed)
	for ready := false; !ready; {
		line, err := reader.ReadString('\n')
		if err != nil {
			t.Fatalf("make dev ended before it was ready: %v\n%s", err, log.String())
		}
		said += line
		ready = strings.HasPrefix(line, "README.md goes on")
	}
	t.Cleanup(func() {
		// Ctrl-C reaches the whole group.
		if err := syscall.Kill(-dev.Process.Pid, syscall.SIGINT); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(io.Discard, reader)
		_ = dev.Wait() // make itself says Interrupt
	})
	return said
}

// commands are the contents of the blocks of a page that are for a shell.
func commands(page string) (blocks []string) {
	for {
		_, rest, found := strings.Cut(page, "```sh\n")
		if !found {
			return blocks
		}
		block, after, _ := strings.Cut(rest, "```")
		blocks, page = append(blocks, block), after
	}
}

// copyTree copies what git has, or would add, of the working tree.
func copyTree(t *testing.T, to string) {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = ours
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for file := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		from := filepath.Join(ours, file)
		if _, err := os.Stat(from); os.IsNotExist(err) {
			continue // removed, and not committed yet
		}
		if err := stage.CopyFile(filepath.Join(to, file), from); err != nil {
			t.Fatal(err)
		}
	}
}

// environ is the environment of a person who has just opened a terminal.
func environ(more ...string) []string {
	return append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "TF_") || strings.HasPrefix(name, "PREFECT") || strings.HasPrefix(name, "MAKE") || name == "MFLAGS"
	}), more...)
}

// shell has a shell do what a block says.
func shell(t *testing.T, dir, script string, env ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, environ(env...), time.Minute
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out)
	}
	return string(out)
}

// settings are the variables of a file that make dev has written.
func settings(t *testing.T, file string) map[string]string {
	t.Helper()
	at := map[string]string{}
	for line := range strings.Lines(shell(t, filepath.Dir(file), ". ./"+filepath.Base(file)+" && env")) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		at[name] = value
	}
	return at
}

// names asks the account API for a list, and gives one field of those that have all of where.
func names(t *testing.T, at map[string]string, method, route, field string, where ...string) (found []string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, at["PREFECT_API_URL"]+"/accounts/"+at["PREFECT_CLOUD_ACCOUNT_ID"]+route, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+at["PREFECT_API_KEY"])
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}()
	var rows []map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if !slices.ContainsFunc(where, func(w string) bool {
			name, value, _ := strings.Cut(w, "=")
			return row[name] != value
		}) {
			if value, isText := row[field].(string); isText {
				found = append(found, value)
			}
		}
	}
	return found
}

//go:build unix

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/poll"
)

const projectRoot = "../../.."

// The container has one program in it, runs it as nobody in particular, and starts it with flags that it takes.
func TestContainerfile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(projectRoot, "Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	has := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		instruction, rest, _ := strings.Cut(line, " ")
		has[instruction] = append(has[instruction], rest)
	}
	_, port, _ := strings.Cut(defaultListen, ":")
	for instruction, want := range map[string]string{
		"FROM": "scratch", "EXPOSE": port, "USER": "65532:65532", "ENTRYPOINT": `["/mockcloud"]`,
		"COPY": "mockcloud LICENSE THIRD_PARTY_LICENSES.txt /",
	} {
		if got := has[instruction]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", instruction, got, want)
		}
	}
	if has["RUN"] != nil || has["ADD"] != nil || has["ENV"] != nil {
		t.Errorf("an empty image runs nothing, fetches nothing, and has no secret: %v", has)
	}
	// The archive has what it copies.
	release, err := os.ReadFile(filepath.Join(projectRoot, ".goreleaser.yml"))
	if err != nil {
		t.Fatal(err)
	}
	_, archive, _ := strings.Cut(string(release), "  - id: mockcloud\n    ids: [mockcloud]\n    formats: [tar.gz]")
	archive, _, _ = strings.Cut(archive, "\nsboms:")
	for _, file := range []string{"LICENSE", "THIRD_PARTY_LICENSES.txt", "Containerfile"} {
		if !strings.Contains(archive, file) {
			t.Errorf("the archive lacks %s", file)
		}
	}

	var flags []string
	for _, quoted := range regexp.MustCompile(`"[^"]*"`).FindAllString(strings.Join(has["CMD"], ""), -1) {
		flag, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatal(err)
		}
		flags = append(flags, flag)
	}
	listen := slices.Index(flags, "--listen")
	if listen < 0 || flags[0] != "serve" || flags[listen+1] != "0.0.0.0:"+port {
		t.Fatalf("CMD is %q", has["CMD"])
	}
	flags[listen+1] = "0.0.0.0:0"
	server := startChild(t, []string{tokenVariable + "=control"}, flags[1:]...)
	resp, err := server.client.Get(server.URL + "/api/me/accounts")
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a key it answers %d", resp.StatusCode)
	}
}

// The action's script starts a server that outlives it, and says to the steps that follow where it is.
func TestActionStartsTheServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env, output := filepath.Join(dir, "env"), filepath.Join(dir, "output")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said, err := startScript(t, "RUNNER_TEMP="+dir, "GITHUB_ENV="+env, "GITHUB_OUTPUT="+output,
		"MOCKCLOUD_PROGRAM="+program, "MOCKCLOUD_FLAGS=--idp\n--log-format=json\n", childVariable+"=1")
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	process := regexp.MustCompile(`\(process (\d+)\)`).FindStringSubmatch(said)
	if process == nil {
		t.Fatalf("it says %q", said)
	}
	pid, err := strconv.Atoi(process[1])
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		gone := func() (bool, error) {
			resp, err := http.Get(outputs(t, output)["api-url"])
			if err != nil {
				return true, nil
			}
			return false, resp.Body.Close()
		}
		pace := poll.Pace{First: 10 * time.Millisecond, Max: 100 * time.Millisecond}
		if done, err := poll.Until(context.WithoutCancel(t.Context()), pace, 20*time.Second, gone); err != nil || !done {
			t.Errorf("the server has not ended: %v", err)
		}
	}()
	of := outputs(t, output)
	if got := outputs(t, env)["PREFECT_API_URL"]; got == "" || got != of["api-url"] {
		t.Errorf("PREFECT_API_URL is %q, the output %q", got, of["api-url"])
	}
	for _, url := range []string{of["api-url"] + "/me/accounts", of["idp-url"] + "/.well-known/openid-configuration", of["console-url"]} {
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if resp.StatusCode >= http.StatusInternalServerError || resp.StatusCode == http.StatusNotFound {
			t.Errorf("%s answers %d", url, resp.StatusCode)
		}
	}
	if _, err := os.Stat(of["log"]); err != nil {
		t.Error(err)
	}
}

func TestActionThatCannotStart(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env  []string
		want string
	}{
		"neither release nor program": {nil, "say which release"},
		"a flag that is none":         {[]string{"MOCKCLOUD_PROGRAM=" + program, "MOCKCLOUD_FLAGS=--nonsense", childVariable + "=1"}, "it ended"},
		"no such release":             {[]string{"MOCKCLOUD_VERSION=v0.1.0", "MOCKCLOUD_DOWNLOADS=file://" + t.TempDir()}, "could not download"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			said, err := startScript(t, append(c.env, "RUNNER_TEMP="+dir, "GITHUB_ENV="+filepath.Join(dir, "env"), "GITHUB_OUTPUT="+filepath.Join(dir, "output"))...)
			if err == nil || !strings.Contains(said, "::error title=mockcloud::") || !strings.Contains(said, c.want) {
				t.Errorf("%v, %q", err, said)
			}
		})
	}
}

// A release's archive is taken only if the release's checksums have its hash.
func TestActionChecksWhatItDownloads(t *testing.T) {
	t.Parallel()
	for _, needed := range []string{"curl", "shasum", "tar"} {
		if _, err := exec.LookPath(needed); err != nil {
			t.Skipf("the script downloads with it: %v", err)
		}
	}
	dir := t.TempDir()
	release := filepath.Join(dir, "v0.1.0")
	if err := os.Mkdir(release, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"} {
		name = "mockcloud_0.1.0_" + name + ".tar.gz"
		if err := os.WriteFile(filepath.Join(release, name), []byte("another program"), 0o600); err != nil {
			t.Fatal(err)
		}
		sums, err := os.OpenFile(filepath.Join(release, "terraform-provider-prefectsso_0.1.0_SHA256SUMS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(sums, "%064d  %s\n", 0, name); err != nil {
			t.Fatal(err)
		}
		if err := sums.Close(); err != nil {
			t.Fatal(err)
		}
	}
	said, err := startScript(t, "RUNNER_TEMP="+dir, "GITHUB_ENV="+filepath.Join(dir, "env"), "GITHUB_OUTPUT="+filepath.Join(dir, "output"),
		"MOCKCLOUD_VERSION=0.1.0", "MOCKCLOUD_DOWNLOADS=file://"+dir)
	if err == nil || !strings.Contains(said, "is not what the checksums of the release say") {
		t.Errorf("%v, %q", err, said)
	}
}

func startScript(t *testing.T, env ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", filepath.Join(projectRoot, ".github", "actions", "mockcloud", "start.sh"))
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// outputs reads a file of lines name=value, as GitHub does.
func outputs(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		out[name] = value
	}
	return out
}

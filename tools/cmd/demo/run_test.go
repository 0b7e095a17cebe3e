package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage/play"
)

func TestMain(m *testing.M) { play.Main(m) }

// write makes a file, and the folders that it needs.
func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	// See tools/terraform: a fork meanwhile would make the file "busy".
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func laid(t *testing.T, terraform string) *workspace {
	t.Helper()
	root := filepath.Join(t.TempDir(), "with space")
	w := &workspace{terraform: write(t, filepath.Join(root, "terraform"), terraform), dir: filepath.Join(root, "work")}
	provider := write(t, filepath.Join(root, "bin", "terraform-provider-prefectsso"), "provider")
	write(t, filepath.Join(root, "quickstart", "main.tf"), "# configuration")
	write(t, filepath.Join(root, "quickstart", "terraform.tfstate"), "somebody's state")
	if err := w.lay(provider, filepath.Join(root, "quickstart")); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestLay(t *testing.T) {
	t.Parallel()
	w := laid(t, "")
	files, err := filepath.Glob(filepath.Join(w.configDir(), "*"))
	if err != nil || len(files) != 1 || filepath.Base(files[0]) != "main.tf" {
		t.Errorf("configuration is %q, %v, want only main.tf", files, err)
	}
}

func TestLayNeedsAConfigurationAndAProvider(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	provider := write(t, filepath.Join(root, "provider"), "")
	if err := (&workspace{dir: filepath.Join(root, "a")}).lay(provider, root); err == nil || !strings.Contains(err.Error(), "no .tf file") {
		t.Errorf("without a configuration: %v", err)
	}
	err := (&workspace{dir: filepath.Join(root, "b")}).lay(filepath.Join(root, "absent"), root)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "make build") {
		t.Errorf("without a provider: %v", err)
	}
}

func TestRunReturnsExitCodeAndOutputInItsOwnEnvironment(t *testing.T) {
	t.Setenv("TF_VAR_role", "Owner")
	w := laid(t, "#!/bin/sh\npwd; env | grep -E '^(TF|PREFECT)_' | sort; echo oops >&2; exit 2\n")
	w.env = []string{"PREFECT_API_KEY=pnb_x"}
	output, code, err := w.run(t.Context(), "plan")
	if err != nil || code != 2 {
		t.Fatalf("run() = %d, %v, want exit code 2", code, err)
	}
	want := []string{
		w.configDir(), "PREFECT_API_KEY=pnb_x", "TF_CLI_ARGS=-no-color",
		"TF_CLI_CONFIG_FILE=" + w.mirror().CLIConfig(), "TF_INPUT=0", "TF_IN_AUTOMATION=1", "oops",
	}
	if got := strings.Split(strings.TrimSpace(output), "\n"); !slices.Equal(got, want) {
		t.Errorf("output = %q, want %q", got, want)
	}
}

func TestRunThatCannotStart(t *testing.T) {
	t.Parallel()
	w := laid(t, "")
	w.terraform = filepath.Join(w.dir, "absent")
	if _, _, err := w.run(t.Context(), "plan"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("run() = %v, want %v", err, os.ErrNotExist)
	}
}

// TestRunClearsUpAfterAFailure plays the story against a server that is not an
// API, so that it fails at the first look at the account.
func TestRunClearsUpAfterAFailure(t *testing.T) {
	root := t.TempDir()
	temp := filepath.Join(root, "tmp")
	if err := os.Mkdir(temp, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temp)
	t.Setenv("PATH", filepath.Join(root, "path"))
	write(t, filepath.Join(root, "path", "terraform"), "#!/bin/sh\necho '{\"terraform_version\":\"1.11.4\"}'\n")
	bin := filepath.Join(root, "bin")
	write(t, filepath.Join(bin, "terraform-provider-prefectsso"), "")
	write(t, filepath.Join(root, "quickstart", "main.tf"), "")
	write(t, filepath.Join(bin, "mockcloud"), "#!/bin/sh\nexec '"+play.Program(t, play.Good)+"'\n")

	var screenText bytes.Buffer
	err := run(t.Context(), &screen{w: &screenText}, bin, filepath.Join(root, "quickstart"))
	if err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("run() = %v, want what the failing step met", err)
	}
	if !strings.Contains(screenText.String(), "1. Start mockcloud") {
		t.Errorf("the screen shows %q", screenText.String())
	}
	left, err := filepath.Glob(filepath.Join(temp, "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

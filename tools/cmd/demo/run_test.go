package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

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
	built, err := filepath.Glob(filepath.Join(w.dir, "mirror", "registry.terraform.io", "prefectsso", "prefectsso", demoVersion, "*_*", "terraform-provider-prefectsso"))
	if err != nil || len(built) != 1 {
		t.Fatalf("the provider in the mirror: %q, %v", built, err)
	}
	if info, err := os.Stat(built[0]); err != nil || info.Mode().Perm()&0o100 == 0 {
		t.Errorf("the provider cannot be run: %v, %v", info.Mode(), err)
	}
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

func TestMirrorConfigQuotesPaths(t *testing.T) {
	t.Parallel()
	got := mirrorConfig(`/a "b"/${c}/%{d}\e`)
	if want := `path = "/a \"b\"/$${c}/%%{d}\\e"`; !strings.Contains(got, want) {
		t.Errorf("mirrorConfig() = %s, want %s in it", got, want)
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
		"TF_CLI_CONFIG_FILE=" + w.cliConfig(), "TF_INPUT=0", "TF_IN_AUTOMATION=1", "oops",
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

// TestMain lets the test program play mockcloud: under one of these names it
// behaves as that server does.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "good":
		serve(ready, 0)
	case "unclean":
		serve(ready, 3)
	case "broken":
		fmt.Fprintln(os.Stderr, "scenario.yaml:3: unknown field")
		os.Exit(1)
	case "babbling":
		serve("listening", 0)
	}
	os.Exit(m.Run())
}

const ready = `{"url":"http://127.0.0.1:1","api_url":"http://127.0.0.1:1/api","console_url":"http://127.0.0.1:1/console/","idp_url":"http://127.0.0.1:2"}`

// serve prints its first line and ends when it is told to.
func serve(line string, code int) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	fmt.Println(line)
	<-ctx.Done()
	fmt.Fprintln(os.Stderr, "asked to stop")
	os.Exit(code)
}

// playing returns a server that is the test program under one of TestMain's names.
func playing(t *testing.T, name string) *server {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	return &server{program: program}
}

func TestServerStartsAndStopsCleanly(t *testing.T) {
	t.Parallel()
	s := playing(t, "good")
	if err := s.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := (addresses{"http://127.0.0.1:1/api", "http://127.0.0.1:1/console/", "http://127.0.0.1:2"}); s.addresses != want {
		t.Errorf("addresses = %q, want %q", s.addresses, want)
	}
	for _, which := range []string{"first", "second"} {
		if err := s.stop(); err != nil {
			t.Errorf("%s stop: %v", which, err)
		}
	}
	if got := s.log.String(); got != "asked to stop\n" {
		t.Errorf("the server's log is %q", got)
	}
}

func TestServerThatDisappoints(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"broken":   "scenario.yaml:3: unknown field",
		"babbling": `got "listening\n"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := playing(t, name)
			err := s.start(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("start() = %v, want %q in it", err, want)
			}
			if err := s.stop(); err != nil {
				t.Errorf("stop() after it = %v", err)
			}
		})
	}
	t.Run("unclean", func(t *testing.T) {
		t.Parallel()
		s := playing(t, "unclean")
		if err := s.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.stop(); err == nil || !strings.Contains(err.Error(), "expected the server to end with exit code 0") || !strings.Contains(err.Error(), "asked to stop") {
			t.Errorf("stop() = %v, want the exit code and the log in it", err)
		}
	})
	t.Run("absent", func(t *testing.T) {
		t.Parallel()
		s := &server{program: filepath.Join(t.TempDir(), "absent")}
		if err := s.start(t.Context()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("start() = %v, want %v", err, os.ErrNotExist)
		}
		if err := s.stop(); err != nil {
			t.Errorf("stop() of what never ran: %v", err)
		}
	})
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
	srv := playing(t, "good")
	write(t, filepath.Join(bin, "mockcloud"), "#!/bin/sh\nexec '"+srv.program+"'\n")

	var screenText bytes.Buffer
	err := run(t.Context(), &screen{w: &screenText}, bin, filepath.Join(root, "quickstart"))
	if err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("run() = %v, want what the failing step met", err)
	}
	if !strings.Contains(screenText.String(), "1. Start a server") {
		t.Errorf("the screen shows %q", screenText.String())
	}
	left, err := filepath.Glob(filepath.Join(temp, "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

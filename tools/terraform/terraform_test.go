package terraform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// fake writes a program that answers `version -json` the way Terraform does.
func fake(t *testing.T, dir, version string) string {
	t.Helper()
	return script(t, dir, fmt.Sprintf(`[ "$*" = "version -json" ] || exit 9
echo '{"terraform_version":"%s"}'`, version))
}

func script(t *testing.T, dir, body string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "terraform")
	// A child that another test forks while this file is open for writing would
	// hold it open, and running it would fail with "text file busy".
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	t.Parallel()
	const absent = ""
	tests := map[string]struct {
		path, bin, fetched string // versions; absent: no such program
		want               string // the folder of the one that is taken
		wantErr            []string
	}{
		"new enough in PATH":         {path: "1.11.0", bin: "1.14.0", fetched: "1.15.0", want: "path dir"},
		"far newer in PATH":          {path: "2.0.1", want: "path dir"},
		"too old in PATH":            {path: "1.10.9", bin: "1.11.4", fetched: "1.15.0", want: "bin dir"},
		"pre-release is not enough":  {path: "1.11.0-beta1", bin: "1.11.4", want: "bin dir"},
		"nothing in PATH":            {bin: "1.11.4", fetched: "1.15.0", want: "bin dir"},
		"nothing anywhere, fetched":  {fetched: "1.15.0", want: "fetched dir"},
		"only old ones, fetched":     {path: "0.12.31", bin: "1.5.7", fetched: "1.15.0", want: "fetched dir"},
		"no candidate and no way":    {path: absent, wantErr: []string{"1.11 or later", "in PATH:", "not there", "no route to the host", "install it from"}},
		"old ones and no way":        {path: "1.5.7", bin: "1.6.0", wantErr: []string{"is 1.5.7", "is 1.6.0", "no route to the host"}},
		"a fetched one that is old":  {fetched: "1.9.0", wantErr: []string{"is 1.9.0"}},
		"an answer without versions": {path: "soon", wantErr: []string{"in PATH:", "soon"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := filepath.Join(t.TempDir(), "with space")
			dir := func(name string) string { return filepath.Join(root, name) }
			if tc.path != absent {
				fake(t, dir("path dir"), tc.path)
			}
			if tc.bin != absent {
				fake(t, dir("bin dir"), tc.bin)
			}
			finder := &Finder{
				BinDir:   dir("bin dir"),
				LookPath: func(name string) (string, error) { return exec.LookPath(filepath.Join(dir("path dir"), name)) },
				Install: func(context.Context, string) (string, error) {
					if tc.fetched == absent {
						return "", errors.New("no route\nto the host")
					}
					return fake(t, dir("fetched dir"), tc.fetched), nil
				},
			}
			got, err := finder.Find(t.Context())
			if tc.wantErr != nil {
				var notFound *NotFoundError
				if !errors.As(err, &notFound) {
					t.Fatalf("Find() = %q, %v, want a *NotFoundError", got, err)
				}
				for _, part := range tc.wantErr {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("error %q does not say %q", err, part)
					}
				}
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("error has more than one line: %q", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := filepath.Join(dir(tc.want), "terraform"); got != want {
				t.Errorf("Find() = %q, want %q", got, want)
			}
		})
	}
}

func TestFindPassesOverABrokenProgram(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a shim without a version": "echo 'No version is set' >&2; exit 126",
		"half a download":          "exit 0",
		"no JSON":                  "echo Terraform v1.11.4",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			broken := script(t, filepath.Join(root, "path"), body)
			want := fake(t, filepath.Join(root, "bin"), "1.11.4")
			finder := &Finder{
				BinDir:   filepath.Join(root, "bin"),
				LookPath: func(string) (string, error) { return broken, nil },
				Install:  func(context.Context, string) (string, error) { return "", errors.New("must not be asked") },
			}
			got, err := finder.Find(t.Context())
			if err != nil || got != want {
				t.Errorf("Find() = %q, %v, want %q", got, err, want)
			}
		})
	}
}

func TestFindReturnsARelativeFolderAsAbsolutePath(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	fake(t, "bin", "1.11.4")
	finder := &Finder{
		BinDir:   "bin",
		LookPath: func(string) (string, error) { return "", exec.ErrNotFound },
		Install:  func(context.Context, string) (string, error) { return "", errors.New("must not be asked") },
	}
	got, err := finder.Find(t.Context())
	if err != nil || !filepath.IsAbs(got) {
		t.Errorf("Find() = %q, %v, want an absolute path", got, err)
	}
}

func TestFindEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	finder := &Finder{
		BinDir:   t.TempDir(),
		LookPath: func(string) (string, error) { return "", exec.ErrNotFound },
		Install:  func(ctx context.Context, _ string) (string, error) { return "", ctx.Err() },
	}
	if _, err := finder.Find(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Find() = %v, want %v", err, context.Canceled)
	}
}

func TestEnvironLeavesOutWhatSteersTerraform(t *testing.T) {
	t.Parallel()
	base := []string{"HOME=/home/x", "TF_CLI_CONFIG_FILE=/nowhere", "TF_VAR_role=Owner", "TFENV=1", "PATH=/bin"}
	got := Environ(base, "TF_IN_AUTOMATION=1")
	want := []string{"HOME=/home/x", "TFENV=1", "PATH=/bin", "TF_IN_AUTOMATION=1"}
	if !slices.Equal(got, want) {
		t.Errorf("Environ() = %q, want %q", got, want)
	}
}

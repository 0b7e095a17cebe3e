package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/terraform"
)

const (
	providerSource = "registry.terraform.io/prefectsso/prefectsso"
	// demoVersion is what Terraform takes the built provider for.
	demoVersion = "0.0.1"
)

// workspace is a temporary folder in which Terraform runs and which holds all
// that it needs, so that nothing on the machine is read or left behind: the
// configuration, a CLI configuration, and a mirror with the built provider.
type workspace struct {
	terraform string // the program
	dir       string
	env       []string // what Terraform gets beside the caller's environment
}

// lay puts the built provider and the configuration in place.
func (w *workspace) lay(provider, quickstart string) error {
	mirror := filepath.Join(w.dir, "mirror")
	platform := filepath.Join(mirror, filepath.FromSlash(providerSource), demoVersion, runtime.GOOS+"_"+runtime.GOARCH)
	if err := copyFile(filepath.Join(platform, filepath.Base(provider)), provider); err != nil {
		return fmt.Errorf("could not take the built provider: %w (make build gives it)", err)
	}
	// Only the configuration: a folder that somebody has worked in also holds a
	// state and a lock file.
	files, err := filepath.Glob(filepath.Join(quickstart, "*.tf"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("expected a configuration in %s, found no .tf file", quickstart)
	}
	for _, file := range files {
		if err := copyFile(filepath.Join(w.configDir(), filepath.Base(file)), file); err != nil {
			return err
		}
	}
	return os.WriteFile(w.cliConfig(), []byte(mirrorConfig(mirror)), 0o600)
}

func (w *workspace) configDir() string { return filepath.Join(w.dir, "quickstart") }
func (w *workspace) cliConfig() string { return filepath.Join(w.dir, "terraform.tfrc") }

// mirrorConfig is a CLI configuration that takes providers from a folder only.
func mirrorConfig(mirror string) string {
	return fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %s\n  }\n}\n", hclString(mirror))
}

// hclString quotes a path for HCL, which knows escapes and templates.
func hclString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `${`, `$${`, `%{`, `%%{`).Replace(s) + `"`
}

// run runs Terraform and returns its output and exit code. The error is nil for
// every code with which Terraform itself ends.
func (w *workspace) run(ctx context.Context, args ...string) (output string, code int, err error) {
	cmd := exec.CommandContext(ctx, w.terraform, args...)
	cmd.Dir = w.configDir()
	cmd.Env = terraform.Environ(os.Environ(), append([]string{
		"TF_CLI_CONFIG_FILE=" + w.cliConfig(),
		"TF_CLI_ARGS=-no-color", // the screen colors by itself
		"TF_IN_AUTOMATION=1",
		"TF_INPUT=0",
		"CHECKPOINT_DISABLE=1",
	}, w.env...)...)
	// Terraform ends its plugins by itself when it is asked to stop.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = serverTimeout
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if ctx.Err() != nil {
		return out.String(), -1, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return out.String(), exit.ExitCode(), nil
	}
	return out.String(), 0, err
}

// copyFile copies a file with its mode, and makes the folder it goes to.
func copyFile(to, from string) (err error) {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	_, err = io.Copy(dst, src)
	return err
}

// seconds formats a duration for people.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

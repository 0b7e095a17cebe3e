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
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
	"github.com/prefectsso/terraform-provider-prefectsso/tools/terraform"
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
	if err := w.mirror().Put(provider); err != nil {
		return err
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
		if err := stage.CopyFile(filepath.Join(w.configDir(), filepath.Base(file)), file); err != nil {
			return err
		}
	}
	return nil
}

func (w *workspace) configDir() string    { return filepath.Join(w.dir, "quickstart") }
func (w *workspace) mirror() stage.Mirror { return stage.Mirror{Dir: filepath.Join(w.dir, "mirror")} }

// run runs Terraform and returns its output and exit code. The error is nil for
// every code with which Terraform itself ends.
func (w *workspace) run(ctx context.Context, args ...string) (output string, code int, err error) {
	var out bytes.Buffer
	code, err = w.start(ctx, w.terraform, args, nil, &out)
	return out.String(), code, err
}

// pipe hands the plan file, as JSON, to a program and returns the program's output and exit code.
func (w *workspace) pipe(ctx context.Context, program string, args ...string) (output string, code int, err error) {
	plan, code, err := w.run(ctx, "show", "-json", "tfplan")
	if err != nil || code != 0 {
		return plan, code, err
	}
	var out bytes.Buffer
	code, err = w.start(ctx, program, args, strings.NewReader(plan), &out)
	return out.String(), code, err
}

// start runs a program where the configuration is, with the environment of Terraform.
func (w *workspace) start(ctx context.Context, program string, args []string, in io.Reader, out io.Writer) (code int, err error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = w.configDir()
	cmd.Env = terraform.Environ(os.Environ(), append([]string{
		"TF_CLI_CONFIG_FILE=" + w.mirror().CLIConfig(),
		"TF_CLI_ARGS=-no-color", // the screen colors by itself
		"TF_IN_AUTOMATION=1",
		"TF_INPUT=0",
		"CHECKPOINT_DISABLE=1",
	}, w.env...)...)
	// Terraform ends its plugins by itself when it is asked to stop.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stage.Timeout
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, out
	err = cmd.Run()
	if ctx.Err() != nil {
		return -1, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// seconds formats a duration for people.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

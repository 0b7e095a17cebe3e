// Package terraform finds the Terraform that the tests, the documentation and
// the demo run: the one in PATH if it is new enough, else the one fetched into
// bin/ earlier, else a fresh one that hc-install fetches into bin/.
//
// It runs each candidate once and asks for its version, so that a broken
// download, or a version manager's shim without a version behind it, counts as
// not found instead of failing later in the middle of something else.
package terraform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
)

// Minimum is the oldest Terraform that runs everything: 1.11 brought
// write-only attributes, which keep secrets out of the state.
const Minimum = "1.11"

// Finder looks for Terraform. Use NewFinder, unless a test wants to put its
// own answers in place.
type Finder struct {
	// BinDir holds the Terraform that an earlier search fetched.
	BinDir string
	// LookPath finds a program in PATH, as exec.LookPath does.
	LookPath func(name string) (string, error)
	// Install fetches Terraform into a folder and returns the program's path.
	Install func(ctx context.Context, dir string) (string, error)
}

// NewFinder returns a Finder that looks in PATH and in binDir, and that fetches
// into binDir from HashiCorp's releases.
func NewFinder(binDir string) *Finder {
	return &Finder{BinDir: binDir, LookPath: exec.LookPath, Install: fetch}
}

// NotFoundError is the error when no candidate would do, with the reasons.
type NotFoundError struct {
	// Reasons has one entry for each place that was tried, in order.
	Reasons []string
}

// Error is one sentence that ends with what to do.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("no Terraform %s or later (%s); install it from https://developer.hashicorp.com/terraform/install and put it in PATH",
		Minimum, strings.Join(e.Reasons, "; "))
}

// Find returns the absolute path of a Terraform that is new enough. The error is
// a *NotFoundError, or the context's.
func (f *Finder) Find(ctx context.Context) (string, error) {
	var reasons []string
	for _, c := range []struct {
		where string
		find  func() (string, error)
	}{
		{"in PATH", func() (string, error) { return f.LookPath("terraform") }},
		{"in " + f.BinDir, func() (string, error) { return f.fetched() }},
		{"from HashiCorp's releases", func() (string, error) { return f.Install(ctx, f.BinDir) }},
	} {
		path, err := c.find()
		if err == nil {
			path, err = filepath.Abs(path)
		}
		if err == nil {
			err = check(ctx, path)
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err == nil {
			return path, nil
		}
		reasons = append(reasons, c.where+": "+oneLine(err))
	}
	return "", &NotFoundError{Reasons: reasons}
}

// fetched returns the Terraform that an earlier search left behind.
func (f *Finder) fetched() (string, error) {
	path := filepath.Join(f.BinDir, product.Terraform.BinaryName())
	if _, err := os.Stat(path); err != nil {
		return "", errors.New("not there")
	}
	return path, nil
}

// check runs a candidate and compares its version with Minimum.
func check(ctx context.Context, path string) error {
	cmd := exec.CommandContext(ctx, path, "version", "-json")
	cmd.Env = Environ(os.Environ(), "CHECKPOINT_DISABLE=1")
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s version: %w", path, err)
	}
	var answer struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return fmt.Errorf("%s version: %w", path, err)
	}
	have, err := version.NewVersion(answer.Version)
	if err != nil {
		return fmt.Errorf("%s version: %w", path, err)
	}
	if have.LessThan(version.Must(version.NewVersion(Minimum))) {
		return fmt.Errorf("%s is %s", path, have)
	}
	return nil
}

// Environ returns a base environment without the variables that change what
// Terraform does from outside (TF_CLI_CONFIG_FILE, TF_LOG, TF_VAR_… and their
// like), followed by extra.
func Environ(base []string, extra ...string) []string {
	env := make([]string, 0, len(base)+len(extra))
	for _, kv := range base {
		if !strings.HasPrefix(kv, "TF_") {
			env = append(env, kv)
		}
	}
	return append(env, extra...)
}

// fetch installs the latest release that satisfies Minimum.
func fetch(ctx context.Context, dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	latest := &releases.LatestVersion{
		Product:     product.Terraform,
		Constraints: version.MustConstraints(version.NewConstraint(">= " + Minimum)),
		InstallDir:  dir,
		LicenseDir:  filepath.Join(dir, "terraform-license"),
	}
	path, err := latest.Install(ctx)
	if err != nil {
		return "", fmt.Errorf("could not fetch it for %s/%s: %w", runtime.GOOS, runtime.GOARCH, err)
	}
	return path, nil
}

// oneLine keeps the whole report a sentence also where a cause has several lines.
func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

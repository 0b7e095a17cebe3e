package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
	"github.com/prefectsso/terraform-provider-prefectsso/tools/terraform"
)

// The ready-made account of mockcloud and its test identity provider, as docs/guides/mockcloud.md gives them. The secrets
// open nothing else.
const (
	accountID       = "0c1f1d2e-0000-4000-8000-000000000001"
	apiKey          = "pnb_terraform"
	idpClientSecret = "mockcloud-idp"
)

// quickstart installs a release from its archives and applies a configuration with it, plans nothing more, and destroys.
func quickstart(ctx context.Context, say func(string, ...any), made release, configuration, home, program string) (err error) {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	provider, err := made.of("terraform-provider-prefectsso", platform)
	if err != nil {
		return err
	}
	server, err := made.of("mockcloud", platform)
	if err != nil {
		return err
	}
	// As `terraform providers mirror` has it: the archive itself, which Terraform unpacks.
	mirror := filepath.Join(home, "mirror")
	if err := stage.CopyFile(filepath.Join(mirror, "registry.terraform.io", "prefectsso", "prefectsso", filepath.Base(provider.path)), provider.path); err != nil {
		return err
	}
	settings := filepath.Join(home, "terraform.tfrc")
	work := filepath.Join(home, "work")
	if err := os.Mkdir(work, 0o700); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(configuration, "*.tf"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := stage.CopyFile(filepath.Join(work, filepath.Base(file)), file); err != nil {
			return err
		}
	}
	// A version that is no release yet is taken only by its name.
	pinned := fmt.Sprintf("terraform {\n  required_providers {\n    prefectsso = {\n      source  = \"registry.terraform.io/prefectsso/prefectsso\"\n      version = %q\n    }\n  }\n}\n", made.version)
	for name, content := range map[string]string{
		settings: fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.ToSlash(mirror)),
		filepath.Join(work, "version_override.tf"): pinned,
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			return err
		}
	}

	unpacked, err := server.open()
	if err != nil {
		return err
	}
	mockcloud := filepath.Join(home, server.binary(made.version))
	if err := os.WriteFile(mockcloud, unpacked[server.binary(made.version)], 0o700); err != nil {
		return err
	}
	srv := &stage.Server{Program: mockcloud, Flags: []string{"--listen", "127.0.0.1:0", "--idp"}}
	defer func() { err = errors.Join(err, srv.Stop()) }()
	if err := srv.Start(ctx); err != nil {
		return err
	}

	env := terraform.Environ(os.Environ(),
		"TF_CLI_CONFIG_FILE="+settings, "TF_CLI_ARGS=-no-color", "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1",
		"PREFECT_API_URL="+srv.APIURL, "PREFECT_API_KEY="+apiKey, "PREFECT_CLOUD_ACCOUNT_ID="+accountID, "PREFECT_HOME="+home,
		"TF_VAR_issuer="+srv.IdPURL, "TF_VAR_client_secret="+idpClientSecret, "TF_VAR_scim_secret=scim_"+rand.Text()+rand.Text())
	for _, args := range [][]string{
		{"version"}, {"init"}, {"apply", "-auto-approve"}, {"plan", "-detailed-exitcode"}, {"destroy", "-auto-approve"},
	} {
		out, err := command(ctx, work, env, "", append([]string{program}, args...)...)
		if err != nil {
			return err
		}
		if last := lastLine(out); last != "" {
			say("  %s %s: %s", filepath.Base(program), args[0], last)
		}
	}
	return nil
}

// lastLine is the line of an output that says how it went.
func lastLine(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for _, line := range slices.Backward(lines) {
		for _, lead := range []string{"Apply complete!", "Destroy complete!", "No changes.", "Terraform v", "OpenTofu v", "- Installed "} {
			if strings.HasPrefix(line, lead) {
				return line
			}
		}
	}
	return ""
}

// Command dev is the place where people try a configuration of their own: a mockcloud
// that keeps its account, and a Terraform that takes the provider that was just built.
// It builds nothing; `make dev` does that.
//
// All it leaves is one folder: the account, the provider's builds, and `env`, a file
// for a shell, with the variables that Terraform needs. Remove the folder to begin anew.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
	"github.com/prefectsso/terraform-provider-prefectsso/tools/terraform"
)

// What mockcloud's ready-made account has, as docs/guides/mockcloud.md gives it. The key
// opens nothing else.
const (
	accountID = "0c1f1d2e-0000-4000-8000-000000000001"
	apiKey    = "pnb_terraform"
)

func main() {
	bin := flag.String("bin", "bin", "folder with mockcloud and terraform-provider-prefectsso")
	dir := flag.String("dir", filepath.Join("bin", "dev"), "folder to keep the account and Terraform's settings in")
	listen := flag.String("listen", "127.0.0.1:8787", "address to listen on; port 0 takes a free one")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Stdout, os.Stderr, *bin, *dir, *listen)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}

// run puts everything in place and serves until the context is done.
func run(ctx context.Context, out, log io.Writer, bin, dir, listen string) (err error) {
	tf, err := terraform.NewFinder(bin).Find(ctx)
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	mirror := stage.Mirror{Dir: dir}
	if err := mirror.Put(filepath.Join(bin, "terraform-provider-prefectsso")); err != nil {
		return err
	}
	srv := &stage.Server{
		Program: filepath.Join(bin, "mockcloud"),
		Flags:   []string{"--listen", listen, "--idp", "--state", filepath.Join(dir, "account.db")},
		Log:     log,
	}
	defer func() { err = errors.Join(err, srv.Stop()) }()
	if err := srv.Start(ctx); err != nil {
		return err
	}
	env := filepath.Join(dir, "env")
	if err := os.WriteFile(env, []byte(environment(srv.Addresses, mirror, tf)), 0o600); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, `
mockcloud is ready; Ctrl-C stops it.

  the account            %s
  the identity provider  %s

In another terminal, for Terraform to work with it:

  . %s

README.md goes on from here. To begin anew, stop this and remove %s.

`, srv.ConsoleURL, srv.IdPURL, stage.Quote(short(env)), short(dir))
	if err != nil {
		return err
	}
	return srv.Wait(ctx)
}

// environment is a file for a POSIX shell that sets what Terraform needs.
func environment(at stage.Addresses, mirror stage.Mirror, tf string) string {
	lines := []string{
		"# Written by make dev: Terraform takes the provider that was just built, and works with",
		"# the account of the mockcloud at " + at.APIURL + ".",
		"export TF_CLI_CONFIG_FILE=" + stage.Quote(mirror.CLIConfig()),
		"export PREFECT_API_URL=" + stage.Quote(at.APIURL),
		"export PREFECT_API_KEY=" + stage.Quote(apiKey),
		"export PREFECT_CLOUD_ACCOUNT_ID=" + stage.Quote(accountID),
	}
	if found, err := exec.LookPath("terraform"); err != nil || !same(found, tf) {
		lines = append(lines, "export PATH="+stage.Quote(filepath.Dir(tf))+`:"$PATH"`)
	}
	return strings.Join(lines, "\n") + "\n"
}

// same reports whether two paths are one program.
func same(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// short is a path as seen from the working directory, if it is below.
func short(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(wd, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

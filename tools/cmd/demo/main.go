// Command demo plays the project's main job from end to end: real Terraform
// manages the SSO domains, member roles and directory of an account on a mockcloud
// server that it starts for the occasion, and people come and leave. It builds
// nothing; `make demo` does that.
//
// The story is in story.go and reads from top to bottom. Everything happens in
// a temporary folder and on a loopback port; both are gone afterwards, also
// when a step fails or a person interrupts it. Every step states what it
// expects, and the demo fails where that does not come true.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
	"github.com/prefectsso/terraform-provider-prefectsso/tools/terraform"
)

func main() {
	bin := flag.String("bin", "bin", "folder with mockcloud and terraform-provider-prefectsso")
	quickstart := flag.String("quickstart", filepath.Join("examples", "quickstart"), "folder with the configuration to apply")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, newScreen(os.Stdout), *bin, *quickstart)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case interrupted:
		fmt.Fprintln(os.Stderr, "demo: interrupted:", err)
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run sets the stage, plays the story and clears everything away.
func run(ctx context.Context, out *screen, bin, quickstart string) (err error) {
	tf, err := terraform.NewFinder(bin).Find(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "prefectsso-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	work := &workspace{terraform: tf, dir: dir}
	provider := filepath.Join(bin, "terraform-provider-prefectsso")
	if err := work.lay(provider, quickstart); err != nil {
		return err
	}
	srv := &stage.Server{Program: filepath.Join(bin, "mockcloud"), Flags: []string{"--listen", "127.0.0.1:0", "--idp"}}
	// The story stops the server itself, as its last step; here it is made sure of.
	defer func() { err = errors.Join(err, srv.Stop()) }()
	return (&story{screen: out, work: work, server: srv, provider: provider, token: "scim_" + rand.Text() + rand.Text()}).play(ctx)
}

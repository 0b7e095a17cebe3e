// Command releasecheck makes a release without publishing it, and uses it as those who download it do. It builds the
// commit that is checked out, twice, in folders of different names, signs with a key that it makes for the occasion, and
// holds what came out against what the Terraform Registry wants. Then it installs the archive of this machine's platform
// from a folder, starts the mockcloud that was in another archive, and goes through examples/quickstart with both.
//
// With -built it leaves out the building, and tries archives that are there already: the release workflow's, on another
// system or with another Terraform.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/terraform"
)

func main() {
	root := flag.String("root", ".", "the project's folder")
	built := flag.String("built", "", "folder with archives that are built already; empty builds them")
	program := flag.String("terraform", "", "Terraform or OpenTofu to use; empty finds a Terraform")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, *root, *built, *program)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "releasecheck:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, root, built, program string) (err error) {
	root, err = filepath.Abs(root)
	if err != nil {
		return err
	}
	if program == "" {
		if program, err = terraform.NewFinder(filepath.Join(root, "bin")).Find(ctx); err != nil {
			return err
		}
	}
	// Short, because gpg's agent has a socket in it, whose path may have some hundred characters.
	dir, err := os.MkdirTemp("", "release-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) } // there is nowhere else to say it
	if built == "" {
		if built, err = buildTwice(ctx, say, root, dir); err != nil {
			return err
		}
	}
	made, err := read(built)
	if err != nil {
		return err
	}
	if err := made.check(filepath.Join(root, "terraform-registry-manifest.json")); err != nil {
		return err
	}
	say("%d archives of version %s are as the registry wants them", len(made.archives), made.version)
	if err := quickstart(ctx, say, made, filepath.Join(root, "examples", "quickstart"), filepath.Join(dir, "home"), program); err != nil {
		return err
	}
	say("quick start worked with them, from an empty folder")
	return nil
}

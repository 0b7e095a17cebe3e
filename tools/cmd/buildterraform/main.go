// Command buildterraform prints the path of the newer Terraform that the
// provider is tried with, or that of OpenTofu, and builds it from its source into
// the folder that it is given, outside of the project, unless it is there. That
// takes some ten minutes.
//
//	buildterraform "$HOME/.cache/prefectsso"
//	buildterraform "$HOME/.cache/prefectsso" tofu
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/fromsource"
)

func main() {
	product, known := fromsource.Terraform, len(os.Args) == 2
	if len(os.Args) == 3 && os.Args[2] == fromsource.OpenTofu.Name {
		product, known = fromsource.OpenTofu, true
	}
	if !known {
		fmt.Fprintln(os.Stderr, "usage: buildterraform FOLDER [tofu]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var log bytes.Buffer
	folder, err := filepath.Abs(os.Args[1])
	program := ""
	if err == nil {
		program, err = fromsource.Build(ctx, product, folder, &log)
	}
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%sbuildterraform: %v\n", log.String(), err)
		os.Exit(1)
	}
	fmt.Println(program)
}

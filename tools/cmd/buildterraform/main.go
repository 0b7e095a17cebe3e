// Command buildterraform prints the path of the newer Terraform that the
// provider is tried with, and builds it from its source into the folder that it
// is given, outside of the project, unless it is there. That takes some ten
// minutes.
//
//	buildterraform "$HOME/.cache/prefectsso"
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
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: buildterraform FOLDER")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var log bytes.Buffer
	folder, err := filepath.Abs(os.Args[1])
	program := ""
	if err == nil {
		program, err = fromsource.Build(ctx, fromsource.Terraform, folder, &log)
	}
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%sbuildterraform: %v\n", log.String(), err)
		os.Exit(1)
	}
	fmt.Println(program)
}

// Command findterraform prints the path of a Terraform that is new enough, and
// fetches one into the folder that it is given where the machine has none.
//
//	findterraform bin
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/terraform"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: findterraform FOLDER")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	path, err := terraform.NewFinder(os.Args[1]).Find(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "findterraform:", err)
		os.Exit(1)
	}
	fmt.Println(path)
}

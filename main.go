// Command terraform-provider-prefectsso serves the provider to Terraform, which starts it as a plugin. Started by hand
// with drift-report or access-report, it tells people what a plan found changed behind Terraform's back, or what it does to
// whom; with export it writes what an account has already as configuration.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/accessreport"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/driftreport"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/export"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// version is set when a release is built.
var version = "dev"

func main() {
	if len(os.Args) > 1 && commands[os.Args[1]] != nil {
		os.Exit(start(commands[os.Args[1]], os.Args[2:]))
	}
	flag.Usage = func() {
		_, _ = fmt.Fprint(flag.CommandLine.Output(), usage) // there is nowhere else to say it
		flag.PrintDefaults()
	}
	debug := flag.Bool("debug", false, "wait for a debugger, and print how Terraform reaches this process")
	showVersion := flag.Bool("version", false, "print the version and end")
	flag.Parse()
	if *showVersion {
		fmt.Println(version)
		return
	}
	if !*debug { // there Terraform is another process, with an environment of its own
		if err := setLogLevels(); err != nil {
			log.Fatal(err)
		}
	}
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: provider.Address,
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}

const usage = `Terraform starts this program as a plugin. By hand it has these commands; each
says more with -h:

  access-report   what a plan does to people, for a pull request
  drift-report    what changed outside of Terraform, and by whom
  export          what an account has already, as configuration with imports

Options:
`

// commands are what the binary does for people and pipelines, by name.
var commands = map[string]func(ctx context.Context, version string, args []string, s report.Streams) (exitCode int){
	accessreport.Name: accessreport.Run,
	driftreport.Name:  driftreport.Run,
	export.Name:       export.Run,
}

func start(command func(context.Context, string, []string, report.Streams) int, args []string) (exitCode int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return command(ctx, version, args, report.Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now,
	})
}

// Command terraform-provider-prefectsso serves the provider to Terraform, which starts it as a plugin. Started by hand
// with drift-report or access-report, it tells people what a plan found changed behind Terraform's back, or what it does to
// whom; with export it writes what an account has already as configuration.
package main

import (
	"context"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/progress"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// version is set when a release is built.
var version = "dev"

func main() {
	os.Exit(start(os.Args[1:]))
}

// start does what the arguments say, on the terminal or in the pipeline that this process is in.
func start(args []string) (exitCode int) {
	s := report.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now}
	if bar := progress.OnTerminal(os.Stderr, os.Getenv); bar != nil {
		defer bar.End()
		s.Out, s.Err, s.Progress = bar.Over(s.Out), bar.Over(s.Err), bar
	}
	return run(args, s, serve)
}

// serve serves the provider to Terraform until that ends it.
func serve(debug bool) error {
	if !debug { // there Terraform is another process, with an environment of its own
		if err := setLogLevels(); err != nil {
			return err
		}
	}
	return providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: provider.Address,
		Debug:   debug,
	})
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/agext/levenshtein"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/accessreport"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/driftreport"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/export"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

const name = "terraform-provider-prefectsso"

const usage = `Terraform starts this program as a plugin. By hand it has these commands; each
says more with -h:

  access-report   what a plan does to people, for a pull request
  drift-report    what changed outside of Terraform, and by whom
  export          what an account has already, as configuration with imports
  help            this text; with the name of a command, that of the command

Options:
  -debug    wait for a debugger, and print how Terraform reaches this process
  -version  print the version and end
`

const help = "help"

// commands are what the binary does for people and pipelines, by name.
var commands = map[string]func(ctx context.Context, version string, args []string, s report.Streams) (exitCode int){
	accessreport.Name: accessreport.Run,
	driftreport.Name:  driftreport.Run,
	export.Name:       export.Run,
}

// run does what the arguments say. Terraform gives none, and has the provider served.
func run(args []string, s report.Streams, serve func(debug bool) error) (exitCode int) {
	if len(args) > 1 && args[0] == help && commands[args[1]] != nil {
		args = []string{args[1], "-h"}
	}
	if len(args) > 0 && commands[args[0]] != nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return commands[args[0]](ctx, version, args[1:], s)
	}
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	debug, showVersion := flags.Bool("debug", false, ""), flags.Bool("version", false, "")
	rest := args
	err := flags.Parse(args)
	if err == nil {
		rest = flags.Args()
	}
	switch {
	case errors.Is(err, flag.ErrHelp), err == nil && slices.Equal(rest, []string{help}):
		_, err = io.WriteString(s.Out, usage)
	case err != nil:
		err = fmt.Errorf("%w; %s help shows what there is", err, name)
	case len(rest) > 0:
		if rest[0] == help {
			rest = rest[1:]
		}
		err = errors.New(unknownCommand(rest[0]))
	case *showVersion:
		_, err = fmt.Fprintln(s.Out, version)
	default:
		err = serve(*debug)
	}
	return report.Exit(name, report.ExitNothing, err, s)
}

// unknownCommand says that there is no such command, and which there are.
func unknownCommand(word string) string {
	text := fmt.Sprintf("there is no command %q.", word)
	if meant := nearest(word); meant != nil {
		text += " Did you mean " + strings.Join(meant, " or ") + "?"
	}
	return text + "\n\n" + strings.TrimSuffix(usage, "\n")
}

// maxTypos is how many letters may differ between a word and what it is taken for.
const maxTypos = 3

// nearest returns what a word is most like, the whole of it or one of its words; nil where nothing is like it.
func nearest(word string) (found []string) {
	least := min(maxTypos, len(word)/2)
	for _, candidate := range slices.Concat(slices.Sorted(maps.Keys(commands)), []string{help, "-debug", "-version"}) {
		distance := maxTypos + 1
		for _, part := range append(strings.Split(candidate, "-"), candidate) {
			if part != "" {
				distance = min(distance, levenshtein.Distance(word, part, nil))
			}
		}
		if distance < least {
			least, found = distance, nil
		}
		if distance == least {
			found = append(found, candidate)
		}
	}
	return found
}

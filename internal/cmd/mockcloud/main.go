// Command mockcloud runs a server that behaves like Prefect Cloud's account API.
//
//	mockcloud serve
//
// serves a small ready-made scenario on 127.0.0.1:8787. When it is ready it
// prints one line of JSON with its addresses on standard output; logs go to
// standard error. It listens on loopback only unless told otherwise.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// version is set by the linker.
var version = "dev"

// garbagePercent is how much garbage may gather beside what is in use. The state is most of what there is, and stays;
// as much garbage again would make a server of 100,000 people twice as large as it has to be.
const garbagePercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const usage = `mockcloud behaves like Prefect Cloud's account API.

Usage:
  mockcloud serve [flags]    run the server ("mockcloud serve -h" lists the flags)
  mockcloud idp COMMAND      people join, leave and return at the test identity provider of a
                             running server ("mockcloud idp help" lists the commands)
  mockcloud version          print the version
  mockcloud help             print this
`

// usageError is a mistake in the arguments: exit code 2.
type usageError struct{ sentence string }

func (e *usageError) Error() string { return e.sentence }

// run is the program: 0 is success, 1 a failure, 2 a mistake in the arguments.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	err := dispatch(ctx, args, getenv, stdin, stdout, stderr)
	var mistaken *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &mistaken):
		say(stderr, "mockcloud: %s\n", mistaken.sentence)
		return 2
	}
	say(stderr, "mockcloud: %v\n", err)
	return 1
}

func dispatch(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	command := "help"
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve":
		return serve(ctx, args, getenv, stdout, stderr)
	case "idp":
		return steerIdP(ctx, args, getenv, stdin, stdout)
	case "version", "--version":
		say(stdout, "mockcloud %s\n", version)
		return nil
	case "help", "-h", "-help", "--help":
		say(stdout, "%s", usage)
		return nil
	}
	return &usageError{fmt.Sprintf("there is no command %q; see mockcloud help", command)}
}

// say prints for people. If that fails there is no one to report it to.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// Package play is for tests: it lets a test program play mockcloud, so that what starts
// one can be tried with a server that behaves and with servers that do not.
package play

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// Ready is the first line of the server that behaves.
const Ready = `{"url":"http://127.0.0.1:1","api_url":"http://127.0.0.1:1/api","console_url":"http://127.0.0.1:1/console/","idp_url":"http://127.0.0.1:2"}`

// Stopped is what the servers write to their log when they are asked to stop.
const Stopped = "asked to stop\n"

// The names under which a test program plays.
const (
	Good     = "good"     // is ready, and ends with 0 when asked to
	Unclean  = "unclean"  // is ready, and ends with 3 when asked to
	Broken   = "broken"   // ends before it is ready
	Babbling = "babbling" // says something else than where it listens
	Leaving  = "leaving"  // is ready, and ends with 4 at once
)

// Main takes the place of TestMain: it plays if the program has one of the names, and
// runs the tests else.
func Main(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case Good:
		serve(Ready, 0)
	case Unclean:
		serve(Ready, 3)
	case Broken:
		fmt.Fprintln(os.Stderr, "scenario.yaml:3: unknown field")
		os.Exit(1)
	case Babbling:
		serve("listening", 0)
	case Leaving:
		fmt.Println(Ready)
		fmt.Fprintln(os.Stderr, "disk full")
		os.Exit(4)
	}
	os.Exit(m.Run())
}

// serve prints its first line and ends when it is told to.
func serve(line string, code int) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	fmt.Println(line)
	<-ctx.Done()
	fmt.Fprint(os.Stderr, Stopped)
	os.Exit(code)
}

// Program returns the path of a program that plays under a name. The test's package has
// to have Main as its TestMain.
func Program(t testing.TB, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	return program
}

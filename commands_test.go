package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/golden"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// outcome is what the program did.
type outcome struct {
	code     int
	out, err string
	served   []bool // with debug or without
}

func program(args ...string) (got outcome) {
	var out, errs bytes.Buffer
	s := report.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: func(string) string { return "" }, Now: time.Now}
	got.code = run(args, s, func(debug bool) error {
		got.served = append(got.served, debug)
		return nil
	})
	got.out, got.err = out.String(), errs.String()
	return got
}

// TestSentences has what the program says by itself.
func TestSentences(t *testing.T) {
	t.Parallel()
	golden.Check(t, "testdata/help.txt", program("help").out)
	golden.Check(t, "testdata/unknown_command.txt", program("reprot").err+"\n"+program("serve").err+"\n"+program("-nonsense").err)
}

// TestHelp: however somebody asks, the commands are listed on standard output, and that is success.
func TestHelp(t *testing.T) {
	t.Parallel()
	want := program("help")
	for command := range commands {
		if !strings.Contains(want.out, "\n  "+command+" ") {
			t.Errorf("%s is not in\n%s", command, want.out)
		}
	}
	for line := range strings.Lines(want.out) {
		if len(line) > 81 {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
	for _, ask := range []string{"help", "-help", "--help", "-h"} {
		if got := program(ask); got.code != 0 || got.out != want.out || got.err != "" || got.served != nil {
			t.Errorf("%s: %+v", ask, got)
		}
	}
	for command := range commands {
		got, own := program("help", command), program(command, "-h")
		if got.code != 0 || got.out != own.out || !strings.HasPrefix(got.out, "Usage: terraform-provider-prefectsso "+command) || got.err != "" {
			t.Errorf("help %s: %+v", command, got)
		}
	}
}

// TestUnknownCommand: what is no command is named, with what it is most like, and is an error.
func TestUnknownCommand(t *testing.T) {
	t.Parallel()
	for word, want := range map[string][]string{
		"reprot": {"access-report", "drift-report"}, "report": {"access-report", "drift-report"}, "drift": {"drift-report"}, "acess-report": {"access-report"},
		"exprot": {"export"}, "hlep": {"help"}, "version": {"-version"}, "debug": {"-debug"}, "serve": nil, "x": nil, "": nil, "ⓧⓧⓧ": nil,
	} {
		if got := nearest(word); !slices.Equal(got, want) {
			t.Errorf("%q is most like %q, want %q", word, got, want)
		}
		got := program(word)
		if got.code != report.ExitError || got.out != "" || got.served != nil || !strings.Contains(got.err, `"`+word+`"`) {
			t.Errorf("%q: %+v", word, got)
		}
		for command := range commands {
			if !strings.Contains(got.err, "\n  "+command+" ") {
				t.Errorf("%q: %s is not in\n%s", word, command, got.err)
			}
		}
	}
	if got := program("help", "drift"); got.code != report.ExitError || !strings.Contains(got.err, `"drift"`) {
		t.Errorf("%+v", got)
	}
	if got := program("-debug", "exprot"); got.code != report.ExitError || got.served != nil {
		t.Errorf("%+v", got)
	}
}

// TestServes: without arguments the provider is served, as Terraform wants it.
func TestServes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want []bool
	}{{nil, []bool{false}}, {[]string{"-debug"}, []bool{true}}, {[]string{"-version"}, nil}} {
		if got := program(test.args...); got.code != 0 || got.err != "" || !slices.Equal(got.served, test.want) {
			t.Errorf("%q: %+v", test.args, got)
		}
	}
	if got := program("-version"); got.out != version+"\n" {
		t.Errorf("%+v", got)
	}
	var errs bytes.Buffer
	if code := run(nil, report.Streams{Err: &errs}, func(bool) error { return errors.New("cannot") }); code != report.ExitError || errs.String() != name+": cannot\n" {
		t.Errorf("%d %s", code, errs.String())
	}
}

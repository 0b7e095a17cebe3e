package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestWantsColor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		terminal      bool
		noColor, term string
		want          bool
	}{
		"a terminal":        {terminal: true, term: "xterm-256color", want: true},
		"a file or a pipe":  {terminal: false, term: "xterm-256color"},
		"asked for none":    {terminal: true, noColor: "1", term: "xterm"},
		"one that shows it": {terminal: true, want: true},
		"one that does not": {terminal: true, term: "dumb"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := wantsColor(tc.terminal, tc.noColor, tc.term); got != tc.want {
				t.Errorf("wantsColor() = %v, want %v", got, tc.want)
			}
		})
	}
}

func TestScreen(t *testing.T) {
	t.Parallel()
	play := func(color bool) string {
		var buf bytes.Buffer
		s := &screen{w: &buf, color: color}
		s.headline("Plan: %s", "what would change")
		s.command("terraform", "plan")
		s.request("GET", "/domains")
		s.output(`+ name = "acme.com"`, "", "text")
		s.headline("Apply")
		return buf.String()
	}
	plain := "\n1. Plan: what would change\n   $ terraform plan\n   > GET /domains\n     + name = \"acme.com\"\n\n     text\n\n2. Apply\n"
	if got := play(false); got != plain {
		t.Errorf("without color: %q, want %q", got, plain)
	}
	colored := play(true)
	for _, want := range []string{bold + "1. Plan", green + `     + name = "acme.com"` + reset, dim + "   $ terraform plan"} {
		if !strings.Contains(colored, want) {
			t.Errorf("with color: %q lacks %q", colored, want)
		}
	}
}

func TestChangeColor(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"  + name = 1": green, "~ role": yellow, "    - x": red,
		"Plan: 1 to add": "", "-32 degrees": "", "": "",
	} {
		if got := changeColor(line); got != want {
			t.Errorf("changeColor(%q) = %q, want %q", line, got, want)
		}
	}
}

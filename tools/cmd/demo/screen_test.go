package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

const planOutput = `data.prefectsso_account.this: Reading...
prefectsso_domain.corp: Refreshing state... [id=7d2b]
data.prefectsso_account.this: Read complete after 0s

Terraform used the selected providers to generate the following execution
plan. Resource actions are indicated with the following symbols:
  + create
  ~ update in-place

Terraform will perform the following actions:

  # prefectsso_domain.corp will be created
  + resource "prefectsso_domain" "corp" {
      + created = (known after apply)
      + id      = (known after apply)
      + name    = "acme.com"
    }

  # prefectsso_member_roles.team will be updated in-place
  ~ resource "prefectsso_member_roles" "team" {
      ~ roles      = {
          ~ "linus@acme.com" = "Owner" -> "Member"
            # (1 unchanged element hidden)
        }
        # (1 unchanged attribute hidden)
    }

  # data.prefectsso_account.this will be read during apply
  # (depends on a resource or a module with changes pending)
 <= data "prefectsso_account" "this" {
      + name = (known after apply)
    }

Plan: 1 to add, 1 to change, 0 to destroy.

Changes to Outputs:
  + account = (known after apply)

─────────────────────────────────────────────────────────────────────────────

Note: You didn't use the -out option to save this plan, so Terraform can't
guarantee to take exactly these actions if you run "terraform apply" now.
`

func TestReadableKeepsWhatSaysSomething(t *testing.T) {
	t.Parallel()
	want := `  # prefectsso_domain.corp will be created
  + resource "prefectsso_domain" "corp" {
      + name    = "acme.com"
    }

  # prefectsso_member_roles.team will be updated in-place
  ~ resource "prefectsso_member_roles" "team" {
      ~ roles      = {
          ~ "linus@acme.com" = "Owner" -> "Member"
        }
    }

Plan: 1 to add, 1 to change, 0 to destroy.`
	if got := strings.Join(readable(planOutput), "\n"); got != want {
		t.Errorf("readable() =\n%s\nwant\n%s", got, want)
	}
}

func TestReadableKeepsWarnings(t *testing.T) {
	t.Parallel()
	warning := "╷\n│ Warning: Domain is gone\n│ \n│ Somebody disabled acme.com.\n╵"
	got := strings.Join(readable("prefectsso_domain.corp: Creating...\n\n"+warning+"\n"), "\n")
	if want := "╷\n│ Warning: Domain is gone\n│\n│ Somebody disabled acme.com.\n╵"; got != want {
		t.Errorf("readable() = %q, want %q", got, want)
	}
}

func TestInstalled(t *testing.T) {
	t.Parallel()
	output := "Initializing provider plugins...\n- Installing prefectsso/prefectsso v0.0.1...\n" +
		"- Installed prefectsso/prefectsso v0.0.1 (unauthenticated)\nTerraform has created a lock file\n\n" +
		"Warning: Incomplete lock file information for providers\n\n" +
		"Terraform has been successfully initialized!\n"
	want := []string{"- Installed prefectsso/prefectsso v0.0.1 (unauthenticated)", "Terraform has been successfully initialized!"}
	if got := installed(output); !slices.Equal(got, want) {
		t.Errorf("installed() = %q, want %q", got, want)
	}
}

func TestReadableOfNothing(t *testing.T) {
	t.Parallel()
	if got := readable("\n\n  \n"); len(got) != 0 {
		t.Errorf("readable() = %q, want nothing", got)
	}
}

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

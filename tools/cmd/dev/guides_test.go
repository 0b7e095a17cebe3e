package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestGuides does what the guides on identity providers say, from the quick start on, command by command against one
// server. Its ports stand in for those that the guides name; and between two trials, what the first one made is destroyed.
func TestGuides(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what builds the programs and plays the demo")
	}
	home := filepath.Join(t.TempDir(), "with space")
	clone := filepath.Join(home, "terraform-provider-prefectsso")
	copyTree(t, clone)

	start := guide(t, "quick-start")
	if len(start) != 3 {
		t.Fatalf("the quick start has %d blocks of commands, want 3: make dev, the configuration, people", len(start))
	}
	if !strings.HasSuffix(start[0], "\nmake dev\n") {
		t.Fatalf("the quick start does not begin with make dev: %s", start[0])
	}
	said := serve(t, clone, "make dev")
	idp := regexp.MustCompile(`the identity provider +(\S+)`).FindStringSubmatch(said)
	if idp == nil {
		t.Fatalf("make dev names no identity provider:\n%s", said)
	}
	do := func(blocks ...string) string {
		script := "set -e\n" + strings.Join(blocks, "\n") + "\nterraform destroy\n"
		script = strings.ReplaceAll(script, "http://127.0.0.1:8788", strings.TrimSuffix(idp[1], "/"))
		return shell(t, clone, script, "TF_CLI_ARGS_apply=-auto-approve", "TF_CLI_ARGS_destroy=-auto-approve", "MOCKCLOUD_IDP_URL="+idp[1])
	}
	if out := do(start[1:]...); strings.Count(out, "No changes.") < 1 {
		t.Errorf("the quick start's second plan is not empty:\n%s", out)
	}
	at := settings(t, filepath.Join(clone, "bin", "dev", "env"))
	if got := names(t, at, http.MethodPost, "/account_memberships/filter", "email", "account_role_name=Auditor"); !slices.Contains(got, "grace@acme.com") {
		t.Errorf("the account's Auditors are %q", got)
	}
	for _, name := range []string{"okta", "entra", "google", "keycloak", "adfs"} {
		blocks := guide(t, name)
		if len(blocks) != 1 {
			t.Errorf("the guide %s has %d blocks of commands, want one", name, len(blocks))
			continue
		}
		if out := do(blocks[0]); !strings.Contains(out, "No changes.") {
			t.Errorf("the second plan of %s is not empty:\n%s", name, out)
		}
		if err := os.RemoveAll(filepath.Join(home, "trial")); err != nil {
			t.Fatal(err)
		}
	}
}

// guide are the commands of a guide as it is published.
func guide(t *testing.T, name string) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(ours, "docs", "guides", name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	return commands(string(page))
}

package interop

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readRoot(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCommands: what CI runs are targets that make has, and that contributors are told of.
func TestCommands(t *testing.T) {
	t.Parallel()
	var run []string
	for _, match := range regexp.MustCompile(`(?m)^make ([a-z-]+)`).FindAllStringSubmatch(readRoot(t, ".ci/run"), -1) {
		run = append(run, match[1])
	}
	if want := []string{"test", "lint", "test-interop"}; !slices.Equal(run, want) {
		t.Errorf(".ci/run makes %q, want %q", run, want)
	}
	makefile, contributing := readRoot(t, "GNUmakefile"), readRoot(t, "CONTRIBUTING.md")
	for _, target := range run {
		if !regexp.MustCompile(`(?m)^` + target + `:[^#\n]*## `).MatchString(makefile) {
			t.Errorf("make has no target %s with a description", target)
		}
		if !strings.Contains(contributing, "`make "+target+"`") {
			t.Errorf("CONTRIBUTING.md says nothing of make %s", target)
		}
	}
}

// TestPackages: the Node programs come in exact versions, by their hashes, from whatever
// registry is configured.
func TestPackages(t *testing.T) {
	t.Parallel()
	read := func(name string, into any) string {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var wanted struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	read("package.json", &wanted)
	var lock struct {
		Packages map[string]struct {
			Version   string `json:"version"`
			Integrity string `json:"integrity"`
			Resolved  string `json:"resolved"`
		} `json:"packages"`
	}
	text := read("package-lock.json", &lock)
	for name, version := range wanted.Dependencies {
		if locked := lock.Packages["node_modules/"+name]; locked.Version != version {
			t.Errorf("%s is locked as %q, not %q", name, locked.Version, version)
		}
	}
	if len(wanted.Dependencies) == 0 || len(lock.Packages) <= len(wanted.Dependencies) {
		t.Errorf("%d dependencies, %d packages", len(wanted.Dependencies), len(lock.Packages))
	}
	for path, locked := range lock.Packages {
		if path != "" && (!strings.HasPrefix(locked.Integrity, "sha512-") || locked.Version == "") {
			t.Errorf("%s is version %q with the hash %q", path, locked.Version, locked.Integrity)
		}
		if locked.Resolved != "" {
			t.Errorf("%s comes from %s; .npmrc leaves that out", path, locked.Resolved)
		}
	}
	for _, address := range regexp.MustCompile(`https?://[^/"]+`).FindAllString(text, -1) {
		if !strings.Contains(text, `"url": "`+address) {
			t.Errorf("the lockfile names %s", address)
		}
	}
}

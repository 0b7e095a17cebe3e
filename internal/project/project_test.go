// Package project has tests only. They hold what is written about the project against what it is: which actions the
// workflows use, which modules CONTRIBUTING.md gives reasons for, which licenses are listed, and the form of the changelog.
package project_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const root = "../.."

func read(t *testing.T, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var (
	uses   = regexp.MustCompile(`(?m)^\s*(?:- )?uses:\s*(\S+)(.*)$`)
	pinned = regexp.MustCompile(`^[^@]+@[0-9a-f]{40}$`)
	named  = regexp.MustCompile(`^ # v\d+\.\d+\.\d+$`)
)

// A tag can be moved to another commit, a hash cannot. Dependabot raises both by the comment.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	found := map[string]string{}
	for _, dir := range []string{".github", filepath.Join("examples", "ci")} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".yml" && filepath.Ext(path) != ".yaml" {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			var content map[string]any
			if err := yaml.Unmarshal(data, &content); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			for _, m := range uses.FindAllStringSubmatch(string(data), -1) {
				action, comment := m[1], m[2]
				if strings.HasPrefix(action, "./") {
					continue // of this repository, at this commit
				}
				if !pinned.MatchString(action) || !named.MatchString(comment) {
					t.Errorf("%s uses %s%s; want action@<commit> # vX.Y.Z", path, action, comment)
				}
				if had, ok := found[action]; ok && had != comment {
					t.Errorf("%s calls one commit%s, and another file%s", path, comment, had)
				}
				found[action] = comment
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) == 0 {
		t.Error("no workflow uses an action: this looks in the wrong place")
	}
}

// What a job may do is said, and no job of another than the release may write.
func TestWorkflowsSayTheirPermissions(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text := read(t, ".github", "workflows", filepath.Base(file))
		if !regexp.MustCompile(`(?m)^permissions:`).MatchString(text) {
			t.Errorf("%s says no permissions", file)
		}
		if filepath.Base(file) != "release.yml" && strings.Contains(text, ": write") {
			t.Errorf("%s may write", file)
		}
	}
}

// Each module that go.mod requires by itself has its reason, and no other has one.
func TestEachDependencyHasAReason(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("go", "list", "-m", "-f", "{{if not (or .Indirect .Main)}}{{.Path}}{{end}}", "all")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	required := strings.Fields(string(out))
	var reasons []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+\\.[^`]+/[^`]+)` \\| (.{10,}) \\|$").FindAllStringSubmatch(read(t, "CONTRIBUTING.md"), -1) {
		reasons = append(reasons, m[1])
	}
	slices.Sort(required)
	slices.Sort(reasons)
	if !slices.Equal(required, reasons) {
		t.Errorf("go.mod requires %q\nCONTRIBUTING.md has reasons for %q", required, reasons)
	}
}

var programs = []string{".", "./internal/cmd/mockcloud"}

// An entry is one line that people read: 160 characters are enough, and 240 the most.
func TestChangelog(t *testing.T) {
	t.Parallel()
	kinds := []string{"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
	seen := map[string]bool{}
	for i, line := range strings.Split(read(t, "CHANGELOG.md"), "\n") {
		switch {
		case strings.HasPrefix(line, "### "):
			if kind := strings.TrimPrefix(line, "### "); !slices.Contains(kinds, kind) {
				t.Errorf("line %d: Keep a Changelog has no %q", i+1, kind)
			}
		case strings.HasPrefix(line, "- "):
			if n := len([]rune(line)); n > 240 {
				t.Errorf("line %d has %d characters", i+1, n)
			}
			if seen[line] {
				t.Errorf("line %d stands there twice", i+1)
			}
			seen[line] = true
		case strings.HasPrefix(line, " "):
			t.Errorf("line %d goes on with the entry before it", i+1)
		}
	}
	if len(seen) == 0 {
		t.Error("there is no entry")
	}
}

// What is in the programs, for any system, is listed with its license in the version that is in them.
func TestLicensesAreListed(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{} // package or module and version
	for _, m := range regexp.MustCompile(`(?m)^\| (\S+) \| (v\d\S*) \| (\S+) \|$`).FindAllStringSubmatch(read(t, "THIRD_PARTY.md"), -1) {
		if m[3] == "Unknown" {
			t.Errorf("the license of %s is unknown", m[1])
		}
		listed[m[1]+" "+m[2]] = false
	}
	for _, system := range []string{"linux", "darwin", "windows", "freebsd"} {
		for _, module := range modules(t, system, programs...) {
			path, version, _ := strings.Cut(module, " ")
			there := false
			for name := range listed {
				p, v, _ := strings.Cut(name, " ")
				if v == version && (p == path || strings.HasPrefix(p, path+"/")) {
					there, listed[name] = true, true
				}
			}
			if !there {
				t.Errorf("%s is in the programs for %s and not in THIRD_PARTY.md: run make licenses", module, system)
			}
		}
	}
	for name, needed := range listed {
		if !needed {
			t.Errorf("THIRD_PARTY.md has %s, which is in no program: run make licenses", name)
		}
	}
}

// What only tests use stays out of what people download.
func TestTestsBringNothingIntoThePrograms(t *testing.T) {
	t.Parallel()
	for _, module := range modules(t, "linux", programs...) {
		for _, only := range []string{"chromedp", "goleak", "pgregory.net/rapid", "terraform-plugin-testing", "terraform-exec", "hc-install", "terraform-plugin-sdk"} {
			if strings.Contains(module, only) {
				t.Errorf("%s is in the programs", module)
			}
		}
	}
}

// modules are those that programs have packages of, with their versions.
func modules(t *testing.T, system string, programs ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}"}, programs...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Fields(strings.ReplaceAll(string(out), " ", "@"))
	slices.Sort(list)
	list = slices.Compact(list)
	for i := range list {
		list[i] = strings.Replace(list[i], "@", " ", 1)
	}
	if len(list) == 0 {
		t.Fatal("go list gives no module")
	}
	return list
}

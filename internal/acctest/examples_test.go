package acctest_test

import (
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

func TestMain(m *testing.M) {
	if os.Getenv(minimalServe) != "" {
		if err := serveMinimal(); err != nil {
			log.Fatal(err)
		}
		return
	}
	code := m.Run()
	acctest.RemoveBinary()
	os.Exit(code)
}

// Every folder below examples with a configuration is planned and applied as it is by the real terraform, plans empty
// afterwards, and is destroyed.
func TestAccExamples(t *testing.T) {
	t.Parallel()
	forEachExample(t, func(t *testing.T, example string) {
		d := acctest.NewDir(t, acctest.Start(t))
		for name, content := range configuration(t, example) {
			d.Write(name, content)
		}
		d.MustRun("plan", "-input=false")
		d.MustRun("apply", "-input=false", "-auto-approve")
		if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
			t.Errorf("the second plan ended with %d:\n%s", code, output)
		}
		d.MustRun("destroy", "-input=false", "-auto-approve")
	})
}

// What import.sh and the import blocks show works as it is shown.
func TestAccExamplesImport(t *testing.T) {
	t.Parallel()
	forEachExample(t, func(t *testing.T, example string) {
		script, err := os.ReadFile(filepath.Join(example, "import.sh"))
		if os.IsNotExist(err) {
			if strings.Contains(example, "resources") {
				t.Error("a resource without an import example")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range strings.Split(string(script), "\n") {
			if strings.HasPrefix(command, "terraform import") {
				d := importable(t, example)
				if output, code := d.Shell(command); code != 0 {
					t.Errorf("%s ended with %d:\n%s", command, code, output)
				}
			}
		}
		block, err := os.ReadFile(filepath.Join(example, "import-by-string-id.tf"))
		if err != nil {
			t.Fatal(err)
		}
		d := importable(t, example)
		d.Write("import.tf", string(block))
		if output := d.MustRun("apply", "-input=false", "-auto-approve"); !strings.Contains(output, "1 imported") {
			t.Errorf("nothing was imported:\n%s", output)
		}
	})
}

// importable is a directory with an example's configuration, and a server that has what it manages.
func importable(t *testing.T, example string) *acctest.Dir {
	t.Helper()
	srv := acctest.Start(t)
	srv.SetDomains("acme.com")
	d := acctest.NewDir(t, srv)
	for name, content := range configuration(t, example) {
		d.Write(name, content)
	}
	return d
}

func forEachExample(t *testing.T, test func(t *testing.T, example string)) {
	t.Helper()
	root := filepath.Join(acctest.Root(t), "examples")
	found := 0
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || strings.HasPrefix(entry.Name(), ".") || len(configuration(t, path)) == 0 {
			return err
		}
		found++
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, path)
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Fatalf("no example below %s", root)
	}
}

// configuration is an example without its import blocks, by file name.
func configuration(t *testing.T, example string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(example, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	files, declared := map[string]string{}, false
	for _, path := range paths {
		if strings.HasPrefix(filepath.Base(path), "import") {
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = string(content)
		declared = declared || strings.Contains(string(content), "required_providers")
	}
	// Examples of one resource leave out what every configuration has.
	if len(files) > 0 && !declared {
		files["versions.tf"] = requiredProviders
	}
	return files
}

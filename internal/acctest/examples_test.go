package acctest_test

import (
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/fixedseed"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(minimalServe); name != "" {
		if err := serveMinimal(name); err != nil {
			log.Fatal(err)
		}
		return
	}
	fixedseed.Set()
	if err := acctest.CollectLess(); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	acctest.RemoveBinary()
	os.Exit(code)
}

// Every folder below examples with a configuration is planned and applied as it is by the real terraform, plans empty
// afterwards, and is destroyed.
func TestAccExamples(t *testing.T) {
	t.Parallel()
	forEachExample(t, func(t *testing.T, folder string) {
		d := newExample(t).dir(folder)
		d.MustRun("apply", "-input=false", "-auto-approve") // plans first
		if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
			t.Errorf("the second plan ended with %d:\n%s", code, output)
		}
		d.MustRun("destroy", "-input=false", "-auto-approve")
	})
}

// What import.sh and the import blocks show works as it is shown.
func TestAccExamplesImport(t *testing.T) {
	t.Parallel()
	forEachExample(t, func(t *testing.T, folder string) {
		script, err := os.ReadFile(filepath.Join(folder, "import.sh"))
		if os.IsNotExist(err) {
			if strings.Contains(filepath.ToSlash(folder), "/resources/") && !slices.Contains(noImport, filepath.Base(folder)) {
				t.Error("a resource without an import example")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		e := newExample(t)
		e.dir(folder).MustRun("apply", "-input=false", "-auto-approve")
		for _, command := range strings.Split(string(script), "\n") {
			if strings.HasPrefix(command, "terraform import") {
				d := e.dir(folder)
				if output, code := d.Shell(command); code != 0 {
					t.Errorf("%s ended with %d:\n%s", command, code, output)
				}
			}
		}
		for _, file := range []string{"import-by-string-id.tf", "import-by-identity.tf"} {
			block, err := os.ReadFile(filepath.Join(folder, file))
			if err != nil {
				t.Fatal(err)
			}
			d := e.dir(folder)
			if file == "import-by-identity.tf" && (madeUpID.Match(block) || !d.Version().Has(acctest.ImportByIdentity)) {
				continue // make test-matrix has versions that take it
			}
			d.Write("import.tf", string(block))
			if output := d.MustRun("plan", "-input=false"); !strings.Contains(output, "1 to import") {
				t.Errorf("nothing would be imported:\n%s", output)
			}
		}
	})
}

// ownTests are the examples that want more than a server, and have tests of their own: a database (TestAccGuideTeams),
// people of other domains (TestAccGuideBreakGlass), a state of another provider (TestAccGuideMigrating), the
// configuration that they belong to (TestAccGuidesIdentityProvidersOwn).
var ownTests = []string{"break-glass", "migrating", "shape", "teams"}

// madeUpID finds an id that the server gives, for which an example can only stand.
var madeUpID = regexp.MustCompile(`_01K[0-9A-Z]{20}|"0c1f1d2e-0000-4000-8000-00000000000[2-9a-f]"`)

// noImport are the resources that have none: what they stand for is over when it is made.
var noImport = []string{"prefectsso_scim_probe", "prefectsso_setup_link"}

const scimSecret = "scim-secret-0123456789-0123456789-0123456789"

// example is a server with a team, and an identity provider beside it, for the examples that need them.
type example struct {
	t      *testing.T
	srv    *acctest.Server
	issuer string
}

func newExample(t *testing.T) *example {
	t.Helper()
	srv := acctest.Start(t, acctest.PrivateIssuers)
	srv.AddTeam("Platform", "ada@acme.com")
	_, issuer := acctest.StartIdP(t, srv)
	return &example{t, srv, issuer}
}

// dir is a directory with an example's files, and what a user gives as variables in its environment.
func (e *example) dir(folder string) *acctest.Dir {
	e.t.Helper()
	d := acctest.NewDir(e.t, e.srv)
	files := configuration(e.t, folder)
	for name, content := range files {
		d.Write(name, content)
	}
	e.standIn(d, files)
	d.Setenv("TF_VAR_issuer", e.issuer)
	d.Setenv("TF_VAR_metadata_url", e.issuer+"/saml/metadata")
	d.Setenv("TF_VAR_client_id", "prefect")
	d.Setenv("TF_VAR_client_secret", acctest.ClientSecret)
	d.Setenv("TF_VAR_scim_secret", scimSecret)
	d.Setenv("TF_VAR_shared_secret", scimSecret)
	return d
}

func forEachExample(t *testing.T, test func(t *testing.T, example string)) {
	t.Helper()
	root := filepath.Join(acctest.Root(t), "examples")
	found := 0
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if entry != nil && entry.Name() == "actions" {
			return filepath.SkipDir // they are for Terraform 1.14 and later, and have a test in process
		}
		if entry != nil && entry.Name() == "shape" {
			return filepath.SkipDir // they are for identity providers' own providers; a test of idpguide checks their names
		}
		if entry != nil && slices.Contains(ownTests, entry.Name()) {
			return filepath.SkipDir
		}
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

// configuration is an example's files by name, without its import blocks.
func configuration(t *testing.T, example string) map[string]string {
	t.Helper()
	var paths []string
	for _, pattern := range []string{"*.tf", "*.xml"} {
		found, err := filepath.Glob(filepath.Join(example, pattern))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
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

package acctest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// What is shown to users names the provider so that Terraform and OpenTofu each take it from the registry of their own, and
// with the versions that it is written for.
func TestSourcesAndVersions(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`prefectsso\s*=\s*\{\s*source\s*=\s*"([^"]+)"(?:,?\s*version\s*=\s*"([^"]+)")?`)
	found := 0
	for _, root := range []string{"examples", "templates", "README.md"} {
		err := filepath.WalkDir(filepath.Join(acctest.Root(t), root), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !slices.Contains([]string{".tf", ".md", ".tmpl", ".hcl"}, filepath.Ext(path)) {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, match := range named.FindAllStringSubmatch(string(content), -1) {
				found++
				if match[1] != "prefectsso/prefectsso" || match[2] != "~> 0.1" {
					t.Errorf("%s takes %q in version %q", path, match[1], match[2])
				}
			}
			if strings.Contains(string(content), `"registry.terraform.io/prefectsso`) {
				t.Errorf("%s names the registry of one product", path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 10 {
		t.Errorf("only %d configurations name the provider; they have another form than this test reads", found)
	}
}

package acctest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// The guide on versions says of each feature what the tests go by.
func TestVersionsGuide(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join(acctest.Root(t), "templates", "guides", "terraform-versions.md"))
	if err != nil {
		t.Fatal(err)
	}
	from := func(first string) string {
		if first == "" {
			return "no"
		}
		return strings.TrimSuffix(first, ".0")
	}
	var want, got []string
	for _, f := range acctest.Features {
		want = append(want, "| "+f.Name+" | "+from(f.Terraform)+" | "+from(f.OpenTofu)+" |")
	}
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "| ") && strings.Count(line, "|") == 4 {
			got = append(got, line)
		}
	}
	if len(got) == 0 || !slices.Equal(got[1:], want) { // below the head
		t.Errorf("the table has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

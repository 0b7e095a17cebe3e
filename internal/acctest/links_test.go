package acctest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

var (
	link         = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading      = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notInAnchors = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	code         = regexp.MustCompile("(?ms)^```.*?^```$")
)

// anchors are those that GitHub and the registry make of a page's headings.
func anchors(page string) map[string]bool {
	all := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(code.ReplaceAllString(page, ""), -1) {
		text := notInAnchors.ReplaceAllString(strings.ToLower(match[1]), "")
		all[strings.ReplaceAll(text, " ", "-")] = true
	}
	return all
}

// Each link of the documentation to a page of its own leads to one that is there, and to a heading that the page has.
func TestLinksOfTheDocumentation(t *testing.T) {
	t.Parallel()
	docs := filepath.Join(acctest.Root(t), "docs")
	pages := map[string]string{}
	err := filepath.WalkDir(docs, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		pages[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for path, page := range pages {
		for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(page, ""), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			links++
			file, anchor, _ := strings.Cut(match[1], "#")
			to := path
			if file != "" {
				to = filepath.Join(filepath.Dir(path), file)
			}
			target, isPage := pages[to]
			name, err := filepath.Rel(docs, path)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case !isPage:
				t.Errorf("%s links to %s, which is no page", name, match[1])
			case anchor != "" && !anchors(target)[anchor] && !strings.Contains(target, `<a id="`+anchor+`">`):
				t.Errorf("%s links to %s, a heading that is not there", name, match[1])
			}
		}
	}
	if links < 50 {
		t.Errorf("only %d links were found", links)
	}
}

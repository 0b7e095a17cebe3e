package acctest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// Each test that the guide on mockcloud's faithfulness names is there, and each row of its tables names one.
func TestFidelityGuideNamesTests(t *testing.T) {
	t.Parallel()
	rows, test := 0, regexp.MustCompile("`(Test\\w+)`")
	for line := range strings.Lines(guideText(t, "fidelity")) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) != 2 || strings.TrimSpace(cells[0]) == "what" {
			continue
		}
		rows++
		held := strings.TrimSpace(cells[1])
		if held == "each by the tests of its package" {
			continue
		}
		folder, _, _ := strings.Cut(strings.TrimPrefix(held, "`"), "`")
		files, err := filepath.Glob(filepath.Join(acctest.Root(t), filepath.FromSlash(folder), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var source strings.Builder
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(content)
		}
		named := test.FindAllStringSubmatch(held, -1)
		if len(named) == 0 {
			t.Errorf("no test holds %q", cells[0])
		}
		for _, name := range named {
			if !strings.Contains(source.String(), "func "+name[1]+"(t *testing.T) {") {
				t.Errorf("%s has no test %s", folder, name[1])
			}
		}
	}
	if rows < 15 {
		t.Errorf("the guide has %d rows", rows)
	}
}

// What is within a workspace mockcloud does not have, and says so loudly.
func TestNotSimulated(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.DirectoryScenario)
	workspace := srv.WorkspaceID("production")
	for _, path := range []string{"flows/filter", "deployments/filter", "work_pools/filter", "automations/filter"} {
		if got := srv.Status(acctest.OwnerKey, http.MethodPost, "/workspaces/"+workspace+"/"+path); got != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, got)
		}
	}
	unknown := 0
	for _, route := range srv.Requests().Routes {
		if route.Route == "unknown" {
			unknown += route.Count
		}
	}
	if unknown != 4 {
		t.Errorf("%d requests counted as unknown", unknown)
	}
	srv.ResetRequests() // they were meant
}

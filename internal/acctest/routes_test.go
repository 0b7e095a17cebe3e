package acctest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
)

// Every route that a method of the client names in its comment is one that mockcloud has.
func TestRoutesThatTheClientCites(t *testing.T) {
	t.Parallel()
	mock, err := mockcloud.New(mockcloud.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mock.Close(); err != nil {
			t.Error(err)
		}
	})
	mounted := mock.Routes()
	files, err := filepath.Glob(filepath.Join(acctest.Root(t), "internal", "client", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	citation := regexp.MustCompile(`(?m)^// ((?:GET|POST|PUT|PATCH|DELETE) /api/\S+)$`)
	cited := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range citation.FindAllStringSubmatch(string(source), -1) {
			cited++
			if !slices.Contains(mounted, match[1]) {
				t.Errorf("%s cites %s, which mockcloud does not have", filepath.Base(file), match[1])
			}
		}
	}
	if cited < 10 {
		t.Errorf("only %d routes are cited; the comments have another form than this test reads", cited)
	}
}

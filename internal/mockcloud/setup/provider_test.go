package setup

import (
	"slices"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// TestProviders: each of them can be configured, once.
func TestProviders(t *testing.T) {
	t.Parallel()
	seen := map[provider]bool{}
	for _, p := range providers() {
		if !slices.Contains(store.ConnectionTypes(), p.Type) || p.Name == "" || seen[p] {
			t.Errorf("%+v", p)
		}
		seen[p] = true
	}
}

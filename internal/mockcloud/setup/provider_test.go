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

// TestDirectories: each type can be chosen, once.
func TestDirectories(t *testing.T) {
	t.Parallel()
	seen := map[store.DirectoryType]bool{}
	for _, d := range directories() {
		if d.Name == "" || seen[d.Type] {
			t.Errorf("%+v", d)
		}
		seen[d.Type] = true
	}
	for _, kind := range store.DirectoryTypes() {
		if !seen[kind] {
			t.Errorf("%s cannot be chosen", kind)
		}
	}
	if len(seen) != len(store.DirectoryTypes()) {
		t.Errorf("%v", seen)
	}
}

package filter_test

import (
	"os"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/fixedseed"
)

func TestMain(m *testing.M) {
	fixedseed.Set()
	os.Exit(m.Run())
}

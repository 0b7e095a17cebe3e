package fixedseed_test

import (
	"flag"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/fixedseed"
)

func TestMain(m *testing.M) {
	fixedseed.Set()
	os.Exit(m.Run())
}

// TestDrawsTheSame: two checks of one property see the same values.
func TestDrawsTheSame(t *testing.T) {
	if flag.Lookup("rapid.seed").Value.String() == "0" {
		t.Skip("-rapid.seed=0 asks for other values each time")
	}
	draw := func() (drawn []int) {
		rapid.Check(t, func(t *rapid.T) { drawn = append(drawn, rapid.Int().Draw(t, "n")) })
		return drawn
	}
	first, second := draw(), draw()
	for i, n := range first {
		if n != second[i] {
			t.Fatalf("check %d drew %d and then %d", i, n, second[i])
		}
	}
}

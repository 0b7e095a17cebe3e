package chaos_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/chaos"
)

func TestMain(m *testing.M) {
	for _, variable := range os.Environ() { // nothing of the machine's own reaches the provider
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PREFECT_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// number returns an environment variable that is a number.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s is no number: %v", name, err)
	}
	return n
}

// TestCampaign plays RUNS cases from SEED on.
func TestCampaign(t *testing.T) {
	t.Parallel()
	seed, runs := number(t, "SEED", 1), number(t, "RUNS", 300)
	if testing.Short() {
		runs = min(runs, 40)
	}
	for n := range runs {
		c := chaos.Draw(uint64(seed+n), chaos.Draws{LostCreates: true})
		t.Run(fmt.Sprint("seed=", c.Seed), func(t *testing.T) {
			t.Parallel()
			trace, err := play(t, c)
			if err == nil {
				if runs == 1 {
					t.Logf("%s\n%s", c, trace)
				}
				return
			}
			small := c
			if os.Getenv("SHRINK") != "0" {
				small = chaos.Shrink(c, 150, func(c *chaos.Case) bool {
					_, now := play(t, c)
					return now != nil && kind(now) == kind(err)
				})
			}
			trace, smaller := play(t, small)
			t.Errorf("%v\n\nThe smallest case that fails, of %s\n%s\n%v\n\nThe same again: make chaos SEED=%d RUNS=1", err, small, trace, smaller, c.Seed)
		})
	}
}

// kind returns what an error begins with: a smaller case has to fail in the same way.
func kind(err error) string {
	begins, _, _ := strings.Cut(err.Error(), ":")
	return begins
}

// play plays a case in a bubble of its own.
func play(t *testing.T, c *chaos.Case) (trace string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(*testing.T) { trace, err = chaos.Play(c, file) })
	return trace, err
}

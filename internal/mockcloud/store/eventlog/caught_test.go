package eventlog

import (
	"strings"
	"testing"
)

// TestCaught: a fault in a goroutine is an error of the search.
func TestCaught(t *testing.T) {
	t.Parallel()
	look := func(fault any) (err error) {
		defer caught(&err)
		if fault != nil {
			panic(fault)
		}
		return nil
	}
	if err := look("boom"); err == nil || !strings.Contains(err.Error(), "boom") || !strings.Contains(err.Error(), "caught_test.go") {
		t.Errorf("%v", err)
	}
	if err := look(nil); err != nil {
		t.Error(err)
	}
}

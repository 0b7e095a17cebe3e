// Package golden holds what code writes against a file that is kept with the tests. With the flag -update the file is
// written anew, so that what a change makes of it is read in the diff. Only tests import it.
package golden

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the files that tests compare with anew")

// Check fails the test where got is not what the file has.
func Check(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("this is not what %s has; read the difference, and write it anew with -update (guides: make generate):\n%s", file, got)
	}
}

package acctest

import (
	"os"
	"strconv"
	"testing"
)

// EnvNumber returns an environment variable that is a whole number, and otherwise where it is not set.
func EnvNumber(t testing.TB, name string, otherwise int) int {
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

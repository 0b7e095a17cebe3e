package benchguide_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/benchguide"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/golden"
)

// The guide on benchmarks is what the records of their output say, of which the newest comes first; -update writes it (make
// bench-record).
func TestGuide(t *testing.T) {
	t.Parallel()
	var records []benchguide.Record
	for _, name := range []string{"bench.txt", "earlier.txt"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		record, err := benchguide.Read(bytes.NewReader(content))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		records = append(records, record)
	}
	page, err := benchguide.Page(records...)
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "../../templates/guides/benchmarks.md", page)
}

// What a record says is written as people write numbers, and what it lacks is named.
func TestPage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ record, want, lacks string }{
		"a span":       {"BenchmarkDurableWrites-2 100 400000 ns/op 2932 writes/s\nBenchmarkDurableWrites-2 100 3 ns/op 4511 writes/s\n", "", "BenchmarkReady ns/op"},
		"none":         {"PASS\n", "there are no results", ""},
		"not a number": {"BenchmarkReady-2 100 fast ns/op\n", "BenchmarkReady: ", ""},
	} {
		record, err := benchguide.Read(strings.NewReader(test.record))
		if test.want != "" {
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := benchguide.Page(record); err == nil || !strings.Contains(err.Error(), test.lacks) || strings.Contains(err.Error(), "DurableWrites") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

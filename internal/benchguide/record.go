// Package benchguide makes the guide on benchmarks of what the benchmarks printed. `make bench` leaves their output in a
// file, `make bench-record` keeps the lines that count in testdata and writes the guide from them, so that no number in it
// was typed by hand. What a row says, and of which benchmarks it is made, is in page.go. It knows no other package.
package benchguide

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Record is what a run of the benchmarks printed.
type Record struct {
	// Head is what is said of the run: date, machine, go, terraform, and a note.
	Head map[string]string

	// values are the results, the smallest first, by benchmark and unit.
	values map[string][]float64
}

var (
	head   = regexp.MustCompile(`^(date|machine|terraform|go|note): (.+)$`)
	result = regexp.MustCompile(`^(Benchmark\S+?)(?:-\d+)?\s+\d+\s+(.+)$`)
)

// Read reads the output of `make bench`. Lines that are no results are skipped; a benchmark that ran several times has
// several values.
func Read(r io.Reader) (Record, error) {
	record := Record{Head: map[string]string{}, values: map[string][]float64{}}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if match := head.FindStringSubmatch(lines.Text()); match != nil {
			record.Head[match[1]] = match[2]
			continue
		}
		match := result.FindStringSubmatch(lines.Text())
		if match == nil {
			continue
		}
		fields := strings.Fields(match[2])
		for i := 0; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return record, fmt.Errorf("%s: %w", match[1], err)
			}
			key := match[1] + " " + fields[i+1]
			record.values[key] = append(record.values[key], value)
		}
	}
	for _, values := range record.values {
		slices.Sort(values)
	}
	if len(record.values) == 0 {
		return record, errors.New("there are no results of benchmarks in it")
	}
	return record, lines.Err()
}

package fetch

import (
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// TestCreationSpans: the audit trail is asked only for the times at which service accounts were made, and no more often
// than it has to be.
func TestCreationSpans(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	made := func(days ...int) (rows []access.ServiceAccount) {
		for _, day := range days {
			at := now.AddDate(0, 0, -day)
			rows = append(rows, access.ServiceAccount{ID: strconv.Itoa(day), Created: &at})
		}
		return rows
	}
	between := func(from, to int) timeSpan {
		return timeSpan{now.AddDate(0, 0, -from).Add(-time.Minute), now.AddDate(0, 0, -to).Add(time.Minute)}
	}
	for name, test := range map[string]struct {
		rows     []access.ServiceAccount
		earliest time.Time
		want     []timeSpan
		beyond   []string
	}{
		"none":                 {},
		"years ago":            {made(1000), time.Time{}, []timeSpan{between(1000, 1000)}, nil},
		"together":             {made(10, 1, 5), time.Time{}, []timeSpan{between(10, 1)}, nil},
		"a span apart":         {made(0, 14), time.Time{}, []timeSpan{between(0, 0), between(14, 14)}, nil},
		"too many":             {made(0, 20, 40, 60, 80, 100, 101), time.Time{}, []timeSpan{between(0, 0), between(20, 20), between(40, 40), between(60, 60), between(80, 80)}, []string{"100", "101"}},
		"as many as asked for": {made(0, 20, 40, 60, 80, 100, 120), now.AddDate(0, 0, -110), []timeSpan{between(0, 0), between(20, 20), between(40, 40), between(60, 60), between(80, 80), between(100, 100)}, []string{"120"}},
		"of no known time":     {[]access.ServiceAccount{{ID: "x"}}, time.Time{}, nil, []string{"x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans, beyond := creationSpans(test.rows, test.earliest)
			if !reflect.DeepEqual(spans, test.want) || !reflect.DeepEqual(beyond, test.beyond) {
				t.Errorf("got %v and %v beyond, want %v and %v", spans, beyond, test.want, test.beyond)
			}
			for _, span := range spans {
				if span.until.Sub(span.since) > client.EventWindow {
					t.Errorf("%v is longer than the API answers", span)
				}
			}
		})
	}
}

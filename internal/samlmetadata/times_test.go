package samlmetadata_test

import (
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	at := func(year, month, day, hour, minute, second, nano int) time.Time {
		return time.Date(year, time.Month(month), day, hour, minute, second, nano, time.UTC)
	}
	for text, want := range map[string]time.Time{
		"2030-01-31T12:30:45Z":           at(2030, 1, 31, 12, 30, 45, 0),
		"2030-01-31T12:30:45":            at(2030, 1, 31, 12, 30, 45, 0),
		" 2030-01-31T12:30:45\n":         at(2030, 1, 31, 12, 30, 45, 0),
		"2030-01-31T12:30:45.5Z":         at(2030, 1, 31, 12, 30, 45, 5e8),
		"2030-01-31T12:30:45.1234567":    at(2030, 1, 31, 12, 30, 45, 123456700),
		"2030-01-31T12:30:45+05:30":      at(2030, 1, 31, 7, 0, 45, 0),
		"2030-01-31T12:30:45.25-14:00":   at(2030, 2, 1, 2, 30, 45, 25e7),
		"2030-01-31T12:30:45-00:00":      at(2030, 1, 31, 12, 30, 45, 0),
		"2030-12-31T24:00:00":            at(2031, 1, 1, 0, 0, 0, 0),
		"2030-12-31T24:00:00.000Z":       at(2031, 1, 1, 0, 0, 0, 0),
		"2028-02-29T00:00:00Z":           at(2028, 2, 29, 0, 0, 0, 0),
		"12030-01-01T00:00:00Z":          at(12030, 1, 1, 0, 0, 0, 0),
		"0001-01-01T00:00:00Z":           at(1, 1, 1, 0, 0, 0, 0),
		"-0001-01-01T00:00:00Z":          at(0, 1, 1, 0, 0, 0, 0),
		"9999-12-31T23:59:59.999999999Z": at(9999, 12, 31, 23, 59, 59, 999999999),
	} {
		got, err := samlmetadata.ParseTime(text)
		if err != nil || got.Sub(want).Abs() > time.Microsecond {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "soon", "2030-01-31", "12:00:00", "2030-01-31 12:00:00Z", "2030-1-31T12:00:00Z", "2030-02-29T00:00:00Z", "2030-04-31T00:00:00Z",
		"2030-00-01T00:00:00Z", "2030-13-01T00:00:00Z", "2030-01-00T00:00:00Z", "2030-01-01T24:00:01Z", "2030-01-01T24:00:00.1Z", "2030-01-01T25:00:00Z",
		"2030-01-01T00:60:00Z", "2030-01-01T00:00:60Z", "2030-01-01T00:00:00+14:01", "2030-01-01T00:00:00+0100", "2030-01-01T00:00:00z",
		"2030-01-01t00:00:00Z", "0000-01-01T00:00:00Z", "02030-01-01T00:00:00Z", "+2030-01-01T00:00:00Z", "2030-01-01T00:00:00.Z", "99999999999-01-01T00:00:00Z",
		"2030-01-01T00:00:00+01:60",
	} {
		if got, err := samlmetadata.ParseTime(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"PT8H": 8 * time.Hour, "P1D": day, "PT0S": 0, "P1DT12H": day + 12*time.Hour, "PT1H30M5.5S": 90*time.Minute + 5500*time.Millisecond,
		"P1Y2M3D": (365 + 60 + 3) * day, " P7D\n": 7 * day, "P0Y0M0DT6H0M0.000S": 6 * time.Hour, "P999999999999999999999Y": 100 * 365 * day,
	} {
		if got, err := samlmetadata.ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1DT", "1D", "PT1D", "P1H", "-P1D", "P-1D", "P1.5D", "PT.5S", "PT5.S", "8 hours", "pt8h", "P1D1Y"} {
		if got, err := samlmetadata.ParseDuration(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

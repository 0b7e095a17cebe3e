package samlmetadata

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

var dateTime = regexp.MustCompile(`^(-?)([0-9]{4,9})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(Z|[+-][0-9]{2}:[0-9]{2})?$`)

// ParseTime reads an xs:dateTime in any of its legal forms (XML Schema Part 2,
// 3.2.7). One without a zone is UTC (SAML Core 1.3.3), and 24:00:00 the beginning of
// the next day.
func ParseTime(value string) (time.Time, error) {
	value = trim(value)
	parts := dateTime.FindStringSubmatch(value)
	wrong := fmt.Errorf("%s is no xs:dateTime, such as 2030-01-31T12:00:00Z", shown(value))
	if parts == nil {
		return time.Time{}, wrong
	}
	year, month, day := number(parts[2]), number(parts[3]), number(parts[4])
	hour, minute, second := number(parts[5]), number(parts[6]), number(parts[7])
	fraction, err := strconv.ParseFloat("0."+parts[8]+"0", 64)
	endOfDay := hour == 24 && minute == 0 && second == 0 && fraction == 0
	offset, zoned := zoneOffset(parts[9])
	switch {
	case err != nil || !zoned,
		year == 0, len(parts[2]) > 4 && parts[2][0] == '0',
		month < 1 || month > 12, day < 1 || day > daysIn(year, month),
		hour > 23 && !endOfDay, minute > 59, second > 59:
		return time.Time{}, wrong
	}
	if parts[1] == "-" {
		year = 1 - year // there is no year zero before the first of our era
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, int(math.Min(fraction*1e9, 999_999_999)), time.UTC)
	return at.Add(-offset), nil
}

func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1 // a pattern let digits only through, and nine of them at most
	}
	return n
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// zoneOffset reads a time zone, and reports whether it is one; it is at most 14 hours away.
func zoneOffset(zone string) (time.Duration, bool) {
	if zone == "" || zone == "Z" {
		return 0, true
	}
	hours, minutes := number(zone[1:3]), number(zone[4:6])
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if zone[0] == '-' {
		offset = -offset
	}
	return offset, minutes <= 59 && offset.Abs() <= 14*time.Hour
}

var duration = regexp.MustCompile(`^P(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)D)?(T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]+)?)S)?)?$`)

// maxDuration is what is read of durations that are longer.
const maxDuration = 100 * 365 * 24 * time.Hour

// ParseDuration reads an xs:duration that is not negative (XML Schema Part 2,
// 3.2.6). A year counts as 365 days and a month as 30; it says at most 100 years.
func ParseDuration(value string) (time.Duration, error) {
	value = trim(value)
	parts := duration.FindStringSubmatch(value)
	if parts == nil || parts[4] == "T" || value == "P" {
		return 0, fmt.Errorf("%s is no xs:duration, such as PT8H", shown(value))
	}
	const day = 24 * 60 * 60
	seconds := 0.0
	for i, unit := range map[int]float64{1: 365 * day, 2: 30 * day, 3: day, 5: 3600, 6: 60, 7: 1} {
		if parts[i] == "" {
			continue
		}
		n, err := strconv.ParseFloat(parts[i], 64)
		if err != nil {
			return maxDuration, nil // so many digits that it is out of range
		}
		seconds += n * unit
	}
	if seconds >= maxDuration.Seconds() {
		return maxDuration, nil
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

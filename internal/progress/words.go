package progress

import (
	"fmt"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// state says how far the job is.
func (j *Job) state(now time.Time) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	text := j.meter.counts(j.what)
	if rest, known := j.meter.rest(now); known {
		text += "; the rest takes " + roughly(rest)
	} else if j.meter.stalled(now) {
		text += "; none in the last minute"
	}
	j.meter.look(now)
	return text
}

// outcome says what the job came to.
func (j *Job) outcome(took time.Duration) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.meter.counts(j.what) + ", in " + exactly(took)
}

// counts says how many are over with.
func (m *meter) counts(what string) string {
	text := fmt.Sprintf("%d of %d %s", m.done, m.total, what)
	if m.failed > 0 {
		text += fmt.Sprintf(", %d failed", m.failed)
	}
	return text
}

// roughly returns an estimate, no more exact than it is.
func roughly(d time.Duration) string {
	switch {
	case d > 24*time.Hour:
		return "more than a day"
	case d >= 57*time.Minute+30*time.Second:
		d = d.Round(5 * time.Minute)
	case d >= 55*time.Second:
		d = d.Round(time.Minute)
	case d <= 5*time.Second:
		return "a few seconds"
	default:
		d = d.Round(5 * time.Second)
	}
	return "about " + exactly(d)
}

// exactly returns a duration in its two greatest units.
func exactly(d time.Duration) string {
	d = d.Round(time.Second)
	if d >= time.Hour {
		d = d.Round(time.Minute)
	}
	hours, minutes, seconds := int(d/time.Hour), int(d%time.Hour/time.Minute), int(d%time.Minute/time.Second)
	var parts []string
	add := func(n int, unit string) {
		if n > 0 {
			parts = append(parts, english.Count(n, unit))
		}
	}
	add(hours, "hour")
	add(minutes, "minute")
	add(seconds, "second")
	if parts == nil {
		return english.Count(0, "second")
	}
	return english.And(parts)
}

// line returns what the bar shows, in as many columns as there are: what is under way, and how far that is. What is over
// is left out.
func (b *Bar) line(now time.Time, columns int) string {
	var parts []string
	over, total := 0, 0
	var rest time.Duration
	estimated := false
	for _, k := range b.kinds {
		if k.done >= k.total { // more where a row came twice, as others came and went meanwhile
			continue
		}
		over, total = over+k.done, total+k.total
		parts = append(parts, fmt.Sprintf("%d of %d %s", k.done, k.total, k.name))
		if more, known := k.rest(now); known {
			rest, estimated = max(rest, more), true // kinds are read side by side
		}
	}
	for _, k := range b.newest() {
		if k.total == 0 && k.done > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", k.done, k.name))
		}
	}
	if parts == nil {
		return ""
	}
	left := ""
	switch {
	case estimated:
		left = ", " + roughly(rest) + " left"
	case total == 0:
		left = " so far"
	}
	for _, form := range []struct {
		cells, parts int
		left         string
	}{{30, 3, left}, {20, 3, left}, {10, 3, left}, {10, 2, left}, {10, 1, left}, {10, 1, ""}, {0, 1, ""}} {
		text := english.And(parts[:min(form.parts, len(parts))]) + form.left
		if total > 0 && form.cells > 0 {
			text = cells(over, total, form.cells) + " " + text
		}
		if len(text) <= columns {
			return text
		}
	}
	return parts[0][:max(0, min(columns, len(parts[0])))]
}

// cells draws how much is done.
func cells(over, total, wide int) string {
	full := over * wide / total
	bar := make([]byte, wide)
	for i := range bar {
		bar[i] = '.'
		if i < full {
			bar[i] = '#'
		}
	}
	return "[" + string(bar) + "]"
}

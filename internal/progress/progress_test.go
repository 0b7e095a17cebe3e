package progress

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/golden"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pass lets time pass, on the clock of a bubble.
func pass(d time.Duration) { <-time.After(d) }

// TestSentences has everything that the package says.
func TestSentences(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	add := func(about, text string) { fmt.Fprintf(&all, "%s:\n  %q\n", about, text) }
	now := time.Unix(0, 0)
	job := func(done, failed int, ago time.Duration, before int) *Job {
		m := meter{total: 5000, done: done, failed: failed, last: now}
		if ago > 0 {
			m.marks = []mark{{now.Add(-ago), before}}
		}
		return &Job{what: "roles changed", meter: m}
	}
	add("at once", job(0, 0, 0, 0).state(now))
	add("on the way", job(1200, 0, 38*time.Second, 0).state(now))
	add("with failures", job(1200, 3, 38*time.Second, 0).state(now))
	add("stalled", job(1200, 0, time.Minute, 1200).state(now))
	add("not yet stalled", job(1200, 0, 59*time.Second, 1200).state(now))
	add("over", job(5000, 0, time.Minute, 1200).state(now))
	add("the outcome", job(5000, 0, 0, 0).outcome(72*time.Second))
	add("the outcome with failures", job(4997, 3, 0, 0).outcome(2*time.Hour+61*time.Second))
	for _, d := range []time.Duration{
		0, 5 * time.Second, 8 * time.Second, 54 * time.Second, 56 * time.Second, 89 * time.Second, 91 * time.Second,
		57 * time.Minute, 58 * time.Minute, 80 * time.Minute, 23 * time.Hour, 25 * time.Hour,
	} {
		add("roughly "+d.String(), roughly(d))
	}
	for _, d := range []time.Duration{0, 400 * time.Millisecond, time.Second, 61 * time.Second, time.Hour, time.Hour + 29*time.Second} {
		add("exactly "+d.String(), exactly(d))
	}
	bar := func(kinds ...*kind) *Bar {
		for i, k := range kinds {
			k.heard = now.Add(time.Duration(i) * time.Second)
			k.marks, k.last = []mark{{now.Add(-10 * time.Second), 0}}, now
		}
		return &Bar{kinds: kinds}
	}
	members := &kind{name: "memberships", meter: meter{total: 10000, done: 4200}}
	rooms := &kind{name: "workspaces", meter: meter{total: 40, done: 40}}
	slow := &kind{name: "people", meter: meter{total: 100, done: 1}}
	teams := &kind{name: "teams", meter: meter{done: 300}}
	roles := &kind{name: "roles", meter: meter{done: 6}}
	for _, columns := range []int{200, 79, 60, 40, 30, 20, 8, 0} {
		add(fmt.Sprintf("a bar of %d columns", columns), bar(members, slow, teams, roles).line(now, columns))
	}
	add("a bar of one kind", bar(members).line(now, 79))
	add("a bar without totals", bar(teams, roles).line(now, 79))
	add("a bar when one kind is over", bar(rooms, members).line(now, 79))
	add("a bar when all is over", bar(rooms).line(now, 79))
	add("a bar of more than there were", bar(&kind{name: "memberships", meter: meter{total: 3, done: 4}}, teams).line(now, 79))
	golden.Check(t, "testdata/sentences.txt", all.String())
}

// TestLineFits: whatever is shown, it takes no more columns than there are.
func TestLineFits(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	b := &Bar{kinds: []*kind{
		{name: "memberships", meter: meter{total: 10000, done: 4200, last: now, marks: []mark{{now.Add(-time.Minute), 0}}}},
		{name: "service accounts of a workspace", meter: meter{done: 12}},
		{name: "people", meter: meter{total: 10, done: 1}},
	}}
	for columns := range 200 {
		if line := b.line(now, columns); len(line) > columns {
			t.Errorf("%d columns: %q", columns, line)
		}
	}
}

// TestPages: what comes in pages is estimated by the time from page to page, and the estimate does not grow until the next
// one is late.
func TestPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBar(io.Discard, func() int { return 0 })
		defer b.End()
		b.Expect("memberships", 2000)
		rest := func() (time.Duration, bool) {
			synctest.Wait()
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.kinds[0].rest(time.Now())
		}
		b.Done("memberships", 200)
		pass(1500 * time.Millisecond)
		if got, known := rest(); known {
			t.Errorf("after the first page: %s", got)
		}
		for page := 2; page < 10; page++ {
			b.Done("memberships", 200)
			for range 3 {
				if got, known := rest(); !known || got != time.Duration(10-page)*1500*time.Millisecond {
					t.Errorf("after page %d: %s, %t", page, got, known)
				}
				pass(500 * time.Millisecond)
			}
		}
		pass(pause)
		if got, known := rest(); !known || got < 2*time.Second {
			t.Errorf("of a page that is late: %s, %t", got, known)
		}
	})
}

// said collects messages.
type said struct {
	mu       sync.Mutex
	messages []string
}

func (s *said) say(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, message)
}

// TestJob: a job says every few seconds how far it is, and by the pace of the last minute how long the rest will take.
func TestJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var all said
		j := Start("roles changed", 4000, all.say)
		step := func(n int, every time.Duration) {
			for range n {
				pass(every)
				j.Done(1)
			}
		}
		step(1000, 10*time.Millisecond)  // 10 s
		step(1000, 100*time.Millisecond) // and then ten times slower
		j.Failed(5)
		step(1995, 10*time.Millisecond)
		j.End()
		j.End()
		var heard []int
		for _, message := range all.messages {
			var done, total int
			if _, err := fmt.Sscanf(message, "%d of %d roles changed", &done, &total); err != nil || total != 4000 {
				t.Errorf("%q: %v", message, err)
			}
			heard = append(heard, done)
		}
		if want := int((10*time.Second + 100*time.Second + 20*time.Second) / Every); len(heard) < want || len(heard) > want+1 {
			t.Errorf("%d messages, want about %d: %q", len(heard), want, all.messages)
		}
		if first := all.messages[0]; !strings.Contains(first, "the rest takes about 35 seconds") {
			t.Errorf("at a hundred a second: %q", first)
		}
		if slow := all.messages[19]; !strings.Contains(slow, "the rest takes about 4 minutes") && !strings.Contains(slow, "the rest takes about 3 minutes") {
			t.Errorf("at ten a second for more than a minute: %q", slow)
		}
		if last := all.messages[len(heard)-1]; !strings.Contains(last, "3995 of 4000 roles changed, 5 failed, in 2 minutes") {
			t.Errorf("in the end: %q", last)
		}
	})
}

// TestShortJob: what is over before the first message says nothing, and nothing is said after the end.
func TestShortJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var all said
		j := Start("roles changed", 3, all.say)
		j.Done(3)
		pass(Every - time.Millisecond)
		j.End()
		pass(10 * Every)
		if all.messages != nil {
			t.Errorf("said %q", all.messages)
		}
	})
}

// screen is a terminal of one line, as far as a bar needs one. Standard error and standard output write to it.
type screen struct {
	mu    sync.Mutex
	lines []string // those above
	line  []byte   // where the cursor is
	at    int
	wide  int
	wraps bool // a line went over the edge
	all   strings.Builder
}

func (s *screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all.Write(text)
	for _, c := range text {
		switch c {
		case '\r':
			s.at = 0
		case '\n':
			s.lines, s.line, s.at = append(s.lines, strings.TrimRight(string(s.line), " ")), nil, 0
		default:
			if s.at == len(s.line) {
				s.line = append(s.line, c)
			} else {
				s.line[s.at] = c
			}
			if s.at++; s.at >= s.wide {
				s.wraps = true
			}
		}
	}
	return len(text), nil
}

func (s *screen) shows() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.TrimRight(string(s.line), " ")
}

func (s *screen) columns() int { return s.wide }

// TestBar: the bar comes after a moment, goes on, makes room for what is written, comes back, and leaves nothing behind.
func TestBar(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &screen{wide: 80}
		b := NewBar(s, s.columns)
		stdout, stderr := b.Over(s), b.Over(s)
		wait := func(d time.Duration) {
			pass(d)
			synctest.Wait()
		}
		wait(time.Minute)
		if got := s.shows(); got != "" {
			t.Errorf("before there is anything: %q", got)
		}
		b.Expect("memberships", 10000)
		wait(patience - time.Millisecond)
		if got := s.shows(); got != "" {
			t.Errorf("too early: %q", got)
		}
		for range 20 {
			b.Done("memberships", 200)
			wait(redrawn)
		}
		if got := s.shows(); !strings.HasPrefix(got, "[########............] 4000 of 10000 memberships, ") || !strings.HasSuffix(got, " left") {
			t.Errorf("on the way: %q", got)
		}
		b.Done("teams", 40)
		wait(redrawn)
		if got := s.shows(); !strings.Contains(got, "40 teams") {
			t.Errorf("another kind: %q", got)
		}
		say := func(w io.Writer, text string) {
			if _, err := io.WriteString(w, text); err != nil {
				t.Error(err)
			}
		}
		say(stderr, "export: a note\n")
		if got := s.shows(); got != "" || len(s.lines) != 1 || s.lines[0] != "export: a note" {
			t.Errorf("a note stands on %q, and below is %q", s.lines, got)
		}
		wait(redrawn)
		if got := s.shows(); !strings.HasPrefix(got, "[###") {
			t.Errorf("after the note: %q", got)
		}
		say(stdout, "half a")
		wait(time.Second)
		if got := s.shows(); got != "half a" {
			t.Errorf("on a line that is not complete: %q", got)
		}
		say(stdout, " line\n")
		wait(redrawn)
		b.End()
		b.End()
		if got := s.shows(); got != "" || len(s.lines) != 2 || s.lines[1] != "half a line" {
			t.Errorf("in the end %q and %q", s.lines, got)
		}
		wait(time.Minute)
		if s.shows() != "" || s.wraps || strings.Contains(s.all.String(), "\x1b") {
			t.Errorf("%q; it wraps: %t", s.shows(), s.wraps)
		}
	})
}

// TestNarrowBar: a terminal that becomes narrow or wide has a line that fits, and of one that does not say how wide it is
// the line is as long as on most.
func TestNarrowBar(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var wide atomic.Int64
		wide.Store(100)
		s := &screen{wide: 1000}
		b := NewBar(s, func() int { return int(wide.Load()) })
		defer b.End()
		b.Expect("memberships", 10000)
		b.Done("memberships", 100)
		pass(2 * time.Second)
		b.Done("memberships", 100)
		for _, test := range []struct {
			wide int64
			want string
		}{
			{100, "[..............................] 200 of 10000 memberships, about"},
			{50, "[..........] 200 of 10000 memberships"},
			{30, "200 of 10000 memberships"},
			{12, "200 of 1000"},
			{1, ""},
			{0, "[..............................] 200 of 10000 memberships, about"},
			{200, "[..............................] 200 of 10000 memberships, about"},
		} {
			if err := b.clear(s); err != nil { // what a terminal does with a line that no longer fits differs
				t.Error(err)
			}
			wide.Store(test.wide)
			pass(time.Second)
			synctest.Wait()
			columns := int(test.wide)
			if columns == 0 {
				columns = usualColumns
			}
			if got := s.shows(); !strings.HasPrefix(got, test.want) || len(got) >= columns {
				t.Errorf("of %d columns: %q, want %q", test.wide, got, test.want)
			}
		}
	})
}

// clear has the bar taken away, as by a note.
func (b *Bar) clear(w io.Writer) error {
	_, err := io.WriteString(b.Over(w), "\n")
	return err
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("closed") }

// TestBarOnNothing: a terminal that is gone ends no command, and an error of what is written comes through.
func TestBarOnNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewBar(broken{}, func() int { return 0 })
		b.Done("teams", 1)
		pass(time.Second)
		synctest.Wait()
		if _, err := b.Over(broken{}).Write([]byte("x")); err == nil {
			t.Error("the error is lost")
		}
		b.End()
	})
}

// TestWanted: a bar is for people who watch a terminal.
func TestWanted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		terminal bool
		env      map[string]string
		want     bool
	}{
		"a terminal":            {true, map[string]string{"TERM": "xterm-256color"}, true},
		"a terminal of Windows": {true, nil, true},
		"without colors":        {true, map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, true}, // it has none
		"no terminal":           {false, map[string]string{"TERM": "xterm"}, false},
		"a dumb one":            {true, map[string]string{"TERM": "dumb"}, false},
		"CI":                    {true, map[string]string{"TERM": "xterm", "CI": "true"}, false},
		"CI of another kind":    {true, map[string]string{"CI": "woodpecker"}, false},
		"not CI":                {true, map[string]string{"CI": "false"}, true},
	} {
		if got := wanted(test.terminal, func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

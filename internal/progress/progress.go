// Package progress says how far a long job is: how many of how many are done, and how long the rest will take. [Start]
// says it in a sentence every few seconds, for a log or the messages of an action; [Bar] shows it on one line of a
// terminal. What does the work is handed one of them, or a [Counter], and knows of neither.
//
// How long the rest will take goes by the last minute: rate limits count by the minute, and what went fast before one
// says nothing of what comes after. The package knows nothing of Terraform and of the API; its clock is that of package
// time, which tests replace by a bubble of testing/synctest. Its sentences are in words.go.
package progress

import "time"

// Counter is told how far something is, by kinds of things: "memberships", "teams". It may be called from several
// goroutines.
type Counter interface {
	// Expect says that so many more of a kind are to come. Of a kind of which nobody says so, it is only known how many
	// are done.
	Expect(kind string, n int)
	// Done says that so many more of a kind are done.
	Done(kind string, n int)
}

// Silent is the Counter that tells nobody.
type Silent struct{}

// Expect implements [Counter].
func (Silent) Expect(string, int) {}

// Done implements [Counter].
func (Silent) Done(string, int) {}

const (
	// window is how far back the rest is estimated from.
	window = time.Minute
	// between is the least time between two marks.
	between = time.Second
	// pause is how long nothing may come before that counts as slow. What comes in pages comes in steps.
	pause = 10 * time.Second
)

// meter counts and estimates. It has no lock of its own.
type meter struct {
	total, done, failed int
	last                time.Time // when something came to be over with
	marks               []mark    // of the window, oldest first
}

// mark is how many were over with at some time.
type mark struct {
	at   time.Time
	over int
}

func (m *meter) over() int { return m.done + m.failed }

// look remembers how many are over with. Of what is older than the window only the newest stays, where it begins.
func (m *meter) look(now time.Time) {
	if n := len(m.marks); n == 0 || now.Sub(m.marks[n-1].at) >= between {
		m.marks = append(m.marks, mark{now, m.over()})
	}
	for len(m.marks) > 1 && now.Sub(m.marks[1].at) >= window {
		m.marks = m.marks[1:]
	}
}

// rest estimates how long the rest will take.
func (m *meter) rest(now time.Time) (time.Duration, bool) {
	if len(m.marks) == 0 || m.over() >= m.total {
		return 0, false
	}
	until := m.last
	if now.Sub(until) > pause {
		until = now
	}
	first := m.marks[0]
	over, span := m.over()-first.over, until.Sub(first.at)
	if over <= 0 || span < between {
		return 0, false
	}
	return time.Duration(float64(m.total-m.over()) / float64(over) * float64(span)), true
}

// stalled reports whether nothing has come to be over with within a whole window.
func (m *meter) stalled(now time.Time) bool {
	return len(m.marks) > 0 && m.marks[0].over == m.over() && now.Sub(m.marks[0].at) >= window && m.over() < m.total
}

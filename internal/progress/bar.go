package progress

import (
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	// redrawn is how often the bar is drawn anew.
	redrawn = 200 * time.Millisecond
	// patience is how long something has to take before there is a bar at all.
	patience = 500 * time.Millisecond
	// usualColumns are those of a terminal that does not say how many it has.
	usualColumns = 80
)

// Bar shows on one line of a terminal how far a command is, and takes the line away again. It implements [Counter].
//
// It writes ASCII, spaces and carriage returns, and nothing that steers a terminal or colors it.
type Bar struct {
	out     io.Writer
	columns func() int // 0 where that is not known

	mu    sync.Mutex
	kinds []*kind // in the order in which they were first heard of
	began time.Time
	drawn int  // columns that the line takes
	open  bool // something else stands on the line

	stop  chan struct{}
	ended chan struct{}
	once  sync.Once
}

// kind is how far things of one kind are.
type kind struct {
	meter
	name  string
	heard time.Time
}

// OnTerminal returns a bar on a file such as standard error; nil where there should be none, because the file is no
// terminal, or one that cannot go back on a line (TERM=dumb), or nobody is watching (CI).
func OnTerminal(f *os.File, getenv func(string) string) *Bar {
	fd := int(f.Fd())
	if !wanted(term.IsTerminal(fd), getenv) {
		return nil
	}
	return NewBar(f, func() int {
		columns, _, err := term.GetSize(fd)
		if err != nil {
			return 0
		}
		return columns
	})
}

func wanted(terminal bool, getenv func(string) string) bool {
	ci := getenv("CI")
	return terminal && getenv("TERM") != "dumb" && (ci == "" || ci == "0" || ci == "false")
}

// NewBar returns a bar that is written to out, which is so many columns wide. End has to be called.
func NewBar(out io.Writer, columns func() int) *Bar {
	b := &Bar{out: out, columns: columns, stop: make(chan struct{}), ended: make(chan struct{})}
	go b.run()
	return b
}

// Expect implements [Counter].
func (b *Bar) Expect(name string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kind(name).total += n
}

// Done implements [Counter].
func (b *Bar) Done(name string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.kind(name)
	k.done += n
	k.last = k.heard
	if k.marks == nil {
		k.look(k.heard) // since when the first were asked for is not known
	}
}

// End takes the bar away for good.
func (b *Bar) End() {
	b.once.Do(func() {
		close(b.stop)
		<-b.ended
		b.mu.Lock()
		defer b.mu.Unlock()
		b.erase()
	})
}

// Over returns a writer that takes the bar away before it writes to w, be that the same terminal or another file. The bar
// comes back once the line is complete that was written.
func (b *Bar) Over(w io.Writer) io.Writer { return over{b, w} }

type over struct {
	bar *Bar
	to  io.Writer
}

// Write implements io.Writer.
func (o over) Write(text []byte) (int, error) {
	o.bar.mu.Lock()
	defer o.bar.mu.Unlock()
	o.bar.erase()
	n, err := o.to.Write(text)
	if n > 0 {
		o.bar.open = text[n-1] != '\n'
	}
	return n, err
}

func (b *Bar) run() {
	defer close(b.ended)
	ticker := time.NewTicker(redrawn)
	defer ticker.Stop()
	for {
		select {
		case <-b.stop:
			return
		case <-ticker.C:
			b.draw(time.Now())
		}
	}
}

// kind returns what is known of a kind. b.mu is held.
func (b *Bar) kind(name string) *kind {
	now := time.Now()
	if b.kinds == nil {
		b.began = now
	}
	at := slices.IndexFunc(b.kinds, func(k *kind) bool { return k.name == name })
	if at < 0 {
		at = len(b.kinds)
		b.kinds = append(b.kinds, &kind{name: name})
	}
	b.kinds[at].heard = now
	return b.kinds[at]
}

// newest returns the kinds, those first of which there was news last. b.mu is held.
func (b *Bar) newest() []*kind {
	kinds := slices.Clone(b.kinds)
	slices.SortStableFunc(kinds, func(x, y *kind) int { return y.heard.Compare(x.heard) })
	return kinds
}

func (b *Bar) draw(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open || b.kinds == nil || now.Sub(b.began) < patience {
		return
	}
	room := b.room()
	line := b.line(now, room)
	for _, k := range b.kinds {
		if k.marks != nil {
			k.look(now)
		}
	}
	b.put("\r" + line + strings.Repeat(" ", max(0, min(b.drawn, room)-len(line))))
	b.drawn = len(line)
}

// room returns how many columns a line may take: behind the last one a terminal goes on to the next line.
func (b *Bar) room() int {
	if columns := b.columns(); columns > 0 {
		return columns - 1
	}
	return usualColumns - 1
}

// erase takes the line away. b.mu is held.
func (b *Bar) erase() {
	if b.drawn > 0 {
		b.put("\r" + strings.Repeat(" ", min(b.drawn, b.room())) + "\r")
		b.drawn = 0
	}
}

// put writes to the terminal. Where that fails there is nobody who watches, and the command goes on.
func (b *Bar) put(text string) { _, _ = io.WriteString(b.out, text) }

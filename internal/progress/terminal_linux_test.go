package progress

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pty opens a terminal of so many columns, and returns both of its ends.
func pty(t *testing.T, columns uint16) (screen, terminal *os.File) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	must(err)
	fd := int(screen.Fd())
	must(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	must(err)
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	must(err)
	must(unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}))
	return screen, terminal
}

// TestOnTerminal: on a real terminal there is a bar as wide as that, and none on a file or a pipe.
func TestOnTerminal(t *testing.T) {
	t.Parallel()
	end, terminal := pty(t, 44)
	env := func(name string) string { return map[string]string{"TERM": "xterm"}[name] }
	b := OnTerminal(terminal, env)
	if b == nil {
		t.Fatal("there is no bar")
	}
	b.Expect("memberships", 1000)
	b.Done("memberships", 500)
	seen, all := make(chan struct{}), make(chan string)
	go func() {
		text, drawn := "", false
		buffer := make([]byte, 1024)
		for {
			n, err := end.Read(buffer)
			if text += string(buffer[:n]); !drawn && strings.Contains(text, "500 of 1000") {
				drawn = true
				close(seen)
			}
			if err != nil { // Linux says so when the other end is closed
				all <- text
				return
			}
		}
	}()
	select {
	case <-seen:
	case <-time.After(time.Minute):
		t.Error("nothing was drawn")
	}
	b.End()
	if err := terminal.Close(); err != nil {
		t.Error(err)
	}
	text := <-all
	if err := end.Close(); err != nil {
		t.Error(err)
	}
	// With 20 cells it has 46 columns.
	if want := "\r[#####.....] 500 of 1000 memberships"; !strings.HasPrefix(text, want) || !strings.HasSuffix(text, "\r"+strings.Repeat(" ", len(want)-1)+"\r") {
		t.Errorf("the terminal got %q", text)
	}

	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	reading, writing, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*os.File{null, writing, reading} {
		if OnTerminal(f, env) != nil {
			t.Errorf("%s has a bar", f.Name())
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

package console

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

const (
	// beat is how often a stream says that it is alive.
	beat = 15 * time.Second
	// pace is how long a stream waits between batches, so that thousands of events a
	// second become few changes of a page.
	pace = 200 * time.Millisecond
	// writeTimeout is how long a reader may take to read before it is dropped. No other
	// reader waits for it meanwhile.
	writeTimeout = 10 * time.Second
	// batchSize is how many events come at once. Of more, the newest come, and how many
	// there are besides.
	batchSize = 100
)

// streamURL is where what happens after a stamp comes from.
func streamURL(a *store.Account, after time.Time) string {
	return Prefix + a.Handle + "/stream?after=" + cursor(after)
}

// cursor writes a stamp: to the microsecond, as stamps are.
func cursor(at time.Time) string { return strconv.FormatInt(at.UnixMicro(), 10) }

// readCursor finds where a stream goes on: after the last event that the browser got,
// else where its page ends. What is no cursor is now.
func readCursor(r *http.Request, now time.Time) time.Time {
	for _, given := range []string{r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")} {
		if micros, err := strconv.ParseInt(given, 10, 64); err == nil {
			return time.UnixMicro(micros).UTC()
		}
	}
	return now
}

// batch is what a stream sends at once.
type batch struct {
	Rows []entryView
	// Skipped is how many older ones are left out.
	Skipped int
	// after is where the next batch begins.
	after time.Time
	// reset reports whether the state was set back, so that the page is of another one.
	reset bool
}

// stream is GET /console/{account}/stream: the audit trail as it happens, as
// server-sent events (HTML, section 9.2), each a batch of rows. It ends with the
// reader, the account or the server.
func (c *Console) stream(w http.ResponseWriter, r *http.Request) {
	var account *store.Account
	var at time.Time
	err := c.Store.View(func(reader *store.Reader) (err error) {
		account, err = reader.AccountByHandle(r.PathValue("account"))
		at = readCursor(r, reader.LastStamp())
		return err
	})
	if err != nil {
		c.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	rc := http.NewResponseController(w)
	defer func() { _ = rc.SetWriteDeadline(time.Time{}) }() // of what else the connection is used for
	// The server's own bound is for requests; a stream may be read for long.
	if err := rc.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return
	}
	if c.send(w, ": this is the audit trail of "+account.Handle+"\nretry: 1000\n\n") != nil {
		return
	}
	for {
		changed := c.Store.Changed()
		next, err := c.since(account, at)
		switch {
		case err != nil:
			if gone := new(store.NotFound); !errors.As(err, &gone) {
				c.Logger.Error("events could not be shown", "error", err)
			}
			return
		case next.reset:
			_ = c.send(w, "event: again\ndata: again\n\n") // the end in any case
			return
		case len(next.Rows) > 0:
			text, err := next.event()
			if err != nil {
				c.Logger.Error("events could not be shown", "error", err)
				return
			}
			if c.send(w, text) != nil {
				return
			}
		}
		at = next.after
		if !c.wait(r, w, changed) {
			return
		}
	}
}

// since reads what came after a stamp.
func (c *Console) since(account *store.Account, at time.Time) (b batch, err error) {
	err = c.Store.View(func(r *store.Reader) error {
		l, err := lookAt(r, account.Handle)
		if err != nil {
			return err
		}
		b.after = r.LastStamp()
		if b.reset = l.account.ID != account.ID || !l.account.Created.Equal(account.Created) || b.after.Before(at); b.reset {
			return nil
		}
		came, err := r.EventsSince(account.ID, at)
		if err != nil {
			return err
		}
		b.Skipped = max(0, len(came)-batchSize)
		b.Rows = l.events(came[b.Skipped:])
		slices.Reverse(b.Rows)
		return nil
	})
	return b, err
}

// event is the batch as it is sent.
func (b batch) event() (string, error) {
	var rows bytes.Buffer
	if err := write(&rows, "batch", b); err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "id: %s\n", cursor(b.after))
	for line := range strings.Lines(rows.String()) {
		fmt.Fprintf(&out, "data: %s\n", strings.TrimRight(line, "\r\n"))
	}
	out.WriteString("\n")
	return out.String(), nil
}

// wait waits for a change; false says that the stream is to end.
func (c *Console) wait(r *http.Request, w http.ResponseWriter, changed <-chan struct{}) bool {
	for {
		select {
		case <-changed:
			return c.rest(r)
		case <-c.After(beat):
			if c.send(w, ": alive\n\n") != nil {
				return false
			}
		case <-r.Context().Done():
			return false
		case <-c.Closing:
			return false
		}
	}
}

// rest waits a moment, in which more may change.
func (c *Console) rest(r *http.Request) bool {
	select {
	case <-c.After(pace):
		return true
	case <-r.Context().Done():
	case <-c.Closing:
	}
	return false
}

// send sends a part of a stream. A reader that does not read is dropped.
func (c *Console) send(w http.ResponseWriter, text string) error {
	rc := http.NewResponseController(w)
	if err := rc.SetWriteDeadline(c.wall().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	return rc.Flush()
}

package console_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/console"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

// message is one of a stream: the values of its fields, by name; comments are under "".
type message map[string]string

// watcher reads a stream.
type watcher struct {
	t     testing.TB
	lines *bufio.Scanner
	leave context.CancelFunc
}

func (w *world) watch(query string, headers ...string) *watcher {
	w.t.Helper()
	ctx, leave := context.WithCancel(w.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL+console.Prefix+"acme/stream"+query, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		leave()
		_ = answer.Body.Close() // it was left
	})
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || kind != "text/event-stream" {
		w.t.Fatalf("%d %s", answer.StatusCode, kind)
	}
	s := &watcher{w.t, bufio.NewScanner(answer.Body), leave}
	if first := s.next(); !strings.Contains(first[""], "audit trail of acme") || first["retry"] == "" {
		w.t.Fatalf("it begins with %v", first)
	}
	return s
}

// next waits for the next message; nil is the end.
func (s *watcher) next() message {
	s.t.Helper()
	m := message{}
	for s.lines.Scan() {
		line := s.lines.Text()
		if line == "" {
			return m
		}
		name, value, _ := strings.Cut(line, ": ")
		m[name] += value + "\n"
	}
	return nil
}

func (w *world) domains(names ...string) {
	w.t.Helper()
	w.does(func(tx *store.Tx) error { return tx.SetDomains(w.account, names, store.AllowDisableSSO) })
}

// TestStream: what happens comes, each once, also to those who come back.
func TestStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t, console.Options{}).seed(people)
	s := w.watch("")
	w.domains("one.example")
	first := s.next()
	if !strings.Contains(first["data"], "one.example") || !strings.Contains(first["data"], "owner@acme.com") {
		t.Fatalf("%v", first)
	}
	w.domains("two.example")
	if second := s.next(); !strings.Contains(second["data"], "two.example") || strings.Count(second["data"], "<tr>") != 1 {
		t.Errorf("%v", second)
	}
	s.leave()
	for name, back := range map[string]*watcher{
		"as browsers do": w.watch("?after=0", "Last-Event-ID", strings.TrimSpace(first["id"])),
		"by the address": w.watch("?after=" + strings.TrimSpace(first["id"])),
	} {
		if missed := back.next(); !strings.Contains(missed["data"], "two.example") || strings.Count(missed["data"], "<tr>") != 1 {
			t.Errorf("who comes back %s gets %v", name, missed)
		}
	}
	if fresh := w.watch("?after=soon"); fresh != nil {
		w.domains("three.example")
		if got := fresh.next(); strings.Count(got["data"], "<tr>") != 1 {
			t.Errorf("%v", got)
		}
	}
}

// TestStreamOfMany: thousands at once are one message of the newest.
func TestStreamOfMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t, console.Options{}).seed(people)
	s := w.watch("")
	w.does(func(tx *store.Tx) error {
		events := make([]eventlog.Event, 2500)
		for i := range events {
			events[i] = eventlog.Event{ID: uuid.New(), Occurred: w.clock.Now(), Name: "outside", Resource: eventlog.Resource{ID: fmt.Sprintf("<i>thing-%04d", i)}}
		}
		return tx.ReceiveEvents(w.account, events)
	})
	got := s.next()["data"]
	rows := strings.Split(got, "<tr>")
	if len(rows) != 101 || !strings.Contains(rows[1], "&lt;i&gt;thing-2499") || !strings.Contains(rows[100], "thing-2400") {
		t.Errorf("%d rows, the first is %s", len(rows)-1, rows[1])
	}
	if !strings.Contains(got, "2,400 events more") {
		t.Errorf("it does not say how many are left out: %s", got[len(got)-300:])
	}
}

// TestStreamEnds: with the server, with the account, and with the state.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(*world)
		says string
	}{
		{"the server closes", func(w *world) { w.router.Close() }, ""},
		{"the account is deleted", func(w *world) {
			w.does(func(tx *store.Tx) error { return tx.DeleteAccount(w.account) })
		}, ""},
		{"back to the scenario, later", func(w *world) {
			w.clock.Advance(time.Hour)
			w.seed(people)
		}, "again"},
		{"back to the scenario, and in time", func(w *world) { w.seed(people) }, "again"},
		{"another account has the handle", func(w *world) {
			w.seed(strings.ReplaceAll(people, "0c1f1d2e", "11111111"))
		}, "again"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, console.Options{}).seed(people)
			w.domains("one.example")
			s := w.watch("")
			tt.do(w)
			last := s.next()
			if tt.says != "" && strings.TrimSpace(last["event"]) != tt.says {
				t.Errorf("it ends with %v", last)
			}
			if tt.says != "" {
				last = s.next()
			}
			if last != nil {
				t.Errorf("it goes on with %v", last)
			}
		})
	}
}

// TestStreamBeats: a stream on which nothing happens says that it is alive.
func TestStreamBeats(t *testing.T) {
	t.Parallel()
	beats := make(chan time.Time)
	w := newWorld(t, console.Options{After: func(time.Duration) <-chan time.Time { return beats }}).seed(people)
	s := w.watch("")
	for range 2 {
		beats <- time.Time{}
		if got := s.next(); strings.TrimSpace(got[""]) != "alive" {
			t.Errorf("%v", got)
		}
	}
}

// stuck is a reader that does not read: writes to it fail when their deadline comes.
type stuck struct {
	*httptest.ResponseRecorder
	deadlines int
	writes    int
}

func (s *stuck) SetWriteDeadline(at time.Time) error {
	if !at.IsZero() {
		s.deadlines++
	}
	return nil
}

func (s *stuck) Write(p []byte) (int, error) {
	if s.writes++; s.writes > 1 {
		return 0, os.ErrDeadlineExceeded
	}
	return s.ResponseRecorder.Write(p)
}

// TestStreamDropsTheSlow: a reader that does not read is dropped.
func TestStreamDropsTheSlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, console.Options{}).seed(people)
	w.domains("one.example")
	s := &stuck{ResponseRecorder: httptest.NewRecorder()}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+console.Prefix+"acme/stream?after=0", nil)
	w.router.ServeHTTP(s, r) // returns
	if s.writes != 2 || s.deadlines != 2 {
		t.Errorf("%d writes with %d deadlines", s.writes, s.deadlines)
	}
}

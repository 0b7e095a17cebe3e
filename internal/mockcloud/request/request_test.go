package request

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestBearer(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Bearer a": "a", "bearer a": "a", "BEARER  a ": "a", "Basic a": "", "Bearer": "", "": "", "a": "", "Bearer\ta": "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		if got := Bearer(r); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body   io.Reader
		length int64
		status int
	}{
		"fits":              {strings.NewReader("0123456789"), 10, 0},
		"fits, no length":   {strings.NewReader("0123456789"), -1, 0},
		"empty":             {strings.NewReader(""), 0, 0},
		"too long":          {strings.NewReader("0123456789a"), 11, http.StatusRequestEntityTooLarge},
		"too long, unsaid":  {strings.NewReader("0123456789a"), -1, http.StatusRequestEntityTooLarge},
		"said to be longer": {strings.NewReader(""), 1 << 40, http.StatusRequestEntityTooLarge},
		"cut off":           {io.MultiReader(strings.NewReader("01"), failing{io.ErrUnexpectedEOF}), 10, http.StatusBadRequest},
		"too slow":          {io.MultiReader(strings.NewReader("01"), failing{&Error{Status: http.StatusRequestTimeout}}), 10, http.StatusRequestTimeout},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", test.body)
		r.ContentLength = test.length
		raw, err := Body(r, 10)
		var refused *Error
		switch {
		case test.status == 0:
			if want := max(0, test.length); err != nil || test.length >= 0 && int64(len(raw)) != want {
				t.Errorf("%s: %q, %v", name, raw, err)
			}
		case !errors.As(err, &refused) || refused.Status != test.status:
			t.Errorf("%s: %v", name, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestMedia(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]struct {
		kind, charset string
		ok            bool
	}{
		"": {"", "", true}, "Application/JSON; charset=UTF-8": {"application/json", "utf-8", true},
		"text/plain": {"text/plain", "", true}, "; x": {"", "", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Content-Type", given)
		if kind, charset, ok := Media(r); kind != want.kind || charset != want.charset || ok != want.ok {
			t.Errorf("%q: %q %q %t", given, kind, charset, ok)
		}
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	var p *Panic
	if err := Guard(func() error { panic("boom") }); !errors.As(err, &p) || p.Value != "boom" || !strings.Contains(p.Stack, "request_test.go") {
		t.Errorf("%v", err)
	}
	if err := Guard(func() error { return io.EOF }); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}

// TestPaceGrows: a body has the grace, and a second for each that much of it takes.
func TestPaceGrows(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int64]time.Duration{
		0: 10 * time.Second, 8 << 10: 10*time.Second + 500*time.Millisecond, 16 << 10: 11 * time.Second,
		2_000_000: 10*time.Second + 122*time.Second + 70_312_500*time.Nanosecond,
	} {
		if got := (Pace{}).after(bytes); got != want {
			t.Errorf("%d bytes: %s, want %s", bytes, got, want)
		}
	}
}

// paced serves bodies at a pace, and answers with what came of reading one.
func paced(t *testing.T, pace Pace, read bool) string {
	t.Helper()
	s := httptest.NewServer(pace.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !read {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		raw, err := Body(r, 1<<20)
		var refused *Error
		if errors.As(err, &refused) {
			w.WriteHeader(refused.Status)
			return
		}
		// The caller is still looked for, and may stay as long as they like.
		select {
		case <-r.Context().Done():
		default:
			_, _ = w.Write(raw)
		}
	})))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// begin sends the head of a request and a part of its body.
func begin(t *testing.T, address, part string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"+part); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestSlowBody: who sends no more is answered, and the connection ends, whether or not a
// handler reads.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		read   bool
		status string
	}{"read": {true, "HTTP/1.1 408 "}, "unread": {false, "HTTP/1.1 401 "}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := begin(t, paced(t, Pace{Grace: 20 * time.Millisecond, BytesPerSecond: 1 << 20}, test.read), "01234")
			answer, err := io.ReadAll(conn) // to the end of the connection
			if err != nil || !strings.HasPrefix(string(answer), test.status) {
				t.Errorf("%q, %v", answer, err)
			}
		})
	}
}

// TestTrickle: each piece that comes in time gives time for the next.
func TestTrickle(t *testing.T) {
	t.Parallel()
	clock := time.Unix(0, 0)
	var deadlines []time.Duration
	body := &pacedBody{
		ReadCloser: io.NopCloser(io.MultiReader(strings.NewReader("0123"), strings.NewReader("4567"))),
		pace:       Pace{Grace: time.Second, BytesPerSecond: 4}, begun: clock,
		deadline: func(at time.Time) error {
			if at.IsZero() {
				deadlines = append(deadlines, 0)
			} else {
				deadlines = append(deadlines, at.Sub(clock))
			}
			return nil
		},
	}
	if _, err := io.ReadAll(body); err != nil {
		t.Fatal(err)
	}
	want := []time.Duration{2 * time.Second, 3 * time.Second, 0}
	if len(deadlines) != len(want) {
		t.Fatalf("%v", deadlines)
	}
	for i := range want {
		if deadlines[i] != want[i] {
			t.Errorf("%v, want %v", deadlines, want)
		}
	}
}

// TestConnectionStays: a connection whose body came serves the next request.
func TestConnectionStays(t *testing.T) {
	t.Parallel()
	address := paced(t, Pace{}, true)
	conn := begin(t, address, "0123456789")
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || strings.Count(string(answer), "HTTP/1.1 200 ") != 2 || !strings.HasSuffix(string(answer), "abc") {
		t.Errorf("%q, %v", answer, err)
	}
}

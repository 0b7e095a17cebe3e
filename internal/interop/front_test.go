//go:build interop

package interop

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// front is an identity provider's address. What is sent there goes on to the opponent,
// and on the way back it is counted, and changed where the test wants it so.
type front struct {
	// issuer is the address, on another host than mockcloud's as far as cookies go.
	issuer string

	mu      sync.Mutex
	seen    map[string]int
	changes map[string]func(body []byte) []byte
	// broken are the paths that answer with an error.
	broken map[string]bool
	// asks, unless nil, changes what is asked of the opponent, and leads where its
	// redirects lead.
	asks, leads func(*url.URL)
}

func newFront(t testing.TB, o *opponent) *front {
	t.Helper()
	f := &front{seen: map[string]int{}, changes: map[string]func([]byte) []byte{}, broken: map[string]bool{}}
	to := &url.URL{Scheme: "http", Host: o.address}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // who the opponent is there
			f.mu.Lock()
			asks := f.asks
			f.mu.Unlock()
			if asks != nil {
				asks(r.Out.URL)
			}
		},
		ModifyResponse: f.passing,
	})
	t.Cleanup(server.Close)
	f.issuer = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	return f
}

func (f *front) passing(answer *http.Response) error {
	path := answer.Request.URL.Path
	f.mu.Lock()
	f.seen[path]++
	change, leads := f.changes[path], f.leads
	if f.broken[path] {
		answer.StatusCode = http.StatusInternalServerError
	}
	f.mu.Unlock()
	if location := answer.Header.Get("Location"); location != "" && leads != nil {
		to, err := url.Parse(location)
		if err != nil {
			return err
		}
		leads(to)
		answer.Header.Set("Location", to.String())
	}
	if change == nil {
		return nil
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if err := answer.Body.Close(); err != nil {
		return err
	}
	body = change(body)
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// count returns how often a path was asked for.
func (f *front) count(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen[path]
}

// change changes what a path answers from now on; nil ends that.
func (f *front) change(path string, how func(body []byte) []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes[path] = how
}

// breakDown has a path answer with an error, or no longer.
func (f *front) breakDown(path string, down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken[path] = down
}

// ask changes the addresses that requests are for from now on; nil ends that.
func (f *front) ask(how func(*url.URL)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asks = how
}

// lead changes where redirects lead from now on; nil ends that.
func (f *front) lead(how func(to *url.URL)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leads = how
}

// changeJSON changes a path's answer, which is an object.
func (f *front) changeJSON(t testing.TB, path string, how func(obj)) {
	t.Helper()
	f.change(path, func(body []byte) []byte {
		var answer obj
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Errorf("%s answered %s: %v", path, body, err)
			return body
		}
		how(answer)
		changed, err := json.Marshal(answer)
		if err != nil {
			t.Error(err)
			return body
		}
		return changed
	})
}

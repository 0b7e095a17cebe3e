package chaos

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// blind finds the colleague's changes of the domains that a write of Terraform's may have undone without a chance to know
// it: the server offers no ETag, and the change came between the provider's read and its write. The provider reads and
// writes under a lock, so the read is younger than the provider's write before; a change from before that write is in it.
// All else that undoes a colleague's change is a mistake.
type blind struct {
	mu      sync.Mutex
	changes []domainChange // all that the colleague made during an apply
	settled int            // how many of them came before the end of the provider's last write
}

// domainChange is what the colleague did.
type domainChange struct {
	name string
	in   bool
}

// happened notes a change.
func (b *blind) happened(name string, in bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes = append(b.changes, domainChange{name, in})
}

// watch stands before the server, and tells undone of each change that a write without If-Match goes against.
func (b *blind) watch(next http.Handler, undone func(name string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPatch || !strings.HasSuffix(r.URL.Path, "/domains") || r.Header.Get("Authorization") != "Bearer "+ServiceKey {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		var wanted struct {
			Names []string `json:"domain_names"`
		}
		if err != nil || json.Unmarshal(body, &wanted) != nil {
			next.ServeHTTP(w, r) // which says what is wrong with it
			return
		}
		b.mu.Lock()
		since := b.settled
		b.mu.Unlock()
		defer func() { // also where the answer is broken off
			b.mu.Lock()
			defer b.mu.Unlock()
			if r.Header.Get("If-Match") == "" {
				for _, change := range b.changes[since:] {
					if slices.Contains(wanted.Names, change.name) != change.in {
						undone(change.name)
					}
				}
			}
			b.settled = len(b.changes)
		}()
		next.ServeHTTP(w, r)
	})
}

//go:build interop

package interop

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// metadataError is what the connection says of the last fetch of its metadata.
func (w *world) metadataError() string {
	w.t.Helper()
	var saved struct {
		SAML struct {
			Error string `json:"metadata_error_id"`
		} `json:"saml"`
	}
	w.api(http.MethodGet, "/sso/connections/"+w.connection, nil).Want(http.StatusOK).Into(&saved)
	return saved.SAML.Error
}

// TestSAMLPRollover: where the metadata is followed, a new key needs no work here, and what
// strangers send causes at most a fetch a minute.
func TestSAMLPRollover(t *testing.T) {
	t.Parallel()
	s := newSAMLP(t, nil)
	s.clock.stop()
	own, next, foreign := pairs().own, pairs().next, pairs().foreign
	fetched := func(more int) func() {
		want := s.count(samlpMetadata) + more
		return func() {
			t.Helper()
			if got := s.count(samlpMetadata); got != want {
				t.Errorf("the metadata was fetched %d times, want %d", got, want)
			}
		}
	}
	signIn := func(with pair) (*acctest.Visitor, *acctest.Page) {
		s.pair = with
		s.provide()
		v := acctest.NewVisitor(t)
		return v, s.signIn(v)
	}
	// says has the metadata announce this key, whichever signs.
	says := func(key pair) {
		s.change(samlpMetadata, func(body []byte) []byte {
			return []byte(strings.NewReplacer(own.bare(), key.bare(), next.bare(), key.bare(), foreign.bare(), key.bare()).Replace(string(body)))
		})
	}
	v, p := signIn(own)
	id := s.letIn(v, p, ada).ID

	check := fetched(1)
	v, p = signIn(next)
	if who := s.letIn(v, p, ada); who.ID != id {
		t.Errorf("%+v is not %s", who, id)
	}
	check()

	says(next)
	check = fetched(0)
	v, p = signIn(own)
	s.refused(v, p, "foreign_key") // withdrawn, and fetched a moment ago
	check()
	s.clock.advance(time.Minute)
	check = fetched(1)
	v, p = signIn(own)
	s.refused(v, p, "foreign_key")
	check()

	// An unsolicited answer is no reason to fetch.
	s.clock.advance(time.Minute)
	check = fetched(0)
	s.options["audience"] = s.us.EntityID
	s.pair = foreign
	s.provide()
	v = acctest.NewVisitor(t)
	s.refused(v, v.Open(s.issuer+"/samlp").Submit(nil), "foreign_key")
	delete(s.options, "audience")
	check()

	// The metadata of another entity changes nothing.
	s.change(samlpMetadata, func(body []byte) []byte {
		return []byte(strings.Replace(string(body), `entityID="`+s.issuer, `entityID="https://evil.example.com`, 1))
	})
	check = fetched(1)
	v, p = signIn(foreign)
	s.refused(v, p, "foreign_key")
	check()
	if id := s.metadataError(); id != "metadata-another-entity" {
		t.Errorf("the connection says %q", id)
	}
	v, p = signIn(next)
	s.letIn(v, p, ada)
	says(foreign)
	s.clock.advance(time.Minute)
	v, p = signIn(foreign)
	if who := s.letIn(v, p, ada); who.ID != id {
		t.Errorf("%+v is not %s", who, id)
	}
	if id := s.metadataError(); id != "" {
		t.Errorf("the connection says %q", id)
	}
}

// TestPysaml2Rollover: keys, endpoint and the demand for signatures follow the metadata.
func TestPysaml2Rollover(t *testing.T) {
	t.Parallel()
	p := newPysaml2(t, nil)
	known := p.MemberNamed(ada).UserID
	v := acctest.NewVisitor(t)
	p.letIn(v, p.signIn(v), ada)
	p.pair = pairs().next
	p.provide()
	v = acctest.NewVisitor(t)
	if who := p.letIn(v, p.signIn(v), ada); who.ID != known || p.asked().Signed {
		t.Errorf("%+v, asked %+v", who, p.asked())
	}
	delete(p.endpoints, "redirect")
	p.wantSigned, p.pair = true, pairs().own
	p.provide()
	p.api(http.MethodPost, "/sso/connections/"+p.connection+"/refresh", nil).Want(http.StatusOK)
	v = acctest.NewVisitor(t)
	if who := p.letIn(v, p.signIn(v), ada); who.ID != known || !p.asked().Signed {
		t.Errorf("%+v, asked %+v", who, p.asked())
	}
}

package saml_test

import (
	"crypto/x509"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

// TestRenew: keys are fetched anew for an answer that names a live request of the connection and that no known key
// verifies, and for no other.
func TestRenew(t *testing.T) {
	t.Parallel()
	next := func(_ *world, a *answer) { a.with = keys().next }
	initiated := func(w *world, a *answer) {
		w.conn.AllowIDPInitiated = true
		a.request, a.confirmed = "", ""
		a.with = keys().next
	}
	for name, test := range map[string]struct {
		says    func(*world, *answer)
		asked   int
		accepts bool
	}{
		"a known key":                {func(*world, *answer) {}, 0, true},
		"the next key":               {next, 1, true},
		"the next key, not embedded": {func(_ *world, a *answer) { a.with, a.embedded = keys().next, false }, 1, true},
		"the known key has expired": {func(w *world, a *answer) {
			w.conn.Certificates, a.with = []*x509.Certificate{keys().expired.certificate}, keys().next
		}, 1, true},
		"the known key is of no use": {func(w *world, a *answer) {
			w.conn.Certificates, a.with, a.embedded = []*x509.Certificate{curves()["P-256"].certificate}, keys().next, false
		}, 1, true},
		"a foreign key":                 {func(_ *world, a *answer) { a.with = keys().foreign }, 1, false},
		"nobody asked":                  {initiated, 0, false},
		"a request that is not there":   {func(_ *world, a *answer) { a.request, a.confirmed, a.with = "_other", "_other", keys().next }, 0, false},
		"not signed":                    {func(_ *world, a *answer) { a.sign = "" }, 0, false},
		"a known key, and expired":      {func(_ *world, a *answer) { a.confirmEnd = "2026-03-04T11:00:00Z" }, 0, false},
		"encrypted, and the next key":   {func(w *world, a *answer) { sealedFor(sealing{})(w, a); a.with = keys().next }, 1, true},
		"encrypted for somebody else":   {sealedFor(sealing{to: []keypair{keys().foreign}}), 1, false},
		"encrypted, in a signed answer": {func(w *world, a *answer) { sealedFor(sealing{to: []keypair{keys().foreign}})(w, a); a.sign = "both" }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			a := w.newAnswer(w.begin(t))
			test.says(w, a)
			asked := 0
			w.conn.Renew = func() (saml.Connection, bool) {
				asked++
				renewed := w.conn
				renewed.Certificates = []*x509.Certificate{keys().next.certificate}
				return renewed, true
			}
			login, err := w.accept(encode(write(t, a.tree(t))))
			if asked != test.asked || (login != nil) != test.accepts || (err == nil) != test.accepts {
				t.Errorf("asked %d times, %+v, %v (%s)", asked, login, err, saml.ReasonOf(err))
			}
		})
	}
}

package saml

import (
	"crypto/x509"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func newTestLogins() (*Logins, *time.Time) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	return NewLogins(func() time.Time { return now }), &now
}

func TestAbandonedLoginsLeaveNoGrowth(t *testing.T) {
	t.Parallel()
	logins, now := newTestLogins()
	sp := &ServiceProvider{EntityID: "sp", ACSURL: "https://sp.example.com/acs", Logins: logins}
	conn := Connection{ID: "c", SSOURL: "https://idp.example.com/sso", Binding: POST}
	var first, last string
	for i := range 10_000 {
		request, err := sp.AuthnRequest(conn, Start{})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = request.ID
		}
		last = request.ID
		*now = now.Add(time.Millisecond)
	}
	if held := len(logins.pending.order); held != maxPending || len(logins.pending.byKey) != held {
		t.Errorf("%d and %d requests are held, want %d", held, len(logins.pending.byKey), maxPending)
	}
	if _, err := logins.find(first, "c"); ReasonOf(err) != UnknownRequest {
		t.Errorf("the oldest: %v", err)
	}
	if _, err := logins.find(last, "c"); err != nil {
		t.Errorf("the newest: %v", err)
	}
	*now = now.Add(pendingFor)
	if _, err := sp.AuthnRequest(conn, Start{}); err != nil {
		t.Fatal(err)
	}
	if held := len(logins.pending.order); held != 1 || len(logins.pending.byKey) != 1 {
		t.Errorf("after ten minutes %d requests are held", held)
	}
}

func TestUsedAssertionsAreNeverDroppedTooEarly(t *testing.T) {
	t.Parallel()
	logins, now := newTestLogins()
	logins.used.limit = 10
	for i := range 10 {
		// The first to come is the last to go.
		if err := logins.finish(fmt.Sprint(i), now.Add(time.Duration(20-i)*time.Minute), "", "c"); err != nil {
			t.Fatal(err)
		}
	}
	if err := logins.finish("new", now.Add(time.Minute), "", "c"); ReasonOf(err) != Busy {
		t.Errorf("when full: %v", err)
	}
	for i := range 10 {
		if err := logins.finish(fmt.Sprint(i), now.Add(time.Minute), "", "c"); ReasonOf(err) != ReplayedAssertion {
			t.Errorf("%d again: %v", i, err)
		}
	}
	*now = now.Add(12 * time.Minute)
	if err := logins.finish("new", now.Add(time.Minute), "", "c"); err != nil {
		t.Errorf("when some have expired: %v", err)
	}
	if err := logins.finish("0", now.Add(time.Minute), "", "c"); ReasonOf(err) != ReplayedAssertion {
		t.Errorf("the one that lasts: %v", err)
	}
	*now = now.Add(time.Hour)
	if err := logins.finish("0", now.Add(time.Minute), "", "c"); err != nil {
		t.Errorf("after its end: %v", err)
	}
	if held := len(logins.used.byKey); held != 1 {
		t.Errorf("%d are held", held)
	}
}

func TestAnAnswerIsAcceptedOnceUnderConcurrency(t *testing.T) {
	t.Parallel()
	logins, now := newTestLogins()
	logins.begin("r", pending{connection: "c"})
	var accepted atomic.Int32
	var wait sync.WaitGroup
	for i := range 32 {
		wait.Go(func() {
			// Half of them replay one assertion, half bring others for the same request.
			if logins.finish(fmt.Sprint(i%16), now.Add(time.Minute), "r", "c") == nil {
				accepted.Add(1)
			}
		})
	}
	wait.Wait()
	if accepted.Load() != 1 {
		t.Errorf("accepted %d times", accepted.Load())
	}
	if held := len(logins.used.byKey); held != 1 {
		t.Errorf("%d assertions are held; a refused one uses nothing up", held)
	}
}

// Structure is checked first, but does not have to hold alone: what verify gives
// is what was signed, whatever stands around it.
func TestVerifyReturnsOnlyWhatWasSigned(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	key, certificate, err := NewKey("idp", now.Add(-time.Hour), now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	original := testElement(t, `<a:Assertion xmlns:a="`+nsAssertion+`" ID="_1"><a:NameID>ada</a:NameID></a:Assertion>`)
	signed := testSign(t, original, key, certificate)
	v := verifier{trusted: []*x509.Certificate{certificate}, now: now}

	got, err := v.verify(signed)
	if err != nil || got == nil {
		t.Fatalf("verify: %v", err)
	}
	if name, _ := text(children(got, nsAssertion, "NameID")[0]); name != "ada" || len(children(got, nsSignature, "Signature")) != 0 {
		t.Errorf("got %q", name)
	}
	evil := signed.Copy()
	evil.CreateAttr("ID", "_evil")
	evil.SelectElement("NameID").SetText("root")
	if _, err := v.verify(evil); ReasonOf(err) != WrongReference {
		t.Errorf("another id: %v", err)
	}
	evil.CreateAttr("ID", "_1")
	if _, err := v.verify(evil); ReasonOf(err) != InvalidSignature {
		t.Errorf("the same id: %v", err)
	}
	// The original hidden inside, where a search by id would find it.
	evil.AddChild(signed.Copy())
	if got, err := v.verify(evil); err == nil {
		t.Errorf("wrapped: %v", got)
	}
	if got, err := v.verify(original); got != nil || err != nil {
		t.Errorf("unsigned: %v, %v", got, err)
	}
}

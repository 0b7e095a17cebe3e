package mockcloud_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
)

// TestAbandonedLogins: unfinished logins leave nothing in the state, and what
// waits for them does not grow. It does not run beside others, whose memory would count.
func TestAbandonedLogins(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds to fill what is bounded")
	}
	o := newOffice(t)
	for _, name := range []string{"oidc", "saml"} {
		o.configure(name, name+".example")
	}
	// begin begins n logins of each protocol.
	begin := func(n int) {
		t.Helper()
		for range n {
			for _, protocol := range protocols {
				w := httptest.NewRecorder()
				o.Mock.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/login?email="+url.QueryEscape(protocol.email), nil))
				if w.Code != http.StatusSeeOther {
					t.Fatal(w.Code, w.Body)
				}
			}
		}
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC() // what pools keep takes two
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	snapshot := func() string {
		return o.Call("GET", "/_mockcloud/snapshot", "", nil).Want(http.StatusOK).Body
	}
	begin(1)
	state := snapshot()
	begin(oidc.DefaultMaxPending) // now everything that is bounded is full
	before := heap()
	begin(5_000)
	if after := heap(); after > before+before/10 {
		t.Errorf("%d KiB in use at first, %d KiB after 10,000 more abandoned logins", before>>10, after>>10)
	}
	if snapshot() != state {
		t.Error("the state is another one after abandoned logins")
	}
}

// BenchmarkLogin is a login from the email address to the session, without the time that
// the person and the test identity provider's page take. OpenID Connect's still has the
// provider's in it: the server asks it for tokens.
func BenchmarkLogin(b *testing.B) {
	encrypted := protocols[1]
	encrypted.name = "saml-encrypted"
	for _, protocol := range append(slices.Clone(protocols), encrypted) {
		b.Run(protocol.name, func(b *testing.B) {
			o := newOffice(b)
			o.configure(protocol.name, protocol.email[strings.Index(protocol.email, "@")+1:])
			o.idp.EncryptSAML(protocol.name == encrypted.name)
			own, logins := time.Duration(0), 0
			for b.Loop() {
				person := o.browser()
				person.took = func(u *url.URL, d time.Duration) {
					if strings.HasPrefix(u.String(), o.URL) {
						own += d
					}
				}
				person.stopAt = "/me" // the page after it is not part of it
				person.login(protocol.email)
				if person.token() == "" {
					b.Fatal("there is no session")
				}
				logins++
			}
			b.ReportMetric(own.Seconds()*1000/float64(logins), "ms/login")
		})
	}
}

// BenchmarkEnforcement is a request of a Member's, without and with single sign-on.
func BenchmarkEnforcement(b *testing.B) {
	o := newOffice(b)
	request := func(b *testing.B) {
		for b.Loop() {
			r := httptest.NewRequest(http.MethodGet, "http://localhost"+mocktest.Root+"/settings", nil)
			r.Header.Set("Authorization", "Bearer "+mocktest.Member)
			w := httptest.NewRecorder()
			if o.Mock.ServeHTTP(w, r); w.Code != http.StatusOK {
				b.Fatal(w.Code, w.Body)
			}
		}
	}
	b.Run("open", request)
	o.configure("oidc", "oidc.example")
	if p := o.browser().login("ada@oidc.example"); p.status != http.StatusOK {
		b.Fatal(p)
	}
	b.Run("enforced", request)
}

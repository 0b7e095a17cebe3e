package provider_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
)

// A person whose sessions end has to sign in again, and their key works no more until then; others go on. The second time
// there is nothing to end, which is success.
func TestMemberSessionsEnd(t *testing.T) {
	t.Parallel()
	const kind = "prefectsso_member_sessions_end"
	srv := acctest.Start(t, acctest.WithDirectory, acctest.BundledIdP)
	inProcess(t, srv).create(t, identityProvider, object{
		"name": "Corp", "connection_type": "GenericOIDC", "domains": []string{"acme.com"}, "activation": "immediately",
		"oidc": object{"issuer": srv.IdPURL(), "client_id": "prefect", "client_secret_wo": mockcloud.IdPClientSecret, "client_secret_wo_version": 1},
	})
	for _, email := range []string{"ada@acme.com", "grace@acme.com"} {
		page := acctest.NewVisitor(t).Open(srv.URL + "/login").Submit(url.Values{"email": {email}})
		page.Submit(url.Values{"person": {page.Value(email)}}).Says(http.StatusOK, email)
	}
	status := func(key string) int { return srv.Status(key, http.MethodGet, "") }
	if status("pnu_ada") != http.StatusOK || status("pnu_grace") != http.StatusOK {
		t.Fatal("they are not signed in")
	}
	for n, want := range []string{"1 session of ada@acme.com has ended", "there was nothing to end"} {
		said, found := invoked(t, sessionOf(srv), kind, object{"email": "ADA@acme.com"})
		if len(found) > 0 || len(said) != 1 || !strings.Contains(said[0], want) {
			t.Errorf("time %d: it says %q, and finds %s", n+1, said, detailsOf(found))
		}
		if status("pnu_ada") != http.StatusForbidden || status("pnu_grace") != http.StatusOK {
			t.Errorf("time %d: ada gets %d, grace %d", n+1, status("pnu_ada"), status("pnu_grace"))
		}
	}
	stranger := object{"email": "nobody@acme.com"}
	_, found := actionStep(t, inProcess(t, srv), "plan", kind, stranger)
	wantFindings(t, found, warns("members-absent", "email", "nobody@acme.com"))
	if said, found := actionStep(t, inProcess(t, srv), "invoke", kind, stranger); !has(found, "members-absent") || len(said) > 0 {
		t.Errorf("a stranger: it says %q, and finds %s", said, detailsOf(found))
	}
	own := func(key, email string) (found []*tfprotov6.Diagnostic) {
		block := sessionOf(srv)
		block["api_key"] = key
		_, found = actionStep(t, inProcessAs(t, block), "plan", kind, object{"email": email})
		return found
	}
	wantFindings(t, own(acctest.OwnerKey, "owner@acme.com")) // who bypasses needs no session
	srv.SetRole("grace@acme.com", "Admin")
	wantFindings(t, own("pnu_grace", "ada@acme.com"))
	wantFindings(t, own("pnu_grace", "grace@acme.com"), warns("caller-needs-login", "email", "grace@acme.com"))
}

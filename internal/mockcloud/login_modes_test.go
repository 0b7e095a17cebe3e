package mockcloud_test

import (
	"html"
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/refusals"
)

// harmless are modes in which a login is fine, and why.
var harmless = map[idp.Mode]string{
	idp.ClaimsWithoutVerified: "an absent email_verified is no false one",
	idp.ThinIDTokens:          "the rest comes from userinfo",
	idp.SignedUnnamed:         "there is one key only",
	idp.SignedKeyHints:        "what the header says of other keys is not read",
	idp.ClaimsStale:           "the account asks for no recent login",
	idp.ClaimsWithoutAuthTime: "likewise",
	idp.SAMLStale:             "likewise",
	idp.SAMLReplay:            "the first of the same answers is good; TestReplay sends the second",
}

// TestEveryMisbehavior: whatever the test identity provider can do wrong, the person is refused with a page, gets no
// session, and the audit trail says why; the next honest login works. What is wrong already when a connection is saved
// is refused then, and nothing is saved. The reasons are the protocols' own tests'.
func TestEveryMisbehavior(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short leaves out what makes a server and keys a mode")
	}
	for _, mode := range newOffice(t).idp.Modes() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			protocol, email := "oidc", protocols[0].email
			if strings.HasPrefix(string(mode), "saml_") {
				protocol, email = "saml", protocols[1].email
			}
			for _, prefix := range []string{"discovery_", "keys_", "saml_metadata_"} {
				if strings.HasPrefix(string(mode), prefix) {
					o.refusedWhenSaved(mode, protocol)
					return
				}
			}
			o.configure(protocol, protocol+".example")
			o.idp.Misbehave(mode)
			b := o.browser()
			page := b.login(email)
			if harmless[mode] != "" {
				page.want(t, http.StatusOK, "You are logged in")
				return
			}
			if page.status < 400 || b.token() != "" {
				t.Errorf("status %d, session %t: %s", page.status, b.token() != "", page.body)
			}
			reasons := o.rejections()
			if len(reasons) != 1 || reasons[0] == "" {
				t.Fatalf("the audit trail says %q", reasons)
			}
			// The page is in our own words, whatever a library or the provider said.
			if sentence := refusals.Person(reasons[0]); refusals.Worded(reasons[0]) && !strings.Contains(page.body, html.EscapeString(sentence)) {
				t.Errorf("%s does not say %q: %s", reasons[0], sentence, page.body)
			}
			page.reference(t)
			o.idp.Misbehave(idp.Honest)
			b.login(email).want(t, http.StatusOK, "You are logged in")
		})
	}
}

// refusedWhenSaved saves a connection while the identity provider misbehaves, which leaves nothing, and then again.
func (o *office) refusedWhenSaved(mode idp.Mode, protocol string) {
	o.t.Helper()
	body := obj{"name": "x", "domains": []string{protocol + ".example"}, "connection_type": "GenericOIDC", "oidc": obj{
		"issuer": o.Mock.IdPURL(), "client_id": "x", "client_secret": mockcloud.IdPClientSecret,
	}}
	if protocol == "saml" {
		body = obj{"name": "x", "domains": []string{protocol + ".example"}, "connection_type": "GenericSAML", "saml": obj{"idp_metadata_url": o.Mock.IdPURL() + "/saml/metadata"}}
	}
	o.idp.Misbehave(mode)
	o.api("POST", "/sso/connections", mocktest.Terraform, body).Want(http.StatusUnprocessableEntity)
	var left []obj
	o.api("GET", "/sso/connections", mocktest.Terraform, nil).Want(http.StatusOK).Into(&left)
	if len(left) != 0 {
		o.t.Errorf("a refused connection was saved: %v", left)
	}
	o.idp.Misbehave(idp.Honest)
	o.api("POST", "/sso/connections", mocktest.Terraform, body).Want(http.StatusCreated)
}

// TestARecentLoginIsAskedFor: where an account wants one, a login that an identity provider remembers from yesterday is
// none, nor is one of which it does not say when it was.
func TestARecentLoginIsAskedFor(t *testing.T) {
	t.Parallel()
	for mode, protocol := range map[idp.Mode]string{
		idp.SAMLStale: "saml", idp.ClaimsStale: "oidc", idp.ClaimsWithoutAuthTime: "oidc",
	} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			email := map[string]string{"oidc": protocols[0].email, "saml": protocols[1].email}[protocol]
			o.configure(protocol, protocol+".example")
			b := o.browser()
			b.login(email).want(t, http.StatusOK, "You are logged in")
			o.api("PATCH", "", mocktest.Terraform, obj{"auth_expiration_seconds": 3600}).Want(http.StatusNoContent)
			o.idp.Misbehave(mode)
			if page := o.browser().login(email); page.status < 400 {
				t.Errorf("status %d: %s", page.status, page.body)
			}
			if reasons := o.rejections(); len(reasons) != 1 || reasons[0] != "login_not_recent" {
				t.Errorf("the audit trail says %q", reasons)
			}
			o.idp.Misbehave(idp.Honest)
			o.browser().login(email).want(t, http.StatusOK, "You are logged in")
		})
	}
}

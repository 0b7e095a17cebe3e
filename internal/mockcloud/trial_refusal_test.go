package mockcloud_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

const otherAccount = "0c1f1d2e-0000-4000-8000-000000000002"

// newOffices is an office beside which another account, of other people, has a connection at the same identity provider.
func newOffices(t *testing.T, protocol string) (o *office, theirs string) {
	t.Helper()
	o = &office{t: t, clock: mocktest.NewClock()}
	o.Server = mocktest.Start(t, mockcloud.Config{IdP: true, IdPMisbehave: true, Clock: o.clock.Now, Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [sso, scim, teams, custom_roles, audit_logs]
    rate_limit_per_minute: 0
    domains: [oidc.example, saml.example]
    users: [{email: owner@oidc.example, role: Owner, api_key: pnu_owner}]
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_terraform}]
  - id: `+otherAccount+`
    handle: globex
    features: [sso, audit_logs]
    rate_limit_per_minute: 0
    domains: [globex.example]
    users: [{email: owner@globex.example, role: Owner, api_key: pnu_globex}]
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_globex}]
users: [{email: new@oidc.example}, {email: new@globex.example}]
`)})
	o.idp = o.Mock.IdP()
	body := obj{"name": "theirs", "domains": []string{"globex.example"}, "connection_type": "GenericSAML", "saml": obj{"idp_metadata_url": o.Mock.IdPURL() + "/saml/metadata"}}
	if protocol == "oidc" {
		delete(body, "saml")
		body["connection_type"], body["oidc"] = "GenericOIDC", obj{"issuer": o.Mock.IdPURL(), "client_id": "theirs", "client_secret": mockcloud.IdPClientSecret}
	}
	var made obj
	o.theirs("POST", "/sso/connections", body).Want(http.StatusCreated).Into(&made)
	return o, id(made)
}

func (o *office) theirs(method, path string, body any) mocktest.Answer {
	o.t.Helper()
	answer, err := o.Try(method, "/api/accounts/"+otherAccount+path, "pnb_globex", body)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer
}

// refused are the reasons in both accounts' lists of refused logins, newest first.
func (o *office) refused() (ours, theirs []string) {
	o.t.Helper()
	reasons := func(a mocktest.Answer) (out []string) {
		var rows []loginRefusal
		a.Want(http.StatusOK).Into(&rows)
		for _, row := range rows {
			out = append(out, row.Reason)
		}
		return out
	}
	return reasons(o.api("GET", "/sso/login_refusals", mocktest.Terraform, nil)), reasons(o.theirs("GET", "/sso/login_refusals", nil))
}

// want fails unless both accounts' refusals are those.
func (o *office) wantRefused(ours, theirs string) {
	o.t.Helper()
	if a, b := o.refused(); strings.Join(a, " ") != ours || strings.Join(b, " ") != theirs {
		o.t.Errorf("refused are %v and, in the other account, %v; want %q and %q", a, b, ours, theirs)
	}
}

// TestTestLoginHidesNothing: a test login that was begun in one account keeps no refusal of another's out of its list,
// nor shows anything of it.
func TestTestLoginHidesNothing(t *testing.T) {
	t.Parallel()
	reasons := map[string]string{"oidc": "email_unverified", "saml": "no_email"}
	modes := map[string]idp.Mode{"oidc": idp.ClaimsUnverified, "saml": idp.SAMLWithoutEmail}
	for protocol, reason := range reasons {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			o, theirs := newOffices(t, protocol)
			tester := o.trying(protocol, nil)
			o.idp.Misbehave(modes[protocol])
			for _, handle := range []string{tester.handle(), "/setup/tried/ABCDEF"} {
				came := tester.choose(tester.get("/login?connection="+theirs+"&return_to="+url.QueryEscape(handle)), "new@globex.example").want(t, http.StatusForbidden)
				if len(came.reference(t)) != 10 || strings.Contains(came.body, "new@globex.example") {
					t.Errorf("%s", came.body)
				}
			}
			o.wantRefused("", reason+" "+reason)
			// The test itself goes on, and its refusals are shown there.
			tester.choose(tester.start(), "new@oidc.example").want(t, http.StatusOK, "The test login was refused")
			o.wantRefused("", reason+" "+reason)
		})
	}
	t.Run("an answer that names the test", func(t *testing.T) {
		t.Parallel()
		o, _ := newOffices(t, "saml")
		tester := o.trying("saml", nil)
		forged := `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0" InResponseTo="` +
			tester.requestID() + `"><saml:Issuer>` + o.idp.SAMLEntityID() + `</saml:Issuer></samlp:Response>`
		o.browser().send(http.MethodPost, "/sso/saml/"+otherAccount+"/acs", url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte(forged))}}, "cross-site").
			want(t, http.StatusForbidden, "Reference")
		o.wantRefused("", "status")
	})
}

// TestTestLoginOfOneInUse: once a connection is in use, its refusals are its account's, whatever test a login names.
func TestTestLoginOfOneInUse(t *testing.T) {
	t.Parallel()
	for protocol, email := range newcomers {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t).trying(protocol, nil)
			handle := o.handle()
			o.submit(o.choose(o.start(), email), nil).want(t, http.StatusOK, "Single sign-on is active")
			b := o.office.browser()
			try := func(person string) page {
				return b.choose(b.get("/login?connection="+o.connection+"&return_to="+url.QueryEscape(handle)), person)
			}
			try(email).want(t, http.StatusGone, "test login is over")
			o.idp.Misbehave(map[string]idp.Mode{"oidc": idp.ClaimsUnverified, "saml": idp.SAMLWithoutEmail}[protocol])
			try(email).want(t, http.StatusForbidden, "Reference")
			if reasons := o.rejections(); len(reasons) != 1 || b.token() != "" {
				t.Errorf("%q, %q", reasons, b.token())
			}
		})
	}
}

// requestID is the id of the request that a test login sends to the identity provider.
func (o *tryout) requestID() string {
	o.t.Helper()
	deflated, err := base64.StdEncoding.DecodeString(o.start().url.Query().Get("SAMLRequest"))
	if err != nil {
		o.t.Fatal(err)
	}
	request, err := io.ReadAll(flate.NewReader(bytes.NewReader(deflated)))
	if err != nil {
		o.t.Fatal(err)
	}
	found := requestIDs.FindSubmatch(request)
	if found == nil {
		o.t.Fatalf("%s", request)
	}
	return string(found[1])
}

var requestIDs = regexp.MustCompile(` ID="([^"]+)"`)

// TestRefusedAtAnothersAddress: a login that comes back at the address of another account is refused in the account of its
// connection.
func TestRefusedAtAnothersAddress(t *testing.T) {
	t.Parallel()
	o, theirs := newOffices(t, "oidc")
	b := o.browser()
	b.stopAt = "/callback"
	answer := b.choose(b.get("/login?connection="+theirs), "new@globex.example").url
	answer.Path = strings.Replace(answer.Path, otherAccount, mocktest.Account, 1)
	b.stopAt = ""
	b.get(answer.String()).want(t, http.StatusForbidden)
	o.wantRefused("", "connection_gone")
}

// TestNoTestFromTheIdentityProvider: a login that the identity provider starts is a login, wherever it says that it leads.
func TestNoTestFromTheIdentityProvider(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	connection := o.configure("saml", "saml.example")
	var provider struct {
		EntityID string `json:"sp_entity_id"`
		ACSURL   string `json:"acs_url"`
	}
	o.api("PATCH", "/sso/connections/"+connection, mocktest.Terraform, obj{"saml": obj{"allow_idp_initiated": true}}).Want(http.StatusOK)
	o.api("GET", "/sso/service_provider", mocktest.Terraform, nil).Want(http.StatusOK).Into(&provider)
	b := o.browser()
	confirm := b.choose(b.get(o.idp.SAMLStartURL(provider.EntityID, provider.ACSURL, "/setup/tried/ABCDEF")), "admin@saml.example").want(t, http.StatusOK)
	b.submit(confirm, nil).want(t, http.StatusOK, "You are logged in")
}

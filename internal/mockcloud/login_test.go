package mockcloud_test

import (
	"crypto/x509"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// TestLogin walks a person of each protocol's domain from being kept out to being
// kept out again.
func TestLogin(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.api("PATCH", "", mocktest.Terraform, obj{"auth_expiration_seconds": 3600}).Want(http.StatusNoContent)
	people := map[string]struct{ email, key string }{
		"oidc": {"ada@oidc.example", mocktest.Member}, "saml": {"admin@saml.example", mocktest.Admin},
	}
	browsers := map[string]*browser{}
	for name, who := range people {
		connection := o.configure(name, name+".example")
		if state := o.state(connection); state != "validating" {
			t.Fatalf("%s is %s", name, state)
		}
		browsers[name] = o.browser()
		browsers[name].login(who.email).want(t, http.StatusOK, "You are logged in as <strong>"+who.email)
		if state := o.state(connection); state != "active" {
			t.Fatalf("%s is %s after its first login", name, state)
		}
	}
	for name, who := range people {
		b := browsers[name]
		o.api("GET", "", who.key, nil).Want(http.StatusOK) // as recent as the person's login
		o.api("GET", "", b.token(), nil).Want(http.StatusOK)
	}
	o.clock.Advance(time.Hour + time.Second)
	for name, who := range people {
		b := browsers[name]
		o.api("GET", "", who.key, nil).Want(http.StatusForbidden, "/login?email="+url.QueryEscape(who.email))
		o.api("GET", "", b.token(), nil).Want(http.StatusForbidden)
		var sessions []struct {
			Restricted bool `json:"restricted"`
		}
		o.Call("GET", "/api/me/sessions", who.key, nil).Want(http.StatusOK).Into(&sessions)
		if len(sessions) != 1 || !sessions[0].Restricted {
			t.Errorf("%s: sessions %+v", name, sessions)
		}
		o.api("GET", "", mocktest.Owner, nil).Want(http.StatusOK)
		o.api("GET", "", mocktest.Terraform, nil).Want(http.StatusOK)

		// The URL in the refusal is one where the login works.
		var refusal struct {
			Detail string `json:"detail"`
		}
		o.api("POST", "/sso/validate", who.key, nil).Want(http.StatusForbidden).Into(&refusal)
		b.choose(b.get(refusal.Detail), who.email).want(t, http.StatusOK, "You are logged in")
		o.api("POST", "/sso/validate", who.key, nil).Want(http.StatusNoContent)
		o.api("GET", "", who.key, nil).Want(http.StatusOK)

		token := b.token()
		b.submit(b.get("/me"), nil).want(t, http.StatusOK, "<h1>Log in</h1>")
		if b.token() != "" {
			t.Errorf("%s: the browser still has a session", name)
		}
		o.api("GET", "", token, nil).Want(http.StatusUnauthorized)
	}
	if reasons := o.rejections(); reasons != nil {
		t.Errorf("refused: %v", reasons)
	}
	for event, n := range map[string]int{"prefect-cloud.user.logged-in": 4, "prefect-cloud.user.logged-out": 2} {
		if got := len(o.events(event)); got != n {
			t.Errorf("%d events %s, want %d", got, event, n)
		}
	}
}

// protocols gives both connections of an office, which people of these emails log in
// through.
var protocols = []struct{ name, email string }{{"oidc", "ada@oidc.example"}, {"saml", "admin@saml.example"}}

// eachProtocol runs a test with each protocol's connection and a browser.
func eachProtocol(t *testing.T, test func(t *testing.T, b *browser, connection, email string)) {
	t.Helper()
	for _, protocol := range protocols {
		t.Run(protocol.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			connection := o.configure(protocol.name, protocol.name+".example")
			test(t, o.browser(), connection, protocol.email)
		})
	}
}

// refused fails unless a page says that the login is refused, for that reason, and the
// browser has no session.
func (b *browser) refused(p page, reason string, texts ...string) {
	b.t.Helper()
	p.want(b.t, http.StatusForbidden, append(texts, "You are not logged in", `role="alert"`)...)
	if reasons := b.rejections(); !slices.Equal(reasons, []string{reason}) {
		b.t.Errorf("the trail has refusals for %v, want %s", reasons, reason)
	}
	if b.token() != "" {
		b.t.Error("there is a session")
	}
}

// person puts somebody else into the test identity provider.
func (o *office) person(subject, email string) {
	o.t.Helper()
	for _, known := range o.idp.People() {
		if known.Email == email {
			o.idp.RemovePerson(known.Subject)
		}
	}
	if err := o.idp.SetPerson(idp.Person{Subject: subject, Email: email, FirstName: "Nora", LastName: "New"}); err != nil {
		o.t.Fatal(err)
	}
}

// TestProvisioning: who is new becomes a Member, once.
func TestProvisioning(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, b *browser, _, email string) {
		_, domain, _ := strings.Cut(email, "@")
		fresh := "nora@" + domain
		b.person("nora", fresh)
		for range 2 {
			b.login(fresh).want(t, http.StatusOK, "You are logged in as <strong>"+fresh, "Nora New")
		}
		var rows []mocktest.Row
		b.api("POST", "/account_memberships/filter", mocktest.Terraform,
			obj{"account_memberships": obj{"email": anyOf(fresh)}}).Want(http.StatusOK).Into(&rows)
		if len(rows) != 1 || rows[0].AccountRoleName != "Member" || !rows[0].Active {
			t.Errorf("memberships %+v", rows)
		}
		b.api("GET", "", b.token(), nil).Want(http.StatusOK)
		b.api("PATCH", "", b.token(), obj{"name": "Mine"}).Want(http.StatusForbidden)
	})
}

// TestProvisioningOfAUser: who is known and in no account becomes a Member.
func TestProvisioningOfAUser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.configure("oidc", "oidc.example")
	b := o.browser()
	b.login("new@oidc.example").want(t, http.StatusOK, "You are logged in as <strong>new@oidc.example")
	b.api("GET", "", b.token(), nil).Want(http.StatusOK)
}

// TestRefusedPeople: the identity provider's word is good, and yet they are not signed in.
func TestRefusedPeople(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reason, email, says string
		before              func(t *testing.T, b *browser, email string)
	}{
		"another subject": {"subject_changed", "", "somebody else than before", func(t *testing.T, b *browser, email string) {
			b.login(email).want(t, http.StatusOK)
			b.submit(b.get("/me"), nil)
			b.person("another", email)
		}},
		"another domain": {"domain_not_served", "stranger@elsewhere.example", "not for the domain of stranger@elsewhere.example", nil},
		"deactivated": {"membership_deactivated", "", "Your membership is deactivated", func(t *testing.T, b *browser, email string) {
			var rows []mocktest.Row
			b.api("POST", "/account_memberships/filter", mocktest.Terraform,
				obj{"account_memberships": obj{"email": anyOf(email)}}).Want(http.StatusOK).Into(&rows)
			b.api("PATCH", "/account_memberships/"+rows[0].ID+"/active", mocktest.Terraform, obj{"active": false}).Want(http.StatusNoContent)
		}},
		"renamed": {"domain_not_served", "", "not for the domain of", func(t *testing.T, b *browser, email string) {
			b.login(email).want(t, http.StatusOK)
			b.submit(b.get("/me"), nil)
			// The person keeps the subject and comes with an address of another domain.
			for _, p := range b.idp.People() {
				if p.Email == email {
					b.person(p.Subject, "renamed@elsewhere.example")
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachProtocol(t, func(t *testing.T, b *browser, connection, email string) {
				if strings.HasPrefix(email, "admin") {
					// Else SAML calls people by their addresses.
					b.api("PATCH", "/sso/connections/"+connection, mocktest.Terraform,
						obj{"saml": obj{"name_id_format": saml.NameIDPersistent}}).Want(http.StatusOK)
				}
				if test.before != nil {
					test.before(t, b, email)
				}
				who := email
				switch {
				case test.email != "":
					who = test.email
				case name == "renamed":
					who = "renamed@elsewhere.example"
				}
				b.refused(b.choose(b.get("/login?connection="+connection), who), test.reason, test.says)
			})
		})
	}
}

// TestMisbehavior: what the protocols refuse is refused here, too, with an event. Their
// own tests have all the attacks.
func TestMisbehavior(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		protocol string
		mode     idp.Mode
		reason   string
	}{
		{"oidc", idp.ClaimsExpired, "expired"},
		{"oidc", idp.ClaimsOtherNonce, "nonce_mismatch"},
		{"oidc", idp.ClaimsUnverified, "email_unverified"},
		{"oidc", idp.SignedNone, "alg_none"},
		{"oidc", idp.AnswerOtherState, "state_unknown"},
		{"oidc", idp.AnswerOtherIssuer, "callback_issuer_mismatch"},
		{"saml", idp.SAMLUnsigned, "unsigned"},
		{"saml", idp.SAMLOtherAudience, "audience"},
		{"saml", idp.SAMLExpired, "expired"},
	} {
		t.Run(string(row.mode), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.configure(row.protocol, row.protocol+".example")
			email := map[string]string{"oidc": protocols[0].email, "saml": protocols[1].email}[row.protocol]
			control := func(mode idp.Mode) {
				if answer, err := o.Try("POST", "/_mockcloud/idp", "", obj{"mode": mode}); err != nil || answer.Status != http.StatusNoContent {
					t.Fatal(answer, err)
				}
			}
			control(row.mode)
			b := o.browser()
			b.refused(b.login(email), row.reason)
			control(idp.Honest)
			b.login(email).want(t, http.StatusOK, "You are logged in")
		})
	}
}

// TestReplay: what came back from the identity provider counts once, and in the browser
// that began.
func TestReplay(t *testing.T) {
	t.Parallel()
	t.Run("oidc", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.configure("oidc", "oidc.example")
		b := o.browser()
		b.stopAt = "/callback"
		callback := b.login("ada@oidc.example").url.String()
		b.stopAt = ""
		thief := o.browser()
		thief.refused(thief.get(callback), "browser_mismatch")
		// The first one used it up.
		b.get(callback).want(t, http.StatusForbidden, "You are not logged in")

		b.stopAt = "/callback"
		callback = b.login("ada@oidc.example").url.String()
		b.stopAt = ""
		bound := b.cookies(callback)
		b.get(callback).want(t, http.StatusOK, "You are logged in")
		b.jar.SetCookies(b.parse(callback), bound)
		b.get(callback).want(t, http.StatusForbidden, "This login was not finished")
		if reasons := o.rejections(); !slices.Contains(reasons, "state_replayed") {
			t.Errorf("refusals for %v", reasons)
		}
	})
	t.Run("saml", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t)
		o.configure("saml", "saml.example")
		b := o.browser()
		b.stopAt = "/continue"
		onward := b.login("admin@saml.example").url.String()
		b.stopAt = ""
		thief := o.browser()
		thief.refused(thief.get(onward), "browser_mismatch")
		b.get(onward).want(t, http.StatusForbidden, "This login was not finished")

		p := b.get("/login?email=admin@saml.example")
		subject := ""
		for _, person := range o.idp.People() {
			if person.Email == "admin@saml.example" {
				subject = person.Subject
			}
		}
		answer := b.submit(p, url.Values{"person": {subject}})
		b.submit(answer, nil).want(t, http.StatusOK, "You are logged in")
		b.submit(answer, nil).want(t, http.StatusForbidden, "already")
		if reasons := o.rejections(); !slices.Contains(reasons, "replayed_assertion") {
			t.Errorf("refusals for %v", reasons)
		}
	})
}

// TestIDPInitiated: a login that was not begun here counts only where it is allowed, and
// only after the person said so on our page.
func TestIDPInitiated(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	connection := o.configure("saml", "saml.example")
	var us struct {
		EntityID string `json:"sp_entity_id"`
		ACS      string `json:"acs_url"`
	}
	o.api("GET", "/sso/service_provider", mocktest.Terraform, nil).Want(http.StatusOK).Into(&us)
	start := o.idp.SAMLStartURL(us.EntityID, us.ACS, "")
	b := o.browser()
	b.refused(b.choose(b.get(start), "admin@saml.example"), "unsolicited")

	o.api("PATCH", "/sso/connections/"+connection, mocktest.Terraform, obj{"saml": obj{"allow_idp_initiated": true}}).Want(http.StatusOK)
	asked := b.choose(b.get(start), "admin@saml.example").want(t, http.StatusOK, "you are <strong>admin@saml.example")
	if b.token() != "" {
		t.Error("there is a session before the person agreed")
	}
	action, values := b.form(asked)
	b.send(http.MethodPost, action, values, "cross-site").want(t, http.StatusForbidden)
	b.submit(asked, nil).want(t, http.StatusOK, "You are logged in as <strong>admin@saml.example")
	b.submit(asked, nil).want(t, http.StatusForbidden, "This login was not finished")
}

// TestSAMLByForm: requests by POST, signed with the key that our metadata has.
func TestSAMLByForm(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var us struct {
		MetadataURL string `json:"sp_metadata_url"`
	}
	o.api("GET", "/sso/service_provider", mocktest.Terraform, nil).Want(http.StatusOK).Into(&us)
	b := o.browser()
	o.idp.RequireSignedRequests(signingCertificate(t, b.get(us.MetadataURL).want(t, http.StatusOK).body))
	connection := o.configure("saml", "saml.example")
	sign := func(v any) {
		o.api("PATCH", "/sso/connections/"+connection, mocktest.Terraform, obj{"saml": obj{"sign_authn_requests": v}}).Want(http.StatusOK)
	}
	sign(false)
	b.get("/login?connection="+connection).want(t, http.StatusBadRequest, "This did not work")
	for _, v := range []any{true, nil} { // nil follows the metadata, which wants signed requests
		sign(v)
		b.login("admin@saml.example").want(t, http.StatusOK, "You are logged in")
	}

	// Metadata that has no redirect makes it a form.
	metadata := regexp.MustCompile(`<SingleSignOnService[^>]*HTTP-Redirect[^>]*></SingleSignOnService>`).
		ReplaceAllString(b.get(o.Mock.IdPURL()+"/saml/metadata").body, "")
	o.api("PATCH", "/sso/connections/"+connection, mocktest.Terraform, obj{"saml": obj{"idp_metadata_xml": metadata}}).Want(http.StatusOK)
	form := b.get("/login?email=admin@saml.example").want(t, http.StatusOK, "To your identity provider", `name="SAMLRequest"`)
	b.choose(b.submit(form, nil), "admin@saml.example").want(t, http.StatusOK, "You are logged in")
}

func signingCertificate(t *testing.T, metadata string) *x509.Certificate {
	t.Helper()
	match := regexp.MustCompile(`X509Certificate[^>]*>([A-Za-z0-9+/=]+)<`).FindStringSubmatch(metadata)
	if match == nil {
		t.Fatalf("no certificate in %s", metadata)
	}
	certificate, err := samlmetadata.ParseCertificate(match[1])
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// TestTakeOver: a domain's logins go where it was moved to.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, second := o.configure("oidc", "oidc.example"), o.configure("oidc two", "oidc.example")
	b := o.browser()
	goesTo := func(client string) {
		t.Helper()
		p := b.get("/login?email=ada@oidc.example")
		if got := p.url.Query().Get("client_id"); got != client {
			t.Errorf("the login goes to %q, want %s", got, client)
		}
	}
	goesTo("oidc")
	b.login("ada@oidc.example").want(t, http.StatusOK)
	o.api("POST", "/sso/connections/"+second+"/activate", mocktest.Terraform, nil).Want(http.StatusConflict)
	// A trial is not a takeover.
	b.choose(b.get("/login?connection="+second), "ada@oidc.example").want(t, http.StatusOK, "You are logged in")
	goesTo("oidc")
	o.api("POST", "/sso/connections/"+second+"/activate", mocktest.Terraform, obj{"take_over": true}).Want(http.StatusOK)
	goesTo("oidc two")
	if state := o.state(first); state != "inactive" {
		t.Errorf("the first connection is %s", state)
	}
	b.get("/login?connection="+first).want(t, http.StatusConflict, "It is inactive")
	b.get("/login?connection=conn_unknown").want(t, http.StatusNotFound, "There is no such connection")
}

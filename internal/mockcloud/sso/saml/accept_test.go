package saml_test

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

func TestAcceptReturnsWhoLoggedIn(t *testing.T) {
	t.Parallel()
	for _, sign := range []string{"assertion", "response", "both"} {
		t.Run(sign, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			a := w.newAnswer(w.begin(t))
			a.sign = sign
			login, err := w.accept(encode(write(t, a.tree(t))))
			if err != nil {
				t.Fatalf("Accept: %v", err)
			}
			id := login.Identity
			if id.Subject != someone || id.Email != someone || id.FirstName != "Ada" || id.LastName != "Lovelace" ||
				id.SessionIndex != "_s1" || !id.Authenticated.Equal(start()) || !id.SubjectFolds || id.SubjectSource != "" ||
				id.Issuer != idpID || id.NameIDFormat != saml.NameIDEmail {
				t.Errorf("identity: %+v", id)
			}
			if login.ReturnTo != returnTo || login.IDPInitiated {
				t.Errorf("login: %+v", login)
			}
			if !login.StartedBy("cookie") || login.StartedBy("another") || login.StartedBy("") {
				t.Error("the login is not bound to the browser that began it")
			}
		})
	}
}

// What is accepted, so that the refusals of the attack suite are not refusals of
// everything.
func TestAcceptTakesWhatIdentityProvidersSend(t *testing.T) {
	t.Parallel()
	const claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	tests := map[string]struct {
		conn  func(*saml.Connection)
		with  func(*world, *answer)
		check func(*testing.T, saml.Identity)
	}{
		"no embedded certificate": {with: func(_ *world, a *answer) { a.embedded = false }},
		"rollover, the new key": {
			conn: func(c *saml.Connection) { c.Certificates = append(c.Certificates, keys().next.certificate) },
			with: func(_ *world, a *answer) { a.with = keys().next },
		},
		"rollover, the old key, no embedded certificate": {
			conn: func(c *saml.Connection) {
				c.Certificates = []*x509.Certificate{keys().next.certificate, keys().expired.certificate, keys().idp.certificate}
			},
			with: func(_ *world, a *answer) { a.embedded = false },
		},
		"SHA-512": {with: func(_ *world, a *answer) { a.alg = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" }},
		"clock a little ahead": {with: func(w *world, a *answer) {
			a.conditionsFrom = w.now.Add(50 * time.Second).Format(time.RFC3339)
			a.confirmFrom = a.conditionsFrom
		}},
		"clock a little behind": {with: func(w *world, a *answer) {
			a.conditionsEnd = w.now.Add(-50 * time.Second).Format(time.RFC3339)
			a.confirmEnd = a.conditionsEnd
		}},
		"fractions of a second and an offset": {with: func(w *world, a *answer) {
			a.conditionsFrom = w.now.In(time.FixedZone("", 7200)).Format("2006-01-02T15:04:05.000-07:00")
		}},
		"several audiences": {with: func(_ *world, a *answer) {
			a.audience = strings.Replace(a.audience, "<saml:Audience>", "<saml:Audience>https://other.example.com</saml:Audience><saml:Audience>", 1)
		}},
		"one-time use": {with: func(_ *world, a *answer) { a.moreConditions = "<saml:OneTimeUse/>" }},
		"a session that goes on": {with: func(w *world, a *answer) {
			a.authn = strings.Replace(a.authn, "SessionIndex", `SessionNotOnOrAfter="`+w.now.Add(time.Hour).Format(time.RFC3339)+`" SessionIndex`, 1)
		}},
		"Okta's unspecified name": {
			with: func(_ *world, a *answer) { a.format, a.attributes = saml.NameIDUnspecified, "" },
			check: func(t *testing.T, id saml.Identity) {
				if id.Email != someone || id.FirstName != "" {
					t.Errorf("%+v", id)
				}
			},
		},
		"Entra ID's claims": {
			with: func(_ *world, a *answer) {
				a.format, a.nameID = saml.NameIDPersistent, "AAdzZWNyZXQ"
				a.attributes = attributeXML(claims+"emailaddress", "Ada@Example.com") + attributeXML(claims+"givenname", "Ada") +
					attributeXML(claims+"surname", "King") + attributeXML("http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", "g1", "g2", "g1")
			},
			check: func(t *testing.T, id saml.Identity) {
				if id.Subject != "AAdzZWNyZXQ" || id.Email != someone || id.LastName != "King" || id.SubjectFolds {
					t.Errorf("%+v", id)
				}
			},
		},
		"own attribute names": {
			conn: func(c *saml.Connection) {
				c.Attributes = saml.AttributeMapping{Email: "e", FirstName: "f", LastName: "l"}
			},
			with: func(_ *world, a *answer) {
				a.attributes = attributeXML("email", victim) + attributeXML("e", someone) + attributeXML("f", "A") + attributeXML("l", "L")
			},
			check: func(t *testing.T, id saml.Identity) {
				if id.Email != someone || id.FirstName != "A" || id.LastName != "L" {
					t.Errorf("%+v", id)
				}
			},
		},
		"the same email under two names": {with: func(_ *world, a *answer) {
			a.attributes = attributeXML("email", someone) + attributeXML("mail", someone)
		}},
		"a friendly name that lies": {
			with: func(_ *world, a *answer) {
				a.attributes += strings.Replace(attributeXML("note", victim), "<saml:Attribute ", `<saml:Attribute FriendlyName="email" `, 1)
			},
			check: func(t *testing.T, id saml.Identity) {
				if id.Email != someone {
					t.Errorf("%+v", id)
				}
			},
		},
		"500 groups": {with: func(_ *world, a *answer) { a.attributes = attributeXML("groups", numbered(500)...) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if test.conn != nil {
				test.conn(&w.conn)
			}
			a := w.newAnswer(w.begin(t))
			if test.with != nil {
				test.with(w, a)
			}
			login, err := w.accept(encode(write(t, a.tree(t))))
			if err != nil {
				t.Fatalf("Accept: %v", err)
			}
			if login.Identity.Email != someone {
				t.Errorf("email %q", login.Identity.Email)
			}
			if test.check != nil {
				test.check(t, login.Identity)
			}
		})
	}
}

func numbered(n int) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = "group-" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26)
	}
	return values
}

func TestAcceptTakesWhatTheIdentityProviderStartsOnlyIfAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.conn.AllowIDPInitiated = true
	form := encode(write(t, w.newAnswer("").tree(t)))
	login, err := w.sp.Accept(w.conn, form, "/next")
	if err != nil {
		t.Fatalf("Accept: %v", err)
	}
	if !login.IDPInitiated || login.ReturnTo != "/next" || login.StartedBy("") {
		t.Errorf("login: %+v", login)
	}
	if _, err := w.sp.Accept(w.conn, form, "/next"); saml.ReasonOf(err) != saml.ReplayedAssertion {
		t.Errorf("replay: %v", err)
	}
	// A login that was started here works as well.
	if _, err := w.accept(encode(write(t, w.newAnswer(w.begin(t)).tree(t)))); err != nil {
		t.Errorf("started here: %v", err)
	}
}

func TestAcceptRejectsWhatIsNotConfigured(t *testing.T) {
	t.Parallel()
	w := newWorld()
	form := encode(write(t, w.newAnswer(w.begin(t)).tree(t)))
	for name, change := range map[string]func(*world){
		"no entity id":    func(w *world) { w.conn.IDPEntityID = "" },
		"no certificate":  func(w *world) { w.conn.Certificates = nil },
		"no memory":       func(w *world) { w.sp.Logins = nil },
		"nothing to sign": func(w *world) { w.conn.SignRequests, w.sp.Key = true, nil },
	} {
		sp, changed := *w.sp, &world{conn: w.conn}
		changed.sp = &sp
		change(changed)
		if _, err := changed.accept(form); saml.ReasonOf(err) != saml.NotConfigured {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHintFindsTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld()
	answered := encode(write(t, w.newAnswer(w.begin(t)).tree(t)))
	for range 2 {
		hint, err := w.sp.Logins.Hint(answered)
		if err != nil || hint != (saml.Hint{Connection: "conn_1", Issuer: idpID, ReturnTo: returnTo}) {
			t.Errorf("%+v, %v", hint, err)
		}
	}
	if _, err := w.accept(answered); err != nil {
		t.Errorf("after looking at it: %v", err)
	}
	for name, change := range map[string]func(*answer){
		"unsolicited":                   func(a *answer) { a.request = "" },
		"an unknown request":            func(a *answer) { a.request = "_unknown" },
		"only the assertion says whose": func(a *answer) { a.request, a.responseIssuer = "", "" },
	} {
		a := w.newAnswer("_r")
		change(a)
		if hint, err := w.sp.Logins.Hint(encode(write(t, a.tree(t)))); err != nil || hint != (saml.Hint{Issuer: idpID}) {
			t.Errorf("%s: %+v, %v", name, hint, err)
		}
	}
	for form, want := range map[string]saml.Reason{
		encode([]byte("<!DOCTYPE x><x/>")): saml.Doctype,
		"<":                                saml.NotBase64,
	} {
		if _, err := w.sp.Logins.Hint(form); saml.ReasonOf(err) != want {
			t.Errorf("%q, want %q", saml.ReasonOf(err), want)
		}
	}
}

// Two connections of an account may be to one identity provider.
func TestAnAssertionIsUsedOnceForAllConnections(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.conn.AllowIDPInitiated = true
	form := encode(write(t, w.newAnswer("").tree(t)))
	if _, err := w.sp.Accept(w.conn, form, ""); err != nil {
		t.Fatal(err)
	}
	w.conn.ID = "conn_2"
	if _, err := w.sp.Accept(w.conn, form, ""); saml.ReasonOf(err) != saml.ReplayedAssertion {
		t.Errorf("by another connection: %v", err)
	}
}

// TestDefaultNames: what the providers' own guides have people enter, found in any case.
func TestDefaultNames(t *testing.T) {
	t.Parallel()
	const claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	for provider, names := range map[string][3]string{
		"Okta":                  {"email", "firstName", "lastName"},
		"Okta's expressions":    {"user.email", "user.firstName", "user.lastName"},
		"Entra ID and AD FS":    {claims + "emailaddress", claims + "givenname", claims + "surname"},
		"AD FS 1":               {"http://schemas.xmlsoap.org/claims/EmailAddress", claims + "givenname", claims + "surname"},
		"Google":                {"email", "first_name", "last_name"},
		"Keycloak":              {"urn:oid:1.2.840.113549.1.9.1", "urn:oid:2.5.4.42", "urn:oid:2.5.4.4"},
		"OneLogin":              {"User.Email", "User.FirstName", "User.LastName"},
		"JumpCloud":             {"email", "firstname", "lastname"},
		"Ping":                  {"mail", "givenName", "sn"},
		"Shibboleth":            {"urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:2.5.4.42", "urn:oid:2.5.4.4"},
		"Shibboleth, before 2":  {"urn:mace:dir:attribute-def:mail", "urn:mace:dir:attribute-def:givenName", "urn:mace:dir:attribute-def:sn"},
		"shouted":               {"EMAILADDRESS", "GIVENNAME", "SURNAME"},
		"as OpenID Connect has": {"email", "given_name", "family_name"},
	} {
		w := newWorld()
		a := w.newAnswer(w.begin(t))
		a.nameID, a.format = "p1", saml.NameIDPersistent
		a.attributes = attributeXML(names[0], someone) + attributeXML(names[1], "Ada") + attributeXML(names[2], "Lovelace")
		login, err := w.accept(encode(write(t, a.tree(t))))
		if err != nil {
			t.Errorf("%s: %v", provider, err)
			continue
		}
		if id := login.Identity; id.Email != someone || id.FirstName != "Ada" || id.LastName != "Lovelace" || id.Subject != "p1" {
			t.Errorf("%s: %+v", provider, id)
		}
	}
}

// TestAForeignRelayStateLeadsToTheStartPage, where the identity provider began the login.
func TestAForeignRelayStateLeadsToTheStartPage(t *testing.T) {
	t.Parallel()
	for _, relay := range []string{"https://evil.example.com/", "//evil.example.com", `/\evil.example.com`, "default", "javascript:alert(1)", "/" + strings.Repeat("x", 2000)} {
		w := newWorld()
		w.conn.AllowIDPInitiated = true
		login, err := w.sp.Accept(w.conn, encode(write(t, w.newAnswer("").tree(t))), relay)
		if err != nil || login.ReturnTo != "" || !login.IDPInitiated {
			t.Errorf("%q: %+v, %v", relay, login, err)
		}
	}
}

func TestTheSubjectFollowsTheMapping(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mapped string
		change func(*answer)
		want   string
		folds  bool
		// carried is what else the person may be known by.
		carried map[string]string
	}{
		"an email NameID":       {"", func(*answer) {}, someone, true, map[string]string{"": someone, "employee": "e-1"}},
		"a persistent NameID":   {"", func(a *answer) { a.format = saml.NameIDPersistent }, someone, false, nil},
		"an unspecified NameID": {"", func(a *answer) { a.format = "" }, someone, false, nil},
		"an attribute":          {"employee", func(*answer) {}, "e-1", false, map[string]string{"": someone, "employee": "e-1"}},
		"an attribute beside a transient NameID": {
			"employee", func(a *answer) { a.format = saml.NameIDTransient }, "e-1", false, map[string]string{"": "", "employee": "e-1"},
		},
		"an attribute of two formats, the same value": {
			"employee", func(a *answer) { a.attributes += formatted(attributeXML("employee", "e-1"), "basic") }, "e-1", false,
			map[string]string{"": someone, "employee": ""},
		},
	} {
		w := newWorld()
		w.conn.Attributes.Subject = test.mapped
		a := w.newAnswer(w.begin(t))
		a.attributes = attributeXML("email", someone) + attributeXML("employee", "e-1")
		test.change(a)
		login, err := w.accept(encode(write(t, a.tree(t))))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		id := login.Identity
		if id.Subject != test.want || id.SubjectSource != test.mapped || id.SubjectFolds != test.folds {
			t.Errorf("%s: %+v", name, id)
		}
		for source, value := range test.carried {
			if id.Carried[source] != value {
				t.Errorf("%s: carries %q as %q, not %q", name, id.Carried[source], source, value)
			}
		}
	}
}

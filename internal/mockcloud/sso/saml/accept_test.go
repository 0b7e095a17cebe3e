package saml_test

import (
	"crypto/x509"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

func TestAcceptTellsWhoLoggedIn(t *testing.T) {
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
				!slices.Equal(id.Groups, []string{"engines", "poets"}) || id.SessionIndex != "_s1" ||
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
				if id.Subject != "AAdzZWNyZXQ" || id.Email != someone || id.LastName != "King" || !slices.Equal(id.Groups, []string{"g1", "g2"}) {
					t.Errorf("%+v", id)
				}
			},
		},
		"own attribute names": {
			conn: func(c *saml.Connection) {
				c.Attributes = saml.AttributeMapping{Email: "e", FirstName: "f", LastName: "l", Groups: "g"}
			},
			with: func(_ *world, a *answer) {
				a.attributes = attributeXML("email", victim) + attributeXML("e", someone) + attributeXML("f", "A") + attributeXML("l", "L") + attributeXML("g", "x")
			},
			check: func(t *testing.T, id saml.Identity) {
				if id.Email != someone || id.FirstName != "A" || id.LastName != "L" || !slices.Equal(id.Groups, []string{"x"}) {
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
		"500 groups": {
			with: func(_ *world, a *answer) { a.attributes = attributeXML("groups", numbered(500)...) },
			check: func(t *testing.T, id saml.Identity) {
				if len(id.Groups) != 500 {
					t.Errorf("%d groups", len(id.Groups))
				}
			},
		},
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

func TestAcceptRefusesWhatIsNotConfigured(t *testing.T) {
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

func TestRouteFindsTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld()
	answered := encode(write(t, w.newAnswer(w.begin(t)).tree(t)))
	for range 2 {
		route, err := w.sp.Route(answered)
		if err != nil || route != (saml.Route{ConnectionID: "conn_1", Issuer: idpID}) {
			t.Errorf("%+v, %v", route, err)
		}
	}
	if _, err := w.accept(answered); err != nil {
		t.Errorf("after looking at it: %v", err)
	}
	if route, err := w.sp.Route(encode(write(t, w.newAnswer("").tree(t)))); err != nil || route != (saml.Route{Issuer: idpID}) {
		t.Errorf("unsolicited: %+v, %v", route, err)
	}
	for form, want := range map[string]saml.Reason{
		encode(write(t, w.newAnswer("_unknown").tree(t))): saml.UnknownRequest,
		encode([]byte("<!DOCTYPE x><x/>")):                saml.Doctype,
		"<":                                               saml.NotBase64,
	} {
		if _, err := w.sp.Route(form); saml.ReasonOf(err) != want {
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

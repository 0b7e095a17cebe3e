package saml_test

import (
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

// says makes an attack of one thing that is said wrongly.
func says(name string, want saml.Reason, change func(*answer)) attack {
	return attack{name: name, want: want, says: func(_ *world, a *answer) { change(a) }}
}

// at is a time near the one at which the tests take place.
func at(d time.Duration) string { return start().Add(d).Format(time.RFC3339) }

func responseAttacks() []attack {
	response := func(a attack) attack {
		a.with = func(_ *world, a *answer) { a.sign = "response" }
		return a
	}
	const status = "urn:oasis:names:tc:SAML:2.0:status:"
	return []attack{
		says("another version", saml.WrongVersion, func(a *answer) { a.version = "1.1" }),
		says("wrong destination", saml.WrongDestination, func(a *answer) { a.destination = "https://other.example.com/acs" }),
		response(says("no destination in a signed response", saml.WrongDestination, func(a *answer) { a.destination = "" })),
		says("destination that only begins rightly", saml.WrongDestination, func(a *answer) { a.destination = spACS + "/../x" }),
		says("response of another issuer", saml.WrongIssuer, func(a *answer) { a.responseIssuer = issuerXML("https://evil.example.com") }),
		response(says("signed response without an issuer", saml.WrongIssuer, func(a *answer) { a.responseIssuer = "" })),
		says("response with two issuers", saml.WrongIssuer, func(a *answer) { a.responseIssuer += a.responseIssuer }),
		says("status Responder", saml.StatusNotSuccess, func(a *answer) { a.status = status + "Responder" }),
		says("status AuthnFailed", saml.StatusNotSuccess, func(a *answer) { a.status, a.substatus = status+"Responder", status+"AuthnFailed" }),
		{name: "two statuses", want: saml.StatusNotSuccess, forge: func(t *testing.T, el *etree.Element) *etree.Element {
			el.AddChild(find(t, el, "Status").Copy())
			return el
		}},
		{name: "no status", want: saml.StatusNotSuccess, forge: func(t *testing.T, el *etree.Element) *etree.Element {
			el.RemoveChild(find(t, el, "Status"))
			return el
		}},
	}
}

func assertionAttacks() []attack {
	return []attack{
		says("assertion of another version", saml.WrongVersion, func(a *answer) { a.assertionVersion = "1.1" }),
		says("assertion of another issuer", saml.WrongIssuer, func(a *answer) { a.issuer = issuerXML("https://evil.example.com") }),
		says("assertion without an issuer", saml.WrongIssuer, func(a *answer) { a.issuer = "" }),
		says("wrong audience", saml.WrongAudience, func(a *answer) { a.audience = audienceXML("https://other.example.com") }),
		says("no audience restriction", saml.WrongAudience, func(a *answer) { a.audience = "" }),
		says("empty audience restriction", saml.WrongAudience, func(a *answer) { a.audience = "<saml:AudienceRestriction/>" }),
		says("audience in another case", saml.WrongAudience, func(a *answer) { a.audience = audienceXML(strings.ToUpper(spID)) }),
		says("a second restriction to somebody else", saml.WrongAudience, func(a *answer) { a.audience += audienceXML("https://other.example.com") }),
		says("unknown condition", saml.UnknownCondition, func(a *answer) { a.moreConditions = "<saml:Condition/>" }),
		says("wrong recipient", saml.WrongRecipient, func(a *answer) { a.recipient = "https://other.example.com/acs" }),
		says("no recipient", saml.WrongRecipient, func(a *answer) { a.recipient = "" }),
		says("not for the bearer", saml.WrongConfirmation, func(a *answer) { a.method = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches" }),
		says("confirmation without an end", saml.WrongConfirmation, func(a *answer) { a.confirmEnd = "" }),
		says("conditions not yet valid", saml.NotYetValid, func(a *answer) { a.conditionsFrom = at(2 * time.Minute) }),
		says("conditions expired", saml.Expired, func(a *answer) { a.conditionsEnd = at(-2 * time.Minute) }),
		says("confirmation not yet valid", saml.NotYetValid, func(a *answer) { a.confirmFrom = at(2 * time.Minute) }),
		says("confirmation expired", saml.Expired, func(a *answer) { a.confirmEnd = at(-2 * time.Minute) }),
		says("expired to the second", saml.Expired, func(a *answer) { a.confirmEnd = at(-time.Minute) }),
		says("a time that is none", saml.BadTime, func(a *answer) { a.conditionsEnd = "tomorrow" }),
		says("a time without a zone", saml.BadTime, func(a *answer) { a.confirmEnd = "2100-01-01T00:00:00" }),
		{name: "posted late", want: saml.Expired, spent: true, meanwhile: func(_ *testing.T, w *world, _ string, _ *answer) { w.now = w.now.Add(7 * time.Minute) }},
		says("nobody logged in", saml.NoAuthnStatement, func(a *answer) { a.authn = "" }),
		says("session over", saml.SessionOver, func(a *answer) {
			a.authn = strings.Replace(a.authn, "SessionIndex", `SessionNotOnOrAfter="`+at(-time.Hour)+`" SessionIndex`, 1)
		}),
		says("empty NameID", saml.WrongNameID, func(a *answer) { a.nameID = "" }),
		says("NameID with an element in it", saml.WrongNameID, func(a *answer) { a.nameID = someone + "<saml:x/>.evil.com" }),
		says("NameID with white space in it", saml.WrongNameID, func(a *answer) { a.nameID = "ada@\nexample.com" }),
		says("NameID with a control character", saml.WrongNameID, func(a *answer) { a.nameID = "ada&#x9;@example.com" }),
		says("NameID too long", saml.WrongNameID, func(a *answer) { a.nameID = strings.Repeat("a", 257) }),
		says("two NameIDs", saml.WrongNameID, func(a *answer) { a.nameID += "</saml:NameID><saml:NameID>" + victim }),
		says("transient NameID", saml.WrongNameIDFormat, func(a *answer) { a.format = saml.NameIDTransient }),
		{
			name: "NameID of another format", want: saml.WrongNameIDFormat,
			with: func(w *world, _ *answer) { w.conn.NameIDFormat = saml.NameIDEmail },
			says: func(_ *world, a *answer) { a.format = saml.NameIDPersistent },
		},
		{name: "two subjects", want: saml.WrongNameID, says: func(_ *world, a *answer) {
			a.issuer += "<saml:Subject><saml:NameID>" + victim + "</saml:NameID></saml:Subject>"
		}},
	}
}

func attributeAttacks() []attack {
	attributes := func(name string, want saml.Reason, list ...string) attack {
		return says(name, want, func(a *answer) {
			a.attributes, a.format, a.nameID = strings.Join(list, ""), saml.NameIDPersistent, "p1"
		})
	}
	return []attack{
		attributes("the same attribute twice", saml.RepeatedAttributeName, attributeXML("email", someone), attributeXML("email", victim)),
		attributes("the same attribute twice in two statements", saml.RepeatedAttributeName,
			attributeXML("email", someone), "</saml:AttributeStatement><saml:AttributeStatement>", attributeXML("email", victim)),
		attributes("two values for the email", saml.SeveralValues, attributeXML("email", someone, victim)),
		attributes("an element in the email", saml.BadAttributeValue, attributeXML("email", someone+"<saml:x/>.evil.com")),
		attributes("an element in the last name", saml.BadAttributeValue, attributeXML("email", someone), attributeXML("lastName", "Love<saml:x/>lace")),
		attributes("a control character in the first name", saml.BadAttributeValue, attributeXML("email", someone), attributeXML("firstName", "A&#x9;da")),
		attributes("two emails under two names", saml.ContradictoryValues, attributeXML("email", someone), attributeXML("mail", victim)),
		attributes("no email", saml.NoEmail, attributeXML("firstName", "Ada")),
		attributes("email only as a friendly name", saml.NoEmail, strings.Replace(attributeXML("x", someone), "Name=", `FriendlyName="email" Name=`, 1)),
		attributes("email in an attribute of another namespace", saml.NoEmail,
			`<x:Attribute xmlns:x="urn:x" Name="email"><saml:AttributeValue>`+someone+`</saml:AttributeValue></x:Attribute>`),
		attributes("an email that is none", saml.BadEmail, attributeXML("email", "ada")),
		attributes("two addresses in one", saml.BadEmail, attributeXML("email", "ada@evil.com@example.com")),
		attributes("a quoted address", saml.BadEmail, attributeXML("email", "&quot;root@example.com&quot;@evil.com")),
		attributes("letters that look alike", saml.BadEmail, attributeXML("email", "аda@example.com")),
		{
			name: "the mapped email is missing", want: saml.NoEmail,
			with: func(w *world, a *answer) {
				w.conn.Attributes.Email = "e"
				a.attributes += attributeXML("e", someone)
			},
			says: func(_ *world, a *answer) { a.attributes = attributeXML("email", someone) },
		},
	}
}

func requestAttacks() []attack {
	initiated := func(w *world, _ *answer) { w.conn.AllowIDPInitiated = true }
	once := func(t *testing.T, w *world, form string, _ *answer) {
		t.Helper()
		if _, err := w.accept(form); err != nil {
			t.Fatalf("the first time: %v", err)
		}
	}
	return []attack{
		{name: "replay", want: saml.ReplayedAssertion, spent: true, meanwhile: once},
		{name: "replay after the request was forgotten", want: saml.UnknownRequest, spent: true, says: func(_ *world, a *answer) {
			a.conditionsEnd, a.confirmEnd = at(time.Hour), at(time.Hour)
		}, meanwhile: func(t *testing.T, w *world, form string, _ *answer) {
			once(t, w, form, nil)
			w.now = w.now.Add(11 * time.Minute)
		}},
		{name: "request answered a second time", want: saml.ReusedRequest, spent: true, meanwhile: func(t *testing.T, w *world, _ string, honest *answer) {
			once(t, w, encode(write(t, honest.tree(t))), nil)
		}},
		says("unknown request", saml.UnknownRequest, func(a *answer) { a.request, a.confirmed = "_unknown", "_unknown" }),
		{name: "request of another connection", want: saml.UnknownRequest, says: func(w *world, a *answer) {
			other := w.conn
			other.ID = "conn_2"
			request, err := w.sp.AuthnRequest(other, saml.Start{})
			if err != nil {
				panic(err)
			}
			a.request, a.confirmed = request.ID, request.ID
		}},
		{
			name: "request begun too long ago", want: saml.UnknownRequest, spent: true,
			says:      func(_ *world, a *answer) { a.conditionsEnd, a.confirmEnd = at(time.Hour), at(time.Hour) },
			meanwhile: func(_ *testing.T, w *world, _ string, _ *answer) { w.now = w.now.Add(10 * time.Minute) },
		},
		says("nobody asked", saml.Unsolicited, func(a *answer) { a.request, a.confirmed = "", "" }),
		says("only the response names the request", saml.RequestMismatch, func(a *answer) { a.confirmed = "" }),
		says("only the assertion names the request", saml.RequestMismatch, func(a *answer) { a.request = "" }),
		says("the assertion names another request", saml.RequestMismatch, func(a *answer) { a.confirmed = "_other" }),
		{
			name: "a stolen answer posted as the identity provider's idea", want: saml.RequestMismatch, with: initiated,
			forge: func(_ *testing.T, el *etree.Element) *etree.Element { el.RemoveAttr("InResponseTo"); return el },
		},
		{
			name: "the identity provider's idea names a request", want: saml.UnknownRequest, with: initiated,
			says: func(_ *world, a *answer) { a.request, a.confirmed = "_unknown", "_unknown" },
		},
		{
			name: "the identity provider's idea replayed", want: saml.ReplayedAssertion, with: initiated, relay: "/",
			says: func(_ *world, a *answer) { a.request, a.confirmed = "", "" },
			meanwhile: func(t *testing.T, w *world, form string, _ *answer) {
				if _, err := w.sp.Accept(w.conn, form, "/"); err != nil {
					t.Fatalf("the first time: %v", err)
				}
			},
		},
		{name: "relay state to another site", want: saml.BadRelayState, relay: "https://evil.example.com/"},
		{name: "relay state without a scheme", want: saml.BadRelayState, relay: "//evil.example.com"},
		{name: "relay state with a backslash", want: saml.BadRelayState, relay: `/\evil.example.com`},
		{name: "relay state with a tab", want: saml.BadRelayState, relay: "/\t/evil.example.com"},
		{name: "relay state that is a script", want: saml.BadRelayState, relay: "javascript:alert(1)"},
		{name: "relay state changed on the way", want: saml.BadRelayState, relay: "/elsewhere"},
		{name: "relay state too long", want: saml.BadRelayState, relay: "/" + strings.Repeat("x", 2000)},
	}
}

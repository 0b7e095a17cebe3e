package saml_test

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

// shape is an answer as an identity provider writes it, from its documentation; what it
// says of the login is put into it, and the signature is made by the tests' keys.
type shape struct {
	xml string
	// sign are the elements that are signed, the inner one first.
	sign []string
	// prefix is that of the signature's names, inclusive the prefixes that its
	// canonicalization keeps, keyInfo what it says of the key.
	prefix, inclusive, keyInfo string
	// conn is what is configured for it.
	conn func(*saml.Connection)
	want saml.Identity
}

// shapes are what the identity providers send that people run themselves.
func shapes() map[string]shape {
	const claimsURI = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	ada := saml.Identity{Email: someone, FirstName: "Ada", LastName: "Lovelace"}
	with := func(subject, source, format, session string) saml.Identity {
		id := ada
		id.Subject, id.SubjectSource, id.NameIDFormat, id.SessionIndex = subject, source, format, session
		id.SubjectFolds = source == "" && format == saml.NameIDEmail
		return id
	}

	// AD FS: names without a prefix but for the response's own, the attributes before the
	// AuthnStatement and without a NameFormat, one key, whose KeyInfo has a namespace
	// declaration of its own.
	adfs := shape{
		xml: `<samlp:Response ID="{response}" Version="2.0" IssueInstant="{now}" Destination="{acs}" Consent="urn:oasis:names:tc:SAML:2.0:consent:unspecified" InResponseTo="{request}" xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">` +
			`<Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">{idp}</Issuer>` +
			`<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success" /></samlp:Status>` +
			`<Assertion ID="{assertion}" IssueInstant="{now}" Version="2.0" xmlns="urn:oasis:names:tc:SAML:2.0:assertion"><Issuer>{idp}</Issuer>` +
			`<Subject><NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">Ada@Example.com</NameID>` +
			`<SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><SubjectConfirmationData InResponseTo="{request}" NotOnOrAfter="{soon}" Recipient="{acs}" /></SubjectConfirmation></Subject>` +
			`<Conditions NotBefore="{now}" NotOnOrAfter="{later}"><AudienceRestriction><Audience>{sp}</Audience></AudienceRestriction></Conditions>` +
			`<AttributeStatement>` +
			`<Attribute Name="` + claimsURI + `emailaddress"><AttributeValue>Ada@Example.com</AttributeValue></Attribute>` +
			`<Attribute Name="` + claimsURI + `givenname"><AttributeValue>Ada</AttributeValue></Attribute>` +
			`<Attribute Name="` + claimsURI + `surname"><AttributeValue>Lovelace</AttributeValue></Attribute>` +
			`<Attribute Name="` + claimsURI + `upn"><AttributeValue>ada@corp.example.local</AttributeValue></Attribute>` +
			`<Attribute Name="http://schemas.xmlsoap.org/claims/Group"><AttributeValue>Domain Users</AttributeValue><AttributeValue>Engineers</AttributeValue></Attribute>` +
			`</AttributeStatement>` +
			`<AuthnStatement AuthnInstant="{now}" SessionIndex="{assertion}"><AuthnContext><AuthnContextClassRef>urn:federation:authentication:windows</AuthnContextClassRef></AuthnContext></AuthnStatement></Assertion></samlp:Response>`,
		sign: []string{"Assertion"}, prefix: "ds",
		keyInfo: `<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></KeyInfo>`,
		want:    with("Ada@Example.com", "", saml.NameIDEmail, "{assertion}"),
	}
	// It may be told to sign both (SamlResponseSignature MessageAndAssertion).
	adfsBoth := adfs
	adfsBoth.sign = []string{"Assertion", "Response"}

	// Keycloak: the response signed and not the assertion, the key also by name and value, one
	// attribute Role for each role, a session that ends.
	role := func(name string) string {
		return `<saml:Attribute Name="Role" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">` + name + `</saml:AttributeValue></saml:Attribute>`
	}
	x500 := func(friendly, oid, value string) string {
		return `<saml:Attribute FriendlyName="` + friendly + `" Name="urn:oid:` + oid + `" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">` + value + `</saml:AttributeValue></saml:Attribute>`
	}
	keycloak := shape{
		xml: `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Destination="{acs}" ID="{response}" InResponseTo="{request}" IssueInstant="{now}" Version="2.0">` +
			`<saml:Issuer>{idp}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>` +
			`<saml:Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="{assertion}" IssueInstant="{now}" Version="2.0"><saml:Issuer>{idp}</saml:Issuer>` +
			`<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">G-5b1d8f6e-2f44-4c1e-9c0e-0c7f6d1a2b3c</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="{request}" NotOnOrAfter="{soon}" Recipient="{acs}"/></saml:SubjectConfirmation></saml:Subject>` +
			`<saml:Conditions NotBefore="{now}" NotOnOrAfter="{soon}"><saml:AudienceRestriction><saml:Audience>{sp}</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
			`<saml:AuthnStatement AuthnInstant="{now}" SessionIndex="7e2f::9a1c" SessionNotOnOrAfter="{later}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
			`<saml:AttributeStatement>` + x500("email", "1.2.840.113549.1.9.1", someone) + x500("givenName", "2.5.4.42", "Ada") + x500("surname", "2.5.4.4", "Lovelace") +
			role("offline_access") + role("uma_authorization") + role("default-roles-acme") + role("view-profile") + `</saml:AttributeStatement></saml:Assertion></samlp:Response>`,
		sign: []string{"Response"}, prefix: "dsig",
		keyInfo: `<dsig:KeyInfo><dsig:KeyName>FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE</dsig:KeyName><dsig:X509Data><dsig:X509Certificate>{certificate}</dsig:X509Certificate></dsig:X509Data>` +
			`<dsig:KeyValue><dsig:RSAKeyValue><dsig:Modulus>AQAB</dsig:Modulus><dsig:Exponent>AQAB</dsig:Exponent></dsig:RSAKeyValue></dsig:KeyValue></dsig:KeyInfo>`,
		want: with("G-5b1d8f6e-2f44-4c1e-9c0e-0c7f6d1a2b3c", "", saml.NameIDPersistent, "7e2f::9a1c"),
	}
	// A client that is told to sign assertions as well, and to say the key by name only.
	keycloakBoth := keycloak
	keycloakBoth.sign, keycloakBoth.keyInfo = []string{"Assertion", "Response"}, `<dsig:KeyInfo><dsig:KeyName>CN=acme</dsig:KeyName></dsig:KeyInfo>`

	// Shibboleth: prefixes of its own, transient names with qualifiers, the address of the
	// person, values with a type or without, a comparison of namespaces that keeps xsd.
	shibboleth := shape{
		xml: `<?xml version="1.0" encoding="UTF-8"?><saml2p:Response xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:xsd="http://www.w3.org/2001/XMLSchema" Destination="{acs}" ID="{response}" InResponseTo="{request}" IssueInstant="{now}" Version="2.0">` +
			`<saml2:Issuer xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">{idp}</saml2:Issuer>` +
			`<saml2p:Status><saml2p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></saml2p:Status>` +
			`<saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="{assertion}" IssueInstant="{now}" Version="2.0"><saml2:Issuer>{idp}</saml2:Issuer>` +
			`<saml2:Subject><saml2:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient" NameQualifier="{idp}" SPNameQualifier="{sp}">AAdzZWNyZXQx</saml2:NameID>` +
			`<saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml2:SubjectConfirmationData Address="192.0.2.7" InResponseTo="{request}" NotOnOrAfter="{soon}" Recipient="{acs}"/></saml2:SubjectConfirmation></saml2:Subject>` +
			`<saml2:Conditions NotBefore="{now}" NotOnOrAfter="{soon}"><saml2:AudienceRestriction><saml2:Audience>{sp}</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions>` +
			`<saml2:AuthnStatement AuthnInstant="{now}" SessionIndex="_4b1f"><saml2:SubjectLocality Address="192.0.2.7"/><saml2:AuthnContext><saml2:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml2:AuthnContextClassRef></saml2:AuthnContext></saml2:AuthnStatement>` +
			`<saml2:AttributeStatement>` +
			`<saml2:Attribute FriendlyName="mail" Name="urn:oid:0.9.2342.19200300.100.1.3" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml2:AttributeValue>` + someone + `</saml2:AttributeValue></saml2:Attribute>` +
			`<saml2:Attribute FriendlyName="givenName" Name="urn:oid:2.5.4.42" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml2:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xsd:string">Ada</saml2:AttributeValue></saml2:Attribute>` +
			`<saml2:Attribute FriendlyName="sn" Name="urn:oid:2.5.4.4" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml2:AttributeValue>Lovelace</saml2:AttributeValue></saml2:Attribute>` +
			`<saml2:Attribute FriendlyName="eduPersonAffiliation" Name="urn:oid:1.3.6.1.4.1.5923.1.1.1.1" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml2:AttributeValue>staff</saml2:AttributeValue><saml2:AttributeValue>member</saml2:AttributeValue></saml2:Attribute>` +
			`<saml2:Attribute FriendlyName="samlSubjectID" Name="urn:oasis:names:tc:SAML:attribute:subject-id" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml2:AttributeValue>ada@university.example</saml2:AttributeValue></saml2:Attribute>` +
			`</saml2:AttributeStatement></saml2:Assertion></saml2p:Response>`,
		sign: []string{"Response"}, prefix: "ds", inclusive: "xsd",
		keyInfo: `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>` + "\n{certificate lines}\n" + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`,
		conn:    func(c *saml.Connection) { c.Attributes.Subject = "urn:oasis:names:tc:SAML:attribute:subject-id" },
		want:    with("ada@university.example", "urn:oasis:names:tc:SAML:attribute:subject-id", saml.NameIDTransient, "_4b1f"),
	}
	// eduPersonTargetedID is an element, which is no one's name or address.
	targeted := shibboleth
	targeted.xml = strings.Replace(shibboleth.xml, `</saml2:AttributeStatement>`,
		`<saml2:Attribute FriendlyName="eduPersonTargetedID" Name="urn:oid:1.3.6.1.4.1.5923.1.1.1.10" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml2:AttributeValue><saml2:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" NameQualifier="{idp}" SPNameQualifier="{sp}">x9k2</saml2:NameID></saml2:AttributeValue></saml2:Attribute></saml2:AttributeStatement>`, 1)

	return map[string]shape{
		"AD FS": adfs, "AD FS, both signed": adfsBoth,
		"Keycloak": keycloak, "Keycloak, both signed": keycloakBoth,
		"Shibboleth": shibboleth, "Shibboleth with eduPersonTargetedID": targeted,
	}
}

// answer writes the shape as an answer to a request.
func (s shape) answer(t testing.TB, w *world, request string, changes ...string) []byte {
	t.Helper()
	ids := s.ids(w, request)
	text := s.xml
	for name, value := range ids {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	before := text
	text = strings.NewReplacer(changes...).Replace(text)
	if len(changes) > 0 && text == before {
		t.Fatalf("%q is not in %s", changes[0], text)
	}
	response := read(t, text)
	for _, name := range s.sign {
		el := response
		if name != "Response" {
			el = find(t, response, name)
		}
		s.signIn(t, el)
	}
	return write(t, response)
}

func (s shape) ids(w *world, request string) map[string]string {
	at := func(d time.Duration) string { return w.now.Add(d).UTC().Format("2006-01-02T15:04:05.000Z") }
	return map[string]string{
		"response": "_r-" + request, "assertion": "_a-" + request, "request": request, "idp": idpID, "sp": spID, "acs": spACS,
		"now": at(0), "soon": at(5 * time.Minute), "later": at(time.Hour),
	}
}

// signIn signs an element in its place.
func (s shape) signIn(t testing.TB, el *etree.Element) {
	t.Helper()
	certificate := base64.StdEncoding.EncodeToString(keys().idp.certificate.Raw)
	var lines []string
	for rest := certificate; rest != ""; rest = rest[min(64, len(rest)):] {
		lines = append(lines, rest[:min(64, len(rest))])
	}
	detached := el.Copy()
	for parent := el.Parent(); parent != nil; parent = parent.Parent() {
		for _, a := range parent.Attr {
			if a.Space == "xmlns" && detached.SelectAttr(a.FullKey()) == nil {
				detached.CreateAttr(a.FullKey(), a.Value)
			}
		}
	}
	// Put together here, as goxmldsig's own signatures have no PrefixList.
	digest := sha256.Sum256(canonical(t, detached, s.inclusive))
	transform := `<p:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>`
	if s.inclusive != "" {
		transform = `<p:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="` + s.inclusive + `"/></p:Transform>`
	}
	write := strings.NewReplacer("<p:", "<"+s.prefix+":", "</p:", "</"+s.prefix+":", "{certificate}", certificate, "{certificate lines}", strings.Join(lines, "\n")).Replace
	info := write(`<p:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><p:SignatureMethod Algorithm="`+dsig.RSASHA256SignatureMethod+`"/>`+
		`<p:Reference URI="#`) + detached.SelectAttrValue("ID", "") + write(`"><p:Transforms><p:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>`+transform+`</p:Transforms>`+
		`<p:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><p:DigestValue>`) + base64.StdEncoding.EncodeToString(digest[:]) + write(`</p:DigestValue></p:Reference>`)
	declared := ` xmlns:` + s.prefix + `="http://www.w3.org/2000/09/xmldsig#">`
	name := s.prefix + ":SignedInfo"
	signed := sha256.Sum256(canonical(t, read(t, "<"+name+declared+info+"</"+name+">"), ""))
	value, err := keys().idp.key.Sign(nil, signed[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	signature := read(t, "<"+s.prefix+":Signature"+declared+"<"+name+">"+info+"</"+name+">"+
		"<"+s.prefix+":SignatureValue>"+base64.StdEncoding.EncodeToString(value)+"</"+s.prefix+":SignatureValue>"+write(s.keyInfo)+"</"+s.prefix+":Signature>")
	el.InsertChildAt(find(t, el, "Issuer").Index()+1, signature)
}

// TestShapes: what AD FS, Keycloak and Shibboleth send lets in whom it says, and nothing
// of it can be changed.
func TestShapes(t *testing.T) {
	t.Parallel()
	for name, s := range shapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if s.conn != nil {
				s.conn(&w.conn)
			}
			request := w.begin(t)
			text := s.answer(t, w, request)
			for what, change := range map[string][]string{
				"another email":   {">" + someone + "<", ">" + victim + "<", ">Ada@Example.com<", ">" + victim + "<"},
				"another subject": {s.want.Subject, "u2"},
				"a longer life":   {`NotOnOrAfter="2026`, `NotOnOrAfter="2027`},
				"another request": {`InResponseTo="` + request, `InResponseTo="_x` + request},
			} {
				changed := strings.NewReplacer(change...).Replace(string(text))
				if changed == string(text) {
					t.Fatalf("%s: nothing changed", what)
				}
				if login, err := w.accept(encode([]byte(changed))); saml.ReasonOf(err) != saml.InvalidSignature {
					t.Errorf("%s: %+v, %v", what, login, err)
				}
			}
			login, err := w.accept(encode(text))
			if err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			want := s.want
			want.SessionIndex = strings.ReplaceAll(want.SessionIndex, "{assertion}", "_a-"+request)
			want.Issuer, want.Authenticated = idpID, w.now
			// What else there is to know is other tests'.
			got := saml.Identity{
				Subject: login.Identity.Subject, SubjectSource: login.Identity.SubjectSource, SubjectFolds: login.Identity.SubjectFolds,
				NameIDFormat: login.Identity.NameIDFormat, Email: login.Identity.Email, FirstName: login.Identity.FirstName,
				LastName: login.Identity.LastName, Authenticated: login.Identity.Authenticated, SessionIndex: login.Identity.SessionIndex,
				Issuer: login.Identity.Issuer,
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, want %+v", got, want)
			}
			if source := want.SubjectSource; login.Identity.Carried[source] != want.Subject {
				t.Errorf("carried %v", login.Identity.Carried)
			}
		})
	}
}

// TestShapesThatNeedASetting: what these identity providers send before somebody sets them
// up for us, and what the refusal says is wrong.
func TestShapesThatNeedASetting(t *testing.T) {
	t.Parallel()
	all := shapes()
	for name, row := range map[string]struct {
		of     string
		change []string
		conn   func(*saml.Connection)
		want   saml.Reason
	}{
		// AD FS sends a NameID only where a claim rule makes one.
		"AD FS without a rule for the NameID": {
			"AD FS", []string{`<NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">Ada@Example.com</NameID>`, ""}, nil, saml.WrongNameID,
		},
		"AD FS with the identifier of another relying party": {"AD FS", []string{"<Audience>" + spID, "<Audience>" + spACS}, nil, saml.WrongAudience},
		"AD FS whose name was changed":                       {"AD FS", []string{">" + idpID + "<", ">http://adfs.example.com/adfs/services/trust<"}, nil, saml.WrongIssuer},
		// Stock Keycloak calls people by their user name and sends roles only.
		"Keycloak with the user name and no mapper": {
			"Keycloak", []string{
				"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", saml.NameIDUnspecified, "G-5b1d8f6e-2f44-4c1e-9c0e-0c7f6d1a2b3c", "ada",
				"urn:oid:1.2.840.113549.1.9.1", "urn:oid:1.2.3",
			}, nil, saml.NoEmail,
		},
		"Keycloak with a foreign format of the NameID": {"Keycloak", nil, func(c *saml.Connection) { c.NameIDFormat = saml.NameIDEmail }, saml.WrongNameIDFormat},
		"Shibboleth without a subject attribute":       {"Shibboleth", nil, func(c *saml.Connection) { c.Attributes.Subject = "" }, saml.WrongNameIDFormat},
		"Shibboleth that does not release it": {
			"Shibboleth", []string{`Name="urn:oasis:names:tc:SAML:attribute:subject-id"`, `Name="urn:oasis:names:tc:SAML:attribute:pairwise-id"`}, nil, saml.NoSubject,
		},
		"Shibboleth's element as the subject": {
			"Shibboleth with eduPersonTargetedID", nil, func(c *saml.Connection) { c.Attributes.Subject = "urn:oid:1.3.6.1.4.1.5923.1.1.1.10" }, saml.BadAttributeValue,
		},
		"Shibboleth's affiliations as the subject": {
			"Shibboleth", nil, func(c *saml.Connection) { c.Attributes.Subject = "urn:oid:1.3.6.1.4.1.5923.1.1.1.1" }, saml.SeveralValues,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, w := all[row.of], newWorld()
			if s.conn != nil {
				s.conn(&w.conn)
			}
			if row.conn != nil {
				row.conn(&w.conn)
			}
			if login, err := w.accept(encode(s.answer(t, w, w.begin(t), row.change...))); saml.ReasonOf(err) != row.want {
				t.Errorf("%+v, %v (%s), want %s", login, err, saml.ReasonOf(err), row.want)
			}
		})
	}
}

func canonical(t testing.TB, el *etree.Element, prefixes string) []byte {
	t.Helper()
	text, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList(prefixes).Canonicalize(el.Copy())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

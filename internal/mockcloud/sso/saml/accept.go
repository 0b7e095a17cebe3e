package saml

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// responseBounds: goxmldsig gives up at 1,000 elements; a person in hundreds of
// groups fits below.
func responseBounds() bounds {
	return bounds{bytes: 256 << 10, depth: 32, elements: 900}
}

// skew is how far the identity provider's clock may be off.
const skew = time.Minute

// Accept judges an answer that was posted to the consumer URL: the form's
// SAMLResponse and RelayState (SAML Profiles 4.1.4.3, Bindings 3.5). It accepts an
// answer once. Refusals are of type *Error.
//
// The caller has to check Login.StartedBy, and that the connection serves the
// email's domain.
func (sp *ServiceProvider) Accept(conn Connection, samlResponse, relayState string) (*Login, error) {
	if err := sp.check(conn); err != nil {
		return nil, err
	}
	if conn.IDPEntityID == "" || len(conn.Certificates) == 0 {
		return nil, reject(NotConfigured, "The connection has no identity provider's entity id or certificate yet.")
	}
	login, err := sp.judge(conn, samlResponse, relayState)
	if renewed, ok := sp.renewed(conn, samlResponse, err); ok {
		login, err = sp.judge(renewed, samlResponse, relayState)
	}
	if ReasonOf(err) == Undecipherable {
		sp.endRequest(conn, samlResponse)
	}
	return login, err
}

// endRequest ends the login that an answer names, so that no other ciphertext can be tried
// with it.
func (sp *ServiceProvider) endRequest(conn Connection, samlResponse string) {
	if received, err := decode(samlResponse); err == nil {
		sp.Logins.end(attr(received, "InResponseTo"), conn.ID)
	}
}

// renewed returns the connection with the keys that the identity provider has now, where
// an answer may have been refused for lack of them. They are fetched only for an answer to a
// login that was begun here.
func (sp *ServiceProvider) renewed(conn Connection, samlResponse string, refused error) (Connection, bool) {
	switch ReasonOf(refused) {
	case ForeignKey, InvalidSignature, WrongKeyType, CertificateExpired:
	case Undecipherable:
		// The signature may be within what was encrypted. The keys are fetched for every fault
		// there, so that a fetch does not tell which one it was.
	default:
		return Connection{}, false
	}
	if conn.Renew == nil {
		return Connection{}, false
	}
	received, err := decode(samlResponse)
	if err != nil || !sp.Logins.awaits(attr(received, "InResponseTo"), conn.ID) {
		return Connection{}, false
	}
	if _, signed := only(received, nsSignature, "Signature"); signed && ReasonOf(refused) == Undecipherable {
		return Connection{}, false // a known key verified it
	}
	return conn.Renew()
}

// judge judges an answer by a connection as it is.
func (sp *ServiceProvider) judge(conn Connection, samlResponse, relayState string) (*Login, error) {
	received, err := decode(samlResponse)
	if err != nil {
		return nil, err
	}
	v := verifier{trusted: conn.Certificates, now: sp.Logins.clock()}
	parts, err := signedParts(received, v)
	if err != nil {
		return nil, err
	}
	if err := parts.checkResponse(sp.ACSURL, conn.IDPEntityID); err != nil {
		if parts.assertion != nil {
			err = witnessed(err, parts.assertion, conn.Attributes)
		}
		return nil, err
	}
	if parts.encrypted == nil {
		if conn.WantEncrypted {
			return nil, reject(NotEncrypted, "The identity provider does not encrypt its assertions, as the connection demands. Give it this service's metadata, which has the key, and turn encryption on there.")
		}
		return sp.believe(conn, parts, relayState)
	}
	if err := sp.mayDecrypt(conn, parts, relayState); err != nil {
		return nil, err
	}
	if parts.assertion, err = sp.decrypted(parts, v); err == nil {
		var login *Login
		if login, err = sp.believe(conn, parts, relayState); err == nil {
			return login, nil
		}
	}
	if ReasonOf(err) != "" {
		err = undecipherable()
	}
	return nil, err
}

// believe reads an assertion that is signed, and uses it up.
func (sp *ServiceProvider) believe(conn Connection, p *parts, relayState string) (*Login, error) {
	login, err := sp.read(conn, p, relayState)
	if err != nil {
		return nil, witnessed(err, p.assertion, conn.Attributes)
	}
	login.Identity.AttributeNames = attributeNames(p.assertion)
	return login, nil
}

func (sp *ServiceProvider) read(conn Connection, p *parts, relayState string) (*Login, error) {
	request := attr(p.response, "InResponseTo")
	claims, err := readAssertion(p.assertion, expectation{
		issuer: conn.IDPEntityID, audience: sp.EntityID, recipient: sp.ACSURL, request: request,
		nameIDFormat: conn.NameIDFormat, transient: conn.Attributes.Subject != "", now: sp.Logins.clock(),
	})
	if err != nil {
		return nil, err
	}
	login := &Login{Attributes: attributesOf(p.assertion, conn.Attributes)}
	if err := sp.solicited(login, conn, request, relayState); err != nil {
		return nil, err
	}
	if login.Identity, err = claims.identity(conn); err != nil {
		return nil, err
	}
	// Not by connection: two connections may be to one identity provider.
	key := sp.EntityID + "\x00" + conn.IDPEntityID + "\x00" + claims.id
	if err := sp.Logins.finish(key, claims.usableUntil.Add(skew), request, conn.ID); err != nil {
		return nil, err
	}
	return login, nil
}

// decode reads the form's value. Answers are never deflated in the POST binding.
func decode(samlResponse string) (*etree.Element, error) {
	within := responseBounds()
	// Base64 has four characters for three bytes, and some break it into lines.
	if len(samlResponse) > within.bytes/3*4+within.bytes/32 {
		return nil, reject(TooLarge, "The identity provider's answer is larger than %d KiB. It is usually a person's groups that make it so: set the identity provider to send no groups, or only those that are assigned to this application.", within.bytes>>10)
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(samlResponse))
	if err != nil || len(data) == 0 {
		return nil, reject(NotBase64, "The identity provider's answer is not base64.")
	}
	root, err := parse(data, within)
	if err != nil {
		return nil, err
	}
	if !is(root, nsProtocol, "Response") {
		return nil, reject(NotAResponse, "The identity provider's answer is a %s, not a SAML 2.0 Response.", shown(root.Tag))
	}
	return root, nil
}

// parts are what is read of an answer.
type parts struct {
	// response is as it was signed if it is signed, and as it came if it is not: then
	// it can refuse a login, and can name the request, which the assertion must name as
	// well.
	response *etree.Element
	signed   bool
	// assertion is as it was signed, by itself or with the response. Of an encrypted one
	// there is none before it was decrypted.
	assertion *etree.Element
	encrypted *ciphertext
}

// signedParts verifies an answer's signatures.
func signedParts(received *etree.Element, v verifier) (*parts, error) {
	if err := checkStructure(received); err != nil {
		return nil, err
	}
	if err := checkStatus(received); err != nil {
		return nil, err
	}
	if sealed, ok := only(received, nsAssertion, "EncryptedAssertion"); ok {
		return encryptedParts(received, sealed, v)
	}
	unverified, ok := only(received, nsAssertion, "Assertion")
	if !ok {
		return nil, reject(NoAssertion, "The identity provider's answer has no assertion in it.")
	}
	signedResponse, err := v.verify(received)
	if err != nil {
		return nil, err
	}
	signedAssertion, err := v.verify(unverified)
	if err != nil {
		return nil, err
	}
	switch {
	case signedAssertion == nil && signedResponse == nil:
		return nil, reject(Unsigned, "Neither the answer nor its assertion is signed. Set the identity provider to sign.")
	case signedResponse == nil:
		return &parts{response: received, assertion: signedAssertion}, nil
	case signedAssertion == nil:
		if signedAssertion, ok = only(signedResponse, nsAssertion, "Assertion"); !ok {
			return nil, reject(NoAssertion, "The signed answer has no assertion in it.")
		}
	}
	return &parts{response: signedResponse, signed: true, assertion: signedAssertion}, nil
}

// encryptedParts verifies the signature of an answer whose assertion is encrypted, where
// it has one, over the document as it came. Then only what was signed is decrypted.
func encryptedParts(received, sealed *etree.Element, v verifier) (*parts, error) {
	if _, err := readCiphertext(sealed); err != nil {
		return nil, err
	}
	p := &parts{response: received}
	signed, err := v.verify(received)
	switch {
	case err != nil:
		return nil, err
	case signed != nil:
		var ok bool
		if sealed, ok = only(signed, nsAssertion, "EncryptedAssertion"); !ok {
			return nil, reject(NoAssertion, "The signed answer has no assertion in it.")
		}
		p.response, p.signed = signed, true
	}
	p.encrypted, err = readCiphertext(sealed)
	return p, err
}

// checkStructure refuses everything that signature wrapping needs: a second
// assertion or response, an id that two elements have, a signature elsewhere
// than in what it signs. Names count whatever their namespace and case, as other
// readers might not look at those. The root is the answer, or an assertion that was
// encrypted.
func checkStructure(root *etree.Element) error {
	ids := map[string]bool{}
	assertions := len(root.FindElements("//Assertion")) + len(root.FindElements("//EncryptedAssertion"))
	if assertions > 1 {
		return reject(SeveralAssertions, "The identity provider's answer has more than one assertion in it.")
	}
	return walk(root, func(el *etree.Element) error {
		for _, a := range el.Attr {
			if !strings.EqualFold(a.Key, "ID") || a.Space == "xmlns" {
				continue
			}
			if ids[a.Value] {
				return reject(DuplicateID, "Two elements of the identity provider's answer have the same id.")
			}
			ids[a.Value] = true
		}
		return checkPlace(root, el)
	})
}

func checkPlace(root, el *etree.Element) error {
	parent := el.Parent()
	switch strings.ToLower(el.Tag) {
	case "response":
		if el != root {
			return reject(NestedResponse, "The identity provider's answer has a second answer in it.")
		}
	case "assertion":
		if el != root && parent != root || !is(el, nsAssertion, "Assertion") {
			return reject(UnexpectedStructure, "The assertion is not where, or not in the namespace that, it belongs.")
		}
	case "encryptedassertion":
		if parent != root || !is(root, nsProtocol, "Response") || !is(el, nsAssertion, "EncryptedAssertion") {
			return reject(UnexpectedStructure, "The encrypted assertion is not where, or not in the namespace that, it belongs.")
		}
	case "encrypteddata", "encryptedkey":
		if !withinEncryptedAssertion(root, el) {
			return reject(UnexpectedStructure, "Something is encrypted that is no assertion.")
		}
	case "encryptedid", "newencryptedid", "encryptedattribute":
		return reject(Encrypted, "The identity provider encrypts single names or attributes, for which there is no key here. Set it to encrypt the whole assertion, or nothing.")
	case "signature":
		if parent != root && !is(parent, nsAssertion, "Assertion") || !is(el, nsSignature, "Signature") ||
			len(children(parent, nsSignature, "Signature")) > 1 {
			return reject(MisplacedSignature, "A signature is not where it belongs, or there are two.")
		}
	}
	return nil
}

// withinEncryptedAssertion reports whether an element is part of the answer's own
// EncryptedAssertion.
func withinEncryptedAssertion(root, el *etree.Element) bool {
	for el != nil && el.Parent() != root {
		el = el.Parent()
	}
	return el != nil && is(el, nsAssertion, "EncryptedAssertion")
}

func walk(el *etree.Element, visit func(*etree.Element) error) error {
	if err := visit(el); err != nil {
		return err
	}
	for _, child := range el.ChildElements() {
		if err := walk(child, visit); err != nil {
			return err
		}
	}
	return nil
}

// checkStatus reads SAML Core 3.2.2. It comes first, as failures have no
// assertion and often no signature.
func checkStatus(response *etree.Element) error {
	const success = "urn:oasis:names:tc:SAML:2.0:status:Success"
	status, ok := only(response, nsProtocol, "Status")
	if !ok {
		return reject(StatusNotSuccess, "The identity provider's answer does not say whether the login succeeded.")
	}
	code, ok := only(status, nsProtocol, "StatusCode")
	if !ok {
		return reject(StatusNotSuccess, "The identity provider's answer does not say whether the login succeeded.")
	}
	value := attr(code, "Value")
	if value == success {
		return nil
	}
	if detail, ok := only(code, nsProtocol, "StatusCode"); ok {
		value = attr(detail, "Value")
	}
	return reject(StatusNotSuccess, "The identity provider refused the login: %s.", shown(strings.TrimPrefix(value, "urn:oasis:names:tc:SAML:2.0:status:")))
}

// checkResponse holds the answer to SAML Core 3.2.2 and Profiles 4.1.4.2. Where it
// is not signed this is no protection from forgery, but it finds mistakes. There it need
// not say where it goes and whom it is from: both are optional in SAML, and what the
// assertion says of them is signed. What it does say must be right. Around an encrypted
// assertion it says all, before anything is decrypted.
func (p *parts) checkResponse(acs, issuer string) error {
	if attr(p.response, "Version") != "2.0" {
		return reject(WrongVersion, "The identity provider's answer is not SAML 2.0.")
	}
	if err := checkStatus(p.response); err != nil {
		return err
	}
	whole := p.signed || p.encrypted != nil
	if destination := attr(p.response, "Destination"); destination != acs && (whole || hasAttr(p.response, "Destination")) {
		return reject(WrongDestination, "The answer is for %s, not for %s. Check the ACS URL at the identity provider.", shown(destination), shown(acs))
	}
	if !whole && len(children(p.response, nsAssertion, "Issuer")) == 0 {
		return nil
	}
	return checkIssuer(p.response, issuer)
}

func checkIssuer(el *etree.Element, want string) error {
	issuer, ok := only(el, nsAssertion, "Issuer")
	if !ok {
		return reject(WrongIssuer, "The %s does not say who issued it.", el.Tag)
	}
	if value, ok := text(issuer); !ok || value == "" || value != want {
		return reject(WrongIssuer, "The %s was issued by %s, not by %s. Check the connection's entity id.", el.Tag, shown(value), shown(want))
	}
	return nil
}

// solicited matches the answer to its request. An unsolicited answer
// names none, neither in the response nor in the assertion (SAML Profiles 4.1.5).
func (sp *ServiceProvider) solicited(login *Login, conn Connection, request, relayState string) error {
	local := checkRelayState(relayState)
	if request == "" {
		if !conn.AllowIDPInitiated {
			return reject(Unsolicited, "This login was not requested here. Start at the login page, or allow logins that the identity provider starts.")
		}
		login.IDPInitiated = true
		// Many send one of their own, which means nothing here: to the start page.
		if local == nil {
			login.ReturnTo = relayState
		}
		return nil
	}
	if local != nil {
		return local
	}
	started, err := sp.Logins.find(request, conn.ID)
	if err != nil {
		return err
	}
	// An identity provider gives it back or leaves it out, but does not change it.
	if relayState != "" && relayState != started.returnTo {
		return reject(BadRelayState, "The answer does not lead to where the login began.")
	}
	login.ReturnTo, login.browser = started.returnTo, started.browser
	return nil
}

package saml

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// Binding is how a request travels (SAML Bindings 3.4, 3.5).
type Binding string

// The bindings that requests are sent by.
const (
	Redirect Binding = samlmetadata.HTTPRedirect
	POST     Binding = samlmetadata.HTTPPOST
)

// ServiceProvider is us, as one connection's identity provider sees us. It is
// cheap: make one for each use. EntityID, ACSURL and Logins are needed always.
type ServiceProvider struct {
	// EntityID is our name, the audience of assertions (SAML Core 8.3.6).
	EntityID string
	// ACSURL is where answers are posted to (SAML Metadata 2.4.4).
	ACSURL string
	// Key and Certificate sign requests; only connections that ask for it need them.
	Key         crypto.Signer
	Certificate *x509.Certificate
	// Next are certificates that will sign requests later; they are only published.
	Next []*x509.Certificate
	// Encryption returns the pairs that assertions may be encrypted for, two during a
	// rollover; it is asked only where one comes encrypted, and for Metadata. Nil for none.
	Encryption func() ([]KeyPair, error)
	// Logins is the server's one memory of requests and assertions, and its clock.
	Logins *Logins
}

// KeyPair is a key of our own and its certificate.
type KeyPair struct {
	Key         crypto.Signer
	Certificate *x509.Certificate
}

// Connection is what is configured of one identity provider.
type Connection struct {
	// ID ties requests to the connection that they were made for.
	ID string
	// IDPEntityID must be the issuer of everything.
	IDPEntityID string
	// SSOURL is where people are sent to, by Binding: Redirect unless said.
	SSOURL  string
	Binding Binding
	// Certificates are those whose signatures count; two or more during a rollover.
	Certificates []*x509.Certificate
	// NameIDFormat is asked for and insisted on, where it is set.
	NameIDFormat string
	// SignRequests signs requests with the ServiceProvider's key.
	SignRequests bool
	// AllowIDPInitiated accepts unsolicited responses (SAML Profiles 4.1.5).
	// They cannot be bound to a browser.
	AllowIDPInitiated bool
	// WantEncrypted refuses assertions that are not encrypted.
	WantEncrypted bool
	Attributes    AttributeMapping
	// Serves reports whether an email address is of a domain that the connection
	// serves. Where there is none, of several addresses none is preferred.
	Serves func(email string) bool
	// Renew returns the connection with the keys that the identity provider publishes
	// now, and false where it cannot be asked, or not so soon again. It may take as long as
	// a fetch. Nil means that keys are never fetched again.
	Renew func() (Connection, bool)
}

// NameIDFormats of SAML Core 8.3.
const (
	NameIDUnspecified = string(crewjam.UnspecifiedNameIDFormat)
	NameIDEmail       = string(crewjam.EmailAddressNameIDFormat)
	NameIDPersistent  = string(crewjam.PersistentNameIDFormat)
	NameIDTransient   = string(crewjam.TransientNameIDFormat)
)

// Metadata returns our own metadata for a connection (SAML Metadata 2.4.4).
func (sp *ServiceProvider) Metadata(conn Connection) ([]byte, error) {
	if err := sp.check(conn); err != nil {
		return nil, err
	}
	wantsSigned, first := true, true
	role := crewjam.SPSSODescriptor{
		AuthnRequestsSigned:  &conn.SignRequests,
		WantAssertionsSigned: &wantsSigned,
		AssertionConsumerServices: []crewjam.IndexedEndpoint{
			{Binding: crewjam.HTTPPostBinding, Location: sp.ACSURL, Index: 0, IsDefault: &first},
		},
	}
	role.ProtocolSupportEnumeration = nsProtocol
	if conn.NameIDFormat != "" {
		role.NameIDFormats = []crewjam.NameIDFormat{crewjam.NameIDFormat(conn.NameIDFormat)}
	}
	if sp.Certificate != nil {
		for _, certificate := range append([]*x509.Certificate{sp.Certificate}, sp.Next...) {
			role.KeyDescriptors = append(role.KeyDescriptors, keyDescriptor("signing", certificate))
		}
	}
	encryption, err := sp.encryption()
	if err != nil {
		return nil, err
	}
	// The next key first: identity providers encrypt for the first one that they find, and
	// would else go on with the old one until it is gone.
	for _, pair := range slices.Backward(encryption) {
		descriptor := keyDescriptor("encryption", pair.Certificate)
		for _, algorithm := range []string{nsEncryption11 + "aes256-gcm", nsEncryption11 + "aes128-gcm", oaepMGF1P} {
			descriptor.EncryptionMethods = append(descriptor.EncryptionMethods, crewjam.EncryptionMethod{Algorithm: algorithm})
		}
		role.KeyDescriptors = append(role.KeyDescriptors, descriptor)
	}
	// A struct of its own: crewjam's EntityDescriptor always writes validUntil, and
	// ours is valid until it changes.
	body, err := xml.MarshalIndent(struct {
		XMLName  xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
		EntityID string   `xml:"entityID,attr"`
		Role     crewjam.SPSSODescriptor
	}{EntityID: sp.EntityID, Role: role}, "", "  ")
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), body...), nil
}

func keyDescriptor(use string, certificate *x509.Certificate) crewjam.KeyDescriptor {
	return crewjam.KeyDescriptor{Use: use, KeyInfo: crewjam.KeyInfo{X509Data: crewjam.X509Data{X509Certificates: []crewjam.X509Certificate{
		{Data: base64.StdEncoding.EncodeToString(certificate.Raw)},
	}}}}
}

// Start is how a login begins.
type Start struct {
	// ReturnTo is the local path that the person came for; "" means none.
	ReturnTo string
	// Browser is a secret that only the person's browser has, in a cookie; its hash
	// is kept. See Login.StartedBy.
	Browser string
	// Recent asks for a login of now, not for one of before (ForceAuthn, SAML Core 3.4.1).
	Recent bool
}

// Request is what a browser takes to the identity provider.
type Request struct {
	ID string
	// Binding Redirect: send the browser to URL. POST: have it post SAMLRequest
	// and, unless it is empty, RelayState to URL.
	Binding                 Binding
	URL                     string
	SAMLRequest, RelayState string
}

// AuthnRequest makes a request and remembers it (SAML Core 3.4.1, Bindings 3.4
// and 3.5).
func (sp *ServiceProvider) AuthnRequest(conn Connection, start Start) (*Request, error) {
	if err := sp.check(conn); err != nil {
		return nil, err
	}
	if err := samlmetadata.CheckSSOURL(conn.SSOURL); err != nil {
		return nil, reject(BadSSOURL, "%s", err)
	}
	if err := checkRelayState(start.ReturnTo); err != nil {
		return nil, err
	}
	signer := sp.requester(conn)
	message, err := signer.MakeAuthenticationRequest(conn.SSOURL, crewjam.HTTPRedirectBinding, crewjam.HTTPPostBinding)
	if err != nil {
		return nil, err
	}
	message.IssueInstant = sp.Logins.clock().UTC()
	if start.Recent {
		message.ForceAuthn = &start.Recent
	}
	request := &Request{ID: message.ID, Binding: conn.Binding, URL: conn.SSOURL}
	switch conn.Binding {
	case "", Redirect:
		request.Binding = Redirect
		err = request.redirect(message, start.ReturnTo, signer)
	case POST:
		err = request.post(message, start.ReturnTo, signer)
	default:
		return nil, reject(NotConfigured, "Requests cannot be sent by the binding %s.", shown(string(conn.Binding)))
	}
	if err != nil {
		return nil, err
	}
	sp.Logins.begin(message.ID, pending{
		connection: conn.ID,
		returnTo:   start.ReturnTo,
		browser:    hashBrowser(start.Browser),
	})
	return request, nil
}

// check refuses to work with half of a configuration.
func (sp *ServiceProvider) check(conn Connection) error {
	switch {
	case sp.EntityID == "" || sp.ACSURL == "" || sp.Logins == nil:
		return reject(NotConfigured, "The service provider has no entity id, no consumer URL or no memory of logins.")
	case conn.SignRequests && (sp.Key == nil || sp.Certificate == nil):
		return reject(NotConfigured, "Requests shall be signed, and the service provider has no key.")
	}
	return nil
}

// requester is crewjam's service provider, as far as it makes requests.
func (sp *ServiceProvider) requester(conn Connection) *crewjam.ServiceProvider {
	r := &crewjam.ServiceProvider{
		EntityID:          sp.EntityID,
		Key:               sp.Key,
		Certificate:       sp.Certificate,
		AuthnNameIDFormat: crewjam.NameIDFormat(conn.NameIDFormat),
	}
	// It asks for transient names unless told otherwise; those are new at each login.
	if conn.NameIDFormat == "" {
		r.AuthnNameIDFormat = crewjam.UnspecifiedNameIDFormat
	}
	if acs, err := url.Parse(sp.ACSURL); err == nil {
		r.AcsURL = *acs
	}
	if conn.SignRequests {
		r.SignatureMethod = dsig.RSASHA256SignatureMethod
	}
	return r
}

// deflaters are kept for the next messages: one has half a megabyte of tables.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // it takes every level that has a name
	}
	return w
}}

// redirect deflates the message into the URL. crewjam's own does not escape the
// relay state and signs what the URL had in its query before (SAML Bindings
// 3.4.4.1 signs only the message's parameters).
func (r *Request) redirect(message *crewjam.AuthnRequest, relayState string, signer *crewjam.ServiceProvider) error {
	body, err := serialize(message.Element())
	if err != nil {
		return err
	}
	var deflated bytes.Buffer
	w, _ := deflaters.Get().(*flate.Writer) // New makes nothing else
	defer deflaters.Put(w)
	w.Reset(&deflated)
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	query := "SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString(deflated.Bytes()))
	if relayState != "" {
		query += "&RelayState=" + url.QueryEscape(relayState)
	}
	if signer.SignatureMethod != "" {
		query += "&SigAlg=" + url.QueryEscape(signer.SignatureMethod)
		signing, err := crewjam.GetSigningContext(signer)
		if err != nil {
			return err
		}
		signature, err := signing.SignString(query)
		if err != nil {
			return err
		}
		query += "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature))
	}
	separator := "?"
	if strings.Contains(r.URL, "?") {
		separator = "&"
	}
	r.URL += separator + query
	return nil
}

// post puts the message into a form field, signed in itself.
func (r *Request) post(message *crewjam.AuthnRequest, relayState string, signer *crewjam.ServiceProvider) error {
	if signer.SignatureMethod != "" {
		if err := signer.SignAuthnRequest(message); err != nil {
			return err
		}
	}
	body, err := serialize(message.Element())
	if err != nil {
		return err
	}
	r.SAMLRequest, r.RelayState = base64.StdEncoding.EncodeToString(body), relayState
	return nil
}

func serialize(el *etree.Element) ([]byte, error) {
	doc := etree.NewDocument()
	doc.SetRoot(el)
	return doc.WriteToBytes()
}

// checkRelayState accepts only paths of this server, so that a login never redirects
// elsewhere. SAML Bindings 3.4.3 allows 80 bytes; identity
// providers carry more, and a path needs it.
func checkRelayState(path string) error {
	const maxRelayState = 1024
	if path == "" {
		return nil
	}
	u, err := url.Parse(path)
	local := err == nil && len(path) <= maxRelayState && u.Scheme == "" && u.Host == "" && u.User == nil &&
		strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.Contains(path, `\`)
	for _, c := range []byte(path) {
		local = local && c > ' ' && c < 0x7f
	}
	if !local {
		return reject(BadRelayState, "After the login, only a path of this server can be gone to.")
	}
	return nil
}

// Login is an accepted answer.
type Login struct {
	Identity Identity
	// Attributes are all that the identity provider says of the person.
	Attributes []Attribute
	// ReturnTo is the local path to go on to; "" means none.
	ReturnTo string
	// IDPInitiated reports whether the login was not started here.
	IDPInitiated bool
	browser      [sha256.Size]byte
}

// StartedBy reports whether the browser that has this secret is the one that
// started the login. Without it, a stranger's answer could be posted from the
// person's browser. Answers come by a cross-site POST, to which a SameSite=Lax
// cookie is not sent: ask after a redirect to a page of our own.
func (l *Login) StartedBy(browser string) bool {
	return !l.IDPInitiated && sameBrowser(l.browser, hashBrowser(browser))
}

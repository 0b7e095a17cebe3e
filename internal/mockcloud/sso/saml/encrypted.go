package saml

import (
	"crypto/rsa"
	"strings"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"
)

// Namespaces of XML Encryption 1.0 and 1.1.
const (
	nsEncryption   = "http://www.w3.org/2001/04/xmlenc#"
	nsEncryption11 = "http://www.w3.org/2009/xmlenc11#"
)

const (
	oaepMGF1P = nsEncryption + "rsa-oaep-mgf1p" // MGF1 is with SHA-1 always
	oaep      = nsEncryption11 + "rsa-oaep"
)

// contentCiphers are the ciphers of the assertion itself. CBC is malleable: it does not
// detect a changed ciphertext.
var contentCiphers = map[string]struct{ malleable bool }{
	nsEncryption11 + "aes128-gcm": {}, nsEncryption11 + "aes192-gcm": {}, nsEncryption11 + "aes256-gcm": {},
	nsEncryption + "aes128-cbc": {true}, nsEncryption + "aes192-cbc": {true}, nsEncryption + "aes256-cbc": {true},
}

// oaepDigests are the digests of RSA-OAEP by all names that they have, and what xmlenc
// calls them. Here SHA-1 does no harm: nothing of OAEP rests on collisions.
var oaepDigests = map[string]string{
	"http://www.w3.org/2000/09/xmldsig#sha1":        "http://www.w3.org/2000/09/xmldsig#sha1",
	nsEncryption + "sha256":                         nsEncryption + "sha256",
	nsEncryption + "sha384":                         "http://www.w3.org/2001/04/xmldsig-more#sha384",
	"http://www.w3.org/2001/04/xmldsig-more#sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
	nsEncryption + "sha512":                         nsEncryption + "sha512",
}

var oaepMasks = map[string]bool{
	nsEncryption11 + "mgf1sha1": true, nsEncryption11 + "mgf1sha256": true, nsEncryption11 + "mgf1sha384": true, nsEncryption11 + "mgf1sha512": true,
}

// maxEncryptedKeys bounds for how many recipients an assertion may be encrypted: each
// costs a private key's work.
const maxEncryptedKeys = 4

// ciphertext is an encrypted assertion whose shape was checked (SAML Core 2.3.4). Its
// elements are made anew, of what was checked and nothing else, so that xmlenc reads the
// same.
type ciphertext struct {
	data      *etree.Element
	keys      []*etree.Element
	malleable bool
}

func encryptionShape(sentence string) error { return reject(EncryptionShape, "%s", sentence) }

// readCiphertext checks an EncryptedAssertion: one EncryptedData, and the keys in it or
// beside it.
func readCiphertext(el *etree.Element) (*ciphertext, error) {
	data, ok := only(el, nsEncryption, "EncryptedData")
	beside := children(el, nsEncryption, "EncryptedKey")
	if !ok || len(el.ChildElements()) != 1+len(beside) || !bareText(el) {
		return nil, encryptionShape("The encrypted assertion does not have exactly one EncryptedData and the keys to it.")
	}
	if kind := attr(data, "Type"); kind != "" && kind != nsEncryption+"Element" {
		return nil, encryptionShape("What is encrypted is not an element.")
	}
	c := &ciphertext{}
	var keys []*etree.Element
	if info, ok := only(data, nsSignature, "KeyInfo"); ok {
		// What else it says of the key (RetrievalMethod, KeyName) is not read.
		keys = children(info, nsEncryption, "EncryptedKey")
	}
	keys = append(keys, beside...)
	if len(keys) == 0 || len(keys) > maxEncryptedKeys {
		return nil, encryptionShape("The encrypted assertion comes without a key, or with too many.")
	}
	method, value, err := encrypted(data)
	if err != nil {
		return nil, err
	}
	algorithm := attr(method, "Algorithm")
	kind, known := contentCiphers[algorithm]
	if !known {
		return nil, reject(UnknownAlgorithm, "The assertion is encrypted by %s, which is not taken. Set the identity provider to AES-GCM.", shown(algorithm))
	}
	c.malleable, c.data = kind.malleable, rebuilt("EncryptedData", algorithm, value)
	for _, key := range keys {
		el, err := readEncryptedKey(key)
		if err != nil {
			return nil, err
		}
		c.keys = append(c.keys, el)
	}
	return c, nil
}

// readEncryptedKey checks a key that was encrypted by RSA-OAEP (XML Encryption 1.1,
// section 5.5.2).
func readEncryptedKey(el *etree.Element) (*etree.Element, error) {
	method, value, err := encrypted(el)
	if err != nil {
		return nil, err
	}
	algorithm := attr(method, "Algorithm")
	switch algorithm {
	case oaepMGF1P, oaep:
	case nsEncryption + "rsa-1_5":
		return nil, reject(WeakAlgorithm, "The key of the encrypted assertion is encrypted by RSA 1.5, which gives it away. Set the identity provider to RSA-OAEP.")
	default:
		return nil, reject(UnknownAlgorithm, "The key of the encrypted assertion is encrypted by %s, which is not taken. Set the identity provider to RSA-OAEP.", shown(algorithm))
	}
	out := rebuilt("EncryptedKey", algorithm, value)
	to := out.SelectElement("EncryptionMethod")
	for _, part := range method.ChildElements() {
		switch {
		case is(part, nsSignature, "DigestMethod") && to.SelectElement("DigestMethod") == nil && oaepDigests[attr(part, "Algorithm")] != "":
			to.CreateElement("DigestMethod").CreateAttr("Algorithm", oaepDigests[attr(part, "Algorithm")])
		case is(part, nsEncryption11, "MGF") && algorithm == oaep && to.SelectElement("MGF") == nil && oaepMasks[attr(part, "Algorithm")]:
			to.CreateElement("MGF").CreateAttr("Algorithm", attr(part, "Algorithm"))
		case is(part, nsEncryption, "OAEPparams") && to.SelectElement("OAEPparams") == nil:
			to.CreateElement("OAEPparams").SetText(compact(part.Text()))
		case is(part, nsEncryption, "KeySize"):
		default:
			return nil, reject(UnknownAlgorithm, "The key of the encrypted assertion is encrypted by a kind of RSA-OAEP that is not taken (%s %s).", part.Tag, shown(attr(part, "Algorithm")))
		}
	}
	return out, nil
}

// encrypted reads what EncryptedData and EncryptedKey have in common (XML Encryption 1.1,
// section 3.1). What is encrypted stands there itself: nothing is ever fetched.
func encrypted(el *etree.Element) (method *etree.Element, value string, err error) {
	method, hasMethod := only(el, nsEncryption, "EncryptionMethod")
	data, hasData := only(el, nsEncryption, "CipherData")
	if !hasMethod || !hasData || !bareText(el) || !bareText(data) {
		return nil, "", encryptionShape("What is encrypted does not say how, or is not there.")
	}
	in, ok := only(data, nsEncryption, "CipherValue")
	if !ok || len(data.ChildElements()) != 1 {
		return nil, "", encryptionShape("What is encrypted does not stand in the message itself.")
	}
	if value, ok = text(in); !ok {
		return nil, "", encryptionShape("What is encrypted has something else in it.")
	}
	return method, compact(value), nil
}

// compact takes the white space out of base64.
func compact(s string) string { return strings.Join(strings.Fields(s), "") }

// rebuilt is an encrypted element with nothing in it that was not checked.
func rebuilt(tag, algorithm, value string) *etree.Element {
	el := etree.NewElement(tag)
	el.CreateElement("EncryptionMethod").CreateAttr("Algorithm", algorithm)
	el.CreateElement("CipherData").CreateElement("CipherValue").SetText(value)
	return el
}

// decrypt returns the plaintext, by whichever of our keys fits.
func (c *ciphertext) decrypt(own []*rsa.PrivateKey) ([]byte, bool) {
	for _, key := range c.keys {
		for _, private := range own {
			content, err := xmlenc.Decrypt(private, key)
			if err != nil {
				continue
			}
			if plain, err := xmlenc.Decrypt(content, c.data); err == nil {
				return plain, true
			}
		}
	}
	return nil, false
}

// undecipherable returns the one refusal for every fault that is found after decryption: a
// more precise one would tell an attacker who changes ciphertexts about the plaintext.
func undecipherable() error {
	return reject(Undecipherable, "The encrypted answer of the identity provider cannot be used.")
}

// mayDecrypt refuses, by what can be seen from outside, what there is no reason to
// decrypt: what was not asked for, and what an attacker could have put together as an oracle.
func (sp *ServiceProvider) mayDecrypt(conn Connection, p *parts, relayState string) error {
	if sp.Encryption == nil {
		return reject(Encrypted, "The identity provider encrypts its assertions, for which there is no key here. Turn encryption off; the answer travels over TLS.")
	}
	request := attr(p.response, "InResponseTo")
	if err := sp.solicited(&Login{}, conn, request, relayState); err != nil {
		return err
	}
	switch {
	case request != "" && !sp.Logins.awaits(request, conn.ID):
		return reusedRequest()
	case request == "" && !p.signed && p.encrypted.malleable:
		return reject(WeakAlgorithm, "A login that starts at the identity provider comes encrypted in CBC mode, with no signature around it. Set the identity provider to AES-GCM, or to sign the response.")
	}
	return nil
}

// decrypted returns the assertion that was encrypted: as it was signed, or as it is within
// a response that was. It is parsed by itself, and never gets back into the response.
func (sp *ServiceProvider) decrypted(p *parts, v verifier) (*etree.Element, error) {
	own, err := sp.decryptionKeys()
	if err != nil {
		return nil, err
	}
	plain, ok := p.encrypted.decrypt(own)
	if !ok {
		return nil, undecipherable()
	}
	assertion, err := parse(plain, responseBounds())
	if err != nil {
		return nil, err
	}
	if !is(assertion, nsAssertion, "Assertion") {
		return nil, reject(NoAssertion, "What was encrypted is no assertion.")
	}
	if err := checkStructure(assertion); err != nil {
		return nil, err
	}
	signed, err := v.verify(assertion)
	switch {
	case err != nil:
		return nil, err
	case signed != nil:
		return signed, nil
	case !p.signed:
		return nil, reject(Unsigned, "Neither the answer nor its assertion is signed.")
	}
	return assertion, nil
}

// decryptionKeys are the keys that assertions may be encrypted for.
func (sp *ServiceProvider) decryptionKeys() ([]*rsa.PrivateKey, error) {
	pairs, err := sp.encryption()
	if err != nil {
		return nil, err
	}
	var own []*rsa.PrivateKey
	for _, pair := range pairs {
		if key, ok := pair.Key.(*rsa.PrivateKey); ok {
			own = append(own, key)
		}
	}
	return own, nil
}

// encryption returns our key pairs for encryption, none where there are none.
func (sp *ServiceProvider) encryption() ([]KeyPair, error) {
	if sp.Encryption == nil {
		return nil, nil
	}
	return sp.Encryption()
}

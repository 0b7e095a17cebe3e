package saml_test

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // of OAEP where nothing is said
	"encoding/base64"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

const (
	enc   = "http://www.w3.org/2001/04/xmlenc#"
	enc11 = "http://www.w3.org/2009/xmlenc11#"
	gcm   = enc11 + "aes256-gcm"
	cbc   = enc + "aes256-cbc"
)

// sealing is how an assertion is encrypted. It is put together from text and Go's own
// ciphers, and not by the library that the code under test uses.
type sealing struct {
	to        []keypair
	content   string // gcm unless said
	transport string // rsa-oaep-mgf1p unless said
	digest    string // SHA-1 unless said
	mask      string // with rsa-oaep only
	// beside puts the keys beside EncryptedData, and not into it.
	beside bool
	// into changes a ciphertext before it is written: of the content and of the keys.
	into, intoKey func([]byte)
	// text changes what is written.
	text func(string) string
	// key is the content's in a test of mistakes; random unless said.
	key []byte
}

var hashes = map[string]crypto.Hash{
	"": crypto.SHA1, "http://www.w3.org/2000/09/xmldsig#sha1": crypto.SHA1, enc + "sha256": crypto.SHA256,
	enc + "sha384": crypto.SHA384, "http://www.w3.org/2001/04/xmldsig-more#sha384": crypto.SHA384, enc + "sha512": crypto.SHA512,
	enc11 + "mgf1sha1": crypto.SHA1, enc11 + "mgf1sha224": crypto.SHA224, enc11 + "mgf1sha256": crypto.SHA256, enc11 + "mgf1sha384": crypto.SHA384, enc11 + "mgf1sha512": crypto.SHA512,
}

func keySize(algorithm string) int {
	for name, size := range map[string]int{"128": 16, "192": 24, "256": 32} {
		if strings.Contains(algorithm, "aes"+name) {
			return size
		}
	}
	return 24
}

func (s sealing) encrypt(t testing.TB, plain []byte) string {
	t.Helper()
	if s.content == "" {
		s.content = gcm
	}
	if s.transport == "" {
		s.transport = enc + "rsa-oaep-mgf1p"
	}
	if s.key == nil {
		s.key = make([]byte, keySize(s.content))
		_, _ = rand.Read(s.key) // it never fails
	}
	keys := ""
	for _, to := range s.to {
		keys += s.encryptedKey(t, to)
	}
	value := sealed(t, s.content, s.key, plain)
	if s.into != nil {
		s.into(value)
	}
	within := `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">` + keys + `</ds:KeyInfo>`
	beside := ""
	if s.beside {
		within, beside = `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:RetrievalMethod URI="#_k"/></ds:KeyInfo>`, keys
	}
	text := `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="` + enc + `" Id="_d` + rand.Text() + `" Type="` + enc + `Element">` +
		`<xenc:EncryptionMethod Algorithm="` + s.content + `"/>` + within +
		`<xenc:CipherData><xenc:CipherValue>` + lines(value) + `</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>` + beside + `</saml:EncryptedAssertion>`
	if s.text != nil {
		changed := s.text(text)
		if changed == text {
			t.Fatal("the attack changes nothing")
		}
		text = changed
	}
	return text
}

func (s sealing) encryptedKey(t testing.TB, to keypair) string {
	t.Helper()
	public, ok := to.key.Public().(*rsa.PublicKey)
	if !ok {
		t.Fatal("no RSA key")
	}
	parts, options := "", &rsa.OAEPOptions{Hash: hashes[s.digest], MGFHash: crypto.SHA1}
	if s.digest != "" {
		parts += `<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="` + s.digest + `"/>`
	}
	if s.mask != "" {
		parts += `<x11:MGF xmlns:x11="` + enc11 + `" Algorithm="` + s.mask + `"/>`
		options.MGFHash = hashes[s.mask]
	}
	value, err := rsa.EncryptOAEPWithOptions(rand.Reader, public, s.key, options)
	if strings.HasSuffix(s.transport, "rsa-1_5") {
		value, err = rsa.EncryptPKCS1v15(rand.Reader, public, s.key) //nolint:staticcheck // it is what must be refused
	}
	if err != nil {
		t.Fatal(err)
	}
	if s.intoKey != nil {
		s.intoKey(value)
	}
	return `<xenc:EncryptedKey xmlns:xenc="` + enc + `" Id="_k` + rand.Text() + `"><xenc:EncryptionMethod Algorithm="` + s.transport + `">` + parts + `</xenc:EncryptionMethod>` +
		`<xenc:CipherData><xenc:CipherValue>` + lines(value) + `</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>`
}

// lines is base64 as many write it.
func lines(value []byte) string {
	text, out := base64.StdEncoding.EncodeToString(value), ""
	for len(text) > 76 {
		out, text = out+text[:76]+"\n", text[76:]
	}
	return out + text
}

func sealed(t testing.TB, algorithm string, key, plain []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(algorithm, "-gcm") {
		aead, err := cipher.NewGCM(block)
		if err != nil {
			t.Fatal(err)
		}
		nonce := make([]byte, aead.NonceSize())
		_, _ = rand.Read(nonce) // it never fails
		return aead.Seal(nonce, nonce, plain, nil)
	}
	size := block.BlockSize() - len(plain)%block.BlockSize()
	padding := make([]byte, size)
	padding[size-1] = byte(size)
	plain = append(append([]byte{}, plain...), padding...)
	out := make([]byte, block.BlockSize()+len(plain))
	_, _ = rand.Read(out[:block.BlockSize()]) // it never fails
	cipher.NewCBCEncrypter(block, out[:block.BlockSize()]).CryptBlocks(out[block.BlockSize():], plain)
	return out
}

// sealedFor has the world decrypt, and the answer encrypted. What it returns may be called
// by many at once: every answer gets a sealing of its own.
func sealedFor(all sealing) func(*world, *answer) {
	return func(w *world, a *answer) {
		w.decrypts()
		s := all
		if s.to == nil {
			s.to = []keypair{keys().enc}
		}
		a.encrypt = s.encrypt
	}
}

// decrypts gives the service provider its keys for encryption.
func (w *world) decrypts() {
	w.sp.Encryption = func() ([]saml.KeyPair, error) {
		return []saml.KeyPair{{Key: keys().enc.key, Certificate: keys().enc.certificate}, {Key: keys().enc2.key, Certificate: keys().enc2.certificate}}, nil
	}
}

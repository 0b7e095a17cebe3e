package idp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// keyRing has the key that signs and those that signed not long ago.
type keyRing struct {
	alg jose.SignatureAlgorithm

	mu   sync.Mutex
	keys []signingKey // the last one signs
}

type signingKey struct {
	id      string
	private crypto.Signer
	retired time.Time // zero while it signs
}

func newSigner(alg jose.SignatureAlgorithm) (crypto.Signer, error) {
	switch alg {
	case jose.RS256, jose.PS256:
		return rsa.GenerateKey(rand.Reader, 2048)
	case jose.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jose.EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, unknownAlgorithm(alg)
}

func unknownAlgorithm(alg jose.SignatureAlgorithm) error {
	return fmt.Errorf("the signing algorithm %q is none of RS256, PS256, ES256 and EdDSA", alg)
}

// newKeyRing checks the algorithm. The first key is made when it is needed: an
// RSA key takes a while, and many providers in tests speak only SAML.
func newKeyRing(alg jose.SignatureAlgorithm) (*keyRing, error) {
	switch alg {
	case jose.RS256, jose.PS256, jose.ES256, jose.EdDSA:
		return &keyRing{alg: alg}, nil
	}
	return nil, unknownAlgorithm(alg)
}

// rotate makes a new key that signs from now on.
func (k *keyRing) rotate(now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.ready(); err != nil {
		return err
	}
	k.keys[len(k.keys)-1].retired = now
	return k.add()
}

// ready makes the first key; k.mu is held.
func (k *keyRing) ready() error {
	if len(k.keys) > 0 {
		return nil
	}
	return k.add()
}

// add makes a key; k.mu is held.
func (k *keyRing) add() error {
	private, err := newSigner(k.alg)
	if err != nil {
		return err
	}
	k.keys = append(k.keys, signingKey{id: rand.Text(), private: private})
	return nil
}

// current is the key that signs.
func (k *keyRing) current() (signingKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.ready(); err != nil {
		return signingKey{}, err
	}
	return k.keys[len(k.keys)-1], nil
}

// public is the key set as it is published (RFC 7517 section 5).
func (k *keyRing) public(now time.Time) (out jose.JSONWebKeySet, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.ready(); err != nil {
		return out, err
	}
	valid := k.keys[:0]
	for _, key := range k.keys {
		if key.retired.IsZero() || now.Sub(key.retired) < retiredLife {
			valid = append(valid, key)
		}
	}
	k.keys = valid
	for _, key := range k.keys {
		out.Keys = append(out.Keys, jose.JSONWebKey{
			Key: key.private.Public(), KeyID: key.id, Algorithm: string(k.alg), Use: "sig",
		})
	}
	return out, nil
}

func (k *keyRing) sign(payload []byte) (string, error) {
	key, err := k.current()
	if err != nil {
		return "", err
	}
	return signWith(jose.SigningKey{Algorithm: k.alg, Key: key.private}, payload, header{"kid": key.id, "typ": "JWT"})
}

// header has the fields of a JOSE header beside alg.
type header map[jose.HeaderKey]any

func signWith(key jose.SigningKey, payload []byte, fields header) (string, error) {
	signer, err := jose.NewSigner(key, &jose.SignerOptions{ExtraHeaders: fields})
	if err != nil {
		return "", fmt.Errorf("sign the ID token: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign the ID token: %w", err)
	}
	return signed.CompactSerialize()
}

// accessTokenHash is at_hash: the left half of the hash that goes with the
// algorithm (OpenID Connect Core 1.0 section 3.1.3.6).
func accessTokenHash(alg jose.SignatureAlgorithm, token string) string {
	if alg == jose.EdDSA {
		sum := sha512.Sum512([]byte(token)) // Ed25519 hashes with SHA-512
		return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
	}
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

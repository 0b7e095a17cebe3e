package sso

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// KeyUse is what a key of the server's own is for: of the SAML service provider (SAML
// Metadata 2.4.1.1), or of the client of OpenID providers (private_key_jwt).
type KeyUse string

// The uses of the server's own keys. Each use has its own key pair, so that a decryption
// cannot be passed off as a signature, nor a signed request as a client's assertion.
const (
	SigningKey    KeyUse = "signing"
	EncryptionKey KeyUse = "encryption"
	ClientAuthKey KeyUse = "client_authentication"
)

// keyNames are the names of the secrets in the store.
var keyNames = map[KeyUse]string{
	SigningKey: "saml-service-provider", EncryptionKey: "saml-service-provider-encryption", ClientAuthKey: "oidc-client",
}

// IsKeyUse reports whether there is a key for a use.
func IsKeyUse(use KeyUse) bool { return keyNames[use] != "" }

// keyLasts is how long a certificate is valid: the keys are the same for all accounts and
// last as long as the state, as identity providers keep their certificates.
const keyLasts = 10 * 365 * 24 * time.Hour

// keys are the server's own key pairs. They are kept in the store, encrypted.
type keys struct {
	store *store.Store
	clock func() time.Time

	mu sync.Mutex // so that only one is made
	// read are the pairs as they were last read, as reading them costs as much as using them.
	read map[KeyUse]readKeys
}

// readKeys are key pairs, and the stored form that they were read from.
type readKeys struct {
	stored []byte
	pairs  []saml.KeyPair
}

// pairs returns the key pairs for a use: the one in use, and during a rollover the next one
// after it. The first pair is created when it is first needed.
func (k *keys) pairs(use KeyUse) ([]saml.KeyPair, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.load(use)
}

// load is pairs for a caller that holds the lock.
func (k *keys) load(use KeyUse) ([]saml.KeyPair, error) {
	var stored []byte
	err := k.store.View(func(reader *store.Reader) error {
		stored, _ = reader.KeptSecret(keyNames[use])
		return nil
	})
	if err != nil {
		return nil, err
	}
	if last := k.read[use]; stored != nil && bytes.Equal(last.stored, stored) {
		return slices.Clone(last.pairs), nil
	}
	if stored != nil {
		pairs, err := readPairs(stored)
		if err == nil {
			k.read[use] = readKeys{stored, slices.Clone(pairs)}
		}
		return pairs, err
	}
	first, err := k.make()
	if err != nil {
		return nil, err
	}
	pairs := []saml.KeyPair{first}
	return pairs, k.keep(use, pairs)
}

func (k *keys) make() (saml.KeyPair, error) {
	now := k.clock()
	key, certificate, err := saml.NewKey("mockcloud service provider", now.Add(-time.Hour), now.Add(keyLasts))
	return saml.KeyPair{Key: key, Certificate: certificate}, err
}

func (k *keys) keep(use KeyUse, pairs []saml.KeyPair) error {
	var text []byte
	for _, pair := range pairs {
		der, err := x509.MarshalPKCS8PrivateKey(pair.Key)
		if err != nil {
			return err
		}
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate.Raw})...)
	}
	return k.store.Update(store.Actor{}, func(tx *store.Tx) error {
		tx.KeepSecret(keyNames[use], text)
		return nil
	})
}

// PublishNextKey adds a second key to the service provider's metadata, or to the key set of
// the client. The first key is still used for signing; assertions may be encrypted for either.
func (s *SSO) PublishNextKey(use KeyUse) error {
	return s.keys.change(use, func(pairs []saml.KeyPair) ([]saml.KeyPair, error) {
		if len(pairs) > 1 {
			return nil, &store.Conflict{Reason: "A second key is published already; withdraw the old one first"}
		}
		next, err := s.keys.make()
		return append(pairs, next), err
	})
}

// WithdrawOldKey removes the first key; the second one is used from then on.
func (s *SSO) WithdrawOldKey(use KeyUse) error {
	return s.keys.change(use, func(pairs []saml.KeyPair) ([]saml.KeyPair, error) {
		if len(pairs) < 2 {
			return nil, &store.Conflict{Reason: "There is one key only; publish the next one first"}
		}
		return pairs[1:], nil
	})
}

func (k *keys) change(use KeyUse, to func([]saml.KeyPair) ([]saml.KeyPair, error)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	pairs, err := k.load(use)
	if err == nil {
		pairs, err = to(pairs)
	}
	if err != nil {
		return err
	}
	return k.keep(use, pairs)
}

// readPairs reads PEM in which private keys and their certificates alternate.
func readPairs(stored []byte) (pairs []saml.KeyPair, err error) {
	unreadable := errors.New("the server's own key cannot be read")
	for {
		private, rest := pem.Decode(stored)
		if private == nil {
			break
		}
		public, after := pem.Decode(rest)
		if public == nil {
			return nil, unreadable
		}
		stored = after
		parsed, err := x509.ParsePKCS8PrivateKey(private.Bytes)
		if err != nil {
			return nil, err
		}
		key, ok := parsed.(crypto.Signer)
		if !ok {
			return nil, unreadable
		}
		certificate, err := x509.ParseCertificate(public.Bytes)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, saml.KeyPair{Key: key, Certificate: certificate})
	}
	if pairs == nil {
		return nil, unreadable
	}
	return pairs, nil
}

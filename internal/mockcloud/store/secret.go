package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Secret is a random key that the server made for itself. It is part of the state,
// so that what was sealed with it is still good after a restart.
type Secret struct {
	ID    uuid.UUID
	Value []byte `secret:"true"`
}

var secretTable = table.Declare(&tables, "secrets", func(s *Secret) (uuid.UUID, time.Time) { return s.ID, time.Time{} }, table.Sealed)

// signing is the secret that other keys are derived from.
var signing = wellKnown("secret", "signing")

func (tx *Tx) newSecret(id uuid.UUID) {
	value := make([]byte, sha256.Size)
	// It never fails: without randomness the program ends.
	_, _ = rand.Read(value)
	secretTable.Put(tx.db, &Secret{ID: id, Value: value})
}

// Sign returns the proof that this server knows a payload for a purpose; it is the same each time.
func (r *Reader) Sign(purpose string, payload []byte) string {
	return base64.RawURLEncoding.EncodeToString(r.mac(purpose, payload))
}

// Seal returns a token that holds a payload for a purpose, which only this server can read and make.
func (r *Reader) Seal(purpose string, payload []byte) string {
	aead := r.aead(purpose)
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, payload, nil))
}

// Unseal returns the payload of a token that Seal made for the same purpose.
func (r *Reader) Unseal(purpose, token string) ([]byte, bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	aead := r.aead(purpose)
	if err != nil || len(sealed) < aead.NonceSize() {
		return nil, false
	}
	payload, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], nil)
	return payload, err == nil
}

// aead is AES-256-GCM under a key of the purpose's own.
func (r *Reader) aead(purpose string) cipher.AEAD {
	block, err := aes.NewCipher(r.derived(purpose))
	if err != nil {
		panic("store: " + err.Error()) // the key has the right length
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("store: " + err.Error()) // AES has the right block size
	}
	return aead
}

// mac is HMAC-SHA-256 (RFC 2104) of the payload, under a key of the purpose's own.
func (r *Reader) mac(purpose string, payload []byte) []byte {
	mac := hmac.New(sha256.New, r.derived(purpose))
	mac.Write(payload)
	return mac.Sum(nil)
}

// derived is a purpose's own key, of 32 bytes.
func (r *Reader) derived(purpose string) []byte {
	secret, ok := secretTable.Get(r.db, signing)
	if !ok {
		panic("store: nothing can be sealed before Reset")
	}
	derived := hmac.New(sha256.New, secret.Value)
	derived.Write([]byte(purpose))
	return derived.Sum(nil)
}

// KeptSecret returns a secret that was kept under a name.
func (r *Reader) KeptSecret(name string) ([]byte, bool) {
	kept, ok := secretTable.Get(r.db, wellKnown("secret", name))
	if !ok {
		return nil, false
	}
	return kept.Value, true
}

// KeepSecret keeps a secret of the server's own under a name.
func (tx *Tx) KeepSecret(name string, value []byte) {
	id := wellKnown("secret", name)
	secretTable.Put(tx.db, &Secret{ID: id, Value: value})
}

package store

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/google/uuid"
)

// Secret is a random key that the server made for itself. It is part of the state,
// so that what was signed with it is still good after a restart.
type Secret struct {
	ID    uuid.UUID
	Value []byte `secret:"true"`
}

// signing is the secret of Sign and Verify.
var signing = wellKnown("secret", "signing")

func (tx *Tx) newSecret(id uuid.UUID) {
	value := make([]byte, sha256.Size)
	// It never fails: without randomness the program ends.
	_, _ = rand.Read(value)
	tx.data.secrets.put(tx, id, &Secret{ID: id, Value: value})
}

// Sign gives a token that holds a payload, readable to whoever looks, and the proof
// that this server made it for a purpose.
func (r *Reader) Sign(purpose string, payload []byte) string {
	return base64.RawURLEncoding.EncodeToString(payload) + "." + base64.RawURLEncoding.EncodeToString(r.mac(purpose, payload))
}

// Verify gives the payload of a token that Sign made for the same purpose.
func (r *Reader) Verify(purpose, token string) ([]byte, bool) {
	head, tail, _ := strings.Cut(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return nil, false
	}
	mac, err := base64.RawURLEncoding.DecodeString(tail)
	if err != nil {
		return nil, false
	}
	return payload, hmac.Equal(mac, r.mac(purpose, payload))
}

// mac is HMAC-SHA-256 (RFC 2104) of the payload, under a key of the purpose's own.
func (r *Reader) mac(purpose string, payload []byte) []byte {
	secret, ok := r.data.secrets.get(signing)
	if !ok {
		panic("store: nothing can be signed before Reset")
	}
	derived := hmac.New(sha256.New, secret.Value)
	derived.Write([]byte(purpose))
	mac := hmac.New(sha256.New, derived.Sum(nil))
	mac.Write(payload)
	return mac.Sum(nil)
}

// KeptSecret gives a secret that was kept under a name.
func (r *Reader) KeptSecret(name string) ([]byte, bool) {
	kept, ok := r.data.secrets.get(wellKnown("secret", name))
	if !ok {
		return nil, false
	}
	return kept.Value, true
}

// KeepSecret keeps a secret of the server's own under a name.
func (tx *Tx) KeepSecret(name string, value []byte) {
	id := wellKnown("secret", name)
	tx.data.secrets.put(tx, id, &Secret{ID: id, Value: value})
}

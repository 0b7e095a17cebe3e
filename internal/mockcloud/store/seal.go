package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

// minStateKey is the shortest key that is taken from outside.
const minStateKey = 16

// errSealed says that the key is not the one that a file was written with.
var errSealed = errors.New("its secrets are encrypted with another key; give the one that it was written with (MOCKCLOUD_STATE_KEY, or the key file beside it)")

// sealer encrypts the rows of sealed tables with AES-256-GCM. Events are not among them: they show no secret, and are
// read from the file as they lie there.
type sealer struct {
	aead   cipher.AEAD
	tables map[string]bool
}

// newSealer takes a key of any length.
func newSealer(given string) (*sealer, error) {
	key := sha256.Sum256([]byte(given))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &sealer{aead, tables.Sealed()}, nil
}

// keyPath is the key file beside a state file.
func keyPath(statePath string) string { return statePath + ".key" }

// stateKey is the key from outside, or the one in the key file, which is there or not.
func stateKey(statePath, given string) (key string, keyed bool, err error) {
	if given != "" {
		if len(given) < minStateKey {
			return "", false, fmt.Errorf("the state key has %d characters; %d or more are needed", len(given), minStateKey)
		}
		return given, true, nil
	}
	content, err := os.ReadFile(keyPath(statePath))
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("the key file cannot be read: %w", err)
	}
	if key = strings.TrimSpace(string(content)); len(key) < minStateKey {
		return "", false, fmt.Errorf("the key file %s holds no key; put a copy from before in its place", keyPath(statePath))
	}
	return key, true, nil
}

// newStateKey makes a key that only its owner can read, for a state that has no secrets yet. It is on the disk before any
// of them is.
func newStateKey(statePath string, isNew bool) (string, error) {
	if !isNew {
		return "", fmt.Errorf("its secrets are encrypted, and there is no key: neither MOCKCLOUD_STATE_KEY nor the key file %s", keyPath(statePath))
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // it never fails: without randomness the program ends
	key := base64.RawStdEncoding.EncodeToString(raw)
	if err := journal.Create(keyPath(statePath), []byte(key+"\n")); err != nil {
		return "", fmt.Errorf("the key file cannot be written: %w", err)
	}
	return key, nil
}

// seal encrypts the changes of sealed tables. The table and the key go into the proof, so that no row can take the
// place of another.
func (s *sealer) seal(changes []journal.Change) {
	for i, change := range changes {
		if !s.tables[change.Table] || change.Value == nil {
			continue
		}
		nonce := make([]byte, s.aead.NonceSize())
		_, _ = rand.Read(nonce) // it never fails
		changes[i].Value = s.aead.Seal(nonce, nonce, change.Value, place(change.Table, change.Key))
	}
}

// open decrypts the rows of a sealed table.
func (s *sealer) open(table string, rows []journal.Row) ([]journal.Row, error) {
	if !s.tables[table] {
		return rows, nil
	}
	out := make([]journal.Row, len(rows))
	for i, row := range rows {
		size := s.aead.NonceSize()
		if len(row.Value) < size {
			return nil, errSealed
		}
		value, err := s.aead.Open(nil, row.Value[:size], row.Value[size:], place(table, row.Key))
		if err != nil {
			return nil, errSealed
		}
		out[i] = journal.Row{Key: row.Key, Value: value}
	}
	return out, nil
}

func place(table string, key []byte) []byte { return append([]byte(table+"\x00"), key...) }

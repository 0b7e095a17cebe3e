package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

const canary = "canary-0123456789-canary"

// keepCanary opens a state file, puts a secret into it and closes it again.
func keepCanary(t *testing.T, path, key string) {
	t.Helper()
	s, err := store.Open(path, store.Options{StateKey: key})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(store.Actor{}, func(tx *store.Tx) error {
		tx.KeepSecret("canary", []byte(canary))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// keptCanary opens a state file and reads the secret back.
func keptCanary(t *testing.T, path, key string) (string, error) {
	t.Helper()
	s, err := store.Open(path, store.Options{StateKey: key})
	if err != nil {
		return "", err
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	var found []byte
	err = s.View(func(r *store.Reader) error {
		found, _ = r.KeptSecret("canary")
		return nil
	})
	return string(found), err
}

// A secret stands in no state file, and comes back with its key only.
func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"a key file": "", "a key from outside": "sixteen-characters-or-more"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state")
			keepCanary(t, path, key)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range []string{canary, "Y2FuYXJ5LTAxMjM0NTY3ODktY2FuYXJ5"} { // as it is, and in base64
				if bytes.Contains(content, []byte(form)) {
					t.Errorf("the file holds %q", form)
				}
			}
			info, err := os.Stat(path + ".key")
			switch {
			case key != "" && !os.IsNotExist(err):
				t.Errorf("a key file beside a key from outside: %v", err)
			case key == "" && (err != nil || info.Mode().Perm() != 0o600):
				t.Errorf("key file %v, %v", info, err)
			}
			if got, err := keptCanary(t, path, key); err != nil || got != canary {
				t.Errorf("it comes back as %q, %v", got, err)
			}
			if _, err := keptCanary(t, path, "another-key-from-outside"); err == nil || !strings.Contains(err.Error(), "another key") {
				t.Errorf("with another key: %v", err)
			}
			if got, err := keptCanary(t, path, key); err != nil || got != canary {
				t.Errorf("after the wrong key it comes back as %q, %v", got, err)
			}
		})
	}
}

func TestStateKeyMistakes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	if _, err := store.Open(path, store.Options{StateKey: "short"}); err == nil || !strings.Contains(err.Error(), "5 characters") {
		t.Errorf("a short key: %v", err)
	}
	keepCanary(t, path, "")
	if err := os.Remove(path + ".key"); err != nil {
		t.Fatal(err)
	}
	if _, err := keptCanary(t, path, ""); err == nil || !strings.Contains(err.Error(), "there is no key") {
		t.Errorf("without the key file: %v", err)
	}
	if _, err := os.Stat(path + ".key"); !os.IsNotExist(err) {
		t.Error("another key was made for a state that has one")
	}
}

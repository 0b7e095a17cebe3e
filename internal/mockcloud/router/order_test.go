package router

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// unreadable is a body that fails the test when somebody reads it.
type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, errors.New("not to be read")
}

// TestTokenBeforeBody: nothing is read of a body before its sender is known.
func TestTokenBeforeBody(t *testing.T) {
	t.Parallel()
	state := store.New(store.Options{})
	if err := state.Reset(func(tx *store.Tx) error {
		u, err := tx.AddUser(store.NewUser{Email: "a@acme.com"})
		if err != nil {
			return err
		}
		_, err = tx.AddAPIKey(store.NewAPIKey{ActorID: u.ActorID, Secret: "pnu_a"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	rt := New(Options{Store: state, Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
	defer rt.Close()
	rt.Add(Route{Method: http.MethodPost, Path: "/api/x", Access: ByAnyActor(), Handle: func(*Call) (*Answer, error) { return NoContent(), nil }})
	for name, test := range map[string]struct {
		key    string
		body   func(*testing.T) io.Reader
		length int64
		status int
	}{
		"nobody":               {"", func(t *testing.T) io.Reader { return unreadable{t} }, 100, http.StatusUnauthorized},
		"nobody, and too long": {"", func(t *testing.T) io.Reader { return unreadable{t} }, maxBody + 1, http.StatusUnauthorized},
		"nobody, no length":    {"", func(t *testing.T) io.Reader { return unreadable{t} }, -1, http.StatusUnauthorized},
		"somebody, too long":   {"pnu_a", func(*testing.T) io.Reader { return http.NoBody }, maxBody + 1, http.StatusRequestEntityTooLarge},
		"somebody, no length":  {"pnu_a", func(t *testing.T) io.Reader { return unreadable{t} }, -1, http.StatusLengthRequired},
		"somebody":             {"pnu_a", func(*testing.T) io.Reader { return http.NoBody }, 0, http.StatusNoContent},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "http://localhost/api/x", test.body(t))
			r.ContentLength = test.length
			r.Header.Set("Content-Length", "said")
			r.Header.Set("Authorization", "Bearer "+test.key)
			w := httptest.NewRecorder()
			if rt.ServeHTTP(w, r); w.Code != test.status {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

package router

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// TestBrokenHandlers: a bug in a handler is a 500 that names the request, and a
// line in the log that says what happened.
func TestBrokenHandlers(t *testing.T) {
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
	var log strings.Builder
	rt := New(Options{Store: state, Logger: slog.New(slog.NewTextHandler(&log, nil)), Clock: time.Now})
	defer rt.Close()
	for name, handle := range map[string]Handler{
		"panics": func(*Call) (*Answer, error) { panic("it broke") },
		"fails":  func(*Call) (*Answer, error) { return nil, errors.New("it broke") },
		"mutes":  func(*Call) (*Answer, error) { return OK(make(chan int)), nil },
	} {
		rt.Add(Route{Method: http.MethodGet, Path: "/api/" + name, Handle: handle})
		log.Reset()
		r := httptest.NewRequest(http.MethodGet, "http://localhost/api/"+name, nil)
		r.Header.Set("Authorization", "Bearer pnu_a")
		r.Header.Set("X-Request-Id", "req-7")
		w := httptest.NewRecorder()
		rt.ServeHTTP(w, r)
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "req-7") || strings.Contains(w.Body.String(), "it broke") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "req-7") {
			t.Errorf("%s: %s", name, log.String())
		}
	}
}

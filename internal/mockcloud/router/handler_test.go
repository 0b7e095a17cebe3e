package router

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// TestAccessEndsAtOnce: what takes a caller's access away while their request is
// under way counts for that request, too.
func TestAccessEndsAtOnce(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(*Call) error{
		"read":  func(c *Call) error { return c.View(func(*store.Reader) error { return nil }) },
		"write": func(c *Call) error { return c.Update(func(*store.Tx) error { return nil }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := store.New(store.Options{})
			var account, member uuid.UUID
			if err := state.Reset(func(tx *store.Tx) error {
				a, err := tx.AddAccount(store.NewAccount{Handle: "acme", Name: "Acme"})
				if err != nil {
					return err
				}
				u, err := tx.AddUser(store.NewUser{Email: "a@acme.com"})
				if err != nil {
					return err
				}
				m, err := tx.AddMember(uuid.Nil, a.ID, u, store.MemberRoleID)
				if err != nil {
					return err
				}
				account, member = a.ID, m.ID
				_, err = tx.AddAPIKey(store.NewAPIKey{ActorID: u.ActorID, Secret: "pnu_a"})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			rt := New(Options{Store: state, Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
			defer rt.Close()
			deactivate := false
			rt.Add(Route{
				Method: http.MethodGet, Path: "/api/accounts/{account_id}", Access: ByMembers(store.ReadAccount),
				Handle: func(c *Call) (*Answer, error) {
					if deactivate {
						if err := state.Update(store.Actor{}, func(tx *store.Tx) error {
							return tx.SetActive(account, []uuid.UUID{member}, false)
						}); err != nil {
							return nil, err
						}
					}
					return Done(use(c))
				},
			})
			for _, want := range []int{http.StatusNoContent, http.StatusForbidden} {
				r := httptest.NewRequest(http.MethodGet, "http://localhost/api/accounts/"+account.String(), nil)
				r.Header.Set("Authorization", "Bearer pnu_a")
				w := httptest.NewRecorder()
				if rt.ServeHTTP(w, r); w.Code != want {
					t.Errorf("%d %s, want %d", w.Code, w.Body, want)
				}
				deactivate = true
			}
		})
	}
}

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

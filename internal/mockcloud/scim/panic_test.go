package scim

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// TestPanic: a bug in a handler is an error like others to the caller, and a stack to
// the log.
func TestPanic(t *testing.T) {
	t.Parallel()
	state := store.New(store.Options{})
	name, kind := "people", store.DirectoryType("okta scim v2.0")
	var d *store.Directory
	var secret string
	if err := state.Reset(func(tx *store.Tx) error {
		a, err := tx.AddAccount(store.NewAccount{Handle: "acme", Name: "Acme"})
		if err != nil {
			return err
		}
		if d, err = tx.AddDirectory(a.ID, store.DirectoryChange{Name: &name, Type: &kind}); err != nil {
			return err
		}
		_, secret, err = tx.AddSCIMToken(a.ID, d.ID, store.NewSCIMToken{Name: "x"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	s := New(Options{Store: state, Logger: logger})
	s.routes["/Boom"] = methods{http.MethodGet: func(*call) (*answer, error) { panic("boom") }}
	r := httptest.NewRequest(http.MethodGet, Endpoint("http://localhost", d.Endpoint)+"/Boom", nil)
	r.Header.Set("Authorization", "Bearer "+secret)
	w := httptest.NewRecorder()
	rt := router.New(router.Options{Store: state, Logger: logger, Clock: time.Now})
	t.Cleanup(rt.Close)
	s.Mount(rt)
	rt.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError || w.Header().Get("Content-Type") != mediaType || !strings.Contains(w.Body.String(), `"status":"500"`) || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "boom") || !strings.Contains(log.String(), "panic_test.go") {
		t.Errorf("log %s", log)
	}
}

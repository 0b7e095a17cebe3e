package acctest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
)

// ClientSecret is the secret of all clients of the identity providers that StartIdP starts.
const ClientSecret = "client-secret-0123456789"

// StartIdP runs an identity provider on a port of its own until the test ends. It sends people back to the server only.
func StartIdP(t testing.TB, srv *Server, people ...idp.Person) (provider *idp.IdP, baseURL string) {
	t.Helper()
	var handler http.Handler
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(listener.Close)
	provider, err := idp.New(idp.Config{
		BaseURL: listener.URL, People: people, ClientSecret: ClientSecret, RedirectOrigins: []string{srv.URL},
	})
	if err != nil {
		t.Fatalf("identity provider: %v", err)
	}
	handler = provider
	return provider, listener.URL
}

// ServePage serves one web page at every address until the test ends.
func ServePage(t testing.TB, page string) (baseURL string) {
	t.Helper()
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(page)) // the caller may have gone
	}))
	t.Cleanup(listener.Close)
	return listener.URL
}

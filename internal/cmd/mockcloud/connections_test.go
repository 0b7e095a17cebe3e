package main

import (
	"log/slog"
	"net/http"
	"testing"
	"time"
)

// TestConnections: a head has 30 seconds, and no limit of the whole cuts a large body off
// that comes at the pace that the handler holds it to.
func TestConnections(t *testing.T) {
	t.Parallel()
	h := newHTTPServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if h.ReadHeaderTimeout != 30*time.Second || h.ReadTimeout != 0 || h.WriteTimeout != 0 {
		t.Errorf("head %s, all %s, answer %s", h.ReadHeaderTimeout, h.ReadTimeout, h.WriteTimeout)
	}
}

package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// eventServer answers with one event a page, newest first, two pages a window, and names a foreign host for the next.
type eventServer struct {
	t       *testing.T
	windows []eventOccurred
	next    int
}

func (s *eventServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page := map[string]any{"total": 2}
	switch r.URL.Path {
	case "/api/accounts/a/events/filter":
		var body eventsBody
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			s.t.Error(err)
		}
		s.windows = append(s.windows, *body.Filter.Occurred)
		page["events"] = []map[string]any{{"id": fmt.Sprint("first of ", len(s.windows)), "event": "prefect-cloud.user.updated"}}
		page["next_page"] = "https://elsewhere.example/api/accounts/a/events/filter/next?page-token=t1"
	case "/api/accounts/a/events/filter/next":
		s.next++
		if r.URL.Query().Get("page-token") != "t1" {
			s.t.Errorf("token %q, want t1", r.URL.Query().Get("page-token"))
		}
		page["events"] = []map[string]any{{"id": fmt.Sprint("second of ", len(s.windows))}}
		page["next_page"] = nil
	default:
		s.t.Errorf("asked for %s", r.URL.Path)
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(page); err != nil {
		s.t.Error(err)
	}
}

func eventClient(t *testing.T, handler http.Handler) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	c, err := New(Config{Endpoint: server.URL + "/api", APIKey: "pnu_test"})
	if err != nil {
		t.Fatal(err)
	}
	c.identity.known.Store(true) // what it fakes is the account API
	t.Cleanup(func() {
		c.Close()
		server.Close()
	})
	return c
}

// A span of 30 days is three windows of at most 14, without a gap, each read to its last page; the key goes to no other
// host.
func TestListEventsOverALongSpan(t *testing.T) {
	t.Parallel()
	server := &eventServer{t: t}
	c := eventClient(t, server)
	until := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	since := until.Add(-30 * 24 * time.Hour)
	events, err := c.ListEvents(context.Background(), "a", EventQuery{Since: since, Until: until, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != 6 || len(server.windows) != 3 || server.next != 3 {
		t.Fatalf("%d events of %d windows and %d next pages, want 6, 3 and 3", len(events), len(server.windows), server.next)
	}
	edge := until
	for i, window := range server.windows {
		if !window.Until.Equal(edge) || window.Until.Sub(window.Since) > EventWindow {
			t.Errorf("window %d is %s to %s, want one that ends at %s", i, window.Since, window.Until, edge)
		}
		edge = window.Since
	}
	if !edge.Equal(since) {
		t.Errorf("the windows begin at %s, want %s", edge, since)
	}
}

func TestListEventsStopsAtItsLimit(t *testing.T) {
	t.Parallel()
	server := &eventServer{t: t}
	c := eventClient(t, server)
	until := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	events, err := c.ListEvents(context.Background(), "a", EventQuery{Since: until.Add(-30 * 24 * time.Hour), Until: until, Limit: 3})
	if err != nil || len(events) != 3 || len(server.windows) != 2 {
		t.Errorf("%d events of %d windows, %v; want 3 of 2", len(events), len(server.windows), err)
	}
}

func TestListEventsNeverEnds(t *testing.T) {
	t.Parallel()
	c := eventClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if _, err := w.Write([]byte(`{"events":[],"total":9,"next_page":"http://x.example/?page-token=t"}`)); err != nil {
			t.Error(err)
		}
	}))
	_, err := c.ListEvents(context.Background(), "a", EventQuery{Limit: 10})
	var endless *EndlessPageError
	if !errors.As(err, &endless) {
		t.Errorf("%v, want an EndlessPageError", err)
	}
}

// The service accounts whose key ends like the one in use.
func TestBotsOfKey(t *testing.T) {
	t.Parallel()
	masked := func(id, last string) map[string]any {
		return map[string]any{"id": id, "name": id, "api_key": map[string]any{"masked_key": "pnb_..." + last}}
	}
	handler := http.NewServeMux()
	handler.HandleFunc("POST /api/accounts/a/bots/filter", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode([]any{masked("mine", "test"), masked("other", "abcd"), masked("twin", "test")}); err != nil {
			t.Error(err)
		}
	})
	bots, err := eventClient(t, handler).BotsOfKey(context.Background(), "a")
	if err != nil || len(bots) != 2 || bots[0].ID != "mine" || bots[1].ID != "twin" {
		t.Errorf("bots %+v, %v; want mine and twin", bots, err)
	}
}

package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

const (
	// featureAuditLogs is the account feature that the event routes need.
	featureAuditLogs = "audit_logs"
	// EventWindow is the longest span that the API answers at once.
	EventWindow = 14 * 24 * time.Hour
)

// Event is one entry of the account's audit trail.
type Event struct {
	ID       string              `json:"id"`
	Name     string              `json:"event"`
	Occurred time.Time           `json:"occurred"`
	Resource map[string]string   `json:"resource"` // labels, prefect.resource.id and prefect.resource.name among them
	Related  []map[string]string `json:"related"`  // labels, prefect.resource.role tells "actor" from "account"
	Payload  json.RawMessage     `json:"payload"`
	Follows  *string             `json:"follows"` // the event that caused this one
}

// The labels of resources that the provider reads.
const (
	LabelResourceID   = "prefect.resource.id"
	LabelResourceName = "prefect.resource.name"
	LabelResourceRole = "prefect.resource.role"
)

// Actor returns the labels of who caused the event; nil where it does not say.
func (e Event) Actor() map[string]string {
	for _, related := range e.Related {
		if related[LabelResourceRole] == "actor" {
			return related
		}
	}
	return nil
}

// EventQuery says which events are wanted. An empty criterion does not count.
type EventQuery struct {
	Since, Until  time.Time // both zero: the last 14 days, by the server's clock
	Names         []string  // exact names
	NamePrefixes  []string
	Resources     []string // ids of the thing that changed
	ResourceNames []string // or its names
	Actors        []string // ids of who caused it
	ActorNames    []string // or their names
	Limit         int      // the most events to read
}

type eventsBody struct {
	Limit  int             `json:"limit"`
	Filter eventFilterBody `json:"filter"`
}

type eventFilterBody struct {
	Occurred *eventOccurred  `json:"occurred,omitempty"`
	Event    *eventNames     `json:"event,omitempty"`
	Resource *eventResource  `json:"resource,omitempty"`
	Related  []eventResource `json:"related,omitempty"`
	Order    string          `json:"order"`
}

type eventOccurred struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

type eventNames struct {
	Name   []string `json:"name,omitempty"`
	Prefix []string `json:"prefix,omitempty"`
}

type eventResource struct {
	ID     []string            `json:"id,omitempty"`
	Role   []string            `json:"role,omitempty"`
	Labels map[string][]string `json:"labels,omitempty"`
}

type eventPage struct {
	Events   []Event `json:"events"`
	NextPage *string `json:"next_page"`
}

// ListEvents reads the events that match, newest first, whatever the span: the
// API answers for [EventWindow] at once, so a longer span is asked for window
// by window.
func (c *Client) ListEvents(ctx context.Context, accountID string, q EventQuery) ([]Event, error) {
	if q.Since.IsZero() && q.Until.IsZero() {
		return c.listWindow(ctx, accountID, q, nil, q.Limit)
	}
	var all []Event
	seen := map[string]bool{} // an event on the edge of two windows is in both
	for until := q.Until; until.After(q.Since) && len(all) < q.Limit; until = until.Add(-EventWindow) {
		since := until.Add(-EventWindow)
		if since.Before(q.Since) {
			since = q.Since
		}
		events, err := c.listWindow(ctx, accountID, q, &eventOccurred{Since: since.UTC(), Until: until.UTC()}, q.Limit-len(all))
		if err != nil {
			return nil, err
		}
		for _, event := range events {
			if !seen[event.ID] {
				seen[event.ID] = true
				all = append(all, event)
			}
		}
	}
	return all, nil
}

// listWindow reads one window page by page, and no further than most events.
func (c *Client) listWindow(ctx context.Context, accountID string, q EventQuery, span *eventOccurred, limit int) ([]Event, error) {
	events := []Event{}
	got, err := c.filterEvents(ctx, accountID, q.body(span, limit))
	for pages := 1; ; pages++ {
		if err != nil {
			return nil, err
		}
		events = append(events, got.Events...)
		c.progress.Done("events", len(got.Events))
		if got.NextPage == nil || len(events) >= limit {
			return events[:min(len(events), limit)], nil
		}
		if len(got.Events) == 0 || pages == maxPages {
			return nil, &EndlessPageError{What: "events", Pages: pages}
		}
		got, err = c.nextEvents(ctx, accountID, *got.NextPage)
	}
}

func (q EventQuery) body(span *eventOccurred, limit int) eventsBody {
	body := eventsBody{Limit: min(limit, pageSize), Filter: eventFilterBody{
		Occurred: span,
		Resource: eventCriterion(q.Resources, q.ResourceNames, ""),
		Order:    "DESC",
	}}
	if len(q.Names) > 0 || len(q.NamePrefixes) > 0 {
		body.Filter.Event = &eventNames{Name: q.Names, Prefix: q.NamePrefixes}
	}
	if actor := eventCriterion(q.Actors, q.ActorNames, "actor"); actor != nil {
		body.Filter.Related = []eventResource{*actor}
	}
	return body
}

func eventCriterion(ids, names []string, role string) *eventResource {
	if len(ids) == 0 && len(names) == 0 {
		return nil
	}
	out := eventResource{ID: ids}
	if role != "" {
		out.Role = []string{role}
	}
	if len(names) > 0 {
		out.Labels = map[string][]string{LabelResourceName: names}
	}
	return &out
}

// filterEvents reads the first page.
//
// POST /api/accounts/{account_id}/events/filter
func (c *Client) filterEvents(ctx context.Context, accountID string, body eventsBody) (eventPage, error) {
	return do[eventPage](ctx, c, call{
		method: http.MethodPost, reads: true,
		path: []string{"accounts", accountID, "events", "filter"}, body: body, feature: featureAuditLogs, absent: thingOrAccount,
	})
}

// nextEvents reads the page that a next_page names. Only its token is used: the
// key goes to the endpoint and nowhere else, whatever host the URL has.
//
// GET /api/accounts/{account_id}/events/filter/next
func (c *Client) nextEvents(ctx context.Context, accountID, nextPage string) (eventPage, error) {
	const parameter = "page-token"
	r := call{method: http.MethodGet, path: []string{"accounts", accountID, "events", "filter", "next"}, feature: featureAuditLogs}
	next, err := url.Parse(nextPage)
	if err != nil || next.Query().Get(parameter) == "" {
		return eventPage{}, c.unexpected(r, http.StatusOK, nil, "", "next_page holds no "+parameter, err)
	}
	r.query = url.Values{parameter: {next.Query().Get(parameter)}}
	return do[eventPage](ctx, c, r)
}

package account

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

const (
	// maxSpan is how much of the trail one query may look at, and how much it
	// looks at unless it says.
	maxSpan = 14 * 24 * time.Hour
	// pageTokenLife is how long the next page can be asked for.
	pageTokenLife = time.Hour
	// pageTokens is the purpose by which page tokens are sealed.
	pageTokens = "event-page"
)

func eventRoutes() []router.Route {
	const path = root + "/events"
	read := router.ByMembers(store.ReadAuditEvent).With(store.FeatureAuditLogs)
	return []router.Route{
		{Method: http.MethodPost, Path: path, Access: router.ByMembers(store.CreateAuditEvent), Handle: receiveEvents},
		{Method: http.MethodPost, Path: path + "/filter", Access: read, Handle: filterEvents},
		{Method: http.MethodGet, Path: path + "/filter/next", Access: read, Handle: nextEvents},
	}
}

// receiveEvents is POST /api/accounts/{account_id}/events.
func receiveEvents(c *router.Call) (*router.Answer, error) {
	events, err := router.Body(c, input.List(input.Lenient(readEvent)))
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.ReceiveEvents(c.Account, events) }))
}

// readEvent reads Event.
func readEvent(f *input.Fields) eventlog.Event {
	e := eventlog.Event{
		ID:       input.Required(f, "id", input.UUID),
		Occurred: input.Required(f, "occurred", input.Time),
		Name:     input.Required(f, "event", input.StringUpTo(1024)),
		Resource: input.Required(f, "resource", readResource),
		Related:  input.Default(f, "related", input.List(readResource), nil),
		Payload:  input.Default(f, "payload", input.Map(input.Any), nil),
	}
	if follows := input.Optional(f, "follows", input.UUID); follows != nil {
		e.Follows = *follows
	}
	return e
}

// readResource reads Resource or RelatedResource: nothing but labels.
func readResource(v input.Value) eventlog.Resource {
	var r eventlog.Resource
	for name, value := range input.Map(input.String)(v) {
		switch name {
		case eventlog.LabelID:
			r.ID = value
		case eventlog.LabelName:
			r.Name = value
		case eventlog.LabelRole:
			r.Role = value
		default:
			if r.More == nil {
				r.More = make(map[string]string)
			}
			r.More[name] = value
		}
	}
	return r
}

// eventBody is ReceivedEvent.
type eventBody struct {
	ID        uuid.UUID           `json:"id"`
	Occurred  time.Time           `json:"occurred"`
	Received  time.Time           `json:"received"`
	Event     string              `json:"event"`
	Resource  map[string]string   `json:"resource"`
	Related   []map[string]string `json:"related"`
	Payload   map[string]any      `json:"payload"`
	Follows   *uuid.UUID          `json:"follows"`
	Account   uuid.UUID           `json:"account"`
	Workspace *uuid.UUID          `json:"workspace"`
}

func toEvent(e *eventlog.Event) eventBody {
	out := eventBody{
		ID: e.ID, Occurred: e.Occurred, Received: e.Received, Event: e.Name, Resource: e.Resource.Labels(),
		Related: []map[string]string{}, Payload: e.Payload, Follows: orNull(e.Follows), Account: e.AccountID,
	}
	for _, related := range e.Related {
		out.Related = append(out.Related, related.Labels())
	}
	if out.Payload == nil {
		out.Payload = map[string]any{}
	}
	return out
}

// eventPageBody is EventPage.
type eventPageBody struct {
	Events   []eventBody `json:"events"`
	Total    int         `json:"total"`
	NextPage *string     `json:"next_page"`
}

// search is a walk through the pages of one query. Between the pages it is in the
// hands of the caller, sealed.
type search struct {
	Account uuid.UUID
	Expires time.Time
	Query   eventlog.Query
	// Left is how many events the caller still wants; nil for all.
	Left *int

	since, until *time.Time // as the caller gave them
}

// filterEvents is POST /api/accounts/{account_id}/events/filter.
func filterEvents(c *router.Call) (*router.Answer, error) {
	body, err := router.OptionalBody(c, input.Lenient(readSearch))
	if err != nil {
		return nil, err
	}
	var out eventPageBody
	err = c.View(func(r *store.Reader) error {
		body.Account = c.Account
		if body.Query.Since, body.Query.Until, err = span(body.since, body.until, r.Now()); err != nil {
			return err
		}
		out, err = body.page(c, r)
		return err
	})
	return router.OK(out), err
}

// nextEvents is GET /api/accounts/{account_id}/events/filter/next.
func nextEvents(c *router.Call) (*router.Answer, error) {
	query := c.Request.URL.Query()
	token, err := input.Query("page-token", query.Get("page-token"), query.Has("page-token"), input.String)
	if err != nil {
		return nil, err
	}
	var out eventPageBody
	err = c.View(func(r *store.Reader) error {
		var s search
		payload, genuine := r.Unseal(pageTokens, token)
		switch {
		case !genuine || json.Unmarshal(payload, &s) != nil || s.Account != c.Account:
			return badPageToken("the page token is not one that this account was given")
		case !r.Now().Before(s.Expires):
			return badPageToken("the page token has expired; ask for the first page again")
		}
		out, err = s.page(c, r)
		return err
	})
	return router.OK(out), err
}

func badPageToken(msg string) error {
	return &store.Invalid{Problems: []store.Problem{{
		In: "query", Loc: []any{"page-token"}, Msg: "Value error, " + msg, Type: "value_error",
	}}}
}

// page finds the page that comes now and seals the way to the next.
func (s search) page(c *router.Call, r *store.Reader) (eventPageBody, error) {
	query := s.Query
	if s.Left != nil {
		query.Limit = min(query.Limit, *s.Left)
	}
	found, err := r.FindEvents(c.Account, query)
	if err != nil {
		return eventPageBody{}, err
	}
	out := eventPageBody{Events: []eventBody{}, Total: found.Total}
	for _, e := range found.Events {
		out.Events = append(out.Events, toEvent(e))
	}
	if s.Left != nil {
		left := *s.Left - len(found.Events)
		s.Left = &left
	}
	if !found.More || len(found.Events) == 0 || s.Left != nil && *s.Left == 0 {
		return out, nil
	}
	s.Query.After = new(found.Events[len(found.Events)-1].Position())
	s.Expires = r.Now().Add(pageTokenLife)
	payload, err := json.Marshal(s)
	if err != nil {
		return out, err
	}
	next := c.BaseURL() + strings.Replace(root, "{account_id}", c.Account.String(), 1) + "/events/filter/next?" +
		url.Values{"page-token": {r.Seal(pageTokens, payload)}}.Encode()
	out.NextPage = &next
	return out, nil
}

// span returns the time that a query looks at. Without an end it is now, without a
// beginning as long before the end as a query may reach.
func span(givenSince, givenUntil *time.Time, now time.Time) (since, until time.Time, err error) {
	if until = now; givenUntil != nil {
		until = *givenUntil
	}
	if since = until.Add(-maxSpan); givenSince != nil {
		since = *givenSince
	}
	switch {
	case since.After(now):
		err = input.Mistake("the span lies in the future", "filter", "occurred", "since")
	case until.Before(since):
		err = input.Mistake("the span ends before it begins", "filter", "occurred", "until")
	case until.Sub(since) > maxSpan:
		err = input.Mistake("a span is at most 14 days long; ask for a longer one piece by piece", "filter", "occurred")
	}
	return since, until, err
}

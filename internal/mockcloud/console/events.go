package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

// forever is later than any event.
var forever = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// entryView is an entry of the audit trail.
type entryView struct {
	Occurred time.Time
	// Kind is what it happened to, Action what happened; of events from outside Kind is
	// the name and Action empty.
	Kind, Action string
	Thing, Actor string
	Details      []string
	// Follows reports whether another event caused it.
	Follows bool
}

func (l *look) events(list []*eventlog.Event) []entryView {
	out := make([]entryView, len(list))
	for i, e := range list {
		out[i] = l.event(e)
	}
	return out
}

func (l *look) event(e *eventlog.Event) entryView {
	v := entryView{
		Occurred: e.Occurred, Kind: e.Name, Thing: cmp.Or(e.Resource.Name, e.Resource.ID), Actor: "the server",
		Follows: e.Follows != uuid.Nil,
	}
	payload := e.Payload
	if name, own := strings.CutPrefix(e.Name, "prefect-cloud."); own {
		kind, action, _ := strings.Cut(name, ".")
		v.Kind, v.Action = kind, strings.ReplaceAll(action, "-", " ")
		payload = l.named(payload)
	}
	v.Details = details(payload)
	for _, related := range e.Related {
		if related.Role == "actor" {
			v.Actor = cmp.Or(related.Name, related.ID)
		}
	}
	return v
}

// named returns names in the place of ids of what has a name here. Other ids say nothing
// to people; the API has them.
func (l *look) named(payload map[string]any) map[string]any {
	out := make(map[string]any, len(payload))
	for field, value := range payload {
		what, isID := strings.CutSuffix(field, "_id")
		if !isID {
			out[field] = value
			continue
		}
		if _, recorded := payload[what]; recorded {
			continue
		}
		id, _ := value.(string)
		switch what {
		case "account_role":
			if role, ok := l.roles[uuidOf(id)]; ok {
				out[what] = role.Name
			}
		case "directory":
			if d, err := l.Directory(l.account.ID, id); err == nil {
				out[what] = d.Name
			}
		case "connection":
			if c, err := l.Connection(l.account.ID, id); err == nil {
				out[what] = c.Name
			}
		}
	}
	return out
}

// uuidOf reads an id; it returns uuid.Nil for what is not one.
func uuidOf(text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil
	}
	return id
}

// maxDetail bounds a detail: events from outside may have whole documents in them.
const maxDetail = 200

// details returns what an event tells, one line a field.
func details(payload map[string]any) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(payload)) {
		line := strings.ReplaceAll(name, "_", " ") + ": " + describe(payload[name])
		if runes := []rune(line); len(runes) > maxDetail {
			line = string(runes[:maxDetail]) + "…"
		}
		out = append(out, line)
	}
	return out
}

func describe(value any) string {
	switch value := value.(type) {
	case nil:
		return "none"
	case string:
		return value
	case []string:
		if len(value) == 0 {
			return "none"
		}
		return strings.Join(value, ", ")
	case map[string]any:
		from, hasFrom := value["from"]
		to, hasTo := value["to"]
		if hasFrom && hasTo && len(value) == 2 {
			return describe(from) + " → " + describe(to)
		}
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// trail is the newest of the audit trail, and how to go on watching it.
type trail struct {
	Rows []entryView
	// Stream is where what comes next comes from; empty where it is not watched.
	Stream string
	// Shown is how many rows stay on the page.
	Shown int
}

// latest returns the newest events, to be watched.
func (l *look) latest(shown int) (trail, error) {
	found, err := l.FindEvents(l.account.ID, eventlog.Query{Until: forever, Limit: shown})
	return trail{l.events(found.Events), streamURL(l.account, l.LastStamp()), shown}, err
}

// eventsPage is the audit trail.
type eventsPage struct {
	Query string
	Trail trail
	Leaf  leaf
}

// events is GET /console/{account}/events: the audit trail, newest first. Its first
// page goes on by itself, unless something is searched for.
func events(l *look, r *http.Request) (string, any, error) {
	p := eventsPage{Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	q := eventlog.Query{Until: forever, Limit: pageSize}
	if p.Query != "" {
		q.Filter.Text = &p.Query
	}
	found, err := l.FindEvents(l.account.ID, q)
	if err != nil {
		return "", nil, err
	}
	var from, to int
	if p.Leaf, from, to = leafOf(r, found.Total); from > 0 {
		q.Skip, q.Limit = from, to-from
		found, err = l.FindEvents(l.account.ID, q)
	} else if p.Query == "" {
		p.Trail, err = l.latest(pageSize)
		return "Audit trail", p, err
	}
	p.Trail = trail{Rows: l.events(found.Events), Shown: pageSize}
	return "Audit trail", p, err
}

package eventlog

import (
	"bytes"
	"cmp"
	"maps"
	"time"

	"github.com/google/uuid"
)

// Event is one entry of an account's audit trail (ReceivedEvent in the document).
type Event struct {
	ID        uuid.UUID
	AccountID uuid.UUID
	// Occurred is when it happened, by the word of who sent it; Received is when
	// the server learned of it.
	Occurred, Received time.Time
	Name               string
	Resource           Resource
	Related            []Resource
	Payload            map[string]any
	// Follows is the event that caused this one; uuid.Nil for none.
	Follows uuid.UUID
}

// Resource is a thing that an event concerns. Role is empty for the primary one,
// else "actor" or "account", or what the sender of an event says.
type Resource struct {
	ID, Name, Role string
	// More are labels that only events from outside have.
	More map[string]string
}

// The labels of every resource.
const (
	LabelID   = "prefect.resource.id"
	LabelName = "prefect.resource.name"
	LabelRole = "prefect.resource.role"
)

// Label returns one of the resource's labels.
func (r Resource) Label(name string) (string, bool) {
	switch name {
	case LabelID:
		return r.ID, true
	case LabelName:
		return r.Name, r.Name != ""
	case LabelRole:
		return r.Role, r.Role != ""
	}
	value, ok := r.More[name]
	return value, ok
}

// Labels returns all of the resource's labels.
func (r Resource) Labels() map[string]string {
	labels := maps.Clone(r.More)
	if labels == nil {
		labels = make(map[string]string, 3)
	}
	for _, name := range []string{LabelID, LabelName, LabelRole} {
		if value, ok := r.Label(name); ok {
			labels[name] = value
		}
	}
	return labels
}

// Position is an event's place in its account's trail: by time, and by id
// where two happened at once.
type Position struct {
	Occurred time.Time
	ID       uuid.UUID
}

// Position returns where an event stands, to go on after it.
func (e *Event) Position() Position { return Position{e.Occurred, e.ID} }

func (p Position) compare(q Position) int {
	return cmp.Or(p.Occurred.Compare(q.Occurred), bytes.Compare(p.ID[:], q.ID[:]))
}

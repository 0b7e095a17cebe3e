package store

import (
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

// ownEvents begins the names of the events that only the server makes.
const ownEvents = "prefect-cloud."

// The kinds of things that audit events tell of, as they stand in the event's
// name: prefect-cloud.{kind}.{action}.
const (
	kindAccount         = "account"
	kindAccountSettings = "account-settings"
	kindDomainNames     = "account-domain-names"
	kindMembership      = "account-membership"
	kindRole            = "account-role"
	kindUser            = "user"
	kindBot             = "service-account"
	kindAPIKey          = "api-key"
	kindInvitation      = "account-invitation"
	kindWorkspace       = "workspace"
	kindWorkspaceRole   = "workspace-role"
	kindWorkspaceAccess = "workspace-access"
	kindTeam            = "team"
	kindTeamMembership  = "team-membership"
	kindConnection      = "sso-connection"

	kindDirectory        = "directory"
	kindSCIMToken        = "scim-token"
	kindSCIMClient       = "scim-client"
	kindDirectoryUser    = "directory-user"
	kindDirectoryGroup   = "directory-group"
	kindGroupRoleMapping = "group-role-mapping"
)

// What happened to them.
const (
	created = "created"
	updated = "updated"
	deleted = "deleted"

	rotated   = "rotated"
	accepted  = "accepted"
	rejected  = "rejected"
	loggedIn  = "logged-in"
	loggedOut = "logged-out"
)

// Events returns the account's audit trail, oldest first. Its error is that of reading
// the state file.
func (r *Reader) Events(account uuid.UUID) ([]*eventlog.Event, error) {
	return r.data.events.All(account)
}

// EventsSince returns what came into the account's audit trail after a time (LastStamp),
// in the order of its coming, however long ago it occurred. Its error is that of reading
// the state file.
func (r *Reader) EventsSince(account uuid.UUID, after time.Time) ([]*eventlog.Event, error) {
	return r.data.events.Since(account, after)
}

// FindEvents finds events of an account. Its error is that of reading the state file.
func (r *Reader) FindEvents(account uuid.UUID, q eventlog.Query) (eventlog.Page, error) {
	return r.data.events.Find(account, q)
}

// lately returns the events of a name that happened within a time that ends now.
func (r *Reader) lately(account uuid.UUID, within time.Duration, name string) ([]*eventlog.Event, error) {
	now := r.Now()
	return r.data.events.Named(account, name, now.Add(-within+1), now)
}

// ReceiveEvents adds events from outside to an account's audit trail. The names of
// the server's own events are not theirs to use.
func (tx *Tx) ReceiveEvents(account uuid.UUID, events []eventlog.Event) error {
	var problems []Problem
	wrong := func(msg string, loc ...any) {
		problems = append(problems, Problem{Loc: loc, Msg: "Value error, " + msg, Type: "value_error"})
	}
	for i := range events {
		e := &events[i]
		if strings.HasPrefix(e.Name, ownEvents) {
			wrong("names that start with "+ownEvents+" are the server's own", i, "event")
		}
		if e.Resource.ID == "" {
			wrong("resources must have the label "+eventlog.LabelID, i, "resource")
		}
		for j, related := range e.Related {
			if related.ID == "" || related.Role == "" {
				wrong("related resources must have the labels "+eventlog.LabelID+" and "+eventlog.LabelRole, i, "related", j)
			}
		}
		e.AccountID, e.Received = account, tx.stamp()
		tx.data.events.Add(e)
	}
	if problems != nil {
		return &Invalid{Problems: problems}
	}
	return nil
}

// subject is the thing that a change was made to.
type subject struct {
	account uuid.UUID
	kind    string
	id      uuid.UUID
	name    string
}

func resourceID(kind string, id uuid.UUID) string { return ownEvents + kind + "." + id.String() }

// record notes what happened to a thing and gives the id of the event, so that
// what follows from it can name it. What a transaction changes of a thing, it records in
// one event. Nothing is noted while a store is seeded.
func (tx *Tx) record(of subject, action string, payload map[string]any, follows uuid.UUID) uuid.UUID {
	thing := changedThing{of.account, of.kind, of.id}
	if event, again := tx.recorded[thing]; again && action == updated {
		event.Resource.Name, event.Payload = of.name, mergePayload(event.Payload, payload)
		return event.ID
	}
	e := tx.note(ownEvents+of.kind+"."+action, of, payload, follows)
	delete(tx.recorded, thing)
	if e != nil && (action == created || action == updated) {
		if tx.recorded == nil {
			tx.recorded = make(map[changedThing]*eventlog.Event)
		}
		tx.recorded[thing] = e
	}
	if e == nil {
		return uuid.Nil
	}
	return e.ID
}

// changedThing is a thing of which a transaction has recorded an event.
type changedThing struct {
	account uuid.UUID
	kind    string
	id      uuid.UUID
}

// mergePayload adds what happened after it to an event's payload. Of a value that changed
// twice, or once and was then recorded again, it says where it began and where it ended.
func mergePayload(recorded, more map[string]any) map[string]any {
	out := maps.Clone(recorded)
	if out == nil {
		out = make(map[string]any, len(more))
	}
	for name, value := range more {
		step, _ := value.(map[string]any)
		to, changed := step["to"]
		if !changed {
			to = value
		}
		if first, ok := out[name].(map[string]any); ok {
			value = map[string]any{"from": first["from"], "to": to}
		} else if out[name] != nil {
			value = to // it was new
		}
		out[name] = value
	}
	return out
}

// note adds an event, also one that does not go by its resource's name; nil while a
// store is seeded.
func (tx *Tx) note(name string, of subject, payload map[string]any, follows uuid.UUID) *eventlog.Event {
	if tx.data.seeding {
		return nil
	}
	now := tx.stamp()
	e := &eventlog.Event{
		ID:        tx.newID(),
		AccountID: of.account,
		Occurred:  now,
		Received:  now,
		Name:      name,
		Resource:  eventlog.Resource{ID: resourceID(of.kind, of.id), Name: of.name},
		Payload:   payload,
		Follows:   follows,
	}
	if actor, ok := tx.actorResource(); ok {
		e.Related = append(e.Related, actor)
	}
	if account, ok := accountTable.Get(tx.db, of.account); ok {
		e.Related = append(e.Related, eventlog.Resource{ID: resourceID(kindAccount, account.ID), Name: account.Name, Role: "account"})
	}
	tx.data.events.Add(e)
	return e
}

// causes is the event that caused something, by account.
type causes map[uuid.UUID]uuid.UUID

// recordOf notes what happened to a person or a service account, or to something
// of theirs: in each account that they belong to. It gives the events.
func (tx *Tx) recordOf(actorID uuid.UUID, of subject, action string, payload map[string]any, follows causes) causes {
	events := causes{}
	for _, m := range membershipsOfActor.Get(tx.db, actorID) {
		of.account = m.AccountID
		events[m.AccountID] = tx.record(of, action, payload, follows[m.AccountID])
	}
	return events
}

func (tx *Tx) actorResource() (eventlog.Resource, bool) {
	switch {
	case tx.by.UserID != uuid.Nil:
		return eventlog.Resource{ID: resourceID(kindUser, tx.by.UserID), Name: tx.by.Name, Role: "actor"}, true
	case tx.by.BotID != uuid.Nil:
		return eventlog.Resource{ID: resourceID(kindBot, tx.by.BotID), Name: tx.by.Name, Role: "actor"}, true
	case tx.by.DirectoryID != "":
		key, _ := parseID(directoryPrefix, tx.by.DirectoryID)
		return eventlog.Resource{ID: resourceID(kindDirectory, key), Name: tx.by.Name, Role: "actor"}, true
	}
	return eventlog.Resource{}, false
}

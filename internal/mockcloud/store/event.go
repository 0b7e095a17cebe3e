package store

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// keptEvents is how many audit events an account keeps.
const keptEvents = 100_000

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

// Event is one entry of an account's audit trail (ReceivedEvent in the document).
type Event struct {
	ID        uuid.UUID
	AccountID uuid.UUID
	Occurred  time.Time
	Name      string
	Resource  Resource
	Related   []Resource
	Payload   map[string]any
	// Follows is the event that caused this one; uuid.Nil for none.
	Follows uuid.UUID
}

// Resource is a thing that an event concerns. Role is empty for the primary one,
// else "actor" or "account".
type Resource struct{ ID, Name, Role string }

// Events gives the account's audit trail, oldest first.
func (r *Reader) Events(account uuid.UUID) []*Event {
	return slices.Clone(r.data.events.kept(account))
}

// subject is the thing that a change was made to.
type subject struct {
	account uuid.UUID
	kind    string
	id      uuid.UUID
	name    string
}

func resourceID(kind string, id uuid.UUID) string { return "prefect-cloud." + kind + "." + id.String() }

// record notes what happened to a thing and gives the id of the event, so that
// what follows from it can name it. Nothing is noted while a store is seeded.
func (tx *Tx) record(of subject, action string, payload map[string]any, follows uuid.UUID) uuid.UUID {
	if tx.data.seeding {
		return uuid.Nil
	}
	e := &Event{
		ID:        tx.newID(),
		AccountID: of.account,
		Occurred:  tx.stamp(),
		Name:      "prefect-cloud." + of.kind + "." + action,
		Resource:  Resource{ID: resourceID(of.kind, of.id), Name: of.name},
		Payload:   payload,
		Follows:   follows,
	}
	if actor, ok := tx.actorResource(); ok {
		e.Related = append(e.Related, actor)
	}
	if account, ok := tx.data.accounts.get(of.account); ok {
		e.Related = append(e.Related, Resource{ID: resourceID(kindAccount, account.ID), Name: account.Name, Role: "account"})
	}
	tx.data.events.add(tx, e)
	return e.ID
}

// causes is the event that caused something, by account.
type causes map[uuid.UUID]uuid.UUID

// recordOf notes what happened to a person or a service account, or to something
// of theirs: in each account that they belong to. It gives the events.
func (tx *Tx) recordOf(actorID uuid.UUID, of subject, action string, payload map[string]any, follows causes) causes {
	events := causes{}
	for _, m := range tx.data.membershipsOfActor.get(actorID) {
		of.account = m.AccountID
		events[m.AccountID] = tx.record(of, action, payload, follows[m.AccountID])
	}
	return events
}

func (tx *Tx) actorResource() (Resource, bool) {
	switch {
	case tx.by.UserID != uuid.Nil:
		return Resource{ID: resourceID(kindUser, tx.by.UserID), Name: tx.by.Name, Role: "actor"}, true
	case tx.by.BotID != uuid.Nil:
		return Resource{ID: resourceID(kindBot, tx.by.BotID), Name: tx.by.Name, Role: "actor"}, true
	}
	return Resource{}, false
}

package run

import "sync"

// Kind is a kind of thing that only one resource may manage. Its text names it in messages.
type Kind string

// The kinds.
const (
	Domain        Kind = "domain"
	MemberRole    Kind = "role of member"
	SessionPolicy Kind = "session policy"
	Connection    Kind = "identity provider"
	TeamRole      Kind = "role of team"
	Directory     Kind = "SCIM directory"
	RoleHolders   Kind = "role"
	Mapping       Kind = "group role mapping"
	SCIMClient    Kind = "SCIM client"
	SCIMToken     Kind = "secret of SCIM token"
)

// Reservations keep two resources of one run from managing one thing. Create and Update reserve what they are about to
// write; the second one to reserve a thing is refused. Delete asks whether another resource took the thing over in the
// same run, and then leaves it alone.
type Reservations struct {
	mu     sync.Mutex
	owners map[reservation]string // the resource type that has it
	// A reservation waits until no Delete is under way, and a Delete lets those that wait go first: who reserves a thing
	// finds all Deletes before it done, and every Delete after it finds the reservation. It is no RWMutex, since a Delete
	// takes requests: only a wait for a condition lets the fake clock of testing/synctest go on meanwhile.
	deleting, waiting int
	changed           *sync.Cond // of the two
}

// reservation names one thing. Key "" is all things of the kind.
type reservation struct {
	account string
	kind    Kind
	key     string
}

// Conflict is a thing that another resource manages already.
type Conflict struct {
	Kind Kind
	Key  string
	// Owner is the resource type that manages it, such as prefectsso_domain.
	Owner string
	// Changes reports, in a plan, whether one of the two resources changes something.
	Changes bool
}

func newReservations() *Reservations {
	r := &Reservations{owners: map[reservation]string{}}
	r.changed = sync.NewCond(&r.mu)
	return r
}

// Reserve reserves things of an account for a resource of type owner: all of the keys, or none and it returns the first
// that another resource has. The key "" is all things of the kind.
func (r *Reservations) Reserve(owner, account string, kind Kind, keys ...string) *Conflict {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting++
	for r.deleting > 0 {
		r.changed.Wait()
	}
	r.waiting--
	r.changed.Broadcast()
	for _, key := range keys {
		if other, taken := r.owner(account, kind, key); taken {
			return &Conflict{Kind: kind, Key: key, Owner: other}
		}
	}
	for _, key := range keys {
		r.owners[reservation{account, kind, key}] = owner
	}
	return nil
}

// Deleting begins a Delete; the function that it returns ends it. In between, nothing is reserved.
func (r *Reservations) Deleting() (done func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.waiting > 0 {
		r.changed.Wait()
	}
	r.deleting++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.deleting--
		r.changed.Broadcast()
	}
}

// IsReserved reports whether a resource of this run has reserved a thing.
func (r *Reservations) IsReserved(account string, kind Kind, key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, taken := r.owner(account, kind, key)
	return taken
}

// owner finds who has key, or all of its kind; for key "", who has any of the kind, the first one by name.
func (r *Reservations) owner(account string, kind Kind, key string) (string, bool) {
	if owner, ok := r.owners[reservation{account, kind, key}]; ok {
		return owner, true
	}
	if key != "" {
		owner, ok := r.owners[reservation{account, kind, ""}]
		return owner, ok
	}
	first, found := "", false
	for held, owner := range r.owners {
		if held.account == account && held.kind == kind && (!found || owner < first) {
			first, found = owner, true
		}
	}
	return first, found
}

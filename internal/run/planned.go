package run

import (
	"slices"
	"strings"
	"sync"
)

// PlannedReservations are what the resources of one plan are going to manage. They are a table of their own, because a plan
// asks another question than an apply: whether two resources of the configuration are for one thing, be it that this run
// writes neither. Destructions reserve nothing.
type PlannedReservations struct {
	mu     sync.Mutex
	tables map[planTable][]*planned
}

// planTable is what can collide: the things of one kind in one account.
type planTable struct {
	account string
	kind    Kind
}

// Planned is what one resource is going to manage of a kind.
type Planned struct {
	// Holder is the resource. Terraform plans a replacement twice; both plans have the same holder.
	Holder string
	// Owner is its type, such as prefectsso_domain.
	Owner string
	// Keys returns the things. It is asked only once another resource has things of the kind, too.
	Keys func() []string
	// Takes reports whether a thing that is no key belongs to the resource as well, as to one that has all of the kind. nil is
	// for none.
	Takes func(key string) bool
	// Shown is what a conflict calls a key; nil for as it is.
	Shown func(key string) string
	// Changes reports whether the plan changes the resource.
	Changes bool
}

// planned is a reservation whose keys are worked out when they are needed.
type planned struct {
	Planned
	keys map[string]bool // nil until then
}

func newPlannedReservations() *PlannedReservations {
	return &PlannedReservations{tables: map[planTable][]*planned{}}
}

// Reserve notes what a resource is going to manage of a kind, in place of what its holder had of that kind, and returns the
// thing that another resource is going to manage as well: rather one of which either plan changes something, then the
// first by name. Both have it then; nothing is refused here.
func (r *PlannedReservations) Reserve(account string, kind Kind, wanted Planned) *Conflict {
	r.mu.Lock()
	defer r.mu.Unlock()
	table := planTable{account, kind}
	others := slices.DeleteFunc(r.tables[table], func(p *planned) bool { return p.Holder == wanted.Holder })
	mine := &planned{Planned: wanted}
	var found *Conflict
	for _, other := range others {
		for _, key := range mine.both(other) {
			conflict := &Conflict{Kind: kind, Key: mine.shown(key), Owner: other.Owner, Changes: mine.Changes || other.Changes}
			if found == nil || conflict.before(found) {
				found = conflict
			}
		}
	}
	r.tables[table] = append(others, mine)
	return found
}

// Has reports whether a resource that was planned already is going to manage a thing of this key.
func (r *PlannedReservations) Has(account string, kind Kind, key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.tables[planTable{account, kind}], func(p *planned) bool { return p.set()[key] })
}

// before orders conflicts by how much they matter.
func (c *Conflict) before(o *Conflict) bool {
	if c.Changes != o.Changes {
		return c.Changes
	}
	return strings.Compare(c.Key, o.Key)*2+strings.Compare(c.Owner, o.Owner) < 0
}

func (p *planned) shown(key string) string {
	if p.Shown != nil {
		return p.Shown(key)
	}
	return key
}

// set returns the keys.
func (p *planned) set() map[string]bool {
	if p.keys == nil {
		p.keys = map[string]bool{}
		for _, key := range p.Keys() {
			p.keys[key] = true
		}
	}
	return p.keys
}

// both returns the keys that two resources have.
func (p *planned) both(o *planned) (keys []string) {
	few, many := p, o
	if len(few.set()) > len(many.set()) {
		few, many = many, few
	}
	for key := range few.set() {
		if many.set()[key] || many.Takes != nil && many.Takes(key) {
			keys = append(keys, key)
		}
	}
	if few.Takes != nil {
		for key := range many.set() {
			if few.Takes(key) && !few.set()[key] {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// Noted are things that one resource of a run says something of, for another one that is planned later. The zero value is
// ready.
type Noted struct{ things sync.Map }

// Note notes a thing.
func (n *Noted) Note(thing string) { n.things.Store(thing, true) }

// Has reports whether a thing was noted.
func (n *Noted) Has(thing string) bool {
	_, noted := n.things.Load(thing)
	return noted
}

// Moves are the addresses that people go by now whom a resource of the run has by another one. The zero value is ready.
type Moves struct{ now sync.Map }

// move is a written address of an account.
type move struct{ account, written string }

// Note notes that who is written by one address goes by another one now. Addresses are normalized.
func (m *Moves) Note(account, written, now string) { m.now.Store(move{account, written}, now) }

// Now returns the address that a person goes by now, and whether that is another one than the written one.
func (m *Moves) Now(account, written string) (now string, moved bool) {
	v, _ := m.now.Load(move{account, written})
	now, moved = v.(string)
	return now, moved
}

package push

import (
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
)

// change is one change that has to reach the endpoint.
type change struct {
	// person is the person as this change leaves them. Nil means whatever the
	// directory has when it is their turn; groups always go by that, so that any
	// number of changes of one group become one request.
	person  *people.Person
	removed bool
	// lookUp reports whether what the endpoint has is to be looked up first.
	lookUp bool
	label  string // for people to read
	made   time.Time
	done   chan struct{}
	// took and err are there once done is closed.
	took time.Duration
	err  error
}

// finished reports whether the change was delivered, or given up.
func (c *change) finished() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// resource is a user or a group at the endpoint.
type resource struct {
	key   string // the person's subject, or the group's id in the directory
	group bool

	// What the endpoint has, as far as it is known. Only the worker touches these.
	id   string // the SCIM id
	user *facts // nil: look it up
	name string
	has  map[string]struct{} // SCIM ids of members; nil: look them up
	// unsure reports whether a request to create the group may have worked, though the
	// answer did not come.
	unsure bool

	// What is to be delivered; behind the pusher's lock.
	pending   []*change // oldest first
	last      *change   // the newest one, also when it is done
	tries     int
	notBefore time.Time
	blocked   bool // a group that waits for a member who is being tried again
}

// clearKnown makes the next delivery look the resource up. The id stays: a user whose
// name was changed behind our back is still the same.
func (r *resource) clearKnown() { r.user, r.has = nil, nil }

// queue decides which resource is next. Those of one kind take turns.
type queue struct {
	leavers []*resource // people who lose access: they do not wait behind an import
	people  []*resource
	groups  []*resource // after people, as members have to be there
	delayed []*resource // to be tried again
	blocked []*resource
}

// add puts a resource into its line.
func (q *queue) add(r *resource) {
	switch {
	case r.group:
		q.groups = append(q.groups, r)
	case r.leaving():
		q.leavers = append(q.leavers, r)
	default:
		q.people = append(q.people, r)
	}
}

func (r *resource) leaving() bool {
	for _, c := range r.pending {
		if c.removed || c.person != nil && c.person.Left {
			return true
		}
	}
	return false
}

// unblock lets groups try again, since a member may be there now.
func (q *queue) unblock() {
	for _, r := range q.blocked {
		if r.blocked {
			r.blocked = false
			q.add(r)
		}
	}
	q.blocked = nil
}

// next takes the resource whose turn it is. If there is none yet, it says how
// long to wait; 0 means until something changes.
func (q *queue) next(now time.Time) (*resource, time.Duration) {
	var wait time.Duration
	later := q.delayed[:0]
	for _, r := range q.delayed {
		if left := r.notBefore.Sub(now); left > 0 {
			later = append(later, r)
			if wait == 0 || left < wait {
				wait = left
			}
			continue
		}
		q.add(r)
	}
	clear(q.delayed[len(later):])
	q.delayed = later
	for _, line := range []*[]*resource{&q.leavers, &q.people, &q.groups} {
		for len(*line) > 0 {
			r := (*line)[0]
			(*line)[0] = nil
			*line = (*line)[1:]
			// One that is in two lines was served in the other, or is delayed.
			if len(r.pending) > 0 && !r.notBefore.After(now) {
				return r, 0
			}
		}
	}
	return nil, wait
}

// enqueue notes a change of a resource. It does nothing while there is no target:
// connecting looks at everything.
func (p *Pusher) enqueue(key string, group bool, c *change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.target == nil {
		return
	}
	p.enqueueLocked(key, group, c)
	p.nudge()
}

func (p *Pusher) enqueueLocked(key string, group bool, c *change) {
	r, known := p.resources[key]
	if !known {
		r = &resource{key: key, group: group}
		p.resources[key] = r
	}
	c.made, c.done = p.now(), make(chan struct{})
	r.pending, r.last = append(r.pending, c), c
	p.pending++
	switch {
	case len(r.pending) == 1 || r.blocked:
		r.blocked = false
		p.queue.add(r)
	case r.leaving():
		p.queue.leavers = append(p.queue.leavers, r)
	}
}

// nudge wakes the worker.
func (p *Pusher) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// PersonChanged implements people.Observer.
func (p *Pusher) PersonChanged(person people.Person) {
	p.enqueue(person.Subject, false, &change{person: &person, label: person.Email})
}

// PersonRemoved implements people.Observer.
func (p *Pusher) PersonRemoved(person people.Person) {
	p.enqueue(person.Subject, false, &change{person: &person, removed: true, label: person.Email})
}

// GroupChanged implements people.Observer.
func (p *Pusher) GroupChanged(id, name string) {
	p.enqueue(id, true, &change{label: name})
}

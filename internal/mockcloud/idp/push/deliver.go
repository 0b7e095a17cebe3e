package push

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	handling "github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
)

const (
	maxTries   = 8
	firstDelay = 250 * time.Millisecond
	maxDelay   = 30 * time.Second // between two tries
	maxPause   = 5 * time.Minute  // that an endpoint can ask for

	// chunk is how many members one request adds or removes.
	chunk = 100
)

var errNoID = errors.New("the endpoint's answer has no id")

// work delivers one change after the other until ctx ends.
func (p *Pusher) work(ctx context.Context) {
	for ctx.Err() == nil {
		r, changes, wait := p.take()
		if r != nil {
			var blocked bool
			// What an endpoint answers must not end the server, which runs beside it.
			err := handling.Guard(func() (err error) {
				if r.group {
					blocked, err = p.pushGroup(ctx, r, changes)
					return err
				}
				return p.pushPerson(ctx, r, changes[0])
			})
			if ctx.Err() == nil {
				p.recordResult(r, changes, blocked, err)
			}
			continue
		}
		var alarm <-chan time.Time
		if wait > 0 {
			alarm = p.after(wait)
		}
		select {
		case <-ctx.Done():
		case <-p.wake:
		case <-alarm:
		}
	}
}

// take returns what is to be delivered next: one change of a person, or all changes
// of a group.
func (p *Pusher) take() (*resource, []*change, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.quarantine != nil {
		return nil, nil, 0
	}
	if left := p.paused.Sub(now); left > 0 {
		return nil, nil, left
	}
	r, wait := p.queue.next(now)
	if r == nil {
		return nil, nil, wait
	}
	if r.group {
		return r, slices.Clone(r.pending), 0
	}
	return r, r.pending[:1:1], 0
}

// pushPerson makes the endpoint's user look like the person. What is known of the
// user may be out of date; then it is looked up, once.
func (p *Pusher) pushPerson(ctx context.Context, r *resource, c *change) error {
	if c.lookUp {
		r.clearKnown()
	}
	person, here := c.person, true
	if person == nil {
		found, ok := p.directory.Person(r.key)
		person, here = &found, ok
	}
	if c.removed || !here {
		return p.removePerson(ctx, r, c)
	}
	want := factsOf(*person)
	err := p.makeUser(ctx, r, want)
	switch {
	case hasStatus(err, http.StatusNotFound): // deleted behind our back
		r.id = ""
	case hasStatus(err, http.StatusConflict) && r.id == "": // created by a request whose answer was lost
	default:
		return err
	}
	r.clearKnown()
	return p.makeUser(ctx, r, want)
}

func (p *Pusher) makeUser(ctx context.Context, r *resource, want facts) error {
	t, _ := p.current()
	if r.user == nil {
		if err := p.findUser(ctx, r, want.userName); err != nil {
			return err
		}
	}
	if r.id == "" {
		if !want.active {
			return nil // who never arrived need not leave
		}
		var made user
		if err := p.send(ctx, request{method: http.MethodPost, path: "/Users", body: t.dialect.createUser(want)}, &made); err != nil {
			return err
		}
		if made.ID == "" {
			return errNoID
		}
		r.id, r.user = made.ID, &want
		p.groupsOf(r.key)
		return nil
	}
	if *r.user == want {
		return nil
	}
	for _, request := range t.dialect.updateUser(r.id, *r.user, want) {
		if err := p.send(ctx, request, nil); err != nil {
			return err
		}
	}
	r.user = &want
	return nil
}

// findUser looks a user up, by id if that is known and else by name. Afterwards
// the id is empty or the user is known.
func (p *Pusher) findUser(ctx context.Context, r *resource, userName string) error {
	if r.id != "" {
		var found user
		err := p.send(ctx, request{method: http.MethodGet, path: userPath(r.id)}, &found)
		switch known := found.facts(); {
		case err == nil:
			r.user = &known
			return nil
		case !hasStatus(err, http.StatusNotFound):
			return err
		}
		r.id = ""
	}
	t, _ := p.current()
	var list listAnswer[user]
	if err := p.send(ctx, request{method: http.MethodGet, path: "/Users", query: t.dialect.findUser(userName)}, &list); err != nil {
		return err
	}
	if len(list.Resources) > 0 {
		known := list.Resources[0].facts()
		r.id, r.user = list.Resources[0].ID, &known
		p.groupsOf(r.key)
	}
	return nil
}

// groupsOf queues the groups of a person who has just been given an id.
func (p *Pusher) groupsOf(subject string) {
	for _, id := range p.directory.GroupsOf(subject) {
		if g, ok := p.directory.Group(id); ok {
			p.GroupChanged(id, g.Name)
		}
	}
}

func (p *Pusher) removePerson(ctx context.Context, r *resource, c *change) error {
	if r.user == nil {
		if err := p.findUser(ctx, r, c.label); err != nil || r.id == "" {
			return err
		}
	}
	if p.takenOver(r) {
		r.id = ""
		r.clearKnown()
		return nil
	}
	t, _ := p.current()
	request, deleted := t.dialect.removeUser(r.id, *r.user)
	if err := p.send(ctx, request, nil); err != nil && !hasStatus(err, http.StatusNotFound) {
		return err
	}
	if deleted {
		p.mu.Lock()
		for _, group := range p.resources {
			delete(group.has, r.id) // the endpoint has taken them out, too
		}
		p.mu.Unlock()
		r.id = ""
	}
	r.clearKnown()
	return nil
}

// takenOver reports whether what was to be removed belongs to another person by now: who joined
// with the same address, or the group that was made with the same name, before
// the endpoint could be told of the removal.
func (p *Pusher) takenOver(r *resource) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, other := range p.resources {
		if other != r && other.group == r.group && other.id == r.id {
			return true
		}
	}
	return false
}

// pushGroup makes the endpoint's group look like the directory's. A member who is
// not at the endpoint yet is left out; blocked says that this is going to change.
func (p *Pusher) pushGroup(ctx context.Context, r *resource, changes []*change) (blocked bool, err error) {
	if slices.ContainsFunc(changes, func(c *change) bool { return c.lookUp }) {
		r.clearKnown()
	}
	label := changes[len(changes)-1].label
	blocked, err = p.makeGroup(ctx, r, label)
	if hasStatus(err, http.StatusNotFound) { // deleted behind our back
		r.id = ""
		r.clearKnown()
		return p.makeGroup(ctx, r, label)
	}
	return blocked, err
}

func (p *Pusher) makeGroup(ctx context.Context, r *resource, label string) (blocked bool, err error) {
	want, here := p.directory.Group(r.key)
	if !here {
		return false, p.removeGroup(ctx, r, label)
	}
	t, _ := p.current()
	if r.has == nil {
		if err := p.findGroup(ctx, r, want.Name); err != nil {
			return false, err
		}
	}
	if r.id == "" {
		var made groupAnswer
		r.unsure = true
		if err := p.send(ctx, request{
			method: http.MethodPost, path: "/Groups", body: t.dialect.createGroup(r.key, want.Name),
		}, &made); err != nil {
			return false, err
		}
		if made.ID == "" {
			return false, errNoID
		}
		r.id, r.name, r.has, r.unsure = made.ID, want.Name, make(map[string]struct{}), false
	}
	if r.name != want.Name {
		if err := p.send(ctx, t.dialect.renameGroup(r.id, want.Name), nil); err != nil {
			return false, err
		}
		r.name = want.Name
	}
	members, blocked := p.members(want.Members)
	return blocked, p.changeMembers(ctx, r, t, members)
}

// members are the members of a group who are at the endpoint, in the order of
// their subjects.
func (p *Pusher) members(subjects []string) (out []reference, blocked bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, subject := range subjects {
		m, known := p.resources[subject]
		switch {
		case !known:
		case m.id != "":
			out = append(out, reference{id: m.id, display: m.last.label})
		case len(m.pending) > 0:
			blocked = true
		}
	}
	return out, blocked
}

func (p *Pusher) changeMembers(ctx context.Context, r *resource, t *target, want []reference) error {
	wanted := make(map[string]struct{}, len(want))
	var add, remove []reference
	for _, m := range want {
		wanted[m.id] = struct{}{}
		if _, in := r.has[m.id]; !in {
			add = append(add, m)
		}
	}
	for id := range r.has {
		if _, stays := wanted[id]; !stays {
			remove = append(remove, reference{id: id})
		}
	}
	slices.SortFunc(remove, func(a, b reference) int { return strings.Compare(a.id, b.id) })
	for len(add)+len(remove) > 0 {
		out := remove[:min(len(remove), chunk)]
		in := add[:min(len(add), chunk-len(out))]
		if err := p.send(ctx, t.dialect.changeMembers(r.id, in, out), nil); err != nil {
			return err
		}
		for _, m := range out {
			delete(r.has, m.id)
		}
		for _, m := range in {
			r.has[m.id] = struct{}{}
		}
		remove, add = remove[len(out):], add[len(in):]
	}
	return nil
}

// findGroup looks a group up with its members, which neither product does: it is
// how a resync finds out what it has to repair.
func (p *Pusher) findGroup(ctx context.Context, r *resource, displayName string) error {
	if r.id == "" {
		t, _ := p.current()
		var list listAnswer[groupAnswer]
		if err := p.send(ctx, request{method: http.MethodGet, path: "/Groups", query: t.dialect.findGroup(displayName)}, &list); err != nil {
			return err
		}
		if len(list.Resources) == 0 {
			return nil
		}
		best := list.Resources[0]
		for _, g := range list.Resources { // names need not be unique
			if g.ExternalID == r.key {
				best = g
			}
		}
		r.id = best.ID
	}
	var found groupAnswer
	if err := p.send(ctx, request{method: http.MethodGet, path: groupPath(r.id)}, &found); err != nil {
		return err
	}
	r.name, r.has = found.DisplayName, make(map[string]struct{}, len(found.Members))
	for _, m := range found.Members {
		r.has[m.Value] = struct{}{}
	}
	return nil
}

func (p *Pusher) removeGroup(ctx context.Context, r *resource, name string) error {
	if r.id == "" && r.unsure {
		if err := p.findGroup(ctx, r, name); err != nil {
			return err
		}
	}
	if r.id != "" && !p.takenOver(r) {
		err := p.send(ctx, request{method: http.MethodDelete, path: groupPath(r.id)}, nil)
		if err != nil && !hasStatus(err, http.StatusNotFound) {
			return err
		}
	}
	r.id, r.unsure = "", false
	r.clearKnown()
	return nil
}

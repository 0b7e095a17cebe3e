package chaos

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// apply applies a plan in a new provider process.
func (t *terraform) apply(p *plan) (map[string]error, error) {
	server, err := t.process()
	if err != nil {
		return nil, err
	}
	a := &applying{terraform: t, server: server, plan: p, away: map[string]*object{}}
	steps := map[string]step{}
	down := func(address string) string { return address + " (destroy)" }
	for address, c := range p.changes {
		if c.action != destroy { // also where there is nothing to do: others come after it
			after := c.resource.references()
			if c.action == replace && !c.before {
				after = append(after, down(address))
			}
			if o := c.prior; o != nil { // what it referred to goes first, unless that is created before it is destroyed
				for _, other := range o.refers {
					if d := p.changes[other]; d != nil && (d.action == destroy || d.action == replace) && !d.before && other != address {
						after = append(after, down(other))
					}
				}
			}
			steps[address] = step{after, func() error { return a.make(address, c) }}
		}
		if c.action == destroy || c.action == replace {
			var after []string
			if c.action == replace && c.before {
				after = append(after, address)
			}
			for user, d := range p.changes {
				if d.prior == nil || !slices.Contains(d.prior.refers, address) {
					continue
				}
				if d.action == destroy || d.action == replace {
					after = append(after, down(user))
				}
				if c.before && d.action != destroy {
					after = append(after, user)
				}
			}
			steps[down(address)] = step{after, func() error { return a.unmake(address, c) }}
		}
	}
	for address, objects := range p.deposed {
		steps[address+" (deposed)"] = step{nil, func() error { return a.undepose(address, objects) }}
	}
	return failures(walk(steps, t.atOnce)), nil
}

// applying is an apply under way.
type applying struct {
	*terraform
	server tfprotov6.ProviderServer
	plan   *plan
	away   map[string]*object // deposed by this apply
}

// make creates or updates, and lets alone what there is nothing to do with.
func (a *applying) make(address string, c *change) error {
	if c.action == nothing {
		return nil
	}
	typeName := c.resource.TypeName()
	config := valueOf(a.typeOf(typeName), c.resource.Attrs, func(ref Ref) tftypes.Value {
		a.mu.Lock()
		defer a.mu.Unlock()
		if o := a.state[ref.Address]; o != nil {
			if values, err := attributes(o.value); err == nil {
				return values[ref.Attribute]
			}
		}
		return tftypes.NewValue(tftypes.String, nil)
	})
	prior := c.prior
	if c.action == replace {
		a.mu.Lock()
		if o := a.state[address]; o != nil && c.before {
			a.deposed[address] = append(a.deposed[address], o)
			a.away[address] = o
			delete(a.state, address)
		}
		a.mu.Unlock()
		prior = nil
	}
	again, err := a.decide(a.server, c.resource, config, prior, false)
	if err != nil {
		a.undo(address)
		return err
	}
	if prior != nil && again.action != c.action && again.action != nothing {
		a.breaks(address, "planned %s, and %s by the apply", c.action, again.action)
	}
	if wrong := contradicts(c.planned, again.planned); wrong != "" {
		a.breaks(address, "inconsistent final plan: %s", wrong)
	}
	if again.action == nothing {
		return nil
	}
	value, identity := a.null(typeName), (*tfprotov6.ResourceIdentityData)(nil)
	if prior != nil {
		value, identity = prior.value, prior.identity
	}
	resp, err := a.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typeName, PriorState: a.dynamic(typeName, value), PlannedState: a.dynamic(typeName, again.planned),
		Config: a.dynamic(typeName, config), PlannedPrivate: again.private, PlannedIdentity: identity,
	})
	if err != nil {
		return err
	}
	failed := said(resp.Diagnostics)
	got, err := a.read(typeName, resp.NewState)
	if err != nil {
		return err
	}
	if got.IsNull() {
		if failed == nil {
			a.breaks(address, "nothing came of the %s", c.action)
		}
		if prior == nil {
			a.undo(address)
		}
		return failed
	}
	if !got.IsFullyKnown() {
		if failed == nil {
			a.breaks(address, "not all is known after the apply: %s", got)
		}
	}
	if failed == nil {
		if wrong := contradicts(again.planned, got); wrong != "" {
			a.breaks(address, "inconsistent result after apply: %s", wrong)
		}
	}
	o := &object{
		typ: typeName, value: got, private: resp.Private, identity: resp.NewIdentity, refers: c.resource.references(),
		before: c.before, tainted: failed != nil && prior == nil,
	}
	if o.identity == nil {
		o.identity = identity
	}
	a.put(address, o)
	return failed
}

// undo puts the old object back where nothing took its place.
func (a *applying) undo(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := a.away[address]
	if o == nil || a.state[address] != nil {
		return
	}
	a.state[address] = o
	a.forget(address, o)
}

// forget takes an object from the deposed ones. The lock is held.
func (a *applying) forget(address string, o *object) {
	a.deposed[address] = slices.DeleteFunc(a.deposed[address], func(other *object) bool { return other == o })
	if len(a.deposed[address]) == 0 {
		delete(a.deposed, address)
	}
}

// unmake destroys.
func (a *applying) unmake(address string, c *change) error {
	a.mu.Lock()
	o := a.state[address]
	if c.action == replace && c.before {
		o = a.away[address]
	}
	a.mu.Unlock()
	if o == nil {
		return nil
	}
	left, err := a.end(o)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case c.action == replace && c.before:
		if left == nil {
			a.forget(address, o)
		}
	case left == nil:
		delete(a.state, address)
	default:
		a.state[address] = left
	}
	return err
}

func (a *applying) undepose(address string, objects []*object) error {
	for _, o := range objects {
		left, err := a.end(o)
		if err != nil {
			return err
		}
		if left == nil {
			a.mu.Lock()
			a.forget(address, o)
			a.mu.Unlock()
		}
	}
	return nil
}

// end destroys an object; what is left of it stays in the state.
func (a *applying) end(o *object) (*object, error) {
	null := a.dynamic(o.typ, a.null(o.typ))
	resp, err := a.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: o.typ, PriorState: a.dynamic(o.typ, o.value), PlannedState: null, Config: null, PlannedPrivate: o.private, PlannedIdentity: o.identity,
	})
	if err != nil {
		return o, err
	}
	failed := said(resp.Diagnostics)
	got, err := a.read(o.typ, resp.NewState)
	if err != nil {
		return o, err
	}
	if got.IsNull() {
		return nil, failed
	}
	left := *o
	left.value, left.private = got, resp.Private
	return &left, failed
}

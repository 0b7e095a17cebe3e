package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// action is what is done with a resource.
type action string

const (
	nothing action = "no-op"
	create  action = "create"
	update  action = "update"
	destroy action = "delete"
	replace action = "replace"
)

// change is what was planned for a resource.
type change struct {
	resource Resource
	action   action
	before   bool // create before destroy
	prior    *object
	planned  tftypes.Value
	private  []byte
}

// plan is what a walk planned.
type plan struct {
	changes map[string]*change
	deposed map[string][]*object
	errs    map[string]error
}

// empty reports whether there is nothing to do.
func (p *plan) empty() bool {
	for _, c := range p.changes {
		if c.action != nothing {
			return false
		}
	}
	return len(p.deposed) == 0
}

func (p *plan) String() string {
	out := ""
	for _, address := range slices.Sorted(maps.Keys(p.changes)) {
		if c := p.changes[address]; c.action != nothing {
			out += fmt.Sprintf(" %s:%s", c.action, address[len(prefix):])
		}
	}
	for address, objects := range p.deposed {
		out += fmt.Sprintf(" %d deposed of %s", len(objects), address)
	}
	if out == "" {
		return " nothing"
	}
	return out
}

func (t *terraform) typeOf(typeName string) tftypes.Type {
	return t.schemas.ResourceSchemas[typeName].ValueType()
}

func (t *terraform) dynamic(typeName string, v tftypes.Value) *tfprotov6.DynamicValue {
	out, err := tfprotov6.NewDynamicValue(t.typeOf(typeName), v)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", typeName, err)) // the value was made by this type
	}
	return &out
}

func (t *terraform) null(typeName string) tftypes.Value {
	return tftypes.NewValue(t.typeOf(typeName), nil)
}

func (t *terraform) read(typeName string, v *tfprotov6.DynamicValue) (tftypes.Value, error) {
	if v == nil {
		return t.null(typeName), nil
	}
	return v.Unmarshal(t.typeOf(typeName))
}

// refresh reads an object; nil is one that is gone.
func (t *terraform) refresh(server tfprotov6.ProviderServer, o *object) (*object, error) {
	resp, err := server.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{
		TypeName: o.typ, CurrentState: t.dynamic(o.typ, o.value), Private: o.private, CurrentIdentity: o.identity,
	})
	if err != nil {
		return o, err
	}
	if err := said(resp.Diagnostics); err != nil {
		return o, err
	}
	value, err := t.read(o.typ, resp.NewState)
	if err != nil || value.IsNull() {
		return nil, err
	}
	out := *o
	out.value, out.private = value, resp.Private
	if resp.NewIdentity != nil {
		out.identity = resp.NewIdentity
	}
	return &out, nil
}

// ask has the provider plan.
func (t *terraform) ask(server tfprotov6.ProviderServer, typeName string, prior, config tftypes.Value, private []byte, identity *tfprotov6.ResourceIdentityData) (*tfprotov6.PlanResourceChangeResponse, tftypes.Value, error) {
	next, err := proposed(t.schemas.ResourceSchemas[typeName].Block.Attributes, prior, config)
	if err != nil {
		return nil, config, err
	}
	resp, err := server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: typeName, PriorState: t.dynamic(typeName, prior), ProposedNewState: t.dynamic(typeName, next),
		Config: t.dynamic(typeName, config), PriorPrivate: private, PriorIdentity: identity,
	})
	if err != nil {
		return nil, config, err
	}
	if err := said(resp.Diagnostics); err != nil {
		return nil, config, err
	}
	planned, err := t.read(typeName, resp.PlannedState)
	return resp, planned, err
}

// decide plans a resource of the configuration. Where the change of an earlier plan is made, a replacement is half done.
func (t *terraform) decide(server tfprotov6.ProviderServer, r Resource, config tftypes.Value, prior *object, force bool) (*change, error) {
	typeName := r.TypeName()
	valid, err := server.ValidateResourceConfig(context.Background(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: typeName, Config: t.dynamic(typeName, config),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err == nil {
		err = said(valid.Diagnostics)
	}
	if err != nil {
		return nil, err
	}
	c := &change{resource: r, prior: prior, action: create}
	value, private := t.null(typeName), []byte(nil)
	var identity *tfprotov6.ResourceIdentityData
	if prior != nil && !prior.tainted {
		value, private, identity = prior.value, prior.private, prior.identity
	}
	resp, planned, err := t.ask(server, typeName, value, config, private, identity)
	if err != nil {
		return nil, err
	}
	switch {
	case prior == nil:
	case prior.tainted:
		c.action = replace
	case len(resp.RequiresReplace) > 0 && !planned.Equal(value) || force:
		c.action = replace
		if resp, planned, err = t.ask(server, typeName, t.null(typeName), config, resp.PlannedPrivate, nil); err != nil {
			return nil, err
		}
	case planned.Equal(value):
		c.action = nothing
	default:
		c.action = update
	}
	c.planned, c.private = planned, resp.PlannedPrivate
	return c, nil
}

// decideDestroy plans that an object is destroyed.
func (t *terraform) decideDestroy(server tfprotov6.ProviderServer, o *object) error {
	_, _, err := t.ask(server, o.typ, o.value, t.null(o.typ), o.private, o.identity)
	return err
}

// plan refreshes the state and plans the configuration. replaced are addresses to replace, come what may.
func (t *terraform) plan(config []Resource, replaced ...string) (*plan, error) {
	server, err := t.process()
	if err != nil {
		return nil, err
	}
	p := &plan{changes: map[string]*change{}, deposed: map[string][]*object{}}
	lookup := func(ref Ref) tftypes.Value {
		t.mu.Lock()
		defer t.mu.Unlock()
		if c := p.changes[ref.Address]; c != nil {
			if values, err := attributes(c.planned); err == nil {
				return values[ref.Attribute]
			}
		}
		return tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	}
	before := forced(config)
	steps := map[string]step{}
	for _, r := range config {
		address := r.Address()
		steps[address] = step{r.references(), func() error {
			prior, err := t.refreshed(server, address)
			if err != nil {
				return err
			}
			c, err := t.decide(server, r, valueOf(t.typeOf(r.TypeName()), r.Attrs, lookup), prior, slices.Contains(replaced, address))
			if err != nil {
				return err
			}
			c.before = before[address]
			t.mu.Lock()
			defer t.mu.Unlock()
			p.changes[address] = c
			return nil
		}}
	}
	for address, o := range t.state {
		if _, configured := steps[address]; configured {
			continue
		}
		steps[address] = step{nil, func() error {
			prior, err := t.refreshed(server, address)
			if err != nil || prior == nil {
				return err
			}
			if err := t.decideDestroy(server, prior); err != nil {
				return err
			}
			t.mu.Lock()
			defer t.mu.Unlock()
			p.changes[address] = &change{action: destroy, prior: prior, before: o.before}
			return nil
		}}
	}
	for address := range t.deposed {
		steps[address+" (deposed)"] = step{nil, func() error { return t.planDeposed(server, address, p) }}
	}
	p.errs = failures(walk(steps, t.atOnce))
	return p, nil
}

// refreshed refreshes an address in the state.
func (t *terraform) refreshed(server tfprotov6.ProviderServer, address string) (*object, error) {
	t.mu.Lock()
	o := t.state[address]
	t.mu.Unlock()
	if o == nil {
		return nil, nil
	}
	now, err := t.refresh(server, o)
	if err != nil {
		return nil, err
	}
	t.put(address, now)
	return now, nil
}

func (t *terraform) put(address string, o *object) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if o == nil {
		delete(t.state, address)
		return
	}
	t.state[address] = o
}

func (t *terraform) planDeposed(server tfprotov6.ProviderServer, address string, p *plan) error {
	var left []*object
	for _, o := range t.deposed[address] {
		now, err := t.refresh(server, o)
		if err == nil && now != nil {
			err = t.decideDestroy(server, now)
		}
		if err != nil {
			return err
		}
		if now != nil {
			left = append(left, now)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.deposed[address] = left; len(left) == 0 {
		delete(t.deposed, address)
		return nil
	}
	p.deposed[address] = left
	return nil
}

// forced returns which resources are created before they are destroyed: those that say so, and what these refer to.
func forced(config []Resource) map[string]bool {
	out := map[string]bool{}
	var mark func(address string)
	mark = func(address string) {
		out[address] = true
		for _, r := range config {
			if r.Address() == address {
				for _, other := range r.references() {
					mark(other)
				}
			}
		}
	}
	for _, r := range config {
		if r.CreateBeforeDestroy {
			mark(r.Address())
		}
	}
	return out
}

func failures(ended map[string]error) map[string]error {
	maps.DeleteFunc(ended, func(_ string, err error) bool { return err == nil || errors.Is(err, errSkipped) })
	return ended
}

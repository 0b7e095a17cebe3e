package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/hashicorp/terraform-plugin-framework/provider"
)

// terraform is as much of Terraform's core as a case takes: states, a walk that refreshes and plans, and a walk in
// another provider process that plans each change once more and applies it. Of one terraform, one walk runs at a time.
type terraform struct {
	provider func() provider.Provider
	block    Attrs // the provider block
	atOnce   int

	schemas *tfprotov6.GetProviderSchemaResponse

	mu    sync.Mutex // held by steps of a walk
	state map[string]*object
	// deposed are objects that were replaced and could not be destroyed yet.
	deposed map[string][]*object
	// broken is what no provider may do, whatever goes wrong around it.
	broken []string
}

// object is one object of a resource in the state.
type object struct {
	typ      string
	value    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
	tainted  bool
	refers   []string
	before   bool // create_before_destroy
}

// newTerraform returns one with an empty state.
func newTerraform(of func() provider.Provider, block Attrs, atOnce int) (*terraform, error) {
	t := &terraform{provider: of, block: block, atOnce: atOnce, state: map[string]*object{}, deposed: map[string][]*object{}}
	server, err := providerserver.NewProtocol6WithError(of())()
	if err != nil {
		return nil, err
	}
	if t.schemas, err = server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		return nil, err
	}
	return t, said(t.schemas.Diagnostics)
}

// process starts a provider and configures it.
func (t *terraform) process() (tfprotov6.ProviderServer, error) {
	server, err := providerserver.NewProtocol6WithError(t.provider())()
	if err != nil {
		return nil, err
	}
	block, err := tfprotov6.NewDynamicValue(t.schemas.Provider.ValueType(), valueOf(t.schemas.Provider.ValueType(), t.block, nil))
	if err != nil {
		return nil, err
	}
	resp, err := server.ConfigureProvider(context.Background(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.4", Config: &block})
	if err != nil {
		return nil, err
	}
	return server, said(resp.Diagnostics)
}

// said returns what is wrong by diagnostics.
func said(diagnostics []*tfprotov6.Diagnostic) error {
	var errs []error
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			errs = append(errs, fmt.Errorf("%s: %s", d.Summary, d.Detail))
		}
	}
	return errors.Join(errs...)
}

// breaks notes something that no provider may do.
func (t *terraform) breaks(address, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.broken = append(t.broken, address+": "+fmt.Sprintf(format, args...))
}

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

// Walk implements [Runner].
func (t *terraform) Walk(config []Resource, replaced []string, between func() error) (done bool, wrong []string, err error) {
	planned, err := t.plan(config, replaced...)
	if err != nil {
		return false, nil, err
	}
	wrong = append(wrong, "plan:"+planned.String())
	wrong = append(wrong, report("plan", planned.errs)...)
	if len(planned.errs) > 0 || planned.empty() {
		return len(planned.errs) == 0, wrong, nil
	}
	if err := between(); err != nil {
		return false, wrong, err
	}
	failed, err := t.apply(planned)
	wrong = append(wrong, report("apply", failed)...)
	if err == nil && len(t.broken) > 0 {
		err = fmt.Errorf("Terraform would have stopped: %s", strings.Join(t.broken, "\n"))
	}
	return false, wrong, err
}

func report(walk string, errs map[string]error) (lines []string) {
	for _, address := range slices.Sorted(maps.Keys(errs)) {
		lines = append(lines, fmt.Sprintf("  %s of %s: %s", walk, address, errs[address]))
	}
	return lines
}

// Taint implements [Runner].
func (t *terraform) Taint(address string) (bool, error) {
	o := t.state[address]
	if o == nil {
		return false, nil
	}
	marked := *o
	marked.tainted = true
	t.state[address] = &marked
	return true, nil
}

// State implements [Runner]. Deposed objects are in it under names of their own.
func (t *terraform) State() (map[string]map[string]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[string]map[string]string{}
	for address, o := range t.state {
		out[address] = stringsOf(o)
	}
	for address, objects := range t.deposed {
		out[address+" (deposed)"] = stringsOf(objects[0])
	}
	return out, nil
}

// Pass implements [Runner].
func (t *terraform) Pass(d time.Duration) error {
	time.Sleep(d) // by the bubble's clock
	return nil
}

// stringsOf returns the attributes of an object that are texts, and true and false.
func stringsOf(o *object) map[string]string {
	values, err := attributes(o.value)
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for name, v := range values {
		var yes *bool
		if s := textOf(v); s != "" {
			out[name] = s
		} else if v.IsKnown() && v.As(&yes) == nil && yes != nil {
			out[name] = fmt.Sprint(*yes)
		}
	}
	return out
}

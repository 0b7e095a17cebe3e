package chaos

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/scimprobe"
)

// Walks is how many walks it may take, once nothing goes wrong any more, until a plan is empty or all is destroyed.
const Walks = 5

// play is one case under way.
type play struct {
	c      *Case
	server *served
	gate   *gate
	tf     *terraform
	others *Account

	mu    sync.Mutex
	trace []string
	wrong error // with an event
}

// Play plays a case, within a bubble of testing/synctest, and returns what is wrong and how it came about. The file is
// where a server that has what was made by hand keeps its state.
func Play(c *Case, stateFile string) (trace string, failed error) {
	p := &play{c: c}
	failed = p.run(stateFile)
	return strings.Join(p.trace, "\n"), failed
}

func (p *play) log(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trace = append(p.trace, fmt.Sprintf(format, args...))
}

func (p *play) run(stateFile string) (err error) {
	if p.server, err = serve(p.c, stateFile); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.server.close()) }()
	p.gate = newGate(p.server.over, p.c.Seed)
	closing := make(chan struct{})
	defer close(closing)
	go p.gate.open(closing)

	block := Attrs{"endpoint": p.server.api.URL + "/api", "api_key": ServiceKey, "account_id": AccountID, "lockout_protection": false}
	if p.tf, err = newTerraform(provider.NewOver("test", p.gate), block, p.c.AtOnce, p.log); err != nil {
		return err
	}
	if p.others, err = p.server.api.Look(p.c.Published); err != nil {
		return err
	}
	var earlier []Resource
	var last []Resource
	for i, stage := range p.c.Stages {
		config := p.addressed(stage.Config)
		p.log("# stage %d", i+1)
		if err := p.stage(stage, config); err != nil {
			return err
		}
		earlier, last = append(earlier, last...), config
	}
	if err := p.heal(last); err != nil {
		return err
	}
	managed, err := p.managed(last)
	if err != nil {
		return err
	}
	p.others.loosen(earlier)
	if err := p.compare("after the last apply", expect(p.others, managed)); err != nil {
		return err
	}
	return p.end(released(p.others, managed))
}

// addressed puts the server's address into a configuration.
func (p *play) addressed(config []Resource) []Resource {
	out := slices.Clone(config)
	for i, r := range out {
		for name, v := range r.Attrs {
			if s, ok := v.(string); ok && strings.Contains(s, urlMark) {
				out[i].Attrs = copyOf(r.Attrs)
				out[i].Attrs[name] = strings.ReplaceAll(s, urlMark, p.server.api.URL)
			}
		}
	}
	return out
}

// stage applies a configuration while things go wrong.
func (p *play) stage(s Stage, config []Resource) error {
	for n := range s.Walks {
		var events []Event
		if n == 0 {
			events = s.Events
		}
		if _, err := p.walk(config, s.Faults, events); err != nil {
			return err
		}
	}
	return nil
}

// goWrong has faults begin.
func (p *play) goWrong(faults []Fault, at Moment) error {
	for _, f := range faults {
		if f.Moment != at {
			continue
		}
		if err := p.server.api.Fault(f); err != nil {
			return fmt.Errorf("fault %s: %w", f, err)
		}
	}
	return nil
}

// walk plans and applies. What the provider rejects is no error: done says whether there was nothing to do, and nothing
// went wrong.
func (p *play) walk(config []Resource, faults []Fault, events []Event) (done bool, err error) {
	defer func() { err = errors.Join(err, p.server.api.ClearFaults()) }()
	var replaced []string
	for _, e := range events {
		switch {
		case e.Deed == Replace:
			replaced = append(replaced, e.Address)
		case e.Deed == Taint:
			if p.tf.taint(e.Address) {
				p.log("%s", e)
			}
		case e.Moment == BeforePlan:
			p.happen(e, config)
		}
	}
	if err := p.goWrong(faults, BeforePlan); err != nil {
		return false, err
	}
	planned, err := p.tf.plan(config, replaced...)
	if err != nil {
		return false, err
	}
	p.log("plan:%s", planned)
	p.report("plan", planned.errs)
	for _, e := range events {
		if e.Moment == BeforeApply {
			p.happen(e, config)
		}
	}
	if err := p.goWrong(faults, BeforeApply); err != nil {
		return false, err
	}
	if len(planned.errs) == 0 && !planned.empty() {
		p.gate.count(func(n int) {
			for _, e := range events {
				if e.Moment == DuringApply && e.After == n {
					p.happen(e, config)
				}
			}
		})
		failed, err := p.tf.apply(planned)
		p.gate.count(nil)
		if err != nil {
			return false, err
		}
		p.log("applied")
		p.report("apply", failed)
	}
	if p.wrong != nil {
		return false, p.wrong
	}
	if len(p.tf.broken) > 0 {
		return false, fmt.Errorf("Terraform would have stopped: %s", strings.Join(p.tf.broken, "\n"))
	}
	return len(planned.errs) == 0 && planned.empty(), nil
}

func (p *play) report(walk string, errs map[string]error) {
	for _, address := range slices.Sorted(maps.Keys(errs)) {
		p.log("  %s of %s: %s", walk, address, strings.ReplaceAll(errs[address].Error(), "\n", " "))
	}
}

// happen has an event happen.
func (p *play) happen(e Event, config []Resource) {
	p.log("%s", e)
	var resource *Resource
	for _, r := range config {
		if r.Address() == e.Address {
			resource = &r
		}
	}
	p.tf.mu.Lock()
	o := p.tf.state[e.Address]
	p.tf.mu.Unlock()
	var is map[string]string
	if o != nil {
		is = stringsOf(o)
	}
	err := p.server.api.untroubled(func() error { return p.server.api.happen(e, resource, is, p.others) })
	if err != nil && p.wrong == nil {
		p.wrong = fmt.Errorf("event %s: %w", e, err)
	}
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

// heal applies until there is nothing to do.
func (p *play) heal(config []Resource) error {
	p.log("# nothing goes wrong any more")
	time.Sleep(scimprobe.CanaryAge) // the next probe removes what is as old as that
	for range Walks {
		done, err := p.walk(config, nil, nil)
		if err != nil || done {
			return err
		}
	}
	return fmt.Errorf("after %d walks there is still something to do", Walks)
}

// managed returns the resources of a configuration as the state has them.
func (p *play) managed(config []Resource) (out []Managed, err error) {
	for _, r := range config {
		o := p.tf.state[r.Address()]
		if o == nil {
			return nil, fmt.Errorf("the state has no %s", r.Address())
		}
		attrs, _ := resolved(r.Attrs, func(ref Ref) any {
			if other := p.tf.state[ref.Address]; other != nil {
				return stringsOf(other)[ref.Attribute]
			}
			return nil
		}).(Attrs) // of the same type
		r.Attrs = attrs
		out = append(out, Managed{r, stringsOf(o)})
	}
	for _, m := range out { // a team that another resource names
		if team, ok := m.Resource.Attrs["team"].(Attrs); ok && team["id"] != nil {
			for _, other := range out {
				if named, ok := other.Resource.Attrs["team"].(Attrs); ok && named["name"] != nil && other.Attributes["team_id"] == team["id"] {
					team["name"] = named["name"]
				}
			}
		}
	}
	return out, nil
}

// compare looks at the account, when what only lives on for an overlap has ended.
func (p *play) compare(when string, want *Account) error {
	time.Sleep(48 * time.Hour)
	is, err := p.server.api.Look(p.c.Published)
	if err != nil {
		return err
	}
	if wrong := is.differences(want); len(wrong) > 0 {
		return fmt.Errorf("%s:\n  %s", when, strings.Join(wrong, "\n  "))
	}
	return nil
}

// end destroys everything.
func (p *play) end(want *Account) error {
	p.log("# destroy")
	if len(p.c.Ending) > 0 {
		if _, err := p.walk(nil, p.c.Ending, nil); err != nil {
			return err
		}
	}
	for range Walks {
		done, err := p.walk(nil, nil, nil)
		if err != nil {
			return err
		}
		if done {
			if left := len(p.tf.state) + len(p.tf.deposed); left > 0 {
				return fmt.Errorf("the destroy left %d resources in the state", left)
			}
			return p.compare("after the destroy", want)
		}
	}
	return fmt.Errorf("the destroy did not end within %d walks", Walks)
}

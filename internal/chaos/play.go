package chaos

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
)

// Walks is how many walks it may take, once nothing goes wrong any more, until a plan is empty or all is destroyed.
const Walks = 5

// Runner is a Terraform that a case is played with.
type Runner interface {
	// Walk plans a configuration, nil for a destroy of everything, and applies the plan unless it is empty or rejected.
	// planned is called in between. It reports whether there was nothing to do; wrong is what went wrong, which may be
	// meant to.
	Walk(config []Resource, replaced []string, planned func() error) (done bool, wrong []string, err error)
	// Taint marks a resource, and reports whether it is in the state.
	Taint(address string) (bool, error)
	// State returns the attributes of every resource in the state that are texts, true or false, by address.
	State() (map[string]map[string]string, error)
	// Pass lets time pass.
	Pass(d time.Duration) error
}

// play is one case under way.
type play struct {
	c      *Case
	api    *API
	runner Runner
	others *Account
	// during is told of what is to happen during the next apply; nil where that cannot be.
	during func(happen func(n int))
	blind  blind

	mu    sync.Mutex
	trace []string
	// undone are domains whose change by the colleague the provider may have undone without knowing.
	undone []string
	wrong  error // with an event
}

// Play plays a case, within a bubble of testing/synctest, and returns what is wrong and how it came about. The file is
// where a server that has what was made by hand keeps its state. wrap stands before the server; nil is nothing.
func Play(c *Case, stateFile string, wrap func(http.Handler) http.Handler) (trace string, err error) {
	p := &play{c: c}
	server, err := serve(c, stateFile, func(next http.Handler) http.Handler {
		if wrap != nil {
			next = wrap(next)
		}
		return p.blind.watch(next, p.mayBeUndone)
	})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, server.close()) }()
	gate := newGate(server.over, c.Seed)
	closing := make(chan struct{})
	defer close(closing)
	go gate.open(closing)
	block := Attrs{"endpoint": server.api.URL + "/api", "api_key": ServiceKey, "account_id": AccountID, "lockout_protection": false}
	tf, err := newTerraform(provider.NewOver("test", gate), block, c.AtOnce)
	if err != nil {
		return "", err
	}
	p.api, p.runner, p.during = server.api, tf, gate.count
	err = p.run()
	return strings.Join(p.trace, "\n"), err
}

// PlayWith plays a case with another Terraform, on a server that was configured by [Configure].
func PlayWith(c *Case, api *API, runner Runner) (trace string, err error) {
	p := &play{c: c, api: api, runner: runner}
	err = p.run()
	return strings.Join(p.trace, "\n"), err
}

// Heal is PlayWith after an apply of the only stage that was broken off. before is the account as it was before that.
func Heal(c *Case, api *API, runner Runner, before *Account) (trace string, err error) {
	p := &play{c: c, api: api, runner: runner, others: before}
	err = p.run()
	return strings.Join(p.trace, "\n"), err
}

func (p *play) log(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trace = append(p.trace, fmt.Sprintf(format, args...))
}

// mayBeUndone notes a domain: see [blind].
func (p *play) mayBeUndone(name string) {
	p.log("  undone by a write that could not know: %s", name)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.undone = append(p.undone, name)
}

func (p *play) run() (err error) {
	if p.others == nil {
		if p.others, err = p.api.Look(p.c.Published); err != nil {
			return err
		}
	}
	var earlier, last []Resource
	for i, stage := range p.c.Stages {
		config := At(p.api.URL, stage.Config)
		p.log("# stage %d", i+1)
		for n := range stage.Walks {
			var events []Event
			if n == 0 {
				events = stage.Events
			}
			if _, err := p.walk(config, stage.Faults, events); err != nil {
				return err
			}
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
	for _, name := range p.undone {
		p.others.Domains[name] = anything
	}
	if err := p.compare("after the last apply", expect(p.others, managed)); err != nil {
		return err
	}
	return p.end(released(p.others, managed))
}

// At puts the server's address into a configuration.
func At(url string, config []Resource) []Resource {
	out := slices.Clone(config)
	for i, r := range out {
		for name, v := range r.Attrs {
			if s, ok := v.(string); ok && strings.Contains(s, urlMark) {
				out[i].Attrs = copyOf(r.Attrs)
				out[i].Attrs[name] = strings.ReplaceAll(s, urlMark, url)
			}
		}
	}
	return out
}

// goWrong has faults begin.
func (p *play) goWrong(faults []Fault, at Moment) error {
	for _, f := range faults {
		if f.Moment != at {
			continue
		}
		if err := p.api.Fault(f); err != nil {
			return fmt.Errorf("fault %s: %w", f, err)
		}
	}
	return nil
}

// walk plans and applies once, and reports whether there was nothing to do.
func (p *play) walk(config []Resource, faults []Fault, events []Event) (done bool, err error) {
	defer func() { err = errors.Join(err, p.api.ClearFaults()) }()
	var replaced []string
	for _, e := range events {
		switch {
		case e.Deed == Replace:
			replaced = append(replaced, e.Address)
		case e.Deed == Taint:
			there, err := p.runner.Taint(e.Address)
			if err != nil {
				return false, err
			}
			if there {
				p.log("%s", e)
			}
		case e.Moment == BeforePlan:
			p.happen(e, config)
		}
	}
	if err := p.goWrong(faults, BeforePlan); err != nil {
		return false, err
	}
	done, wrong, err := p.runner.Walk(config, replaced, func() error {
		for _, e := range events {
			if e.Moment == BeforeApply || e.Moment == DuringApply && p.during == nil {
				p.happen(e, config)
			}
		}
		if p.during != nil {
			p.during(func(n int) {
				for _, e := range events {
					if e.Moment == DuringApply && e.After == n {
						p.happen(e, config)
					}
				}
			})
		}
		return p.goWrong(faults, BeforeApply)
	})
	if p.during != nil {
		p.during(nil)
	}
	for _, line := range wrong {
		p.log("  %s", strings.ReplaceAll(line, "\n", " "))
	}
	return done, errors.Join(err, p.wrong)
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
	state, err := p.runner.State()
	if err != nil {
		p.wrong = errors.Join(p.wrong, err)
		return
	}
	is := state[e.Address]
	err = p.api.untroubled(func() error { return p.api.happen(e, resource, is, p.others) })
	if changed := e.domain(); changed != "" && e.Moment == DuringApply {
		p.blind.happened(changed, e.Deed == Enable)
	}
	if err != nil && p.wrong == nil {
		p.wrong = fmt.Errorf("event %s: %w", e, err)
	}
}

// heal applies until there is nothing to do.
func (p *play) heal(config []Resource) error {
	p.log("# nothing goes wrong any more")
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
	state, err := p.runner.State()
	if err != nil {
		return nil, err
	}
	for _, r := range config {
		if state[r.Address()] == nil {
			return nil, fmt.Errorf("the state has no %s", r.Address())
		}
		attrs, _ := resolved(r.Attrs, func(ref Ref) any { return state[ref.Address][ref.Attribute] }).(Attrs) // of the same type
		r.Attrs = attrs
		out = append(out, Managed{r, state[r.Address()]})
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
	if err := p.runner.Pass(48 * time.Hour); err != nil {
		return err
	}
	is, err := p.api.Look(p.c.Published)
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
			if left, err := p.runner.State(); err != nil || len(left) > 0 {
				return errors.Join(err, fmt.Errorf("the destroy left %d resources in the state", len(left)))
			}
			return p.compare("after the destroy", want)
		}
	}
	return fmt.Errorf("the destroy did not end within %d walks", Walks)
}

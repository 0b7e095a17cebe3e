package chaos

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Case is one world, what is configured in it, and what goes wrong.
type Case struct {
	Seed uint64
	// Published is a server that behaves like today's Prefect Cloud.
	Published bool
	// AtOnce is Terraform's -parallelism.
	AtOnce int
	// RateLimit is how many requests the account has a minute; 0 is any number.
	RateLimit int
	// Stages are applied one after the other.
	Stages []Stage
	// Ending is what goes wrong with the destroy.
	Ending []Fault
}

// Stage is a configuration, and what goes wrong while it is applied.
type Stage struct {
	Config []Resource
	Faults []Fault
	Events []Event
	// Walks is how often it is applied while things go wrong.
	Walks int
}

// Fault is what goes wrong with requests, as mockcloud's control API takes it.
type Fault struct {
	Method     string `json:"method"`
	Route      string `json:"route"`
	Status     int    `json:"status,omitempty"`
	RetryAfter int    `json:"retry_after_s,omitempty"`
	Latency    int    `json:"latency_ms,omitempty"`
	Drop       bool   `json:"drop,omitempty"`
	Truncate   bool   `json:"truncate,omitempty"`
	AfterWrite bool   `json:"after_write,omitempty"`
	Times      int    `json:"times,omitempty"`
	// Moment is when it begins: before the plan or between plan and apply, of each walk.
	Moment Moment `json:"-"`
}

func (f Fault) String() string {
	data, err := json.Marshal(f)
	if err != nil {
		return err.Error()
	}
	return string(f.Moment) + ": " + string(data)
}

// Moment is when something happens behind Terraform's back.
type Moment string

// The moments of a walk.
const (
	BeforePlan  Moment = "before the plan"
	BeforeApply Moment = "between plan and apply"
	DuringApply Moment = "during the apply"
)

// Event is what somebody does behind Terraform's back, or by its command line.
type Event struct {
	Moment Moment
	// After is how many requests of the apply come first.
	After int
	Deed  Deed
	// Address is the resource it is about; or Subject says who or what.
	Address, Subject, Value string
}

// Deed is what is done.
type Deed string

// The deeds.
const (
	Taint   Deed = "terraform taint"
	Replace Deed = "terraform plan -replace"
	Delete  Deed = "delete" // the resource's thing
	Alter   Deed = "change" // the resource's thing
	Promote Deed = "give a role"
	Enable  Deed = "enable a domain"
	Make    Deed = "make another" // thing that is not Terraform's
	Drop    Deed = "delete another"
)

func (e Event) String() string {
	text := fmt.Sprintf("%s: %s %s", e.Moment, e.Deed, strings.TrimSpace(e.Address+" "+e.Subject+" "+e.Value))
	if e.Moment == DuringApply {
		text += fmt.Sprintf(" after %d requests", e.After)
	}
	return text
}

// String tells the case as a person reads it.
func (c *Case) String() string {
	var b strings.Builder
	kind := "managed configuration"
	if c.Published {
		kind = "published only"
	}
	fmt.Fprintf(&b, "seed %d: %s, -parallelism=%d, rate limit %d\n", c.Seed, kind, c.AtOnce, c.RateLimit)
	for i, stage := range c.Stages {
		fmt.Fprintf(&b, "\n# stage %d, walked %d times while things go wrong\n", i+1, stage.Walks)
		for _, f := range stage.Faults {
			fmt.Fprintf(&b, "# fault: %s\n", f)
		}
		for _, e := range stage.Events {
			fmt.Fprintf(&b, "# event: %s\n", e)
		}
		b.WriteString(HCL(stage.Config))
	}
	for _, f := range c.Ending {
		fmt.Fprintf(&b, "\n# fault of the destroy: %s\n", f)
	}
	return b.String()
}

// without returns the stage without a resource and what refers to it.
func (s Stage) without(address string) Stage {
	gone := map[string]bool{address: true}
	for range s.Config {
		for _, r := range s.Config {
			if slices.ContainsFunc(r.references(), func(other string) bool { return gone[other] }) {
				gone[r.Address()] = true
			}
		}
	}
	s.Config = slices.DeleteFunc(slices.Clone(s.Config), func(r Resource) bool { return gone[r.Address()] })
	return s
}

// smaller returns the case with one thing less, in every way.
func (c *Case) smaller() (out []*Case) {
	with := func(change func(*Case)) {
		next := *c
		next.Stages = slices.Clone(c.Stages)
		change(&next)
		out = append(out, &next)
	}
	if len(c.Stages) > 1 {
		with(func(n *Case) { n.Stages = n.Stages[:1] })
		with(func(n *Case) { n.Stages = n.Stages[1:] })
	}
	seen := map[string]bool{}
	for _, stage := range c.Stages {
		for _, r := range stage.Config {
			if address := r.Address(); !seen[address] {
				seen[address] = true
				with(func(n *Case) {
					for i := range n.Stages {
						n.Stages[i] = n.Stages[i].without(address)
					}
				})
			}
		}
	}
	for i, stage := range c.Stages {
		for k := range stage.Faults {
			with(func(n *Case) { n.Stages[i].Faults = slices.Delete(slices.Clone(stage.Faults), k, k+1) })
		}
		for k := range stage.Events {
			with(func(n *Case) { n.Stages[i].Events = slices.Delete(slices.Clone(stage.Events), k, k+1) })
		}
		if stage.Walks > 1 {
			with(func(n *Case) { n.Stages[i].Walks = 1 })
		}
	}
	for k := range c.Ending {
		with(func(n *Case) { n.Ending = slices.Delete(slices.Clone(c.Ending), k, k+1) })
	}
	if c.RateLimit > 0 {
		with(func(n *Case) { n.RateLimit = 0 })
	}
	if c.AtOnce > 1 {
		with(func(n *Case) { n.AtOnce = 1 })
	}
	return out
}

// Shrink makes a failing case smaller while it fails, within so many tries.
func Shrink(c *Case, tries int, fails func(*Case) bool) *Case {
	for again := true; again; {
		again = false
		for _, smaller := range c.smaller() {
			if tries--; tries < 0 {
				return c
			}
			if fails(smaller) {
				c, again = smaller, true
				break
			}
		}
	}
	return c
}

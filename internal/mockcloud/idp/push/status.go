package push

import "time"

// State is what a Pusher is doing.
type State string

// The states of a Pusher.
const (
	NotConnected State = "not_connected"
	Idle         State = "idle"
	Pushing      State = "pushing"
	Retrying     State = "retrying" // what is left failed before, or the endpoint asked for a pause
	Quarantine   State = "quarantined"
)

// Status is how a Pusher gets on. It has no secrets.
type Status struct {
	State    State  `json:"state"`
	Endpoint string `json:"endpoint,omitempty"`
	Style    Style  `json:"style,omitempty"`
	// Pending are changes that wait, Failed people and groups that were given up.
	Pending int `json:"pending"`
	Failed  int `json:"failed"`
	// LastSuccess is when something was delivered last, DeliveredMS how long after
	// it was changed.
	LastSuccess *time.Time `json:"last_success"`
	DeliveredMS *float64   `json:"delivered_ms"`
	LastError   *Problem   `json:"last_error"`
}

// Status returns its progress.
func (p *Pusher) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := Status{State: p.state(), Pending: p.pending, Failed: len(p.failed), LastError: p.problem}
	if p.target != nil {
		out.Endpoint, out.Style = p.target.Endpoint, p.target.Style
	}
	if !p.success.IsZero() {
		at, ms := p.success, Milliseconds(p.took)
		out.LastSuccess, out.DeliveredMS = &at, &ms
	}
	return out
}

func (p *Pusher) state() State {
	waits := len(p.queue.leavers)+len(p.queue.people)+len(p.queue.groups) == 0 && len(p.queue.delayed) > 0
	switch {
	case p.target == nil:
		return NotConnected
	case p.quarantine != nil:
		return Quarantine
	case p.pending == 0:
		return Idle
	case waits || p.paused.After(p.now()):
		return Retrying
	}
	return Pushing
}

// Of returns how the newest change of a person or a group gets on: pending,
// delivered or failed; empty if there was none.
func (p *Pusher) Of(key string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, known := p.resources[key]
	switch {
	case !known:
		return ""
	case len(r.pending) > 0:
		return "pending"
	case r.last.err != nil:
		return "failed"
	}
	return "delivered"
}

// Milliseconds is a duration for people, exact to the microsecond.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

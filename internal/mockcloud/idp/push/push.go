package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
)

// Config is what a Pusher is made of.
type Config struct {
	// Directory is what is pushed.
	Directory *people.Directory
	// Allow says of endpoints that are not on this machine that they may be pushed
	// to; nil means none.
	Allow func(*url.URL) bool
	// Transport sends the requests; nil means the network.
	Transport http.RoundTripper
	// Now and After are the time by which retries go; nil means the package time's.
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
}

// Pusher pushes a directory to an endpoint. Use New, and Disconnect in the end.
type Pusher struct {
	directory *people.Directory
	allow     func(*url.URL) bool
	given     http.RoundTripper
	now       func() time.Time
	after     func(time.Duration) <-chan time.Time

	connecting sync.Mutex // one Connect or Disconnect at a time
	stop       context.CancelFunc
	stopped    chan struct{}
	wake       chan struct{}

	mu         sync.Mutex
	target     *target // nil while there is none
	client     *http.Client
	resources  map[string]*resource
	queue      queue
	pending    int // changes
	failed     map[*resource]struct{}
	paused     time.Time     // until then nothing is sent
	quarantine error         // why nothing is sent until the target changes
	moved      chan struct{} // closed, and made anew, when waiters have to look again
	success    time.Time
	took       time.Duration
	problem    *Problem
}

// Problem is the last thing that went wrong.
type Problem struct {
	At time.Time `json:"at"`
	// What was being delivered: an email address, or the name of a group.
	What    string `json:"what"`
	Message string `json:"message"`
}

// ErrNotConnected is the answer to waiting where there is nothing to wait for.
var ErrNotConnected = errors.New("the directory is not connected to an endpoint")

// Quarantined says that the endpoint refuses the token. Changes wait until
// another one is given.
type Quarantined struct{ Cause error }

func (e *Quarantined) Error() string {
	return "in quarantine, nothing is sent until the token changes: " + e.Cause.Error()
}

// Unwrap returns the endpoint's answer.
func (e *Quarantined) Unwrap() error { return e.Cause }

// Undelivered is what was given up.
type Undelivered struct{ What []string }

func (e *Undelivered) Error() string {
	const shown = 3
	if len(e.What) <= shown {
		return strings.Join(e.What, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(e.What[:shown], "; "), len(e.What)-shown)
}

// New returns a Pusher that is connected to nothing. It observes the directory.
func New(c Config) *Pusher {
	p := &Pusher{
		directory: c.Directory, allow: c.Allow, given: c.Transport, now: c.Now, after: c.After,
		wake: make(chan struct{}, 1), moved: make(chan struct{}),
	}
	if p.now == nil {
		p.now = time.Now
	}
	if p.after == nil {
		p.after = time.After
	}
	c.Directory.Observe(p)
	return p
}

// Connect pushes to a target from now on: everything, if the endpoint is a new
// one. With another token or style for the endpoint that there is, it goes on
// where it is, and the next request is made with them.
func (p *Pusher) Connect(t Target) error {
	checked, err := checkTarget(t, p.allow)
	if err != nil {
		return err
	}
	p.connecting.Lock()
	defer p.connecting.Unlock()
	p.mu.Lock()
	if p.target != nil && p.target.base.String() == checked.base.String() {
		p.target, p.quarantine = checked, nil
		p.mu.Unlock()
		p.nudge()
		return nil
	}
	p.mu.Unlock()
	p.end()
	transport := p.given
	if transport == nil {
		transport = checked.transport()
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	p.stop, p.stopped = cancel, stopped
	p.mu.Lock()
	p.target = checked
	p.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	p.resources, p.failed = make(map[string]*resource), make(map[*resource]struct{})
	p.mu.Unlock()
	p.everything()
	go func() {
		defer close(stopped)
		p.work(ctx)
	}()
	return nil
}

// Disconnect ends the pushing. What was not delivered is given up.
func (p *Pusher) Disconnect() {
	p.connecting.Lock()
	defer p.connecting.Unlock()
	p.end()
}

func (p *Pusher) end() {
	if p.stop == nil {
		return
	}
	p.stop()
	<-p.stopped
	p.stop = nil
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.resources {
		for _, c := range r.pending {
			c.err = ErrNotConnected
			close(c.done)
		}
	}
	p.client.CloseIdleConnections()
	p.target, p.client, p.resources, p.failed = nil, nil, nil, nil
	p.queue, p.pending, p.paused, p.quarantine = queue{}, 0, time.Time{}, nil
	p.success, p.took, p.problem = time.Time{}, 0, nil
	p.wakeWaiters()
}

// Resync compares all that the endpoint has with the directory and repairs what
// differs. Users and groups that never came from here are left alone. It also
// ends a quarantine: the endpoint is asked once more.
func (p *Pusher) Resync() error {
	p.connecting.Lock() // the target stays meanwhile
	defer p.connecting.Unlock()
	p.mu.Lock()
	if p.target == nil {
		p.mu.Unlock()
		return ErrNotConnected
	}
	p.quarantine, p.paused = nil, time.Time{}
	p.mu.Unlock()
	p.everything()
	return nil
}

// everything puts all people and groups in line, to be looked up; also those that
// are in the directory no more, where the endpoint could not be told.
func (p *Pusher) everything() {
	p.mu.Lock()
	for r := range p.failed {
		p.enqueueLocked(r.key, r.group, &change{label: r.last.label, lookUp: true})
	}
	p.mu.Unlock()
	for _, person := range p.directory.People() {
		p.enqueue(person.Subject, false, &change{label: person.Email, lookUp: true})
	}
	for _, group := range p.directory.Groups() {
		p.enqueue(group.ID, true, &change{label: group.Name, lookUp: true})
	}
}

// current is the target and the client, whatever they are at the moment.
func (p *Pusher) current() (*target, *http.Client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.target, p.client
}

// recordResult records how a delivery went.
func (p *Pusher) recordResult(r *resource, changes []*change, blocked bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if err != nil {
		p.problem = &Problem{At: now, What: changes[0].label, Message: err.Error()}
		r.clearKnown() // it may have been done in part, or without an answer
		if unauthorized(err) {
			p.quarantine = err
			p.queue.add(r)
			p.wakeWaiters()
			return
		}
		pause, retry := retriable(err)
		if r.tries++; retry && r.tries < maxTries {
			if pause > 0 {
				p.paused = now.Add(pause)
			}
			r.notBefore = now.Add(min(firstDelay<<(r.tries-1), maxDelay))
			p.queue.delayed = append(p.queue.delayed, r)
			return
		}
	}
	r.tries, r.notBefore = 0, time.Time{}
	if blocked && err == nil {
		r.blocked = true
		p.queue.blocked = append(p.queue.blocked, r)
		return
	}
	p.finish(r, changes, err)
}

// finish ends changes, delivered or given up.
func (p *Pusher) finish(r *resource, changes []*change, err error) {
	now := p.now()
	for _, c := range changes {
		c.took, c.err = now.Sub(c.made), err
		close(c.done)
	}
	delete(p.failed, r)
	if err == nil {
		p.success, p.took = now, changes[len(changes)-1].took
	} else {
		p.failed[r] = struct{}{}
	}
	r.pending = r.pending[len(changes):]
	p.pending -= len(changes)
	switch {
	case len(r.pending) > 0:
		p.queue.add(r)
	case !r.group:
		p.queue.unblock()
	}
	if p.pending == 0 {
		p.wakeWaiters()
	}
}

// wakeWaiters makes waiters recheck.
func (p *Pusher) wakeWaiters() {
	close(p.moved)
	p.moved = make(chan struct{})
}

// Wait waits until the changes that these people and groups have had so far are
// delivered, and says how long the last of them took. It does not wait out a
// quarantine.
func (p *Pusher) Wait(ctx context.Context, keys ...string) (time.Duration, error) {
	p.mu.Lock()
	if p.target == nil {
		p.mu.Unlock()
		return 0, ErrNotConnected
	}
	var changes []*change
	for _, key := range keys {
		if r, known := p.resources[key]; known {
			changes = append(changes, r.last)
		}
	}
	p.mu.Unlock()
	var took time.Duration
	var failed []string
	for _, c := range changes {
		if err := p.wait(ctx, c); err != nil {
			return 0, err
		}
		took = max(took, c.took)
		if errors.Is(c.err, ErrNotConnected) {
			return 0, c.err // it was disconnected meanwhile
		}
		if c.err != nil {
			failed = append(failed, c.label+": "+c.err.Error())
		}
	}
	if len(failed) > 0 {
		return took, &Undelivered{What: failed}
	}
	return took, nil
}

func (p *Pusher) wait(ctx context.Context, c *change) error {
	for !c.finished() {
		p.mu.Lock()
		quarantine, moved := p.quarantine, p.moved
		p.mu.Unlock()
		if quarantine != nil {
			return &Quarantined{quarantine}
		}
		select {
		case <-c.done:
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Idle waits until nothing is left to deliver. It fails if something could not be
// delivered.
func (p *Pusher) Idle(ctx context.Context) error {
	for {
		p.mu.Lock()
		quarantine, moved, connected, pending, failed, problem := p.quarantine, p.moved, p.target != nil, p.pending, len(p.failed), p.problem
		p.mu.Unlock()
		switch {
		case !connected:
			return ErrNotConnected
		case quarantine != nil:
			return &Quarantined{quarantine}
		case pending == 0 && failed > 0:
			return fmt.Errorf("%d people or groups could not be delivered, of late %s: %s", failed, problem.What, problem.Message)
		case pending == 0:
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

package run

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

// BypassLock is the lock of an account under which roles that bypass single sign-on are taken from people, and what is
// known of those whom this run gives one. Who has such a role is a matter of the whole account: a resource that takes it from
// a user holds the lock, reads who has it then, and waits for promotions by other resources if no user would be left.
type BypassLock struct {
	after    func(time.Duration) <-chan time.Time
	held     chan struct{} // holds one token: its owner has the lock
	promoted broadcast

	mu       sync.Mutex
	planned  map[string]access.PlannedRole // by the person's key
	applying bool
}

func newBypassLock(after func(time.Duration) <-chan time.Time) *BypassLock {
	return &BypassLock{after: after, held: make(chan struct{}, 1), planned: map[string]access.PlannedRole{}}
}

// Plan notes what a planned change makes of the roles of active people.
func (l *BypassLock) Plan(e access.Effects) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range e.People {
		to, known := p.Role.After.Get()
		if active, _ := p.Active.After.Get(); active && known && to.ID != p.Role.Before.Or(access.Role{}).ID {
			l.planned[p.Key] = access.PlannedRole{Key: p.Key, Email: p.Name, Bypasses: to.Bypasses()}
		}
	}
	for _, r := range e.Rejected {
		if r.Reason != access.RejectedLastBypass {
			continue
		}
		for _, p := range r.People {
			l.planned[p.Key()] = access.PlannedRole{Key: p.Key(), Email: p.Email}
		}
	}
}

// Planned returns what was planned so far, in the order of the people's keys.
func (l *BypassLock) Planned() []access.PlannedRole {
	l.mu.Lock()
	defer l.mu.Unlock()
	roles := make([]access.PlannedRole, 0, len(l.planned))
	for _, key := range slices.Sorted(maps.Keys(l.planned)) {
		roles = append(roles, l.planned[key])
	}
	return roles
}

// Applying reports whether this run changes roles already.
func (l *BypassLock) Applying() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.applying
}

// Apply notes that this run changes roles.
func (l *BypassLock) Apply() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.applying = true
}

// Hold does what may take bypass:sso from people while nothing else of this run does.
func (l *BypassLock) Hold(ctx context.Context, do func() error) error {
	select {
	case l.held <- struct{}{}:
		defer func() { <-l.held }()
		return do()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Promoted wakes those who wait in [BypassLock.AwaitPromotion].
func (l *BypassLock) Promoted() { l.promoted.change() }

// AwaitPromotion waits until enough says that another user has bypass:sso. It asks at first, after each promotion of this
// run, and a last time after [Timeout]; it reports what enough said last.
func (l *BypassLock) AwaitPromotion(ctx context.Context, enough func(context.Context) (bool, error)) (bool, error) {
	var timeout <-chan time.Time
	for late := false; ; {
		promoted := l.promoted.changed() // before looking, so that no promotion is missed
		if ok, err := enough(ctx); ok || err != nil || late {
			return ok, err
		}
		if timeout == nil {
			timeout = l.after(Timeout)
		}
		select {
		case <-promoted:
		case <-timeout:
			late = true
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

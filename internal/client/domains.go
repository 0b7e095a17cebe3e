package client

import (
	"context"
	"slices"
	"sync"
	"time"
)

// The account features that single sign-on and directory sync need.
const (
	featureSSO  = "sso"
	featureSCIM = "scim"
)

// Domain is an email domain that is enabled for single sign-on.
type Domain struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Created *time.Time `json:"created"`
	// Releasing marks a domain that was disabled and goes as soon as the connection
	// that serves it names it no more.
	Releasing bool `json:"releasing"`
}

// ListDomains reads the account's enabled domains. Those that are being released are
// not among them.
//
// GET /api/accounts/{account_id}/domains
func (c *Client) ListDomains(ctx context.Context, accountID string) ([]Domain, error) {
	domains, _, err := c.readDomains(ctx, accountID, nil)
	return enabled(domains), err
}

// ListAllDomains reads the account's enabled domains and those that are being
// released.
//
// GET /api/accounts/{account_id}/domains
func (c *Client) ListAllDomains(ctx context.Context, accountID string) ([]Domain, error) {
	domains, _, err := c.readDomains(ctx, accountID, nil)
	return domains, err
}

// EnableDomain adds one domain and leaves the others alone. One that is being
// released stays. already says that it was there and nothing was written. It tries
// until ctx ends.
func (c *Client) EnableDomain(ctx context.Context, accountID, name string) (d Domain, already bool, err error) {
	name, err = NormalizeDomain(name)
	if err != nil {
		return Domain{}, false, err
	}
	domains, written, err := c.changeDomains(ctx, accountID, domainChange{
		names: []string{name},
		holds: func(now []Domain) bool { return findDomain(enabled(now), name) >= 0 },
		apply: func(now []Domain) []string { return append(domainNames(enabled(now)), name) },
	})
	if err != nil {
		return Domain{}, false, err
	}
	return domains[findDomain(domains, name)], !written, nil
}

// DisableOption says how domains are taken out.
type DisableOption int

// AllowDisableSSO takes a domain that would be released at once, and single sign-on
// with it.
const AllowDisableSSO DisableOption = 1

// DisableDomains takes domains out, all in one write, and leaves the others alone.
// One that is not there is success, and so is one that is being released: those are
// returned. It tries until ctx ends.
func (c *Client) DisableDomains(ctx context.Context, accountID string, names []string, options ...DisableOption) (releasing []string, err error) {
	out, err := normalizeDomains(names)
	if err != nil {
		return nil, err
	}
	leaves := func(d Domain) bool { return slices.Contains(out, domainKey(d.Name)) }
	now, _, err := c.changeDomains(ctx, accountID, domainChange{
		names: out,
		force: slices.Contains(options, AllowDisableSSO),
		holds: func(now []Domain) bool { return !slices.ContainsFunc(enabled(now), leaves) },
		ready: func(now []Domain) bool { return !slices.ContainsFunc(now, leaves) },
		apply: func(now []Domain) []string { return domainNames(slices.DeleteFunc(enabled(now), leaves)) },
	})
	return domainNames(slices.DeleteFunc(now, func(d Domain) bool { return !leaves(d) })), err
}

// SetDomains makes the account's domains exactly these, and writes nothing if
// they are that already. releasing are those that still go. It tries until ctx ends.
func (c *Client) SetDomains(ctx context.Context, accountID string, names []string, options ...DisableOption) (domains []Domain, releasing []string, err error) {
	wanted, err := normalizeDomains(names)
	if err != nil {
		return nil, nil, err
	}
	holds := func(now []Domain) bool {
		now = enabled(now)
		return len(now) == len(wanted) && !slices.ContainsFunc(wanted, func(name string) bool { return findDomain(now, name) < 0 })
	}
	now, _, err := c.changeDomains(ctx, accountID, domainChange{
		names: wanted,
		force: slices.Contains(options, AllowDisableSSO),
		holds: holds,
		ready: func(now []Domain) bool { return holds(now) && len(now) == len(wanted) },
		apply: func([]Domain) []string { return wanted },
	})
	return enabled(now), domainNames(slices.DeleteFunc(now, func(d Domain) bool { return !d.Releasing })), err
}

// normalizeDomains normalizes each name once. It is never nil: the API wants a list.
func normalizeDomains(names []string) ([]string, error) {
	out := make([]string, 0, len(names))
	for _, name := range names {
		name, err := NormalizeDomain(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out, nil
}

// enabled returns the domains that are not being released.
func enabled(domains []Domain) []Domain {
	return slices.DeleteFunc(slices.Clone(domains), func(d Domain) bool { return d.Releasing })
}

func findDomain(domains []Domain, name string) int {
	return slices.IndexFunc(domains, func(d Domain) bool { return domainKey(d.Name) == name })
}

func domainNames(domains []Domain) []string {
	names := make([]string, 0, len(domains)+1)
	for _, d := range domains {
		names = append(names, d.Name)
	}
	return names
}

// domainLocks serializes the writers of one account's domains. It belongs to
// the process: several configurations of the provider may share an account.
var domainLocks = keyedLocks{held: map[string]*keyedLock{}}

// keyedLocks is a lock for each key, whose waiters can give up.
type keyedLocks struct {
	mu   sync.Mutex
	held map[string]*keyedLock
}

type keyedLock struct {
	slot  chan struct{}
	users int // holder and waiters; the last one clears the key away
}

func (l *keyedLocks) lock(ctx context.Context, key string) (unlock func(), err error) {
	l.mu.Lock()
	lock, ok := l.held[key]
	if !ok {
		lock = &keyedLock{slot: make(chan struct{}, 1)}
		l.held[key] = lock
	}
	lock.users++
	l.mu.Unlock()

	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if lock.users--; lock.users == 0 {
			delete(l.held, key)
		}
	}
	select {
	case lock.slot <- struct{}{}:
		return func() { <-lock.slot; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

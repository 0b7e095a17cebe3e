package client

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The account features that single sign-on and directory sync need.
const (
	featureSSO  = "sso"
	featureSCIM = "scim"
)

// domainTries is how often a change is made before another writer has won.
const domainTries = 5

// Domain is an email domain that is enabled for single sign-on.
type Domain struct {
	ID        string     `json:"id"`
	AccountID string     `json:"account_id"`
	Name      string     `json:"name"`
	Releasing bool       `json:"releasing"` // taken out, and routing until its connection names it no more
	Created   *time.Time `json:"created"`
	Updated   *time.Time `json:"updated"`
}

// ListDomains reads the account's enabled domains.
//
// GET /api/accounts/{account_id}/domains
func (c *Client) ListDomains(ctx context.Context, accountID string) ([]Domain, error) {
	domains, _, err := c.readDomains(ctx, accountID)
	return domains, c.explainForbidden(ctx, accountID, featureSSO, err)
}

// EnableDomain adds one domain and leaves the others alone. already says that
// it was there and nothing was written.
func (c *Client) EnableDomain(ctx context.Context, accountID, name string) (d Domain, already bool, err error) {
	name, err = NormalizeDomain(name)
	if err != nil {
		return Domain{}, false, err
	}
	domains, written, err := c.changeDomains(ctx, accountID, domainChange{
		names: []string{name},
		holds: func(now []Domain) bool { return findDomain(now, name) >= 0 },
		apply: func(now []Domain) []string { return append(domainNames(now), name) },
	})
	if err != nil {
		return Domain{}, false, err
	}
	return domains[findDomain(domains, name)], !written, nil
}

// DisableDomain takes domains out, all in one write, and leaves the others
// alone. One that is not there is success.
func (c *Client) DisableDomain(ctx context.Context, accountID string, names ...string) error {
	out := make([]string, 0, len(names))
	for _, name := range names {
		name, err := NormalizeDomain(name)
		if err != nil {
			return err
		}
		out = append(out, name)
	}
	leaves := func(d Domain) bool { return slices.Contains(out, domainKey(d.Name)) }
	_, _, err := c.changeDomains(ctx, accountID, domainChange{
		names: out,
		holds: func(now []Domain) bool { return !slices.ContainsFunc(now, leaves) },
		apply: func(now []Domain) []string { return domainNames(slices.DeleteFunc(slices.Clone(now), leaves)) },
	})
	return err
}

// SetDomains makes the account's domains exactly these, and writes nothing if
// they are that already.
func (c *Client) SetDomains(ctx context.Context, accountID string, names []string) ([]Domain, error) {
	wanted := make([]string, 0, len(names)) // never nil: the API wants a list
	for _, name := range names {
		name, err := NormalizeDomain(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(wanted, name) {
			wanted = append(wanted, name)
		}
	}
	domains, _, err := c.changeDomains(ctx, accountID, domainChange{
		names: wanted,
		holds: func(now []Domain) bool {
			return len(now) == len(wanted) && !slices.ContainsFunc(wanted, func(name string) bool { return findDomain(now, name) < 0 })
		},
		apply: func([]Domain) []string { return wanted },
	})
	return domains, err
}

// domainChange is a change of the list, which the API only replaces as a whole.
type domainChange struct {
	names []string // what the change is about, for errors
	holds func(now []Domain) bool
	apply func(now []Domain) []string
}

// changeDomains reads, merges, writes and reads back until the change holds.
// With an ETag the write insists on what was read, so that no other writer's
// change is lost; the same check resolves a write whose answer never came: its
// repetition fails with 412, and the next read shows that it holds. Without an
// ETag only the read-back tells. Writers in this process wait for each other.
func (c *Client) changeDomains(ctx context.Context, accountID string, change domainChange) (now []Domain, written bool, err error) {
	unlock, err := domainLocks.lock(ctx, c.base+" "+strings.ToLower(accountID))
	if err != nil {
		return nil, false, err
	}
	defer unlock()
	now, written, err = c.tryDomains(ctx, accountID, change)
	return now, written, c.explainForbidden(ctx, accountID, featureSSO, err)
}

func (c *Client) tryDomains(ctx context.Context, accountID string, change domainChange) (now []Domain, written bool, err error) {
	for try := range domainTries {
		if try > 0 {
			if err := sleep(ctx, fullJitter(c.retry.base, c.retry.most, try)); err != nil {
				return nil, false, err
			}
		}
		now, etag, err := c.readDomains(ctx, accountID)
		if err != nil {
			return nil, false, err
		}
		if change.holds(now) {
			return now, try > 0, nil
		}
		err = c.writeDomains(ctx, accountID, etag, change.apply(now))
		if IsPreconditionFailed(err) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		if now, _, err = c.readDomains(ctx, accountID); err != nil {
			return nil, false, err
		}
		if change.holds(now) {
			return now, true, nil
		}
	}
	return nil, false, &LostWriteError{AccountID: accountID, Domains: change.names, Tries: domainTries}
}

// readDomains reads the list and its ETag, "" where the server has none.
//
// GET /api/accounts/{account_id}/domains
func (c *Client) readDomains(ctx context.Context, accountID string) ([]Domain, string, error) {
	return doTagged[[]Domain](ctx, c, call{method: http.MethodGet, path: []string{"accounts", accountID, "domains"}})
}

// writeDomains replaces the list.
//
// PATCH /api/accounts/{account_id}/domains
func (c *Client) writeDomains(ctx context.Context, accountID, etag string, names []string) error {
	_, err := c.send(ctx, call{
		method: http.MethodPatch, ifMatch: etag,
		path: []string{"accounts", accountID, "domains"},
		body: struct {
			DomainNames []string `json:"domain_names"`
		}{names},
	})
	return err
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

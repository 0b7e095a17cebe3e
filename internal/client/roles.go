package client

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// AccountRole is a built-in role (AccountID nil) or one of the account's own.
type AccountRole struct {
	ID           string     `json:"id"`
	AccountID    *string    `json:"account_id"`
	Name         string     `json:"name"`
	Permissions  []string   `json:"permissions"`
	IsSystemRole bool       `json:"is_system_role"`
	Created      *time.Time `json:"created"`
	Updated      *time.Time `json:"updated"`
}

// Roles knows the account's roles. It reads them once, however many ask at the
// same time, and again only for a role that it does not know.
type Roles struct {
	c         *Client
	accountID string

	mu      sync.Mutex
	latest  rolesListing // number 0: none yet
	started uint64       // listings begun so far
	flight  *rolesFlight // the listing under way, if any
}

// rolesListing is a listing and its place in the order of all listings.
type rolesListing struct {
	number uint64
	roles  []AccountRole
}

// rolesFlight is a listing under way. It goes on while anyone waits for it.
type rolesFlight struct {
	number  uint64
	waiters int // under Roles.mu
	cancel  context.CancelFunc
	done    chan struct{}
	result  rolesListing // valid after done
	err     error
}

// Roles gives the account's roles; all callers share them.
func (c *Client) Roles(accountID string) *Roles {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := strings.ToLower(accountID)
	r, ok := c.roles[key]
	if !ok {
		r = &Roles{c: c, accountID: accountID}
		c.roles[key] = r
	}
	return r
}

// List gives the roles in the server's order, from memory if they were read.
func (r *Roles) List(ctx context.Context) ([]AccountRole, error) {
	listing, err := r.listing(ctx, 1)
	return slices.Clone(listing.roles), err
}

// Resolve finds a role by its id or its exact name. A role that is not in
// memory costs one fresh listing, begun after the question: it may have been
// made a moment ago. What is not in there either is an *UnknownRoleError.
func (r *Roles) Resolve(ctx context.Context, nameOrID string) (AccountRole, error) {
	r.mu.Lock()
	before := r.started
	r.mu.Unlock()

	listing, err := r.listing(ctx, 1)
	if err != nil {
		return AccountRole{}, err
	}
	role, ok := findRole(listing.roles, nameOrID)
	if !ok && listing.number <= before {
		if listing, err = r.listing(ctx, before+1); err != nil {
			return AccountRole{}, err
		}
		role, ok = findRole(listing.roles, nameOrID)
	}
	if !ok {
		unknown := &UnknownRoleError{AccountID: r.accountID, Role: nameOrID}
		for _, role := range listing.roles {
			unknown.Existing = append(unknown.Existing, role.Name)
		}
		slices.Sort(unknown.Existing)
		return AccountRole{}, unknown
	}
	return role, nil
}

// Get reads one role afresh.
//
// GET /api/accounts/{account_id}/account_roles/{id}
func (r *Roles) Get(ctx context.Context, id string) (AccountRole, error) {
	return do[AccountRole](ctx, r.c, call{method: http.MethodGet, path: []string{"accounts", r.accountID, "account_roles", id}})
}

// findRole looks by id first where the text is one, then by name.
func findRole(roles []AccountRole, nameOrID string) (AccountRole, bool) {
	if id, err := uuid.Parse(nameOrID); err == nil {
		for _, role := range roles {
			if strings.EqualFold(role.ID, id.String()) {
				return role, true
			}
		}
	}
	at := slices.IndexFunc(roles, func(role AccountRole) bool { return role.Name == nameOrID })
	if at < 0 {
		return AccountRole{}, false
	}
	return roles[at], true
}

// listing gives the listing with this number or a later one. It waits for the
// one under way, and begins the next if that is too old.
func (r *Roles) listing(ctx context.Context, oldest uint64) (rolesListing, error) {
	for {
		r.mu.Lock()
		if r.latest.number >= oldest {
			defer r.mu.Unlock()
			return r.latest, nil
		}
		if r.flight == nil {
			r.begin(ctx)
		}
		flight := r.flight
		flight.waiters++
		r.mu.Unlock()

		select {
		case <-flight.done:
			if flight.number >= oldest {
				return flight.result, flight.err
			}
		case <-ctx.Done():
			r.leave(flight)
			return rolesListing{}, ctx.Err()
		}
	}
}

// begin starts a listing. r.mu is held.
func (r *Roles) begin(ctx context.Context) {
	r.started++
	shared, cancel := r.c.sharedContext(ctx)
	flight := &rolesFlight{number: r.started, cancel: cancel, done: make(chan struct{})}
	r.flight = flight
	go func() {
		defer cancel()
		roles, err := r.read(shared)
		r.mu.Lock()
		defer r.mu.Unlock()
		flight.result, flight.err = rolesListing{number: flight.number, roles: roles}, err
		if err == nil && flight.number > r.latest.number {
			r.latest = flight.result
		}
		if r.flight == flight {
			r.flight = nil
		}
		close(flight.done)
	}()
}

// leave ends a listing that nobody waits for any more.
func (r *Roles) leave(flight *rolesFlight) {
	r.mu.Lock()
	defer r.mu.Unlock()
	flight.waiters--
	if flight.waiters == 0 {
		flight.cancel()
		if r.flight == flight {
			r.flight = nil
		}
	}
}

// read lists the roles.
//
// POST /api/accounts/{account_id}/account_roles/filter
func (r *Roles) read(ctx context.Context) ([]AccountRole, error) {
	return readPages(ctx, "account roles", 0, func(role AccountRole) string { return role.ID },
		func(ctx context.Context, p page) ([]AccountRole, error) {
			return do[[]AccountRole](ctx, r.c, call{
				method: http.MethodPost, reads: true,
				path: []string{"accounts", r.accountID, "account_roles", "filter"},
				body: p,
			})
		})
}

package client

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// catalog knows the account's things of one kind that change seldom and are
// named often: roles, workspaces. It reads them once, however many ask at the
// same time, and again only for one that it does not know.
type catalog[T any] struct {
	c         *Client
	accountID string
	kind      catalogKind[T]

	mu      sync.Mutex
	latest  listing[T] // number 0: none yet
	started uint64     // listings begun so far
	flight  *flight[T] // the listing under way, if any
}

// catalogKind is what catalogs of one kind have in common.
type catalogKind[T any] struct {
	what     string // "role", for errors
	id, name func(T) string
	read     func(ctx context.Context, c *Client, accountID string, p page) ([]T, error)
}

// listing is a listing and its place in the order of all listings.
type listing[T any] struct {
	number uint64
	rows   []T
}

// flight is a listing under way. It goes on while anyone waits for it.
type flight[T any] struct {
	number  uint64
	waiters int // under catalog.mu
	cancel  context.CancelFunc
	done    chan struct{}
	result  listing[T] // valid after done
	err     error
}

// List returns all of them in the server's order, from memory if they were
// read.
func (k *catalog[T]) List(ctx context.Context) ([]T, error) {
	got, err := k.listing(ctx, 1)
	return slices.Clone(got.rows), err
}

// Resolve finds one by its id or its exact name. One that is not in memory
// costs a fresh listing, begun after the question: it may have been made a
// moment ago. What is not in there either is an *UnknownNameError.
func (k *catalog[T]) Resolve(ctx context.Context, nameOrID string) (T, error) {
	k.mu.Lock()
	before := k.started
	k.mu.Unlock()

	var none T
	got, err := k.listing(ctx, 1)
	if err != nil {
		return none, err
	}
	found, ok := k.find(got.rows, nameOrID)
	if !ok && got.number <= before {
		if got, err = k.listing(ctx, before+1); err != nil {
			return none, err
		}
		found, ok = k.find(got.rows, nameOrID)
	}
	if !ok {
		unknown := &UnknownNameError{AccountID: k.accountID, What: k.kind.what, Name: nameOrID}
		for _, row := range got.rows {
			unknown.Existing = append(unknown.Existing, k.kind.name(row))
		}
		slices.Sort(unknown.Existing)
		return none, unknown
	}
	return found, nil
}

// find looks by id first where the text is one, then by name.
func (k *catalog[T]) find(rows []T, nameOrID string) (found T, ok bool) {
	at := -1
	if id, err := uuid.Parse(nameOrID); err == nil {
		at = slices.IndexFunc(rows, func(row T) bool { return strings.EqualFold(k.kind.id(row), id.String()) })
	}
	if at < 0 {
		at = slices.IndexFunc(rows, func(row T) bool { return k.kind.name(row) == nameOrID })
	}
	if at < 0 {
		return found, false
	}
	return rows[at], true
}

// listing returns the listing with this number or a later one. It waits for the
// one under way, and begins the next if that is too old.
func (k *catalog[T]) listing(ctx context.Context, oldest uint64) (listing[T], error) {
	for {
		k.mu.Lock()
		if k.latest.number >= oldest {
			defer k.mu.Unlock()
			return k.latest, nil
		}
		if k.flight == nil {
			k.begin(ctx)
		}
		under := k.flight
		under.waiters++
		k.mu.Unlock()

		select {
		case <-under.done:
			if under.number >= oldest {
				return under.result, under.err
			}
		case <-ctx.Done():
			k.leave(under)
			return listing[T]{}, ctx.Err()
		}
	}
}

// begin starts a listing. k.mu is held.
func (k *catalog[T]) begin(ctx context.Context) {
	k.started++
	shared, cancel := k.c.sharedContext(ctx)
	under := &flight[T]{number: k.started, cancel: cancel, done: make(chan struct{})}
	k.flight = under
	go func() {
		defer cancel()
		rows, err := readPages(shared, k.kind.what+"s", 0, k.kind.id, func(ctx context.Context, p page) ([]T, error) {
			return k.kind.read(ctx, k.c, k.accountID, p)
		})
		k.mu.Lock()
		defer k.mu.Unlock()
		under.result, under.err = listing[T]{number: under.number, rows: rows}, err
		if err == nil && under.number > k.latest.number {
			k.latest = under.result
		}
		if k.flight == under {
			k.flight = nil
		}
		close(under.done)
	}()
}

// leave ends a listing that no caller waits for any more.
func (k *catalog[T]) leave(under *flight[T]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	under.waiters--
	if under.waiters == 0 {
		under.cancel()
		if k.flight == under {
			k.flight = nil
		}
	}
}

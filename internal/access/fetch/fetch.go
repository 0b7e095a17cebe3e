// Package fetch fills an access.World over the client. It knows no rule: what is wanted, [access.Needs] says.
//
// What plans read is kept for the run, so that a plan of many resources asks once; whoever writes drops what is kept of
// the account. What is checked again just before it happens reads afresh.
package fetch

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// Fetcher reads parts of worlds. It is safe for concurrent use; one is shared by all resources of a run.
type Fetcher struct {
	client *client.Client

	mu   sync.Mutex
	kept map[string]map[string]*reading // account → want → what was read
}

// New makes a fetcher. It reads nothing.
func New(c *client.Client) *Fetcher {
	return &Fetcher{client: c, kept: map[string]map[string]*reading{}}
}

// fill puts what was read into a world.
type fill func(access.World) access.World

// reading is what was read, or is being read: one request however many ask at the same time.
type reading struct {
	done    chan struct{}
	waiters int // under Fetcher.mu
	cancel  context.CancelFunc
	forget  func() // takes it out of what is kept; Fetcher.mu is held
	fill    fill   // valid after done
	err     error
}

// rounds is far more often than any change has to be asked what it needs.
const rounds = 50

// For reads what a change needs into a world that holds what is known already, such as the people whom a resource looked
// up. What was read before in this run counts.
func (f *Fetcher) For(ctx context.Context, w access.World, change access.Change) (access.World, error) {
	return f.Fill(ctx, w, func(w access.World) []access.Want { return access.Needs(change, w) })
}

// Fresh is [Fetcher.For] for what is checked again just before it happens: it reads everything afresh.
func (f *Fetcher) Fresh(ctx context.Context, w access.World, change access.Change) (access.World, error) {
	return f.FillFresh(ctx, w, func(w access.World) []access.Want { return access.Needs(change, w) })
}

// FillFresh is [Fetcher.Fill] that reads everything afresh.
func (f *Fetcher) FillFresh(ctx context.Context, w access.World, needs func(access.World) []access.Want) (access.World, error) {
	r := reader{client: f.client, account: w.AccountID, fresh: true}
	return fillWorld(ctx, w, needs, r.read)
}

// Fill reads what is wanted until nothing is.
func (f *Fetcher) Fill(ctx context.Context, w access.World, needs func(access.World) []access.Want) (access.World, error) {
	return fillWorld(ctx, w, needs, func(ctx context.Context, w access.World, want access.Want) (fill, error) {
		return f.once(ctx, w, want)
	})
}

// Drop forgets what was read of an account, because something of it was written.
func (f *Fetcher) Drop(accountID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.kept, strings.ToLower(accountID))
}

func fillWorld(ctx context.Context, w access.World, needs func(access.World) []access.Want, read func(context.Context, access.World, access.Want) (fill, error)) (access.World, error) {
	for range rounds {
		wants := needs(w)
		if len(wants) == 0 {
			return w, nil
		}
		fills := make([]fill, len(wants))
		side, sideCtx := errgroup.WithContext(ctx)
		for i, want := range wants {
			side.Go(func() (err error) {
				fills[i], err = read(sideCtx, w, want)
				return err
			})
		}
		if err := side.Wait(); err != nil {
			return w, err
		}
		for _, put := range fills {
			w = put(w)
		}
	}
	return w, fmt.Errorf("%v of account %s is wanted again and again", needs(w), w.AccountID)
}

// once reads a part, unless that was done or is being done. Failures are not kept.
func (f *Fetcher) once(ctx context.Context, w access.World, want access.Want) (fill, error) {
	account, key := strings.ToLower(w.AccountID), want.Key()
	f.mu.Lock()
	if f.kept[account] == nil {
		f.kept[account] = map[string]*reading{}
	}
	kept := f.kept[account]
	r, there := kept[key]
	if !there {
		shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
		r = &reading{done: make(chan struct{}), cancel: cancel}
		kept[key] = r
		r.forget = func() {
			if kept[key] == r {
				delete(kept, key)
			}
		}
		go f.run(shared, r, w, want)
	}
	r.waiters++
	f.mu.Unlock()

	select {
	case <-r.done:
		return r.fill, r.err
	case <-ctx.Done():
		f.mu.Lock()
		defer f.mu.Unlock()
		if r.waiters--; r.waiters == 0 {
			r.cancel()
			r.forget() // nobody else comes to wait for what was given up
		}
		return nil, ctx.Err()
	}
}

// run reads a part for all who wait for it.
func (f *Fetcher) run(ctx context.Context, r *reading, w access.World, want access.Want) {
	defer r.cancel()
	reader := reader{client: f.client, account: w.AccountID}
	put, err := reader.read(ctx, w, want)
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.fill, r.err = put, err; err != nil {
		r.forget()
	}
	close(r.done)
}

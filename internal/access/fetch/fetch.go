// Package fetch fills an access.World over the client. It knows no rule: what is wanted, [access.Needs] says.
//
// What plans read is kept for the run, so that a plan of many resources asks once; a write drops what is kept of
// the account. What is checked again just before it happens reads afresh.
package fetch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// Fetcher reads parts of worlds. It is safe for concurrent use; one is shared by all resources of a run.
type Fetcher struct {
	client *client.Client

	mu    sync.Mutex
	stale map[string]bool                // accounts in which a write may have changed people behind the client's memory of them
	kept  map[string]map[string]*reading // account, "" for what is of none → want → what was read
}

// New makes a fetcher. It reads nothing.
func New(c *client.Client) *Fetcher {
	return &Fetcher{client: c, kept: map[string]map[string]*reading{}, stale: map[string]bool{}}
}

// fill puts what was read into a world.
type fill func(access.World) access.World

// reading is what was read, or is being read: one request however many ask at the same time.
type reading struct {
	kind       access.WantKind // "" where it is no part of a world
	done       chan struct{}
	waiters    int // under Fetcher.mu
	cancel     context.CancelFunc
	invalidate func() // takes it out of what is kept; Fetcher.mu is held
	value      any    // valid after done
	err        error
}

// rounds is far more often than any change has to be asked what it needs.
const rounds = 50

// For reads what changes need, one made after the other, into a world that holds what is known already, such as the
// people whom a resource looked up. What was read before in this run counts.
func (f *Fetcher) For(ctx context.Context, w access.World, changes ...access.Change) (access.World, error) {
	return f.Fill(ctx, w, needsOf(changes))
}

// Fresh is [Fetcher.For] for what is checked again just before it happens: it reads everything afresh, but for whose API
// key is in use, which stays so.
func (f *Fetcher) Fresh(ctx context.Context, w access.World, changes ...access.Change) (access.World, error) {
	return f.FillFresh(ctx, w, needsOf(changes))
}

// FillFresh is [Fetcher.Fill] that reads everything afresh, but for whose API key is in use.
func (f *Fetcher) FillFresh(ctx context.Context, w access.World, needs func(access.World) []access.Want) (access.World, error) {
	r := reader{shared: f, client: f.client, account: w.AccountID, fresh: true, integrationsOf: f.client.GetIntegrations}
	return fillWorld(ctx, w, needs, func(ctx context.Context, w access.World, want access.Want) (fill, error) {
		if want.Kind == access.WantCaller {
			return f.once(ctx, w, want)
		}
		return r.read(ctx, w, want)
	})
}

// needsOf asks for what the first change needs, then for what the next one does after it, and so on.
func needsOf(changes []access.Change) func(access.World) []access.Want {
	return func(w access.World) []access.Want {
		for i, change := range changes {
			if wants := access.Needs(change, w); len(wants) > 0 {
				return wants
			}
			if i+1 < len(changes) {
				w = change.Apply(w)
			}
		}
		return nil
	}
}

// Fill reads what is wanted until nothing is.
func (f *Fetcher) Fill(ctx context.Context, w access.World, needs func(access.World) []access.Want) (access.World, error) {
	return fillWorld(ctx, w, needs, func(ctx context.Context, w access.World, want access.Want) (fill, error) {
		return f.once(ctx, w, want)
	})
}

// Drop forgets what was read of an account, because something of it was written. Whose API key is in use no write
// changes.
func (f *Fetcher) Drop(accountID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	account := strings.ToLower(accountID)
	f.stale[account] = true
	delete(f.kept, account)
}

// ofPeople are the kinds of what is kept that depends on memberships.
var ofPeople = []access.WantKind{
	access.WantPeople, access.WantBypassing, access.WantActivePeople, access.WantEveryone, access.WantOwners,
	access.WantUsers, access.WantHeld, access.WantMatches,
}

// DropPeople forgets of an account what depends on memberships, because some were written. Without it, each of a
// thousand roles that a run changes would have everything else be read again.
func (f *Fetcher) DropPeople(accountID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.kept[strings.ToLower(accountID)], func(_ string, r *reading) bool { return slices.Contains(ofPeople, r.kind) })
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

// once reads a part, unless that was done or is being done.
func (f *Fetcher) once(ctx context.Context, w access.World, want access.Want) (fill, error) {
	account := w.AccountID
	if want.Kind == access.WantCaller {
		account = "" // the same in all accounts
	}
	return share(ctx, f, account, want.Kind, want.Key(), func(ctx context.Context, stale bool) (fill, error) {
		r := reader{shared: f, client: f.client, account: w.AccountID, fresh: stale, integrationsOf: f.Integrations}
		return r.read(ctx, w, want)
	})
}

package fetch

import (
	"context"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// What resources and data sources read for themselves and guards read, too, is asked for once a run.

// answer is what the API said: a refusal for want of a permission or a plan's feature is an answer like any other, and
// is not asked for again.
type answer[T any] struct {
	value T
	err   error
}

func asAnswer[T any](value T, err error) (answer[T], error) {
	if client.IsForbidden(err) {
		return answer[T]{err: err}, nil
	}
	return answer[T]{value: value}, err
}

// Integrations returns the connections and directories of an account as the published API reports them. Until something
// of the account is written they are read once; no caller may change what it returns.
//
// GET /api/accounts/{account_id}/sso/integrations
func (f *Fetcher) Integrations(ctx context.Context, accountID string) (*client.Integrations, error) {
	found, err := share(ctx, f, accountID, "", "the listing of integrations", func(ctx context.Context, _ bool) (answer[*client.Integrations], error) {
		return asAnswer(f.client.GetIntegrations(ctx, accountID))
	})
	if err != nil {
		return nil, err
	}
	return found.value, found.err
}

// Me returns whom the API key belongs to, which it reads once. A service account gets 403.
//
// GET /api/me/
func (f *Fetcher) Me(ctx context.Context) (*client.Me, error) {
	me, err := share(ctx, f, "", "", "whose key is in use", func(ctx context.Context, _ bool) (answer[*client.Me], error) {
		return asAnswer(f.client.Me(ctx))
	})
	if err != nil {
		return nil, err
	}
	return me.value, me.err
}

// Permissions returns what the API key may do in an account, which it reads once. Known is false where the server does not
// say.
//
// GET /api/me/accounts/{account_id}/permissions
func (f *Fetcher) Permissions(ctx context.Context, accountID string) (permissions []string, known bool, err error) {
	found, err := share(ctx, f, "", "", "what the key may do in "+strings.ToLower(accountID), func(ctx context.Context, _ bool) (answer[[]string], error) {
		permissions, err := f.client.MyPermissions(ctx, accountID)
		if client.IsNotFound(err) || client.IsMethodNotAllowed(err) { // the account is there, so it is the route that is not
			return answer[[]string]{err: err}, nil
		}
		return asAnswer(permissions, err)
	})
	return found.value, err == nil && found.err == nil, err
}

// Scopes returns what the API key may do in a workspace, which it reads once. Known is false where the server does not say.
//
// GET /api/me/workspaces/{workspace_id}/scopes
func (f *Fetcher) Scopes(ctx context.Context, workspaceID string) (scopes []string, known bool, err error) {
	found, err := share(ctx, f, "", "", "what the key may do in the workspace "+strings.ToLower(workspaceID), func(ctx context.Context, _ bool) (answer[[]string], error) {
		scopes, err := f.client.MyScopes(ctx, workspaceID)
		if client.IsNotFound(err) || client.IsMethodNotAllowed(err) { // the route, or the workspace is gone
			return answer[[]string]{err: err}, nil
		}
		return asAnswer(scopes, err)
	})
	return found.value, err == nil && found.err == nil, err
}

// share reads something of an account, "" for what is of none, unless that was done or is being done. It goes on while
// anybody waits for it. Failures are not kept. read is told whether the client's memory of people may be stale.
func share[T any](ctx context.Context, f *Fetcher, accountID string, kind access.WantKind, key string, read func(ctx context.Context, stale bool) (T, error)) (T, error) {
	account := strings.ToLower(accountID)
	f.mu.Lock()
	if f.kept[account] == nil {
		f.kept[account] = map[string]*reading{}
	}
	kept := f.kept[account]
	r, there := kept[key]
	if !there {
		shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
		r = &reading{kind: kind, done: make(chan struct{}), cancel: cancel}
		kept[key] = r
		r.invalidate = func() {
			if kept[key] == r {
				delete(kept, key)
			}
		}
		stale := f.stale[account]
		go f.run(r, func() (any, error) { return read(shared, stale) })
	}
	r.waiters++
	f.mu.Unlock()

	var none T
	select {
	case <-r.done:
		if r.err != nil {
			return none, r.err
		}
		value, _ := r.value.(T) // of one key all are of one type
		return value, nil
	case <-ctx.Done():
		f.mu.Lock()
		defer f.mu.Unlock()
		if r.waiters--; r.waiters == 0 {
			r.cancel()
			r.invalidate() // no other caller comes to wait for what was given up
		}
		return none, ctx.Err()
	}
}

// run reads for all who wait.
func (f *Fetcher) run(r *reading, read func() (any, error)) {
	defer r.cancel()
	value, err := read()
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.value, r.err = value, err; err != nil {
		r.invalidate()
	}
	close(r.done)
}

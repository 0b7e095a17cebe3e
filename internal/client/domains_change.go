package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// domainChange is a change of the list, which the API only replaces as a whole.
type domainChange struct {
	names []string // what the change is about, for errors
	force bool     // ask for single sign-on to end with its last domain
	holds func(now []Domain) bool
	apply func(now []Domain) []string
	// ready is holds for a list that nothing was written to yet; nil for the same.
	ready func(now []Domain) bool
}

func (d *domainChange) isDone(now []Domain, written bool) bool {
	if !written && d.force {
		return d.ready(now)
	}
	return d.holds(now)
}

// domainList is the list as it was read.
type domainList struct {
	domains    []Domain
	etag       string    // "" where the server has none
	staleAfter time.Time // where there is no etag, when a write must not go by it any more
}

// domainWriter makes one change. With an ETag the write insists on what was read, so
// that no other writer's change is lost; the same check resolves a write whose answer
// never came: its repetition fails with 412, and the next read shows that it holds.
//
// Without an ETag writers can only be polite: a write goes out right after the read
// that it is based on or not at all, is never repeated blindly, and is read back only
// when every write by an older read must have arrived. A caller that sees its change undone
// merges it again. All times follow from what round trips cost, as measured.
type domainWriter struct {
	*Client
	account  string
	change   domainChange
	since    time.Time
	cost     time.Duration // of the slowest round trip so far
	tries    int
	failures int
	sent     bool // a write, which may have arrived: a 412 can be about an own one whose answer was lost
	written  bool // one that was not refused
	doubt    doubt
	unread   bool // one that may have been made, and nothing was read since
}

// changeDomains reads, merges, writes and reads back until the change holds or ctx
// ends. Writers in this process wait for each other. Where no answer tells whether the
// last write was made, it looks once more, also when ctx has ended.
func (c *Client) changeDomains(ctx context.Context, accountID string, change domainChange) (now []Domain, written bool, err error) {
	w := &domainWriter{Client: c, account: accountID, change: change, since: time.Now()}
	for done := false; !done && err == nil; {
		now, done, err = w.try(ctx)
	}
	if w.tries > 1 && errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
		err = &LostWriteError{AccountID: accountID, Domains: change.names, Tries: w.tries, Since: w.since, Waited: time.Since(w.since)}
	}
	if err != nil && w.unread {
		look, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookUpTimeout)
		defer cancel()
		seen, lookErr := w.read(look)
		switch {
		case lookErr == nil && w.change.isDone(seen.domains, true):
			return seen.domains, true, nil
		case lookErr != nil, w.doubt.underway:
			err = &UncertainWriteError{Err: err}
		}
	}
	if err != nil {
		return nil, false, err
	}
	return now, w.sent, nil
}

// try makes the change once. Neither done nor an error is another try.
func (w *domainWriter) try(ctx context.Context) (now []Domain, done bool, err error) {
	if w.tries > 0 {
		if err := sleep(ctx, w.pause()); err != nil {
			return nil, false, err
		}
	}
	w.tries++
	seen, done, err := w.merge(ctx)
	if done || err != nil {
		return seen.domains, done, err
	}
	if seen.etag == "" {
		if err := sleep(ctx, w.settleDelay()); err != nil {
			return nil, false, err
		}
	}
	if seen, err = w.read(ctx); err != nil {
		return nil, false, err
	}
	return seen.domains, w.change.isDone(seen.domains, w.written), nil
}

// merge reads and writes, one writer of this process at a time.
func (w *domainWriter) merge(ctx context.Context) (seen domainList, done bool, err error) {
	unlock, err := domainLocks.lock(ctx, w.base+" "+strings.ToLower(w.account))
	if err != nil {
		return seen, false, err
	}
	defer unlock()
	if seen, err = w.read(ctx); err != nil {
		return seen, false, err
	}
	if w.change.isDone(seen.domains, w.written) {
		return seen, true, nil
	}
	took, err := w.writeDomains(ctx, w.account, seen, w.change.apply(seen.domains), w.change.force, &w.doubt)
	w.cost, w.sent, w.unread = max(w.cost, took), true, err == nil || w.doubt.written
	switch {
	case err == nil:
		w.written = true
	case IsPreconditionFailed(err), errors.Is(err, errStale):
		err = nil
	case seen.etag == "" && isPassing(err) && w.failures < w.config.MaxRetries:
		w.failures++
		w.written, err = true, nil
	}
	return seen, false, err
}

// isPassing reports a failure that another attempt may not meet.
func isPassing(err error) bool {
	var answer *APIError
	if errors.As(err, &answer) {
		return retryStatus(answer.Status, &callState{idempotent: true})
	}
	var lost *ConnectionError
	return errors.As(err, &lost)
}

// read reads the list.
//
// GET /api/accounts/{account_id}/domains
func (w *domainWriter) read(ctx context.Context) (seen domainList, err error) {
	var took time.Duration
	seen.domains, seen.etag, err = w.readDomains(ctx, w.account, &took)
	w.cost, w.unread = max(w.cost, took), w.unread && err != nil
	if seen.etag == "" {
		seen.staleAfter = time.Now().Add(max(w.retry.base/2, w.trip()))
	}
	return seen, err
}

// trip returns what a round trip may cost.
func (w *domainWriter) trip() time.Duration {
	return min(max(w.cost, time.Microsecond), w.retry.maxWait)
}

// settleDelay returns how long writes may be under way that go by a list from before: the way
// back of a read, what it may wait until it is stale, the way of a write, and room.
func (w *domainWriter) settleDelay() time.Duration { return w.retry.base + 4*w.trip() }

// pause spreads those who want to write at the same time over ever more round trips.
func (w *domainWriter) pause() time.Duration {
	return fullJitter(2*w.trip(), 64*w.trip(), w.tries-1)
}

// readDomains reads the list and its ETag, "" where the server has none.
//
// GET /api/accounts/{account_id}/domains
func (c *Client) readDomains(ctx context.Context, accountID string, took *time.Duration) ([]Domain, string, error) {
	return doTagged[[]Domain](ctx, c, call{method: http.MethodGet, path: []string{"accounts", accountID, "domains"}, feature: featureSSO, absent: thingOrAccount, took: took})
}

// writeDomains replaces the list.
//
// PATCH /api/accounts/{account_id}/domains
func (c *Client) writeDomains(ctx context.Context, accountID string, seen domainList, names []string, force bool, left *doubt) (took time.Duration, err error) {
	var query url.Values
	if force {
		query = url.Values{"allow_disable_sso": {"true"}}
	}
	_, err = c.send(ctx, call{
		method: http.MethodPatch, ifMatch: seen.etag, staleAfter: seen.staleAfter, took: &took, doubt: left,
		path: []string{"accounts", accountID, "domains"}, feature: featureSSO,
		query: query,
		body: struct {
			DomainNames []string `json:"domain_names"`
		}{names},
	})
	return took, err
}

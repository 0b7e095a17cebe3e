package identity

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// MetadataSource is a document that was fetched before, and what tells whether it is still
// the same.
type MetadataSource struct{ URL, EntityID, ETag, LastModified string }

// MetadataFetcher fetches metadata once more.
type MetadataFetcher interface {
	// RefetchMetadata fetches and reads the document; it reports false where it is still
	// the same, which it need not find out.
	RefetchMetadata(ctx context.Context, source MetadataSource) (m Metadata, changed bool, err error)
}

// askedEvery is how often logins cause a fetch of a connection's metadata at most: what
// strangers do must not become requests to others.
const askedEvery = time.Minute

// Why metadata that was fetched again does not count, beside the reasons of package
// samlmetadata.
const (
	metadataUnreachable   = "metadata-unreachable"
	metadataAnotherEntity = "metadata-another-entity"
	metadataNotTaken      = "metadata-not-taken"
)

// Rollover follows the metadata of identity providers: their keys, endpoint and signing
// demand. It has no timer. A login that begins with stale metadata has it fetched behind
// it, an answer that no known key verifies may wait for a fetch, and Refresh fetches now.
// Of one connection it fetches one document at a time. Use NewRollover, and Close it in the
// end.
type Rollover struct {
	store   *store.Store
	fetcher MetadataFetcher
	clock   func() time.Time
	logger  *slog.Logger

	ctx    context.Context
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	flights map[string]chan struct{} // by connection, until the fetch is over
	starts  map[string]time.Time     // when the start of a login last caused one
	answers map[string]time.Time     // when an answer last did
}

// NewRollover returns a Rollover of a store's connections.
func NewRollover(s *store.Store, fetcher MetadataFetcher, clock func() time.Time, logger *slog.Logger) *Rollover {
	r := &Rollover{
		store: s, fetcher: fetcher, clock: clock, logger: logger,
		flights: map[string]chan struct{}{}, starts: map[string]time.Time{}, answers: map[string]time.Time{},
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Close ends fetches that are under way and waits for their end. None begins afterwards.
func (r *Rollover) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.group.Wait()
}

// LoginBegins has the metadata of a connection fetched if it is stale. It does not wait.
func (r *Rollover) LoginBegins(c *store.Connection) {
	if c.SAML == nil || !c.SAML.Stale(r.clock()) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.due(r.starts, c.ID) {
		return
	}
	r.begin(store.Actor{}, c.AccountID, c.ID)
}

// AwaitKeys waits for a fetch of a connection's metadata because of an answer that none of
// its keys verifies, and returns the connection as it is afterwards. It reports false
// where there is none to wait for: at most one answer a minute and connection waits. The
// caller sees to it that the answer is one to wait for.
func (r *Rollover) AwaitKeys(ctx context.Context, c *store.Connection) (*store.Connection, bool) {
	if c.SAML == nil || c.SAML.MetadataURL == "" {
		return nil, false
	}
	r.mu.Lock()
	if !r.due(r.answers, c.ID) {
		r.mu.Unlock()
		return nil, false
	}
	over := r.begin(store.Actor{}, c.AccountID, c.ID)
	r.mu.Unlock()
	if !wait(ctx, over) {
		return nil, false
	}
	var now *store.Connection
	err := r.store.View(func(reader *store.Reader) (err error) {
		now, err = reader.Connection(c.AccountID, c.ID)
		return err
	})
	return now, err == nil && now.SAML != nil
}

// Refresh fetches a connection's metadata now, in an actor's name. That it could not be
// taken over is no error of it: it stands with the connection.
func (r *Rollover) Refresh(ctx context.Context, by store.Actor, account uuid.UUID, id string) error {
	err := r.store.View(func(reader *store.Reader) error {
		c, err := reader.Connection(account, id)
		if err == nil && (c.SAML == nil || c.SAML.MetadataURL == "") {
			err = &store.Conflict{Reason: "The connection " + c.Name + " has no metadata URL, so there is nothing to fetch"}
		}
		return err
	})
	if err != nil {
		return err
	}
	for {
		r.mu.Lock()
		_, flying := r.flights[id]
		over := r.begin(by, account, id)
		r.mu.Unlock()
		if !wait(ctx, over) {
			return &store.Conflict{Reason: "The request ended before the metadata was fetched; read the connection to see what came of it"}
		}
		if !flying { // one that was under way may have read what was there before
			return nil
		}
	}
}

// due reports whether something that strangers cause may happen for a connection, and
// notes that it does. It needs the lock.
func (r *Rollover) due(last map[string]time.Time, id string) bool {
	now := r.clock()
	for other, at := range last {
		if now.Sub(at) >= askedEvery || now.Before(at) {
			delete(last, other)
		}
	}
	if _, lately := last[id]; lately {
		return false
	}
	last[id] = now
	return true
}

// begin fetches a connection's metadata, unless that is under way, and returns what is
// closed at the end. It needs the lock.
func (r *Rollover) begin(by store.Actor, account uuid.UUID, id string) <-chan struct{} {
	if over, flying := r.flights[id]; flying {
		return over
	}
	over := make(chan struct{})
	if r.closed {
		close(over)
		return over
	}
	r.flights[id] = over
	r.group.Go(func() {
		defer func() {
			r.mu.Lock()
			delete(r.flights, id)
			r.mu.Unlock()
			close(over)
		}()
		r.fetch(by, account, id)
	})
	return over
}

// wait reports whether something was over before a context was.
func wait(ctx context.Context, over <-chan struct{}) bool {
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	}
}

// fetch fetches a connection's metadata and keeps what came of it. No request is there to
// be answered by a fault of this server, and the server goes on: the connection says so.
func (r *Rollover) fetch(by store.Actor, account uuid.UUID, id string) {
	var was *store.SAML
	err := r.store.View(func(reader *store.Reader) error {
		c, err := reader.Connection(account, id)
		if err == nil {
			was = c.SAML
		}
		return err
	})
	if err != nil || was == nil || was.MetadataURL == "" {
		return // it is gone since
	}
	keep := func(change store.SAMLChange) error {
		return r.store.Update(by, func(tx *store.Tx) error {
			_, err := tx.RefreshMetadata(account, id, was, change)
			return err
		})
	}
	err = request.Guard(func() error { return r.follow(was, keep) })
	var fault *request.Panic
	if errors.As(err, &fault) {
		r.logger.Error("unexpected failure while metadata was fetched", "connection", id, "fault", fault.Value, "stack", fault.Stack)
		err = request.Guard(func() error {
			return keep(failed(was, metadataNotTaken, "the metadata could not be read because of a fault of this server, whose log says more"))
		})
	}
	var gone *store.NotFound
	if err != nil && !store.IsUnavailable(err) && !errors.As(err, &gone) {
		r.logger.Error("metadata that was fetched could not be kept", "connection", id, "error", err)
	}
}

// follow fetches metadata and keeps the change that it makes, or why it makes none.
func (r *Rollover) follow(was *store.SAML, keep func(store.SAMLChange) error) error {
	source := MetadataSource{was.MetadataURL, was.MetadataEntityID, was.Fetch.ETag, was.Fetch.LastModified}
	m, changed, err := r.fetcher.RefetchMetadata(r.ctx, source)
	if r.ctx.Err() != nil {
		return nil // the server ends; that says nothing of the identity provider
	}
	err = keep(refreshed(was, m, changed, err, r.clock()))
	var invalid *store.Invalid
	if errors.As(err, &invalid) {
		err = keep(failed(was, metadataNotTaken, err.Error()))
	}
	return err
}

// refreshed is the change that a fetch makes.
func refreshed(was *store.SAML, m Metadata, changed bool, err error, now time.Time) store.SAMLChange {
	switch until := was.Fetch.ValidUntil; {
	case err != nil:
		id := string(samlmetadata.IDOf(err))
		if id == "" {
			id = metadataUnreachable
		}
		return failed(was, id, err.Error())
	case !changed && !until.IsZero() && !now.Before(until):
		return failed(was, string(samlmetadata.Expired), "The metadata was valid until "+until.UTC().Format(time.RFC3339)+", and the identity provider has no newer one.")
	case !changed:
		fetch := was.Fetch
		fetch.At, fetch.Error, fetch.ErrorID = now.UTC().Truncate(time.Microsecond), "", ""
		return store.SAMLChange{Fetch: &fetch}
	case m.EntityID != was.EntityID:
		return failed(was, metadataAnotherEntity, "The metadata there is now of the entity "+m.EntityID+", and was of "+was.EntityID+". The connection goes on with what it has. If that is right, choose the entity (idp_metadata_entity_id).")
	}
	change := m.change()
	change.MetadataURL, change.MetadataEntityID = nil, nil
	return change
}

// failed is the change that a fetch makes which came to nothing: all stays, and says why.
func failed(was *store.SAML, id, sentence string) store.SAMLChange {
	fetch := was.Fetch
	fetch.Error, fetch.ErrorID = sentence, id
	return store.SAMLChange{Fetch: &fetch}
}

// change is what metadata makes of a connection's SAML side.
func (m *Metadata) change() store.SAMLChange {
	return store.SAMLChange{
		EntityID: &m.EntityID, SSOURL: &m.SSOURL, SSOBinding: &m.SSOBinding, Certificates: &m.Certificates,
		WantsSignedRequests: &m.WantsSignedRequests, MetadataWarnings: &m.Warnings,
		Fetch: &store.MetadataFetch{ValidUntil: m.ValidUntil, CacheDuration: m.CacheDuration, ETag: m.ETag, LastModified: m.LastModified},
	}
}

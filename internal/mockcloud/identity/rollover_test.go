package identity_test

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scenario"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

const entity = "https://idp.example/saml"

// published is what an identity provider publishes of itself, as tests change it.
type published struct {
	fetches atomic.Int64
	mu      sync.Mutex
	source  identity.MetadataSource // of the last fetch
	answer  func() (identity.Metadata, bool, error)
}

func (p *published) RefetchMetadata(ctx context.Context, source identity.MetadataSource) (identity.Metadata, bool, error) {
	p.fetches.Add(1)
	p.mu.Lock()
	p.source = source
	answer := p.answer
	p.mu.Unlock()
	m, changed, err := answer()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return m, changed, err
}

func (p *published) says(answer func() (identity.Metadata, bool, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *published) document(m identity.Metadata) {
	p.says(func() (identity.Metadata, bool, error) { return m, true, nil })
}

// following is a connection whose metadata is followed.
type following struct {
	*identity.Rollover
	t       *testing.T
	clock   *mocktest.Clock
	state   *store.Store
	idp     *published
	account uuid.UUID
	id      string
}

func newFollowing(t *testing.T) *following {
	t.Helper()
	f := &following{t: t, clock: mocktest.NewClock(), idp: &published{}, account: uuid.MustParse(mocktest.Account)}
	f.state = store.New(store.Options{Clock: f.clock.Now})
	if err := f.state.Reset(scenario.Default().Seed); err != nil {
		t.Fatal(err)
	}
	f.Rollover = identity.NewRollover(f.state, f.idp, f.clock.Now, slog.New(slog.DiscardHandler))
	t.Cleanup(f.Close)
	f.idp.document(f.metadata("old"))
	name, kind, url := "x", store.ConnectionType("GenericSAML"), metadataURL
	m := f.metadata("old")
	f.update(func(tx *store.Tx) error {
		c, err := tx.AddConnection(f.account, store.ConnectionChange{Name: &name, Type: &kind, SAML: &store.SAMLChange{
			MetadataURL: &url, EntityID: &m.EntityID, SSOURL: &m.SSOURL, Certificates: &m.Certificates,
			Fetch: &store.MetadataFetch{ETag: `"1"`},
		}})
		if err == nil {
			f.id = c.ID
		}
		return err
	})
	return f
}

// metadata is a document with keys of those names.
func (f *following) metadata(keys ...string) identity.Metadata {
	m := identity.Metadata{EntityID: entity, SSOURL: goodSSOURL, SSOBinding: store.RedirectBinding}
	for _, key := range keys {
		m.Certificates = append(m.Certificates, store.Certificate{DER: []byte(key), SHA256: key, NotAfter: f.clock.Now().AddDate(1, 0, 0)})
	}
	return m
}

func (f *following) update(fn func(*store.Tx) error) {
	f.t.Helper()
	if err := f.state.Update(store.Actor{}, fn); err != nil {
		f.t.Fatal(err)
	}
}

func (f *following) connection() *store.Connection {
	f.t.Helper()
	var c *store.Connection
	err := f.state.View(func(r *store.Reader) (err error) {
		c, err = r.Connection(f.account, f.id)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func (f *following) refresh() *store.SAML {
	f.t.Helper()
	if err := f.Refresh(f.t.Context(), store.Actor{}, f.account, f.id); err != nil {
		f.t.Fatal(err)
	}
	return f.connection().SAML
}

// events is how many tell of changes of the connection.
func (f *following) events() (n int) {
	f.t.Helper()
	err := f.state.View(func(r *store.Reader) error {
		events, err := r.Events(f.account)
		for _, e := range events {
			if e.Name == "prefect-cloud.sso-connection.updated" {
				n++
			}
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

func keysOf(s *store.SAML) (names []string) {
	for _, c := range s.Certificates {
		names = append(names, c.SHA256)
	}
	return names
}

// TestRefreshTakesOver: keys, endpoint and signing demand follow a document that counts; the rest stays as it was chosen.
func TestRefreshTakesOver(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	f.clock.Advance(time.Minute)
	m := f.metadata("old", "new")
	m.SSOURL, m.SSOBinding, m.WantsSignedRequests, m.ETag = goodSSOURL+"2", store.POSTBinding, true, `"2"`
	m.Warnings = []string{"a key was left out"}
	f.idp.document(m)
	s := f.refresh()
	if got := keysOf(s); !reflect.DeepEqual(got, []string{"old", "new"}) || s.SSOURL != m.SSOURL || s.SSOBinding != store.POSTBinding ||
		!s.SignAuthnRequests || !s.WantsSignedRequests || len(s.MetadataWarnings) != 1 || s.Fetch.ETag != `"2"` || !s.Fetch.At.Equal(f.clock.Now()) || s.Fetch.Error != "" {
		t.Errorf("%+v", s)
	}
	if f.idp.source != (identity.MetadataSource{URL: metadataURL, ETag: `"1"`}) {
		t.Errorf("asked for %+v", f.idp.source)
	}
	if n := f.events(); n != 1 {
		t.Errorf("%d events", n)
	}
	// The same again is no event and no change but the time of the fetch.
	before := f.connection()
	f.clock.Advance(time.Minute)
	if s = f.refresh(); !s.Fetch.At.Equal(f.clock.Now()) || f.events() != 1 || !f.connection().Updated.Equal(before.Updated) {
		t.Errorf("%+v, %d events", s, f.events())
	}
	chosen := false
	f.update(func(tx *store.Tx) error {
		_, err := tx.UpdateConnection(f.account, f.id, store.ConnectionChange{SAML: &store.SAMLChange{SignAuthnRequests: store.Nullable[bool]{Set: true, Value: &chosen}}})
		return err
	})
	if s = f.refresh(); s.SignAuthnRequests || !s.WantsSignedRequests {
		t.Errorf("what somebody chose follows the metadata: %+v", s)
	}
}

// TestRefreshLeavesAll: what does not count changes nothing, and the connection says why until a fetch goes well.
func TestRefreshLeavesAll(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	before := f.connection().SAML
	read := func(xml string) error {
		_, err := samlmetadata.ReadText(xml, samlmetadata.Options{Now: f.clock.Now()})
		if err == nil {
			t.Fatal("the document is fine")
		}
		return err
	}
	other := f.metadata("evil")
	other.EntityID = "https://evil.example/saml"
	for name, test := range map[string]struct {
		answer func() (identity.Metadata, bool, error)
		id     string
	}{
		"another entity": {func() (identity.Metadata, bool, error) { return other, true, nil }, "metadata-another-entity"},
		"unreachable": {func() (identity.Metadata, bool, error) {
			return identity.Metadata{}, false, errors.New("nobody answers")
		}, "metadata-unreachable"},
		"half": {func() (identity.Metadata, bool, error) {
			return identity.Metadata{}, true, read(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x">`)
		}, string(samlmetadata.MalformedXML)},
		"a page":                {func() (identity.Metadata, bool, error) { return identity.Metadata{}, true, read("<html></html>") }, string(samlmetadata.NotMetadata)},
		"a fault of the reader": {func() (identity.Metadata, bool, error) { panic("unexpected") }, "metadata-not-taken"},
		"no key that lives": {func() (identity.Metadata, bool, error) {
			m := f.metadata("dead")
			m.Certificates[0].NotAfter = f.clock.Now().Add(-time.Hour)
			return m, true, nil
		}, "metadata-not-taken"},
	} {
		f.idp.says(test.answer)
		s := f.refresh()
		if s.Fetch.ErrorID != test.id || s.Fetch.Error == "" {
			t.Errorf("%s: %q, %q", name, s.Fetch.ErrorID, s.Fetch.Error)
		}
		same := *s
		same.Fetch.Error, same.Fetch.ErrorID = "", ""
		if !reflect.DeepEqual(same, *before) {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if n := f.events(); n != 0 {
		t.Errorf("%d events of changes that were none", n)
	}
	f.idp.says(func() (identity.Metadata, bool, error) {
		return identity.Metadata{}, false, errors.New("nobody answers")
	})
	f.refresh()
	failed := f.connection()
	f.refresh()
	if again := f.connection(); again != failed {
		t.Errorf("the same failure is written again: %+v", again.SAML.Fetch)
	}
	f.idp.document(f.metadata("old"))
	if s := f.refresh(); s.Fetch.Error != "" || s.Fetch.ErrorID != "" {
		t.Errorf("%+v", s.Fetch)
	}
}

// TestFetchFails: whatever goes wrong here once a document was fetched, the server goes on, no login waits forever, and the
// connection says so.
func TestFetchFails(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	var broken atomic.Bool
	rollover := identity.NewRollover(f.state, f.idp, func() time.Time {
		if broken.Swap(false) {
			panic("the clock is gone")
		}
		return f.clock.Now()
	}, slog.New(slog.DiscardHandler))
	t.Cleanup(rollover.Close)
	f.idp.says(func() (identity.Metadata, bool, error) {
		broken.Store(true)
		return f.metadata("new"), true, nil
	})
	before := f.connection()
	if err := rollover.Refresh(t.Context(), store.Actor{}, f.account, f.id); err != nil {
		t.Fatal(err)
	}
	if s := f.connection().SAML; s.Fetch.ErrorID != "metadata-not-taken" || s.Fetch.Error == "" || !reflect.DeepEqual(keysOf(s), keysOf(before.SAML)) {
		t.Errorf("%+v", s)
	}
	f.idp.document(f.metadata("new"))
	if err := rollover.Refresh(t.Context(), store.Actor{}, f.account, f.id); err != nil {
		t.Fatal(err)
	}
	if s := f.connection().SAML; s.Fetch.ErrorID != "" || !reflect.DeepEqual(keysOf(s), []string{"new"}) {
		t.Errorf("%+v", s)
	}
}

// TestRefreshOfTheSameDocument: an unchanged document is good for another while, but not for longer than it says itself.
func TestRefreshOfTheSameDocument(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	m := f.metadata("old")
	m.ValidUntil, m.CacheDuration = f.clock.Now().Add(90*time.Minute), 10*time.Minute
	f.idp.document(m)
	f.refresh()
	f.idp.says(func() (identity.Metadata, bool, error) { return identity.Metadata{}, false, nil })
	for _, step := range []struct {
		after time.Duration
		stale bool
		id    string
	}{{9 * time.Minute, false, ""}, {11 * time.Minute, true, ""}, {80 * time.Minute, true, string(samlmetadata.Expired)}} {
		f.clock.Advance(step.after)
		if stale := f.connection().SAML.Stale(f.clock.Now()); stale != step.stale {
			t.Errorf("after %s it is stale: %t", step.after, stale)
		}
		if s := f.refresh(); s.Fetch.ErrorID != step.id {
			t.Errorf("after %s: %+v", step.after, s.Fetch)
		}
	}
}

// TestStale: an hour, or less if the document says so.
func TestStale(t *testing.T) {
	t.Parallel()
	now := mocktest.NewClock().Now()
	for name, test := range map[string]struct {
		saml  store.SAML
		stale bool
	}{
		"pasted":             {store.SAML{}, false},
		"never fetched":      {store.SAML{MetadataURL: metadataURL}, true},
		"just now":           {store.SAML{MetadataURL: metadataURL, Fetch: store.MetadataFetch{At: now}}, false},
		"nearly an hour":     {store.SAML{MetadataURL: metadataURL, Fetch: store.MetadataFetch{At: now.Add(time.Second - time.Hour)}}, false},
		"an hour":            {store.SAML{MetadataURL: metadataURL, Fetch: store.MetadataFetch{At: now.Add(-time.Hour)}}, true},
		"cached for less":    {store.SAML{MetadataURL: metadataURL, Fetch: store.MetadataFetch{At: now.Add(-time.Minute), CacheDuration: time.Minute}}, true},
		"cached for longer":  {store.SAML{MetadataURL: metadataURL, Fetch: store.MetadataFetch{At: now.Add(-time.Hour), CacheDuration: 48 * time.Hour}}, true},
		"not valid any more": {store.SAML{MetadataURL: metadataURL, Fetch: store.MetadataFetch{At: now.Add(-time.Minute), ValidUntil: now}}, true},
	} {
		if got := test.saml.Stale(now); got != test.stale {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestRefreshOfAnother: what came back for a connection that was changed meanwhile is thrown away.
func TestRefreshOfAnother(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(f *following, tx *store.Tx) error{
		"other keys": func(f *following, tx *store.Tx) error {
			url, certificates := "", f.metadata("chosen").Certificates
			_, err := tx.UpdateConnection(f.account, f.id, store.ConnectionChange{SAML: &store.SAMLChange{MetadataURL: &url, Certificates: &certificates}})
			return err
		},
		"deleted": func(f *following, tx *store.Tx) error { return tx.DeleteConnection(f.account, f.id) },
	} {
		f := newFollowing(t)
		f.idp.says(func() (identity.Metadata, bool, error) {
			f.update(func(tx *store.Tx) error { return meanwhile(f, tx) })
			return f.metadata("new"), true, nil
		})
		if err := f.Refresh(t.Context(), store.Actor{}, f.account, f.id); err != nil {
			t.Fatal(err)
		}
		if name == "deleted" {
			continue
		}
		if s := f.connection().SAML; !reflect.DeepEqual(keysOf(s), []string{"chosen"}) || !s.Fetch.At.IsZero() {
			t.Errorf("%s: %+v", name, s)
		}
	}
	// What the SAML side has nothing to do with may change.
	f := newFollowing(t)
	f.idp.says(func() (identity.Metadata, bool, error) {
		name := "renamed"
		f.update(func(tx *store.Tx) error {
			_, err := tx.UpdateConnection(f.account, f.id, store.ConnectionChange{Name: &name})
			return err
		})
		return f.metadata("new"), true, nil
	})
	if s := f.refresh(); !reflect.DeepEqual(keysOf(s), []string{"new"}) || f.connection().Name != "renamed" {
		t.Errorf("%+v", f.connection())
	}
}

// TestSingleFlight: however many logins begin with stale metadata, one document is fetched, and no login waits for it.
func TestSingleFlight(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	release := make(chan struct{})
	f.idp.says(func() (identity.Metadata, bool, error) {
		<-release
		return f.metadata("new"), true, nil
	})
	f.LoginBegins(f.connection())
	if n := f.idp.fetches.Load(); n != 0 {
		t.Fatalf("%d fetches of fresh metadata", n)
	}
	f.clock.Advance(time.Hour + time.Second)
	for range 20 {
		f.LoginBegins(f.connection()) // it would not come back if it waited
	}
	waited := make(chan bool)
	for range 2 {
		go func() {
			c, ok := f.AwaitKeys(t.Context(), f.connection())
			waited <- ok && reflect.DeepEqual(keysOf(c.SAML), []string{"new"})
		}()
	}
	if <-waited { // one of them, the other waits
		t.Error("two answers wait at once")
	}
	close(release)
	if !<-waited {
		t.Error("the answer did not get the new keys")
	}
	if n := f.idp.fetches.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
	if _, ok := f.AwaitKeys(t.Context(), f.connection()); ok {
		t.Error("a second answer waits within the minute")
	}
	f.clock.Advance(time.Minute)
	if _, ok := f.AwaitKeys(t.Context(), f.connection()); !ok || f.idp.fetches.Load() != 2 {
		t.Errorf("after a minute: %t, %d fetches", ok, f.idp.fetches.Load())
	}
}

// TestStaleAndFailing: while the fetch fails, logins cause one a minute.
func TestStaleAndFailing(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	f.idp.says(func() (identity.Metadata, bool, error) {
		return identity.Metadata{}, false, errors.New("nobody answers")
	})
	f.clock.Advance(2 * time.Hour)
	for range 3 {
		before := f.idp.fetches.Load()
		for range 5 {
			f.LoginBegins(f.connection())
			f.refresh() // waits until nothing is under way
		}
		if n := f.idp.fetches.Load() - before; n != 6 {
			t.Errorf("%d fetches, of which the refreshes were 5", n)
		}
		f.clock.Advance(time.Minute)
	}
}

// TestRolloverCloses: closing ends what is under way, and nothing begins afterwards.
func TestRolloverCloses(t *testing.T) {
	t.Parallel()
	f := newFollowing(t)
	begun := make(chan struct{})
	f.idp.says(func() (identity.Metadata, bool, error) {
		close(begun)
		return identity.Metadata{}, true, nil
	})
	f.clock.Advance(time.Hour + time.Second)
	f.LoginBegins(f.connection())
	<-begun
	f.Close()
	f.clock.Advance(time.Hour + time.Second)
	f.LoginBegins(f.connection())
	f.refresh()
	if n := f.idp.fetches.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
}

// TestRefreshRoute: who may, what of, and what comes back.
func TestRefreshRoute(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	path := mocktest.Root + "/sso/connections"
	var url, pasted struct{ ID string }
	c.Call("POST", path, mocktest.Owner, obj{"name": "url", "connection_type": "GenericSAML", "saml": obj{"idp_metadata_url": metadataURL}}).
		Want(201, `"metadata_fetched_at":"2026-01-01T12:00:00.`, `"metadata_error":null`).Into(&url)
	c.Call("POST", path, mocktest.Owner, obj{"name": "pasted", "connection_type": "GenericSAML", "saml": obj{"idp_metadata_xml": "<good/>"}}).
		Want(201, `"metadata_fetched_at":null`).Into(&pasted)
	c.clock.Advance(time.Minute)
	c.Call("POST", path+"/"+url.ID+"/refresh", mocktest.Owner, nil).Want(200, `"id":"`+url.ID+`"`, `"metadata_fetched_at":"2026-01-01T12:01:00`)
	c.Call("POST", path+"/"+url.ID+"/refresh", mocktest.Member, nil).Want(403)
	c.Call("POST", path+"/"+pasted.ID+"/refresh", mocktest.Owner, nil).Want(409)
	c.Call("POST", path+"/conn_01KDWPVNG0845A57EG9GH6GPYQ/refresh", mocktest.Owner, nil).Want(404)
	// The same URL gives another entity: refused, unless it is chosen.
	c.provider.entity.Store("https://other.example")
	patch := func(side obj) mocktest.Answer {
		return c.Call("PATCH", path+"/"+url.ID, mocktest.Owner, obj{"saml": side})
	}
	patch(obj{"idp_metadata_url": metadataURL}).Want(422, `"idp_metadata_url"`, "https://other.example", "https://idp.example/saml")
	c.Call("POST", path+"/"+url.ID+"/refresh", mocktest.Owner, nil).Want(200, `"metadata_error_id":"metadata-another-entity"`, `"idp_entity_id":"https://idp.example/saml"`)
	patch(obj{"idp_metadata_url": metadataURL, "idp_metadata_entity_id": "https://other.example"}).Want(200, `"idp_entity_id":"https://other.example"`, `"metadata_error":null`)
}

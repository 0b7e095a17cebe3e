package store

import (
	"reflect"
	"time"

	"github.com/google/uuid"
)

// maxMetadataAge is how long fetched metadata is good for at most.
const maxMetadataAge = time.Hour

// MetadataFetch is what is known of the fetches of a connection's metadata. It is all zero
// where the metadata does not come from a URL.
type MetadataFetch struct {
	// At is when a document was last taken over, or found to be the same.
	At time.Time
	// ValidUntil and CacheDuration are what that document says of itself (SAML Metadata
	// 2.3.2); zero where it does not say.
	ValidUntil    time.Time
	CacheDuration time.Duration
	// ETag and LastModified ask whether it is still the same (RFC 9110, section 13.1).
	ETag, LastModified string
	// Error says what went wrong since, ErrorID the same for programs; empty for nothing.
	Error, ErrorID string
}

// Stale reports whether the metadata of a connection ought to be fetched again: by its
// URL, after an hour or whatever less it says of itself.
func (s *SAML) Stale(now time.Time) bool {
	if s.MetadataURL == "" {
		return false
	}
	age := maxMetadataAge
	if d := s.Fetch.CacheDuration; d > 0 {
		age = min(age, d)
	}
	return !now.Before(s.Fetch.At.Add(age)) || !s.Fetch.ValidUntil.IsZero() && !now.Before(s.Fetch.ValidUntil)
}

// RefreshMetadata takes over what a fetch of a connection's metadata came to: keys,
// endpoint and signing demand, or only when and what went wrong. It does nothing if the
// SAML side is another than the one that the fetch began with. What changes nothing but the
// fetch itself is no event.
func (tx *Tx) RefreshMetadata(accountID uuid.UUID, id string, was *SAML, change SAMLChange) (*Connection, error) {
	old, err := tx.Connection(accountID, id)
	if err != nil {
		return nil, err
	}
	if old.SAML == nil || !reflect.DeepEqual(*old.SAML, *was) {
		return old, nil
	}
	next := *old
	if next.SAML, err = change.apply(*old.SAML, tx.Now()); err != nil {
		return nil, err
	}
	if reflect.DeepEqual(*old.SAML, *next.SAML) { // the same failure again: logins of strangers can cause it
		return old, nil
	}
	if reflect.DeepEqual(old.fields(), next.fields()) {
		connectionTable.Put(tx.db, &next)
		return &next, nil
	}
	return tx.putConnection(old, next, uuid.Nil), nil
}

// fetched keeps how a fetch went. A document that was just taken over was fetched now; where
// the metadata is not from a URL, nothing was.
func (change *SAMLChange) fetched(s *SAML, now time.Time) {
	set(&s.Fetch, change.Fetch)
	switch {
	case s.MetadataURL == "":
		s.Fetch = MetadataFetch{}
	case change.Fetch != nil && change.Fetch.At.IsZero() && change.Fetch.Error == "":
		s.Fetch.At = now.UTC().Truncate(time.Microsecond)
	}
}

// checkEntity refuses metadata that comes from the same URL and is of another entity,
// unless that one was chosen: what it calls people would be taken for other people's names.
func (change *SAMLChange) checkEntity(s *SAML) error {
	if change.MetadataURL == nil || *change.MetadataURL == "" || *change.MetadataURL != s.MetadataURL ||
		valueOf(change.EntityID) == s.EntityID || valueOf(change.MetadataEntityID) != "" {
		return nil
	}
	return invalid("the metadata there is now of the entity "+valueOf(change.EntityID)+", and was of "+s.EntityID+
		"; if that is right, choose it with idp_metadata_entity_id", "saml", "idp_metadata_url")
}

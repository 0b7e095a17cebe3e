package scim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"hash/fnv"
	"sort"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

const (
	// cursorLife is how long the next page can be asked for.
	cursorLife = time.Hour
	// cursors is the purpose by which cursors are sealed.
	cursors = "scim-cursor"
)

// position is the row after which the next page begins. Between the pages it is in
// the hands of the caller, who cannot read it (RFC 9865, 2.1).
type position struct {
	Directory string
	// Query is a hash of what the list is of.
	Query   string
	Expires time.Time
	Key     key
	Group   bool
	Created time.Time
	ID      uuid.UUID
}

// position reads the query's cursor; nil for the first page.
func (q *query) position(r *store.Reader, d *store.Directory) (*position, error) {
	if q.cursor == "" {
		return nil, nil
	}
	var p position
	payload, genuine := r.Unseal(cursors, q.cursor)
	switch {
	case !genuine || json.Unmarshal(payload, &p) != nil || p.Directory != d.ID:
		return nil, scimerr.New(scimerr.InvalidCursor, "the cursor is not one that this directory gave")
	case p.Query != q.hash():
		return nil, scimerr.New(scimerr.InvalidCursor, "the cursor belongs to another query; the filter and the order have to stay the same from page to page")
	case !r.Now().Before(p.Expires):
		return nil, scimerr.New(scimerr.ExpiredCursor, "the cursor has expired; ask for the first page again")
	}
	return &p, nil
}

// next gives the cursor of the page after a row.
func (q *query) next(r *store.Reader, d *store.Directory, last keyed) (string, error) {
	payload, err := json.Marshal(position{
		Directory: d.ID, Query: q.hash(), Expires: r.Now().Add(cursorLife),
		Key: last.key, Group: last.group != nil, Created: last.created(), ID: last.id(),
	})
	if err != nil {
		return "", err
	}
	return r.Seal(cursors, payload), nil
}

func (q *query) hash() string {
	sum := fnv.New64a()
	for _, part := range q.text {
		// Writing to a hash never fails.
		_, _ = sum.Write([]byte(strconv.Quote(part)))
	}
	return strconv.FormatUint(sum.Sum64(), 36)
}

// after gives the index of the first row after a position, which rows have a place
// relative to even when its own row is gone.
func (q *query) after(p *position, found hits) int {
	if p == nil {
		return 0
	}
	return sort.Search(found.len(), func(i int) bool { return q.comparePlace(p, found.at(i)) < 0 })
}

func (q *query) comparePlace(p *position, r keyed) int {
	id := r.id()
	return cmp.Or(
		q.compare(p.Key, r.key), compareBool(p.Group, r.group != nil),
		p.Created.Compare(r.created()), bytes.Compare(p.ID[:], id[:]),
	)
}

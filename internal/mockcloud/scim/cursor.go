package scim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"hash/fnv"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/scimerr"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

const (
	// cursorLife is how long the next page can be asked for.
	cursorLife = time.Hour
	// cursors is the purpose by which cursors are signed.
	cursors = "scim-cursor"
)

// position is the row after which the next page begins. Between the pages it is in
// the hands of the caller, signed (RFC 9865, 2.1).
type position struct {
	Directory string
	// Query is a hash of what the list is of.
	Query   string
	Expires time.Time
	Group   bool
	Created time.Time
	ID      uuid.UUID
	// Offset is where the next row was, for a sorted list that has lost this one.
	Offset int
}

// position reads the query's cursor; nil for the first page.
func (q *query) position(r *store.Reader, d *store.Directory) (*position, error) {
	if q.cursor == "" {
		return nil, nil
	}
	var p position
	payload, genuine := r.Verify(cursors, q.cursor)
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
func (q *query) next(r *store.Reader, d *store.Directory, last row, offset int) (string, error) {
	payload, err := json.Marshal(position{
		Directory: d.ID, Query: q.hash(), Expires: r.Now().Add(cursorLife),
		Group: last.group != nil, Created: last.created(), ID: last.id(), Offset: offset,
	})
	if err != nil {
		return "", err
	}
	return r.Sign(cursors, payload), nil
}

func (q *query) hash() string {
	sum := fnv.New64a()
	for _, part := range q.text {
		// Writing to a hash never fails.
		_, _ = sum.Write([]byte(strconv.Quote(part)))
	}
	return strconv.FormatUint(sum.Sum64(), 36)
}

// in gives the index of the first row after the position. Rows in their own order
// have their place even when the row itself is gone.
func (p *position) in(found hits) int {
	switch {
	case p == nil:
		return 0
	case found.sorted == nil:
		return sort.Search(found.len(), func(i int) bool { return p.before(found.at(i)) })
	}
	if at := slices.IndexFunc(found.sorted, func(r row) bool { return r.id() == p.ID }); at >= 0 {
		return at + 1
	}
	return max(p.Offset-1, 0)
}

func (p *position) before(r row) bool {
	return cmp.Or(
		compareBool(p.Group, r.group != nil),
		p.Created.Compare(r.created()),
		func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }(p.ID, r.id()),
	) < 0
}

package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

func (r *rows[V]) tableName() string { return r.name }

// Load implements Contents.
func (r *rows[V]) Load(kept []journal.Row) error {
	decoded, err := Decode[V](kept)
	if err != nil {
		return err
	}
	for i, row := range decoded {
		if len(kept[i].Key) != len(uuid.UUID{}) {
			return fmt.Errorf("%x is no key of a row", kept[i].Key)
		}
		r.byID[uuid.UUID(kept[i].Key)] = row
	}
	for _, ix := range r.indexes {
		ix.fill(decoded)
	}
	return nil
}

// Describe implements Contents.
func (r *rows[V]) Describe() ([]any, error) {
	out := make([]any, 0, len(r.byID))
	r.each(func(_ uuid.UUID, row any) { out = append(out, Describe(row)) })
	return out, nil
}

func (r *rows[V]) each(fn func(id uuid.UUID, row any)) {
	for _, id := range SortedIDs(r.byID) {
		fn(id, r.byID[id])
	}
}

// SortedIDs returns the keys of a map in the order in which a state file has them.
func SortedIDs[V any](m map[uuid.UUID]V) []uuid.UUID {
	return slices.SortedFunc(maps.Keys(m), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
}

// Encode adds a row to what is written.
func Encode(b *journal.Batch, table string, key []byte, row any) error {
	value, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("keep a row of %s: %w", table, err)
	}
	b.Changes = append(b.Changes, journal.Change{Table: table, Key: key, Value: value})
	return nil
}

// Decode reads rows on all processors: that takes most of the time of a start.
func Decode[V any](rows []journal.Row) ([]*V, error) {
	out := make([]*V, len(rows))
	share := len(rows)/runtime.GOMAXPROCS(0) + 1
	var group errgroup.Group
	for from := 0; from < len(rows); from += share {
		group.Go(func() error {
			return journal.Faultless(func() error {
				for i := from; i < min(from+share, len(rows)); i++ {
					out[i] = new(V)
					if err := json.Unmarshal(rows[i].Value, out[i]); err != nil {
						return fmt.Errorf("row %x: %w", rows[i].Key, err)
					}
				}
				return nil
			})
		})
	}
	return out, group.Wait()
}

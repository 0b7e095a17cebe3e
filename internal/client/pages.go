package client

import "context"

const (
	// pageSize is the most rows that the API sends at once.
	pageSize = 200
	// maxPages is far beyond any account: a million rows.
	maxPages = 5000
)

// page is the part of a filter's body that says which rows to send.
type page struct {
	Limit  int `json:"limit"`
	Offset int `json:"offset"`
}

// readPages reads from offset on until a short page. It stops with an
// *EndlessPageError at a full page without a new row, as a server sends that
// ignores offset, and after maxPages.
func readPages[T any](ctx context.Context, what string, offset int, id func(T) string, fetch func(context.Context, page) ([]T, error)) ([]T, error) {
	var all []T
	seen := map[string]bool{}
	for n := 1; ; n++ {
		rows, err := fetch(ctx, page{Limit: pageSize, Offset: offset})
		if err != nil {
			return nil, err
		}
		known := len(seen)
		for _, row := range rows {
			// A row that moved to the next page while others came or went.
			if key := id(row); !seen[key] {
				seen[key] = true
				all = append(all, row)
			}
		}
		if len(rows) < pageSize {
			return all, nil
		}
		if len(seen) == known || n == maxPages {
			return nil, &EndlessPageError{What: what, Pages: n}
		}
		offset += len(rows)
	}
}

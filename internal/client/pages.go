package client

import (
	"context"
	"iter"
	"net/url"
	"strconv"
)

const (
	// pageSize is the most rows that the API sends at once.
	pageSize = 200
	// directoryPageSize is the same for the people and groups of a directory.
	directoryPageSize = 1000
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
	for row, err := range eachRow(ctx, what, offset, id, fetch) {
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, nil
}

// eachRow is readPages, one row after the other: a page is asked for when its
// first row is wanted. An error is the last thing that it gives.
func eachRow[T any](ctx context.Context, what string, offset int, id func(T) string, fetch func(context.Context, page) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		seen := map[string]bool{}
		for n, offset := 1, offset; ; n++ {
			rows, err := fetch(ctx, page{Limit: pageSize, Offset: offset})
			if err != nil {
				yield(none, err)
				return
			}
			known := len(seen)
			for _, row := range rows {
				// A row that moved to the next page while others came or went.
				if key := id(row); !seen[key] {
					seen[key] = true
					if !yield(row, nil) {
						return
					}
				}
			}
			if len(rows) < pageSize {
				return
			}
			if len(seen) == known || n == maxPages {
				yield(none, &EndlessPageError{What: what, Pages: n})
				return
			}
			offset += len(rows)
		}
	}
}

// rowsAfter is a page of the vendor's lists, which name their last row instead
// of counting.
type rowsAfter[T any] struct {
	Data         []T `json:"data"`
	ListMetadata struct {
		After *string `json:"after"` // nil on the last page
	} `json:"list_metadata"`
}

// readAfter reads pages until the last one. It stops with an *EndlessPageError
// at a page that leads nowhere new, and after maxPages.
func readAfter[T any](what string, query url.Values, fetch func(url.Values) (rowsAfter[T], error)) ([]T, error) {
	var all []T
	query.Set("limit", strconv.Itoa(directoryPageSize))
	for n := 1; ; n++ {
		page, err := fetch(query)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Data...)
		after := page.ListMetadata.After
		if after == nil {
			return all, nil
		}
		if len(page.Data) == 0 || *after == query.Get("after") || n == maxPages {
			return nil, &EndlessPageError{What: what, Pages: n}
		}
		query.Set("after", *after)
	}
}

package eventlog

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// Query asks for a page of an account's audit trail. Lists that are nil ask
// for nothing; an empty list is a question that nothing answers.
type Query struct {
	// Since and Until are the span, both included.
	Since, Until time.Time
	Filter       Filter
	// OldestFirst turns the order around.
	OldestFirst bool
	// After is the last event of the page before this one; nil on the first page,
	// which leaves out the first Skip events.
	After *Position
	Skip  int
	// Limit is how many events the page has.
	Limit int
}

// Filter is what the events that are asked for have in common (Filter in
// the document).
type Filter struct {
	IDs                             []uuid.UUID
	Names, Prefixes                 []string
	ExcludedNames, ExcludedPrefixes []string
	Resource                        *ResourceFilter
	// Distinct leaves out all but the first event of each resource.
	Distinct bool
	// Related: for each of these there is a related resource.
	Related []ResourceFilter
	// AnyResource: for each of these there is a resource, primary or related.
	AnyResource []ResourceFilter
	// Accounts and Workspaces are where it happened. What happened in an account
	// happened in none of its workspaces.
	Accounts, Workspaces []uuid.UUID
	// Text is searched for everywhere in an event.
	Text *string
}

// ResourceFilter matches a resource that has all that is asked for.
type ResourceFilter struct {
	IDs, Prefixes, Roles []string
	// InRoles are pairs of an id and a role.
	InRoles [][2]string
	// Labels has for each label the values of which one will do.
	Labels map[string][]string
}

// Page is a part of what matches.
type Page struct {
	Events []*Event
	// Total is how many match, on this page and all others.
	Total int
	// More says whether another page follows.
	More bool
}

// Find returns a page of an account's events. Only the span is searched. Its error is
// that of reading the state file.
func (l *Log) Find(account uuid.UUID, q Query) (page Page, err error) {
	span := l.between(account, q.Since, q.Until)
	matches, resources, err := l.judge(account, span, q.Filter)
	if err != nil {
		return page, err
	}
	seen := make(map[string]struct{})
	var found []entry
	for i := range span {
		at, direction := i, 1
		if !q.OldestFirst {
			at, direction = len(span)-1-i, -1
		}
		if !matches[at] {
			continue
		}
		if q.Filter.Distinct {
			if _, again := seen[resources[at]]; again {
				continue
			}
			seen[resources[at]] = struct{}{}
		}
		page.Total++
		switch {
		case q.After == nil && page.Total <= q.Skip:
		case q.After != nil && span[at].compare(*q.After)*direction <= 0:
		case len(found) < q.Limit:
			found = append(found, span[at])
		default:
			page.More = true
		}
	}
	page.Events, err = l.read(account, found)
	return page, err
}

// judge says which of a span's events match and, where that is asked for, the id of
// each one's resource. It looks on all processors: it may have to read them all.
func (l *Log) judge(account uuid.UUID, span []entry, f Filter) (matches []bool, resources []string, err error) {
	matches = make([]bool, len(span))
	if f.Distinct {
		resources = make([]string, len(span))
	}
	m := f.matcher(account)
	share := len(span)/runtime.GOMAXPROCS(0) + 1
	var group errgroup.Group
	for from := 0; from < len(span); from += share {
		group.Go(func() (err error) {
			defer caught(&err)
			return l.reading(account, func(events reader) error {
				for i := from; i < min(from+share, len(span)); i++ {
					if matches[i] = m.entry(span[i]); !matches[i] || m.event == nil && !f.Distinct {
						continue
					}
					e, err := events.eventIf(span[i], m.row)
					if err != nil {
						return err
					}
					if matches[i] = e != nil && (m.event == nil || m.event(e)); matches[i] && f.Distinct {
						resources[i] = e.Resource.ID
					}
				}
				return nil
			})
		})
	}
	return matches, resources, group.Wait()
}

// caught makes an error of a fault in a goroutine, where it would end the whole server.
func caught(err *error) {
	if fault := recover(); fault != nil {
		*err = fmt.Errorf("unexpected failure while events were looked for: %v\n%s", fault, debug.Stack())
	}
}

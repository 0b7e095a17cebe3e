package store

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// EventQuery asks for a page of an account's audit trail. Lists that are nil ask
// for nothing; an empty list is a question that nothing answers.
type EventQuery struct {
	// Since and Until are the span, both included.
	Since, Until time.Time
	Filter       EventFilter
	// OldestFirst turns the order around.
	OldestFirst bool
	// After is the last event of the page before this one; nil on the first page,
	// which leaves out the first Skip events.
	After *EventPosition
	Skip  int
	// Limit is how many events the page has.
	Limit int
}

// EventFilter is what the events that are asked for have in common (EventFilter in
// the document).
type EventFilter struct {
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

// EventPage is a part of what matches.
type EventPage struct {
	Events []*Event
	// Total is how many match, on this page and all others.
	Total int
	// More says whether another page follows.
	More bool
}

// FindEvents finds events of an account. Only the span is searched.
func (r *Reader) FindEvents(account uuid.UUID, q EventQuery) EventPage {
	span := r.data.events.between(account, q.Since, q.Until)
	matches := q.Filter.matcher()
	seen := make(map[string]struct{})
	var page EventPage
	for i := range span {
		e, direction := span[i], 1
		if !q.OldestFirst {
			e, direction = span[len(span)-1-i], -1
		}
		if !matches(e) {
			continue
		}
		if q.Filter.Distinct {
			if _, again := seen[e.Resource.ID]; again {
				continue
			}
			seen[e.Resource.ID] = struct{}{}
		}
		page.Total++
		switch {
		case q.After == nil && page.Total <= q.Skip:
		case q.After != nil && comparePosition(e, *q.After)*direction <= 0:
		case len(page.Events) < q.Limit:
			page.Events = append(page.Events, e)
		default:
			page.More = true
		}
	}
	return page
}

// Position is where an event stands, to go on after it.
func (e *Event) Position() *EventPosition {
	p := e.position()
	return &p
}

// lookup is a set; nil where nothing was asked.
type lookup[T comparable] map[T]struct{}

func newLookup[T comparable](list []T) lookup[T] {
	if list == nil {
		return nil
	}
	s := make(lookup[T], len(list))
	for _, v := range list {
		s[v] = struct{}{}
	}
	return s
}

// allows says whether a value will do: any does where nothing was asked.
func (s lookup[T]) allows(v T) bool {
	_, in := s[v]
	return in || s == nil
}

func (s lookup[T]) has(v T) bool {
	_, in := s[v]
	return in
}

// matcher prepares the filter, so that looking at 100,000 events is quick.
func (f EventFilter) matcher() func(*Event) bool {
	ids, names, excluded, accounts := newLookup(f.IDs), newLookup(f.Names), newLookup(f.ExcludedNames), newLookup(f.Accounts)
	resource := func(Resource) bool { return true }
	if f.Resource != nil {
		resource = f.Resource.matcher()
	}
	related, anyResource := matchers(f.Related), matchers(f.AnyResource)
	text := func(*Event) bool { return true }
	if f.Text != nil {
		text = textMatcher(*f.Text)
	}
	return func(e *Event) bool {
		return f.Workspaces == nil && ids.allows(e.ID) && accounts.allows(e.AccountID) &&
			names.allows(e.Name) && !excluded.has(e.Name) &&
			(f.Prefixes == nil || hasPrefix(e.Name, f.Prefixes)) && !hasPrefix(e.Name, f.ExcludedPrefixes) &&
			resource(e.Resource) &&
			all(related, func(m resourceMatcher) bool { return slices.ContainsFunc(e.Related, m) }) &&
			all(anyResource, func(m resourceMatcher) bool { return m(e.Resource) || slices.ContainsFunc(e.Related, m) }) &&
			text(e)
	}
}

type resourceMatcher = func(Resource) bool

func matchers(filters []ResourceFilter) []resourceMatcher {
	var out []resourceMatcher
	for _, f := range filters {
		out = append(out, f.matcher())
	}
	return out
}

func all[T any](list []T, ok func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !ok(v) })
}

func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func (f ResourceFilter) matcher() resourceMatcher {
	ids, roles, inRoles := newLookup(f.IDs), newLookup(f.Roles), newLookup(f.InRoles)
	labels := make(map[string]lookup[string], len(f.Labels))
	for name, values := range f.Labels {
		labels[name] = newLookup(values)
	}
	return func(r Resource) bool {
		if !ids.allows(r.ID) || !roles.allows(r.Role) || !inRoles.allows([2]string{r.ID, r.Role}) ||
			f.Prefixes != nil && !hasPrefix(r.ID, f.Prefixes) {
			return false
		}
		for name, values := range labels {
			if value, ok := r.Label(name); !ok || !values.has(value) {
				return false
			}
		}
		return true
	}
}

// textMatcher searches for words and "quoted phrases", in any case. Any one of
// them will do, but each after a + has to be there, and none after a - may be.
func textMatcher(query string) func(*Event) bool {
	var wanted, required, excluded []string
	for rest := strings.ToLower(query); ; {
		rest = strings.TrimSpace(rest)
		if rest == "" {
			break
		}
		list := &wanted
		switch rest[0] {
		case '+':
			list, rest = &required, rest[1:]
		case '-':
			list, rest = &excluded, rest[1:]
		}
		var term string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			term, rest, _ = strings.Cut(quoted, `"`)
		} else {
			term, rest, _ = strings.Cut(rest, " ")
		}
		if term != "" {
			*list = append(*list, term)
		}
	}
	return func(e *Event) bool {
		text := e.text()
		in := func(term string) bool { return strings.Contains(text, term) }
		return (wanted == nil || slices.ContainsFunc(wanted, in)) && all(required, in) && !slices.ContainsFunc(excluded, in)
	}
}

// text is all of an event's text, in lower case.
func (e *Event) text() string {
	var b strings.Builder
	add := func(values ...string) {
		for _, value := range values {
			b.WriteString(value)
			b.WriteByte('\n')
		}
	}
	add(e.Name, e.ID.String())
	label := func(r Resource) {
		add(r.ID, r.Name, r.Role)
		for _, value := range r.More {
			add(value)
		}
	}
	label(e.Resource)
	for _, r := range e.Related {
		label(r)
	}
	if e.Payload != nil {
		// A payload was read from JSON or made to become JSON.
		payload, _ := json.Marshal(e.Payload)
		b.Write(payload)
	}
	return strings.ToLower(b.String())
}

package eventlog

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// matcher is a filter in three steps, of which each turns away what the next one
// need not look at: looking at 100,000 events is to be quick, and most of them may have
// to be read from the state file.
type matcher struct {
	entry func(entry) bool
	row   func([]byte) bool // whether the event may match, by its row in the file
	event func(*Event) bool // nil where the entry says it all
}

func (f Filter) matcher(account uuid.UUID) matcher {
	ids, names, excluded := newLookup(f.IDs), newLookup(f.Names), newLookup(f.ExcludedNames)
	here := f.Workspaces == nil && newLookup(f.Accounts).allows(account)
	m := matcher{entry: func(e entry) bool {
		name := e.name()
		return here && ids.allows(e.position().ID) && names.allows(name) && !excluded.has(name) &&
			(f.Prefixes == nil || hasPrefix(name, f.Prefixes)) && !hasPrefix(name, f.ExcludedPrefixes)
	}}
	var rows []rowMatcher
	var events []func(*Event) bool
	if f.Resource != nil {
		matches := f.Resource.matcher()
		rows, events = append(rows, f.Resource.row()), append(events, func(e *Event) bool { return matches(e.Resource) })
	}
	for _, related := range f.Related {
		matches := related.matcher()
		rows, events = append(rows, related.row()), append(events, func(e *Event) bool { return slices.ContainsFunc(e.Related, matches) })
	}
	for _, resource := range f.AnyResource {
		matches := resource.matcher()
		rows, events = append(rows, resource.row()), append(events, func(e *Event) bool {
			return matches(e.Resource) || slices.ContainsFunc(e.Related, matches)
		})
	}
	if f.Text != nil {
		words := newWords(*f.Text)
		rows, events = append(rows, words.row()), append(events, words.match)
	}
	m.row = func(row []byte) bool { return all(rows, func(may rowMatcher) bool { return may(row) }) }
	if events != nil {
		m.event = func(e *Event) bool { return all(events, func(matches func(*Event) bool) bool { return matches(e) }) }
	}
	return m
}

// rowMatcher says whether a row of the state file may be of an event that matches.
type rowMatcher = func(row []byte) bool

func anyRow([]byte) bool { return true }

// hasOneOf looks for texts, each between two others, of which an event that matches has
// one or more.
func hasOneOf(before string, texts []string, after string) rowMatcher {
	if texts == nil || !all(texts, isPlain) {
		return anyRow
	}
	wanted := make([][]byte, len(texts))
	for i, text := range texts {
		wanted[i] = []byte(before + text + after)
	}
	return func(row []byte) bool {
		return slices.ContainsFunc(wanted, func(text []byte) bool { return bytes.Contains(row, text) })
	}
}

// isPlain reports whether JSON has a text as it is.
func isPlain(text string) bool {
	return strings.IndexFunc(text, func(c rune) bool {
		return c < ' ' || c > '~' || strings.ContainsRune(`"\<>&`, c)
	}) < 0
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

// allows reports whether a value will do: any does where nothing was asked.
func (s lookup[T]) allows(v T) bool {
	_, in := s[v]
	return in || s == nil
}

func (s lookup[T]) has(v T) bool {
	_, in := s[v]
	return in
}

func all[T any](list []T, ok func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !ok(v) })
}

func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func (f ResourceFilter) matcher() func(Resource) bool {
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

// row looks for what the resource is found by in most cases.
func (f ResourceFilter) row() rowMatcher {
	rows := []rowMatcher{hasOneOf(`"`, f.IDs, `"`), hasOneOf(`"`, f.Prefixes, "")}
	for _, values := range f.Labels {
		rows = append(rows, hasOneOf(`"`, values, `"`))
	}
	return func(row []byte) bool { return all(rows, func(may rowMatcher) bool { return may(row) }) }
}

// words are what a text is searched for: words and "quoted phrases", in any case. Any
// one of those wanted will do, but each after a + has to be there, and none after a -
// may be.
type words struct{ wanted, required, excluded []string }

func newWords(query string) (w words) {
	for rest := fold.Text(query); ; {
		rest = strings.TrimSpace(rest)
		if rest == "" {
			return w
		}
		list := &w.wanted
		switch rest[0] {
		case '+':
			list, rest = &w.required, rest[1:]
		case '-':
			list, rest = &w.excluded, rest[1:]
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
}

func (w words) match(e *Event) bool {
	text := e.text()
	in := func(term string) bool { return strings.Contains(text, term) }
	return (w.wanted == nil || slices.ContainsFunc(w.wanted, in)) && all(w.required, in) && !slices.ContainsFunc(w.excluded, in)
}

func (w words) row() rowMatcher {
	rows := []rowMatcher{hasOneOf("", w.wanted, "")}
	for _, term := range w.required {
		rows = append(rows, hasOneOf("", []string{term}, ""))
	}
	return func(row []byte) bool {
		row = fold.Bytes(row)
		return all(rows, func(may rowMatcher) bool { return may(row) })
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
	return fold.Text(b.String())
}

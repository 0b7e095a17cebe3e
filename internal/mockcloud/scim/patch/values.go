package patch

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
)

// values are those of a multi-valued attribute while a request changes them. They are
// found by what makes two of them the same one, so that a request with many operations
// on many values takes time for its length, not for the product. A place stays a value's
// own: one that is gone leaves a gap.
type values struct {
	entries []entry
	live    int
	weight  int
	// primaries are the places of the values that are primary.
	primaries []int
	// byID has the places of the values with an identity, and byKey those of one type;
	// nil until somebody asks. Places of what is gone or another value now are passed over.
	byID  map[string]*places
	byKey map[key]*places
	// textless counts the values that cannot be found by their "value": it is no text.
	textless int
	// wrong counts the values that say nothing, such as one that a filter described.
	wrong int
	// cost is what it took to bring places into their order since somebody asked.
	cost int
	// changed says that the values are not what the resource has.
	changed bool
	// seen says that all values were looked at once, which costs nothing extra.
	seen      bool
	attribute *schema.Attribute
	identity  func(any) string
}

type entry struct {
	value any
	key
	weight      int
	wrong, gone bool
}

// places are where values that have something in common are, or were.
type places struct {
	list []int
	// unsorted says that a value came to have it that stands before others.
	unsorted bool
}

func (p *places) add(place int) {
	n := len(p.list)
	p.unsorted = p.unsorted || n > 0 && p.list[n-1] >= place
	p.list = append(p.list, place)
}

// sort brings the places into their order, and returns what that costs.
func (p *places) sort() (cost int) {
	if !p.unsorted {
		return 0
	}
	cost = len(p.list)
	slices.Sort(p.list)
	p.list, p.unsorted = slices.Compact(p.list), false
	return cost
}

// key is what tells values apart: their identity, and their type where they have one.
type key struct{ id, kind string }

func newValues(list []any, attribute *schema.Attribute, identity func(any) string) *values {
	l := &values{attribute: attribute, identity: identity}
	for _, v := range list {
		l.add(v)
	}
	l.changed = false
	return l
}

// all returns the values in their order.
func (l *values) all() []any {
	out := make([]any, 0, l.live)
	for i := range l.entries {
		if !l.entries[i].gone {
			out = append(out, l.entries[i].value)
		}
	}
	return out
}

func (l *values) reset(list []any) {
	*l = values{attribute: l.attribute, identity: l.identity, changed: true}
	for _, v := range list {
		l.add(v)
	}
}

func (l *values) add(v any) {
	l.entries = append(l.entries, entry{gone: true})
	l.set(len(l.entries)-1, v)
}

// set puts another value into a place.
func (l *values) set(place int, v any) {
	before := l.entries[place].key
	l.remove(place)
	l.put(place, v)
	if l.byID != nil && l.entries[place].key != before {
		l.list(place)
	}
}

func (l *values) put(place int, v any) {
	object, complex := v.(map[string]any)
	e := entry{value: v, weight: weight(v), wrong: complex && !l.attribute.Says(object)}
	if e.wrong {
		l.wrong++
	}
	if l.byID != nil {
		e.key = l.keyOf(v)
	}
	l.entries[place] = e
	l.live++
	l.weight += e.weight
	l.changed = true
	if isPrimary(v) {
		l.primaries = append(l.primaries, place)
	}
	if !hasText(v) {
		l.textless++
	}
}

func (l *values) remove(place int) {
	e := &l.entries[place]
	if e.gone {
		return
	}
	if e.wrong {
		l.wrong--
	}
	if isPrimary(e.value) {
		l.primaries = slices.DeleteFunc(l.primaries, func(p int) bool { return p == place })
	}
	if !hasText(e.value) {
		l.textless--
	}
	l.live--
	l.weight -= e.weight
	l.changed = true
	*e = entry{gone: true}
}

func hasText(v any) bool {
	if object, ok := v.(map[string]any); ok {
		v = member(object, "value")
	}
	_, ok := v.(string)
	return ok
}

// index makes the values ready to be found.
func (l *values) index() {
	if l.byID != nil {
		return
	}
	l.byID, l.byKey = make(map[string]*places, l.live), make(map[key]*places, l.live)
	for place := range l.entries {
		if e := &l.entries[place]; !e.gone {
			e.key = l.keyOf(e.value)
			l.list(place)
		}
	}
}

func (l *values) list(place int) {
	s := l.entries[place].key
	at(l.byID, s.id).add(place)
	at(l.byKey, s).add(place)
}

func at[K comparable](all map[K]*places, key K) *places {
	if all[key] == nil {
		all[key] = &places{}
	}
	return all[key]
}

// keyOf tells a value from others. A value that says nothing of a type is the same as
// one of any type, and that is another thing than an empty type.
func (l *values) keyOf(v any) key {
	s := key{id: l.identity(v)}
	if object, ok := v.(map[string]any); ok {
		if kind, ok := member(object, "type").(string); ok {
			s.kind = "=" + filter.Fold(kind)
		}
	}
	return s
}

// same finds the first value that is the same one as another, with the same type if both
// say one; -1 for none.
func (l *values) same(v any) int {
	l.index()
	s := l.keyOf(v)
	if s.kind == "" {
		return first(l, l.byID, s.id, func(e *entry) bool { return e.id == s.id })
	}
	typed := first(l, l.byKey, s, func(e *entry) bool { return e.key == s })
	none := key{id: s.id}
	untyped := first(l, l.byKey, none, func(e *entry) bool { return e.key == none })
	if typed < 0 || untyped >= 0 && untyped < typed {
		return untyped
	}
	return typed
}

// first is the first place under a key that still belongs there, -1 for none. Those
// before it are forgotten.
func first[K comparable](l *values, all map[K]*places, at K, belongs func(*entry) bool) int {
	p := all[at]
	if p == nil {
		return -1
	}
	l.cost += p.sort()
	for ; len(p.list) > 0; p.list = p.list[1:] {
		if belongs(&l.entries[p.list[0]]) {
			return p.list[0]
		}
	}
	return -1
}

// identified are the places of all values that are the same one as another, in order.
func (l *values) identified(v any) []int {
	l.index()
	id := l.identity(v)
	p := l.byID[id]
	if p == nil {
		return nil
	}
	l.cost += p.sort() + len(p.list)
	p.list = slices.DeleteFunc(p.list, func(place int) bool { return l.entries[place].gone || l.entries[place].id != id })
	return slices.Clone(p.list)
}

// everywhere are the places of all values.
func (l *values) everywhere() []int {
	out := make([]int, 0, l.live)
	for place := range l.entries {
		if !l.entries[place].gone {
			out = append(out, place)
		}
	}
	return out
}

// onePrimary takes "primary" from the value that had it when another got it (RFC 7643,
// 2.4), since the values in some places had it.
func (l *values) onePrimary(had []int) error {
	if len(l.primaries) < 2 {
		return nil
	}
	before := make(map[int]bool, len(had))
	for _, place := range had {
		before[place] = true
	}
	var kept []int
	for _, place := range l.primaries {
		if before[place] {
			kept = append(kept, place)
		}
	}
	if len(l.primaries)-len(kept) != 1 {
		return errPrimary
	}
	for _, place := range kept {
		if object, ok := l.entries[place].value.(map[string]any); ok {
			l.set(place, merged(object, map[string]any{"primary": false}))
		}
	}
	return nil
}

// identityOf is what makes two values the same one: their "value", or all of it.
func (c change) identityOf(v any) string {
	path := c.attribute.Name
	if object, ok := v.(map[string]any); ok {
		if inner := member(object, "value"); inner != nil {
			v, path = inner, path+".value"
		}
	}
	if s, ok := v.(string); ok {
		if !c.exact(path) {
			s = filter.FoldAt(path, s)
		}
		return `"` + s
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v) // not from JSON; any stable text will do
	}
	return string(text)
}

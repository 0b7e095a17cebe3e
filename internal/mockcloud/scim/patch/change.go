package patch

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

// change is one operation on one attribute. It makes new values and never
// writes into old ones.
type change struct {
	op             Op
	target         filter.Target
	attribute, sub *schema.Attribute // sub is nil where the target has none
	rules          Rules
	value          any
	// plain says that the value came as what it is, without saying more of it.
	plain bool
}

// read takes the value as POST would keep it, nil for one that asks for less. It
// reports whether the operation says anything at all.
func (c *change) read(raw any) (says bool, err error) {
	path := c.target.Path.String()
	_, c.plain = raw.(string)
	several := c.attribute.MultiValued && c.target.Filter == nil && c.target.Sub == ""
	switch subject := c.subject(); {
	case c.op == Remove && !several:
		return true, nil // the path says what
	case subject.Mutability == schema.ReadOnly:
		c.value = raw // refused, unless it is what is there
		return true, nil
	case several:
		c.value, err = subject.Whole(raw, path)
	default:
		if c.value, err = subject.Entry(raw, path); c.value == nil && err == nil {
			return c.clears(raw), nil
		}
	}
	if empty, ok := raw.([]any); c.op == Remove && ok && len(empty) == 0 {
		return false, err // removes no values, instead of all
	}
	return true, err
}

func (c *change) subject() *schema.Attribute {
	if c.sub != nil {
		return c.sub
	}
	return c.attribute
}

// clears says whether a value of which nothing is kept asks for what is there to go.
// What adds nothing asks for nothing, but for an empty text, which only clears.
func (c *change) clears(raw any) bool {
	if c.op == Add && c.plain {
		c.op = Replace
	}
	return c.op == Replace && c.subject().Clears(raw)
}

// one changes a single value: of the attribute, or one that was chosen from several.
func (c change) one(before any) (any, error) {
	old, _ := before.(map[string]any)
	switch {
	case c.value == nil && c.op == Add:
		return before, nil
	case c.sub != nil:
		return c.withSub(old)
	case c.op == Remove || c.value == nil:
		return nil, nil
	}
	object, ok := c.value.(map[string]any)
	if !ok {
		return c.value, nil
	}
	if c.target.Filter != nil && c.op == Replace && !c.plain {
		// What it was chosen by stays, so that it is found by it again.
		if chosenBy, ok := c.described(c.target.Filter); ok {
			object = merged(chosenBy, object)
		}
		return object, nil
	}
	if c.isAnother(old, object) {
		return object, nil
	}
	// The rest of a complex attribute stays (RFC 7644, 3.5.2.3).
	if err := c.keepsImmutable(old, object); err != nil {
		return nil, err
	}
	return orNil(merged(old, object)), nil
}

// isAnother says whether a single value, a manager, refers to somebody else than
// before: what else was said of the old one is not true of the new one.
func (c change) isAnother(old, next map[string]any) bool {
	return !c.attribute.MultiValued && c.attribute.Sub("value") != nil && next["value"] != nil && next["value"] != member(old, "value")
}

// keepsImmutable refuses another value for what stays as it is for good, such as who a
// member is.
func (c change) keepsImmutable(old, next map[string]any) error {
	for i := range c.attribute.SubAttributes {
		sub := &c.attribute.SubAttributes[i]
		before, after := member(old, sub.Name), next[sub.Name]
		if sub.Mutability == schema.Immutable && before != nil && after != nil && !reflect.DeepEqual(before, after) {
			return fixed(sub, filter.Path{URI: c.target.URI, Name: c.attribute.Name, Sub: sub.Name})
		}
	}
	return nil
}

func orNil(object map[string]any) any {
	if len(object) == 0 {
		return nil
	}
	return object
}

// withSub changes one sub-attribute of a value. One of several values, or a manager, from
// which what it was there for is taken goes as a whole.
func (c change) withSub(old map[string]any) (any, error) {
	out := maps.Clone(old)
	if out == nil {
		out = map[string]any{}
	}
	key, found := filter.Key(out, c.target.Sub)
	if !found {
		key = c.sub.Name
	}
	before := out[key]
	if c.op == Remove || c.value == nil {
		delete(out, key)
	} else {
		out[key] = c.value
	}
	if (c.sub.Mutability == schema.ReadOnly || c.sub.Mutability == schema.Immutable && found) && !reflect.DeepEqual(before, out[key]) {
		return nil, fixed(c.sub, c.target.Path)
	}
	switch {
	case (c.attribute.MultiValued || c.attribute.Sub("value") != nil) && c.attribute.Says(old) && !c.attribute.Says(out):
		return nil, nil
	case c.isAnother(old, out):
		return map[string]any{"value": c.value}, nil
	}
	return orNil(out), nil
}

func merged(old, with map[string]any) map[string]any {
	out := maps.Clone(old)
	if out == nil {
		out = map[string]any{}
	}
	for k, v := range with {
		if key, ok := filter.Key(out, k); ok {
			k = key
		}
		out[k] = v
	}
	return out
}

// list changes an attribute with several values.
func (c change) list(l *values) error {
	had := slices.Clone(l.primaries)
	if c.target.Filter != nil || c.target.Sub != "" {
		if err := c.chosen(l); err != nil {
			return err
		}
		return l.onePrimary(had)
	}
	given, ok := c.value.([]any)
	if !ok && c.value != nil {
		given = []any{c.value} // read-only: refused, unless it is what is there
	}
	switch {
	case c.op == Remove && c.value == nil:
		l.reset(nil)
		return nil
	case c.op == Remove:
		for _, v := range given {
			for _, place := range l.identified(v) {
				l.remove(place)
			}
		}
		return nil
	case c.op == Replace:
		l.reset(given)
		return l.onePrimary(nil)
	default:
		l.with(given)
		return l.onePrimary(had)
	}
}

// chosen changes the values that the filter matches, or all without one.
func (c change) chosen(l *values) error {
	places, err := c.places(l)
	if err != nil {
		return err
	}
	if err := c.rules.Work.Spend(changedValue * max(0, len(places)-1)); err != nil {
		return err
	}
	for _, place := range places {
		changed, err := c.one(l.entries[place].value)
		switch {
		case err != nil:
			return err
		case changed == nil:
			l.remove(place)
		default:
			l.set(place, changed)
		}
	}
	if len(places) == 0 && c.op != Remove && c.value != nil {
		return c.create(l)
	}
	if len(places) > 1 && c.sub != nil && c.sub.Name == "primary" && c.value == true {
		return scimerr.New(scimerr.InvalidValue, "at most one value can be primary, and %s names %d", c.target, len(places))
	}
	return nil
}

// places are those of the values that the filter matches. One that names a "value" is
// asked of no others.
func (c change) places(l *values) ([]int, error) {
	if c.target.Filter == nil {
		return l.everywhere(), c.look(l, l.weight, 1)
	}
	candidates, total := []int(nil), l.weight
	if named, ok := c.named(l); ok {
		candidates, total = l.identified(map[string]any{"value": named}), 0
		for _, place := range candidates {
			total += l.entries[place].weight
		}
	} else {
		candidates = l.everywhere()
	}
	if err := c.look(l, total, filter.Cost(c.target.Filter)); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(candidates, func(place int) bool { return !c.matches(l.entries[place].value) }), nil
}

// look counts a look at values by some comparisons. The first look at all is free: it
// takes no longer than to read them.
func (c change) look(l *values, total, comparisons int) error {
	cost := total * comparisons
	if !l.seen {
		l.seen, cost = true, total*(comparisons-1)
	}
	return c.rules.Work.Spend(cost)
}

// named is the "value" that a filter asks for, where only values that are identified by
// it can match.
func (c change) named(l *values) (string, bool) {
	_, text, ok := filter.Equality(c.target.Filter, "value")
	ok = ok && l.textless == 0 && c.attribute.Sub("value") != nil && !filter.IsDateTime(text)
	return text, ok
}

// create makes the value that the filter describes, where none matches.
func (c change) create(l *values) error {
	old, ok := c.described(c.target.Filter)
	if !ok || c.op == Replace && !c.creates(old) {
		return scimerr.New(scimerr.NoTarget, "no value matches %s", c.target)
	}
	c.op = Add // what the filter says of the new value stays
	created, err := c.one(old)
	if err != nil {
		return err
	}
	l.add(created)
	return nil
}

func (c change) matches(v any) bool {
	return filter.MatchValue(c.target.Filter, filter.Path{Name: c.attribute.Name}, v, c.exact)
}

// creates says whether replacing what is not there makes it: where the rules say so, a
// value of a canonical type, or the primary one.
func (c change) creates(described map[string]any) bool {
	kind := member(described, "type")
	if kind == nil {
		return c.rules.Creates && isPrimary(described)
	}
	sub := c.attribute.Sub("type")
	return c.rules.Creates && slices.ContainsFunc(sub.CanonicalValues, func(canonical string) bool {
		text, ok := kind.(string)
		return ok && strings.EqualFold(canonical, text)
	})
}

// described is the value that a filter of nothing but equalities describes, for
// Entra ID, which replaces emails[type eq "work"].value before there is one. A
// value that is chosen by its own "value" is not made up, and nor is one by what
// the schema does not know.
func (c change) described(e filter.Expr) (map[string]any, bool) {
	switch e := e.(type) {
	case filter.And:
		left, ok := c.described(e.Left)
		right, ok2 := c.described(e.Right)
		return merged(left, right), ok && ok2
	case filter.Compare:
		sub := c.attribute.Sub(e.Path.Name)
		plain := e.Path.URI == "" && e.Path.Sub == "" && sub != nil && sub.Name != "value"
		return map[string]any{e.Path.Name: e.Value}, plain && e.Op == filter.Eq && e.Value != nil
	}
	return nil, false
}

func (c change) exact(path string) bool {
	if c.target.URI != "" {
		path = c.target.URI + ":" + path
	}
	return c.rules.Type.CaseExact(path)
}

// with adds values. One that is there, with the same type if both say one, gets
// what the new one says of it instead of a double.
func (l *values) with(given []any) {
	for _, v := range given {
		place := l.same(v)
		if place < 0 {
			l.add(v)
			continue
		}
		old, ok := l.entries[place].value.(map[string]any)
		object, ok2 := v.(map[string]any)
		if ok && ok2 {
			l.set(place, merged(old, object))
		}
	}
}

var errPrimary = scimerr.New(scimerr.InvalidValue, "at most one value can be primary")

func isPrimary(v any) bool {
	object, ok := v.(map[string]any)
	if !ok {
		return false
	}
	primary := member(object, "primary")
	text, _ := primary.(string)
	return primary == true || strings.EqualFold(text, "true")
}

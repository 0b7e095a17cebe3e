package patch

import (
	"encoding/json"
	"fmt"
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

// after is the attribute's value after the operation, nil for none.
func (c change) after(before any) (any, error) {
	if !c.attribute.MultiValued {
		return c.one(before)
	}
	list, ok := before.([]any)
	if !ok && before != nil {
		list = []any{before}
	}
	out, err := c.list(list)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return out, nil
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

// withSub changes one sub-attribute of a value. One of several values from which what
// it was there for is taken goes as a whole.
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
	case c.attribute.MultiValued && c.attribute.Says(old) && !c.attribute.Says(out):
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
func (c change) list(before []any) ([]any, error) {
	if c.target.Filter != nil || c.target.Sub != "" {
		return c.chosen(before)
	}
	given, ok := c.value.([]any)
	if !ok && c.value != nil {
		given = []any{c.value} // read-only: refused, unless it is what is there
	}
	switch {
	case c.op == Remove && c.value == nil:
		return nil, nil
	case c.op == Remove:
		return c.without(before, given), nil
	case c.op == Replace:
		return onePrimary(nil, given)
	default:
		return onePrimary(before, c.with(before, given))
	}
}

// chosen changes the values that the filter matches, or all without one.
func (c change) chosen(before []any) ([]any, error) {
	var out []any
	matched := 0
	for _, old := range before {
		if !c.matches(old) {
			out = append(out, old)
			continue
		}
		matched++
		changed, err := c.one(old)
		if err != nil {
			return nil, err
		}
		if changed != nil {
			out = append(out, changed)
		}
	}
	if matched == 0 && c.op != Remove && c.value != nil {
		old, ok := c.described(c.target.Filter)
		if !ok || c.op == Replace && !c.creates(old) {
			return nil, scimerr.New(scimerr.NoTarget, "no value matches %s", c.target)
		}
		c.op = Add // what the filter says of the new value stays
		created, err := c.one(old)
		if err != nil {
			return nil, err
		}
		out = append(out, created)
	}
	if matched > 1 && c.sub != nil && c.sub.Name == "primary" && c.value == true {
		return nil, scimerr.New(scimerr.InvalidValue, "at most one value can be primary, and %s names %d", c.target, matched)
	}
	return onePrimary(before, out)
}

func (c change) matches(v any) bool {
	if c.target.Filter == nil {
		return true
	}
	// A list of its own keeps the path short for exact, and the value whole.
	path := filter.Path{Name: c.attribute.Name}
	return filter.Match(filter.ValuePath{Path: path, Filter: c.target.Filter}, map[string]any{path.Name: []any{v}}, c.exact)
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

// identity is what makes two values the same one: their "value", or all of it.
func (c change) identity(v any) string {
	path := c.attribute.Name
	if object, ok := v.(map[string]any); ok {
		if inner := member(object, "value"); inner != nil {
			v, path = inner, path+".value"
		}
	}
	if s, ok := v.(string); ok && !c.exact(path) {
		v = filter.FoldAt(path, s)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v) // not from JSON; any stable text will do
	}
	return string(text)
}

func (c change) exact(path string) bool {
	if c.target.URI != "" {
		path = c.target.URI + ":" + path
	}
	return c.rules.Type.CaseExact(path)
}

func (c change) without(before, given []any) []any {
	gone := make(map[string]bool, len(given))
	for _, v := range given {
		gone[c.identity(v)] = true
	}
	return slices.DeleteFunc(slices.Clone(before), func(v any) bool { return gone[c.identity(v)] })
}

// with adds values. One that is there, with the same type if both say one, gets
// what the new one says of it instead of a double.
func (c change) with(before, given []any) []any {
	out := slices.Clone(before)
	places := make(map[string][]int, len(out))
	for i, v := range out {
		id := c.identity(v)
		places[id] = append(places[id], i)
	}
	for _, v := range given {
		id := c.identity(v)
		same := slices.IndexFunc(places[id], func(i int) bool { return sameType(out[i], v) })
		if same < 0 {
			places[id] = append(places[id], len(out))
			out = append(out, v)
			continue
		}
		i := places[id][same]
		old, ok := out[i].(map[string]any)
		object, ok2 := v.(map[string]any)
		if ok && ok2 {
			out[i] = merged(old, object)
		}
	}
	return out
}

func sameType(a, b any) bool {
	x, ok := a.(map[string]any)
	y, ok2 := b.(map[string]any)
	if !ok || !ok2 {
		return true
	}
	s, ok := member(x, "type").(string)
	t, ok2 := member(y, "type").(string)
	return !ok || !ok2 || strings.EqualFold(s, t)
}

// onePrimary takes "primary" from the value that had it when another gets it
// (RFC 7643, 2.4). What gives a value "primary" leaves all in their places.
func onePrimary(before, after []any) ([]any, error) {
	had := func(i int) bool { return i < len(before) && isPrimary(before[i]) && isPrimary(after[i]) }
	all, gained := 0, 0
	for i, v := range after {
		if isPrimary(v) {
			all++
			if !had(i) {
				gained++
			}
		}
	}
	switch {
	case all < 2:
		return after, nil
	case gained != 1:
		return nil, scimerr.New(scimerr.InvalidValue, "at most one value can be primary")
	}
	out := slices.Clone(after)
	for i, v := range out {
		if object, ok := v.(map[string]any); ok && had(i) {
			out[i] = merged(object, map[string]any{"primary": false})
		}
	}
	return out, nil
}

func isPrimary(v any) bool {
	object, ok := v.(map[string]any)
	if !ok {
		return false
	}
	primary := member(object, "primary")
	text, _ := primary.(string)
	return primary == true || strings.EqualFold(text, "true")
}

package patch

import (
	"cmp"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

// Rules say how operations are carried out.
type Rules struct {
	// Type is the type of the resources.
	Type *schema.ResourceType
	// Work counts what the operations cost; nil where they are not counted.
	Work *Work
	// Creates says that replacing values of a canonical type where there is none creates
	// one, as Entra ID expects. RFC 7644, section 3.5.2.3, has noTarget for it.
	Creates bool
}

// Result is what the operations of a request make of a resource.
type Result struct {
	Resource map[string]any
	rules    Rules
	// since says of attributes with one value since which operation they are as no POST
	// would leave them, and of others which operation changed them last.
	since map[string]int
}

// Guilty returns the operation because of which the result is not a resource, the first
// is 0: that since which the attribute is wrong which Validate names. It is the first
// where the resource was wrong before.
func (r Result) Guilty() int {
	for a := range r.rules.Type.Attributes() {
		// Whether the schemas are named is looked at last.
		if a.Name != schemas && r.rules.Type.Fault(a, r.Resource[a.Name]) != nil {
			return r.since[a.Name]
		}
	}
	return r.since[schemas]
}

// schemas is the attribute that names the resource's own (RFC 7643, section 3).
const schemas = "schemas"

// Apply gives the resource after all operations. The given one is not changed;
// attributes that no operation touches are shared with it. A path that the
// schema does not know is an error, a key of a value that it does not know is
// left out. What an operation stores is what POST would keep of it. Its error is a
// *scimerr.Error, a *TooLarge, or that of the context of the rules' Work.
func Apply(resource map[string]any, operations []Operation, rules Rules) (Result, error) {
	p := newPatcher(resource, rules)
	for i, o := range operations {
		p.operation = i
		if err := p.apply(o); err != nil {
			return Result{}, InOperation(i, err)
		}
	}
	p.finish()
	return Result{p.resource, rules, p.since}, nil
}

// ApplyOne is Apply for one operation, of which its error need not say which it is.
func ApplyOne(resource map[string]any, operation Operation, rules Rules) (map[string]any, error) {
	p := newPatcher(resource, rules)
	err := p.apply(operation)
	p.finish()
	return p.resource, err
}

// patcher is a request while it is carried out.
type patcher struct {
	resource map[string]any
	rules    Rules
	// lists are the multi-valued attributes that were changed, by schema and name.
	lists     map[filter.Path]*values
	operation int
	since     map[string]int
}

func newPatcher(resource map[string]any, rules Rules) *patcher {
	return &patcher{
		resource: maps.Clone(resource), rules: rules,
		lists: make(map[filter.Path]*values), since: make(map[string]int),
	}
}

// finish puts the lists that were changed into the resource.
func (p *patcher) finish() {
	for path, l := range p.lists {
		if !l.changed {
			continue
		}
		object, keep := p.owner(path)
		if l.live > 0 {
			object[path.Name] = l.all()
		} else {
			delete(object, path.Name)
		}
		keep()
	}
}

func (p *patcher) apply(o Operation) error {
	switch {
	case o.Target == nil:
		return p.each(o.Op, "", o.Value)
	case o.Target.Name != "":
		return p.change(o.Op, *o.Target, o.Value)
	case o.Target.Core():
		return scimerr.New(scimerr.InvalidPath, "%s is not an attribute", o.Target)
	case o.Op == Remove:
		p.clear(o.Op, o.Target.URI)
		return nil
	default:
		return p.each(o.Op, o.Target.URI, o.Value)
	}
}

// clear takes a whole extension away, as its removal asks for, and null in its place that
// replaces it. To add null is to add nothing.
func (p *patcher) clear(op Op, uri string) {
	if op == Add {
		return
	}
	if key, ok := filter.Key(p.resource, uri); ok {
		delete(p.resource, key)
	}
	maps.DeleteFunc(p.lists, func(path filter.Path, _ *values) bool { return strings.EqualFold(path.URI, uri) })
}

// each changes every attribute that an object names: of the resource, or of the
// extension with that URI.
func (p *patcher) each(op Op, uri string, value any) error {
	if extension, known := p.rules.Type.Lookup(uri); known {
		if value == nil {
			p.clear(op, uri)
			return nil
		}
		value = extension.Tolerated(value)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return scimerr.New(scimerr.InvalidValue, "without a path to an attribute the value must be an object")
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		target, err := filter.ParsePath(key)
		if err != nil {
			return err
		}
		if target.URI == "" {
			target.URI = uri
		}
		switch _, known := p.rules.Type.Lookup(target.Path.String()); {
		case target.Name == "" && uri == "":
			inner := target.URI
			if target.Core() {
				inner = ""
			}
			// null in the place of the core schema, or of an unknown one, says nothing.
			if _, known := p.rules.Type.Lookup(inner); known || object[key] != nil {
				err = p.each(op, inner, object[key])
			}
		case known && target.Name != "":
			err = p.change(op, target, object[key])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// change carries out one operation on one attribute and checks that it may.
func (p *patcher) change(op Op, t filter.Target, value any) error {
	whole := filter.Path{URI: t.URI, Name: t.Name}
	attribute, ok := p.rules.Type.Lookup(whole.String())
	var sub *schema.Attribute
	if ok && t.Sub != "" {
		sub, ok = p.rules.Type.Lookup(t.Path.String())
	}
	if !ok {
		return scimerr.New(scimerr.InvalidPath, "there is no attribute %s", t.Path)
	}
	if t.Filter != nil && !attribute.MultiValued {
		return scimerr.New(scimerr.InvalidPath, "%s has one value, brackets cannot choose from it", whole)
	}
	c := change{op: op, target: t, attribute: attribute, sub: sub, rules: p.rules}
	if err := p.rules.Work.Spend(1); err != nil {
		return err
	}
	if says, err := c.read(value); err != nil || !says {
		return err
	}
	if attribute.MultiValued {
		return p.changeList(c, whole)
	}
	object, keep := p.owner(t.Path)
	key, found := filter.Key(object, t.Name)
	if !found {
		key = attribute.Name
	}
	before := object[key]
	after, err := c.one(before)
	if err != nil || reflect.DeepEqual(before, after) {
		return err
	}
	if attribute.Mutability == schema.ReadOnly || attribute.Mutability == schema.Immutable && before != nil {
		return fixed(attribute, whole)
	}
	if after == nil {
		delete(object, key)
	} else {
		object[key] = after
	}
	keep()
	p.note(t.Path)
	return nil
}

// note remembers since when an attribute with one value is wrong.
func (p *patcher) note(path filter.Path) {
	top := path.Name
	if !path.Core() {
		top = path.URI
	}
	a, ok := p.rules.Type.Lookup(top)
	if !ok {
		return
	}
	key, _ := filter.Key(p.resource, a.Name)
	_, before := p.since[a.Name]
	if wrong := p.rules.Type.Fault(a, p.resource[key]) != nil; !wrong {
		delete(p.since, a.Name)
	} else if !before {
		p.since[a.Name] = p.operation
	}
}

// fewSchemas is how many schemas a resource may name that they are looked at each time.
const fewSchemas = 64

// noteList is note for an attribute with several values: one of them may say nothing,
// and schemas have to name the resource type's own.
func (p *patcher) noteList(a *schema.Attribute, l *values) {
	if !l.changed {
		return
	}
	_, before := p.since[a.Name]
	wrong := l.wrong > 0
	if a.Name == schemas {
		wrong = l.live > fewSchemas || p.rules.Type.Fault(a, l.all()) != nil
	}
	switch {
	case !wrong:
		delete(p.since, a.Name)
	case !before || l.live > fewSchemas && a.Name == schemas:
		p.since[a.Name] = p.operation
	}
}

// changeList carries out one operation on an attribute with several values.
func (p *patcher) changeList(c change, whole filter.Path) error {
	l, err := p.list(c, whole)
	if err != nil {
		return err
	}
	if c.attribute.Mutability != schema.ReadOnly && c.attribute.Mutability != schema.Immutable {
		if err := c.list(l); err != nil {
			return err
		}
		p.noteList(c.attribute, l)
		cost := l.cost
		l.cost = 0
		return p.rules.Work.Spend(cost)
	}
	if err := c.rules.Work.Spend(l.weight); err != nil {
		return err
	}
	before, changed := l.all(), l.changed
	err = c.list(l)
	// Of what is read-only, no value would be right. An error that is not about the value, such as TooLarge, stays.
	if wrong := (*scimerr.Error)(nil); c.attribute.Mutability == schema.ReadOnly && errors.As(err, &wrong) && wrong.ScimType != scimerr.NoTarget {
		err = fixed(c.attribute, whole)
	}
	if err != nil || slices.EqualFunc(before, l.all(), func(a, b any) bool { return reflect.DeepEqual(a, b) }) {
		l.changed = changed
		return err
	}
	if c.attribute.Mutability == schema.ReadOnly || len(before) > 0 {
		return fixed(c.attribute, whole)
	}
	return nil
}

// list are the values of an attribute as the operations so far leave them.
func (p *patcher) list(c change, whole filter.Path) (*values, error) {
	object, _ := p.owner(whole)
	key, found := filter.Key(object, c.attribute.Name)
	if !found {
		key = c.attribute.Name
	}
	at := filter.Path{Name: key}
	if !whole.Core() {
		at.URI, _ = filter.Key(p.resource, whole.URI)
		at.URI = cmp.Or(at.URI, whole.URI)
	}
	if l, ok := p.lists[at]; ok {
		return l, nil
	}
	list, ok := object[key].([]any)
	if before := object[key]; !ok && before != nil {
		list = []any{before}
	}
	p.lists[at] = newValues(list, c.attribute, c.identityOf)
	return p.lists[at], p.rules.Work.Alive()
}

// owner is the object that has an attribute, for changing, and what puts it into
// the resource.
func (p *patcher) owner(path filter.Path) (object map[string]any, keep func()) {
	if path.Core() {
		return p.resource, func() {}
	}
	key, ok := filter.Key(p.resource, path.URI)
	if !ok {
		key = path.URI
	}
	old, _ := p.resource[key].(map[string]any)
	object = make(map[string]any, len(old)+1)
	maps.Copy(object, old)
	return object, func() {
		if len(object) == 0 {
			delete(p.resource, key)
		} else {
			p.resource[key] = object
		}
	}
}

func fixed(a *schema.Attribute, path filter.Path) error {
	word := "immutable"
	if a.Mutability == schema.ReadOnly {
		word = "read-only"
	}
	return scimerr.New(scimerr.Mutability, "%s is %s and has another value", path, word)
}

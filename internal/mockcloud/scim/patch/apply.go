package patch

import (
	"maps"
	"reflect"
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/scimerr"
)

// Attribute is what a schema says of an attribute, as far as changes go.
type Attribute struct {
	// Name is how the schema spells it, without its parent and schema.
	Name                                                 string
	MultiValued, Complex, ReadOnly, Immutable, CaseExact bool
}

// Lookup finds an attribute or sub-attribute by its path, whatever its case.
type Lookup func(path string) (Attribute, bool)

// For is the Lookup of a resource type.
func For(rt *schema.ResourceType) Lookup {
	return func(path string) (Attribute, bool) {
		a, ok := rt.Lookup(path)
		if !ok {
			return Attribute{}, false
		}
		return Attribute{
			Name:        a.Name,
			MultiValued: a.MultiValued,
			Complex:     a.Type == schema.Complex,
			ReadOnly:    a.Mutability == schema.ReadOnly,
			Immutable:   a.Mutability == schema.Immutable,
			CaseExact:   a.CaseExact,
		}, true
	}
}

// Apply gives the resource after all operations. The given one is not changed;
// attributes that no operation touches are shared with it. A path that the
// schema does not know is an error, a key of a value that it does not know is
// left out. Its error is a *scimerr.Error.
func Apply(resource map[string]any, operations []Operation, lookup Lookup) (map[string]any, error) {
	p := patcher{maps.Clone(resource), lookup}
	for i, o := range operations {
		if err := p.apply(o); err != nil {
			return nil, InOperation(i, err)
		}
	}
	return p.resource, nil
}

// ApplyOne is Apply for one operation, of which its error need not say which it is.
func ApplyOne(resource map[string]any, operation Operation, lookup Lookup) (map[string]any, error) {
	p := patcher{maps.Clone(resource), lookup}
	return p.resource, p.apply(operation)
}

type patcher struct {
	resource map[string]any
	lookup   Lookup
}

func (p patcher) apply(o Operation) error {
	switch {
	case o.Target == nil:
		return p.each(o.Op, "", o.Value)
	case o.Target.Name != "":
		return p.change(o.Op, *o.Target, o.Value)
	case o.Target.Core():
		return scimerr.New(scimerr.InvalidPath, "%s is not an attribute", o.Target)
	case o.Op == Remove:
		if key, ok := filter.Key(p.resource, o.Target.URI); ok {
			delete(p.resource, key)
		}
		return nil
	default:
		return p.each(o.Op, o.Target.URI, o.Value)
	}
}

// each changes every attribute that an object names: of the resource, or of the
// extension with that URI.
func (p patcher) each(op Op, uri string, value any) error {
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
		switch _, known := p.lookup(target.Path.String()); {
		case target.Name == "" && uri == "":
			inner := target.URI
			if target.Core() {
				inner = ""
			}
			// null in an extension's place says nothing of its attributes.
			if object[key] != nil {
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
func (p patcher) change(op Op, t filter.Target, value any) error {
	whole := filter.Path{URI: t.URI, Name: t.Name}
	attribute, ok := p.lookup(whole.String())
	sub := Attribute{Name: t.Sub}
	if ok && t.Sub != "" {
		sub, ok = p.lookup(t.Path.String())
	}
	if !ok {
		return scimerr.New(scimerr.InvalidPath, "there is no attribute %s", t.Path)
	}
	if t.Filter != nil && !attribute.MultiValued {
		return scimerr.New(scimerr.InvalidPath, "%s has one value, brackets cannot choose from it", whole)
	}
	value = clean(value)
	if t.Sub != "" || !attribute.MultiValued {
		value = theOne(value, t.Sub == "" && attribute.Complex)
	}
	c := change{op: op, target: t, attribute: attribute, sub: sub, value: value, exact: func(path string) bool {
		if t.URI != "" {
			path = t.URI + ":" + path
		}
		a, _ := p.lookup(path)
		return a.CaseExact
	}}
	object, keep := p.owner(t.Path)
	key, found := filter.Key(object, t.Name)
	if !found {
		key = attribute.Name
	}
	before := object[key]
	after, err := c.after(before)
	if err != nil || same(before, after) {
		return err
	}
	if attribute.ReadOnly || attribute.Immutable && before != nil {
		return fixed(attribute, whole)
	}
	if after == nil {
		delete(object, key)
	} else {
		object[key] = after
	}
	keep()
	return nil
}

// owner is the object that has an attribute, for changing, and what puts it into
// the resource.
func (p patcher) owner(path filter.Path) (object map[string]any, keep func()) {
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

func fixed(a Attribute, path filter.Path) error {
	word := "immutable"
	if a.ReadOnly {
		word = "read-only"
	}
	return scimerr.New(scimerr.Mutability, "%s is %s and has another value", path, word)
}

// same is whether a change is none. An empty list is as good as an absent one.
func same(before, after any) bool {
	if list, ok := before.([]any); ok && len(list) == 0 {
		before = nil
	}
	return reflect.DeepEqual(before, after)
}

// theOne is the value for what has only one. Entra ID may send it as a list with one
// object, [{"value": "x"}].
func theOne(value any, isComplex bool) any {
	list, ok := value.([]any)
	if !ok || len(list) != 1 {
		return value
	}
	if object, ok := list[0].(map[string]any); ok && !isComplex {
		if key, ok := filter.Key(object, "value"); ok {
			return object[key]
		}
	}
	return list[0]
}

// clean leaves out what is null, which is the same as absent (RFC 7643, 2.5).
func clean(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, sub := range v {
			if sub != nil {
				out[k] = clean(sub)
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, one := range v {
			if one != nil {
				out = append(out, clean(one))
			}
		}
		return out
	}
	return v
}

package patch

import (
	"maps"
	"reflect"
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

// Rules say how operations are carried out.
type Rules struct {
	// Type is the type of the resources.
	Type *schema.ResourceType
	// Creates says that replacing values of a canonical type where there is none creates
	// one, as Entra ID expects. RFC 7644, section 3.5.2.3, has noTarget for it.
	Creates bool
}

// Apply gives the resource after all operations. The given one is not changed;
// attributes that no operation touches are shared with it. A path that the
// schema does not know is an error, a key of a value that it does not know is
// left out. What an operation stores is what POST would keep of it. Its error is a
// *scimerr.Error.
func Apply(resource map[string]any, operations []Operation, rules Rules) (map[string]any, error) {
	p := patcher{maps.Clone(resource), rules}
	for i, o := range operations {
		if err := p.apply(o); err != nil {
			return nil, InOperation(i, err)
		}
	}
	return p.resource, nil
}

// ApplyOne is Apply for one operation, of which its error need not say which it is.
func ApplyOne(resource map[string]any, operation Operation, rules Rules) (map[string]any, error) {
	p := patcher{maps.Clone(resource), rules}
	return p.resource, p.apply(operation)
}

type patcher struct {
	resource map[string]any
	rules    Rules
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
		switch _, known := p.rules.Type.Lookup(target.Path.String()); {
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
	if says, err := c.read(value); err != nil || !says {
		return err
	}
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
	if attribute.Mutability == schema.ReadOnly || attribute.Mutability == schema.Immutable && before != nil {
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

func fixed(a *schema.Attribute, path filter.Path) error {
	word := "immutable"
	if a.Mutability == schema.ReadOnly {
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

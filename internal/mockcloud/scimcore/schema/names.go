package schema

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

// An attribute has several names (RFC 7644, section 3.10): its own, one with the schema's
// URN in front, and within an object by that URN; each in any case, and by the URN of a
// draft. They are read in one place, so that no name is overlooked and its value lost.

// said is what a body says of one attribute, or of a part of one.
type said struct {
	path  string // as the index has it
	value any
}

// says takes a body apart: the core schema or an extension in an object of its own is
// as if its attributes stood alone. Under is the URN that names belong to which have
// none, empty for the core schema's.
func (rt *ResourceType) says(body map[string]any, under string) (out []said) {
	for name, value := range body {
		path := rt.normal(name)
		if under != "" && !strings.Contains(name, ":") {
			path = rt.normal(under + ":" + name)
		}
		if parts, ok := rt.schemaObject(path, value); ok && under == "" {
			out = append(out, rt.says(parts, path)...)
			continue
		}
		out = append(out, said{path, value})
	}
	slices.SortFunc(out, func(a, b said) int { return cmp.Compare(a.path, b.path) })
	return out
}

// schemaObject reads a value under the URN of a schema that the resource type has.
func (rt *ResourceType) schemaObject(path string, value any) (parts map[string]any, ok bool) {
	if !slices.Contains(rt.urns, path) {
		return nil, false
	}
	if extension := rt.index[path]; extension != nil {
		value = extension.tolerated(value, true)
	}
	parts, ok = value.(map[string]any)
	return parts, ok
}

// CheckNames refuses a body that says twice what an attribute is, by whatever names:
// which of them was meant cannot be told, and the other would be lost. Under is the URN
// of the schema that the whole body belongs to, empty for the resource's.
func (rt *ResourceType) CheckNames(body map[string]any, under string) error {
	return rt.checkTwice(rt.says(body, under))
}

func (rt *ResourceType) checkTwice(all []said) error {
	seen := make(map[string]struct{}, len(all))
	for _, s := range all {
		for _, path := range rt.sets(s) {
			if _, twice := seen[path]; twice {
				return scimerr.New(scimerr.InvalidSyntax, "%s is there more than once", cmp.Or(rt.spelled[path], path))
			}
			seen[path] = struct{}{}
		}
	}
	return nil
}

// sets are the paths of what a value sets: of an attribute with parts, also those that
// it has, and all of them where it is no object.
func (rt *ResourceType) sets(s said) []string {
	a := rt.index[s.path]
	switch {
	case a == nil && strings.Contains(s.path, "["):
		return []string{s.path} // some of an attribute's values
	case a == nil || a.Mutability == ReadOnly:
		return nil
	}
	out := []string{s.path}
	if a.Type != Complex || a.MultiValued || s.value == nil {
		return out
	}
	parts, isObject := a.tolerated(s.value, true).(map[string]any)
	for i := range a.SubAttributes {
		sub := &a.SubAttributes[i]
		if _, sent := lookUp(parts, sub.key); sent || !isObject {
			out = append(out, s.path+separator(a)+sub.key)
		}
	}
	return out
}

// plain returns a resource with its attributes by their own names, each in its place. What
// no schema knows, and what is read-only, is not in it.
func (rt *ResourceType) plain(resource map[string]any) (map[string]any, error) {
	all := rt.says(resource, "")
	if err := rt.checkTwice(all); err != nil {
		return nil, err
	}
	out := make(map[string]any, len(all))
	for _, s := range all {
		whole, _, chosen := strings.Cut(s.path, "[")
		a := rt.index[whole]
		if a == nil {
			continue
		}
		for parent := rt.parents[whole]; parent != ""; parent = rt.parents[parent] {
			chosen = chosen || rt.index[parent].MultiValued
			a = rt.index[parent]
		}
		switch {
		case a.Mutability == ReadOnly:
		case chosen:
			return nil, invalid("%s is of some of several values, which only PATCH can change; send the whole list", cmp.Or(rt.spelled[s.path], s.path))
		default:
			rt.objectAround(out, whole)[rt.index[whole].Name] = s.value
		}
	}
	return out, nil
}

// objectAround is the object in a resource that an attribute at a path belongs into, for
// changing.
func (rt *ResourceType) objectAround(resource map[string]any, path string) map[string]any {
	parent := rt.parents[path]
	if parent == "" {
		return resource
	}
	a, around := rt.index[parent], rt.objectAround(resource, parent)
	parts, _ := a.tolerated(around[a.Name], true).(map[string]any)
	if parts = maps.Clone(parts); parts == nil {
		parts = make(map[string]any)
	}
	around[a.Name] = parts
	return parts
}

package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Attrs are arguments of a resource, or of an object in one: strings, ints, bools, [Ref], []any, Attrs.
type Attrs map[string]any

// Ref is another resource's attribute.
type Ref struct{ Address, Attribute string }

// Resource is a resource of a configuration.
type Resource struct {
	Type, Name string // without the provider's prefix
	Attrs      Attrs
	// DependsOn are addresses of resources that it comes after without a reference.
	DependsOn []string
	// CreateBeforeDestroy is the lifecycle argument.
	CreateBeforeDestroy bool
}

const prefix = "prefectsso_"

// TypeName returns the type as Terraform knows it.
func (r Resource) TypeName() string { return prefix + r.Type }

// Address returns the resource's address.
func (r Resource) Address() string { return prefix + r.Type + "." + r.Name }

// references returns the addresses that the resource refers to or depends on, sorted.
func (r Resource) references() []string {
	found := map[string]bool{}
	for _, address := range r.DependsOn {
		found[address] = true
	}
	collect(r.Attrs, found)
	return slices.Sorted(maps.Keys(found))
}

func collect(v any, found map[string]bool) {
	switch v := v.(type) {
	case Ref:
		found[v.Address] = true
	case Attrs:
		for _, element := range v {
			collect(element, found)
		}
	case []any:
		for _, element := range v {
			collect(element, found)
		}
	}
}

// copyOf returns a deep copy of a value of Attrs.
func copyOf[T any](v T) T {
	var walk func(v any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case Attrs:
			out := Attrs{}
			for name, element := range v {
				out[name] = walk(element)
			}
			return out
		case []any:
			out := make([]any, len(v))
			for i, element := range v {
				out[i] = walk(element)
			}
			return out
		}
		return v
	}
	out, _ := walk(v).(T) // of the same type
	return out
}

// resolved returns arguments with the references followed.
func resolved(v any, lookup func(Ref) any) any {
	switch v := v.(type) {
	case Ref:
		return lookup(v)
	case Attrs:
		out := Attrs{}
		for name, element := range v {
			out[name] = resolved(element, lookup)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			out[i] = resolved(element, lookup)
		}
		return out
	}
	return v
}

// HCL returns a configuration as Terraform reads it.
func HCL(resources []Resource) string {
	var b strings.Builder
	for _, r := range resources {
		fmt.Fprintf(&b, "resource %q %q {\n", r.TypeName(), r.Name)
		for _, name := range slices.Sorted(maps.Keys(r.Attrs)) {
			fmt.Fprintf(&b, "  %s = %s\n", name, expression(r.Attrs[name]))
		}
		if len(r.DependsOn) > 0 {
			fmt.Fprintf(&b, "  depends_on = [%s]\n", strings.Join(r.DependsOn, ", "))
		}
		if r.CreateBeforeDestroy {
			b.WriteString("  lifecycle {\n    create_before_destroy = true\n  }\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func expression(v any) string {
	switch v := v.(type) {
	case Ref:
		return v.Address + "." + v.Attribute
	case Attrs:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, strconv.Quote(name)+" = "+expression(v[name]))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case []any:
		parts := make([]string, len(v))
		for i, element := range v {
			parts[i] = expression(element)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return strconv.Quote(v)
	}
	return fmt.Sprint(v)
}

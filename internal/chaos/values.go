package chaos

import (
	"errors"
	"fmt"
	"maps"
	"math/big"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// valueOf makes a value of a type from arguments; what is left out is null. Of references, lookup knows the values.
func valueOf(typ tftypes.Type, given any, lookup func(Ref) tftypes.Value) tftypes.Value {
	switch given := given.(type) {
	case nil:
		return tftypes.NewValue(typ, nil)
	case Ref:
		value := lookup(given)
		if !value.IsKnown() {
			return tftypes.NewValue(typ, tftypes.UnknownValue)
		}
		return value
	case Attrs:
		switch typ := typ.(type) {
		case tftypes.Object:
			values := map[string]tftypes.Value{}
			for name, attribute := range typ.AttributeTypes {
				values[name] = valueOf(attribute, given[name], lookup)
			}
			return tftypes.NewValue(typ, values)
		case tftypes.Map:
			values := map[string]tftypes.Value{}
			for name, element := range given {
				values[name] = valueOf(typ.ElementType, element, lookup)
			}
			return tftypes.NewValue(typ, values)
		}
	case []any:
		set, ok := typ.(tftypes.Set)
		if !ok {
			break
		}
		var values []tftypes.Value
		for _, element := range given {
			values = append(values, valueOf(set.ElementType, element, lookup))
		}
		return tftypes.NewValue(typ, values)
	case int:
		return tftypes.NewValue(typ, big.NewFloat(float64(given)))
	}
	return tftypes.NewValue(typ, given)
}

// attributes returns those of an object. They are the caller's: As hands out the very map that is in the value.
func attributes(v tftypes.Value) (map[string]tftypes.Value, error) {
	out := map[string]tftypes.Value{}
	err := v.As(&out)
	return maps.Clone(out), err
}

// textOf returns what a string says, "" for null.
func textOf(v tftypes.Value) string {
	var out *string
	if !v.IsKnown() || v.As(&out) != nil || out == nil {
		return ""
	}
	return *out
}

// proposed returns the configuration with what the provider computed before, as Terraform proposes it.
func proposed(attrs []*tfprotov6.SchemaAttribute, prior, config tftypes.Value) (tftypes.Value, error) {
	if config.IsNull() || !config.IsKnown() {
		return config, nil
	}
	values, err := attributes(config)
	before := map[string]tftypes.Value{}
	if !prior.IsNull() && prior.IsKnown() {
		var wrong error
		before, wrong = attributes(prior)
		err = errors.Join(err, wrong)
	}
	for _, a := range attrs {
		was, there := before[a.Name]
		switch {
		case a.WriteOnly:
			values[a.Name] = tftypes.NewValue(values[a.Name].Type(), nil)
		case a.Computed && values[a.Name].IsNull():
			if there {
				values[a.Name] = was
			}
		case a.NestedType != nil && a.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeSingle:
			if !there {
				was = tftypes.NewValue(values[a.Name].Type(), nil)
			}
			var wrong error
			values[a.Name], wrong = proposed(a.NestedType.Attributes, was, values[a.Name])
			err = errors.Join(err, wrong)
		}
	}
	if err != nil {
		return config, err
	}
	return tftypes.NewValue(config.Type(), values), nil
}

// contradicts returns where a value is not what was planned, "" if nowhere: what was not known may be anything.
func contradicts(planned, is tftypes.Value) string {
	diffs, err := planned.Diff(is)
	if err != nil {
		return err.Error()
	}
	for _, diff := range diffs {
		if diff.Value1 == nil || diff.Value2 == nil || !diff.Value1.IsFullyKnown() {
			continue // in what was not known, or a level above what differs
		}
		if !diff.Value1.Equal(*diff.Value2) {
			return fmt.Sprintf("%s: planned %s, is %s", diff.Path, *diff.Value1, *diff.Value2)
		}
	}
	return ""
}

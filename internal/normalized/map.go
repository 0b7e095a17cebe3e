package normalized

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// MapType is the type of a Map.
type MapType struct {
	basetypes.MapType
	kind *Kind
}

// Map is a map from texts to plain strings that compares by what the texts mean.
type Map struct {
	basetypes.MapValue
	kind *Kind
}

var (
	_ basetypes.MapTypable                    = MapType{}
	_ basetypes.MapValuableWithSemanticEquals = Map{}
	_ xattr.ValidateableAttribute             = Map{}
)

// MapType returns the type of a map with keys of this kind.
func (k *Kind) MapType() MapType {
	return MapType{basetypes.MapType{ElemType: basetypes.StringType{}}, k}
}

// MapValue returns a map with keys of this kind.
func (k *Kind) MapValue(values map[string]string) Map {
	elements := make(map[string]attr.Value, len(values))
	for text, value := range values {
		elements[text] = basetypes.NewStringValue(value)
	}
	return Map{basetypes.NewMapValueMust(basetypes.StringType{}, elements), k}
}

// Equal implements [attr.Type].
func (t MapType) Equal(o attr.Type) bool {
	other, ok := o.(MapType)
	return ok && t.kind == other.kind
}

// String implements [attr.Type].
func (t MapType) String() string { return "normalized.MapType[" + t.kind.Name + "]" }

// ValueType implements [attr.Type].
func (t MapType) ValueType(context.Context) attr.Value { return Map{kind: t.kind} }

// ValueFromMap implements [basetypes.MapTypable].
func (t MapType) ValueFromMap(_ context.Context, v basetypes.MapValue) (basetypes.MapValuable, diag.Diagnostics) {
	return Map{v, t.kind}, nil
}

// ValueFromTerraform implements [attr.Type].
func (t MapType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	v, err := t.MapType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	m, ok := v.(basetypes.MapValue)
	if !ok {
		return nil, fmt.Errorf("a map turned into %T", v)
	}
	return Map{m, t.kind}, nil
}

// Type implements [attr.Value].
func (v Map) Type(context.Context) attr.Type { return v.kind.MapType() }

// Equal implements [attr.Value].
func (v Map) Equal(o attr.Value) bool {
	other, ok := o.(Map)
	return ok && v.MapValue.Equal(other.MapValue)
}

// String implements [attr.Value]. The framework writes it into its log at each comparison, for which the embedded type
// copies the whole map once a key: 15 of the 16 seconds that a plan of 10,000 people took.
func (v Map) String() string {
	return fmt.Sprintf("<map of %d by %s>", len(v.Elements()), v.kind.Name)
}

// MapSemanticEquals implements [basetypes.MapValuableWithSemanticEquals].
func (v Map) MapSemanticEquals(_ context.Context, o basetypes.MapValuable) (bool, diag.Diagnostics) {
	other, ok := o.(Map)
	if ok && v.MapValue.Equal(other.MapValue) {
		return true, nil
	}
	return ok && len(v.Elements()) == len(other.Elements()) && maps.Equal(v.Normalized(), other.Normalized()), nil
}

// ValidateAttribute implements [xattr.ValidateableAttribute].
func (v Map) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	v.kind.checkAll(slices.Sorted(maps.Keys(v.Elements())), req.Path.AtMapKey, &resp.Diagnostics)
}

// IsWhollyKnown reports whether the map and all its elements are known.
func (v Map) IsWhollyKnown() bool {
	if v.IsUnknown() {
		return false
	}
	for _, element := range v.Elements() {
		if element.IsUnknown() {
			return false
		}
	}
	return true
}

// Written returns the known values by their keys as they are written.
func (v Map) Written() map[string]string {
	out := make(map[string]string, len(v.Elements()))
	for text, element := range v.Elements() {
		if value, ok := element.(basetypes.StringValue); ok && !value.IsNull() && !value.IsUnknown() {
			out[text] = value.ValueString()
		}
	}
	return out
}

// Normalized returns the known values by what their keys mean.
func (v Map) Normalized() map[string]string {
	written := v.Written()
	out := make(map[string]string, len(written))
	for text, value := range written {
		out[v.kind.Key(text)] = value
	}
	return out
}

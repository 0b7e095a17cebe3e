package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Collections of spelled names compare as normalised wholes: the framework then takes the whole prior value or the whole
// new one, which is all that Terraform accepts, and costs one pass where comparing element types would cost more.

// spelledSet is a set of names.
type spelledSet struct {
	basetypes.SetType
	spelling *spelling
}

// spelledSetValue is its value.
type spelledSetValue struct {
	basetypes.SetValue
	spelling *spelling
}

// spelledMap is a map from names to plain strings.
type spelledMap struct {
	basetypes.MapType
	spelling *spelling
}

// spelledMapValue is its value.
type spelledMapValue struct {
	basetypes.MapValue
	spelling *spelling
}

var (
	_ basetypes.SetTypable                    = spelledSet{}
	_ basetypes.SetValuableWithSemanticEquals = spelledSetValue{}
	_ xattr.ValidateableAttribute             = spelledSetValue{}
	_ basetypes.MapTypable                    = spelledMap{}
	_ basetypes.MapValuableWithSemanticEquals = spelledMapValue{}
	_ xattr.ValidateableAttribute             = spelledMapValue{}
)

func newSpelledSet(s *spelling) spelledSet {
	return spelledSet{basetypes.SetType{ElemType: basetypes.StringType{}}, s}
}

func newSpelledMap(s *spelling) spelledMap {
	return spelledMap{basetypes.MapType{ElemType: basetypes.StringType{}}, s}
}

func (s *spelling) set(names []string) spelledSetValue {
	elements := make([]attr.Value, len(names))
	for i, name := range names {
		elements[i] = basetypes.NewStringValue(name)
	}
	return spelledSetValue{basetypes.NewSetValueMust(basetypes.StringType{}, elements), s}
}

func (s *spelling) mapOf(values map[string]string) spelledMapValue {
	elements := make(map[string]attr.Value, len(values))
	for name, value := range values {
		elements[name] = basetypes.NewStringValue(value)
	}
	return spelledMapValue{basetypes.NewMapValueMust(basetypes.StringType{}, elements), s}
}

// respell is a set of names as the API has them, each in the spelling that prior has for it.
func (s *spelling) respell(prior spelledSetValue, names []string) spelledSetValue {
	written := map[string]string{}
	for _, name := range prior.names() {
		written[s.key(name)] = name
	}
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = firstNonEmpty(written[s.key(name)], name)
	}
	return s.set(out)
}

// Equal implements [attr.Type].
func (t spelledSet) Equal(o attr.Type) bool {
	other, ok := o.(spelledSet)
	return ok && t.spelling == other.spelling
}

// String implements [attr.Type].
func (t spelledSet) String() string { return "spelledSet[" + t.spelling.name + "]" }

// ValueType implements [attr.Type].
func (t spelledSet) ValueType(context.Context) attr.Value {
	return spelledSetValue{spelling: t.spelling}
}

// ValueFromSet implements [basetypes.SetTypable].
func (t spelledSet) ValueFromSet(_ context.Context, v basetypes.SetValue) (basetypes.SetValuable, diag.Diagnostics) {
	return spelledSetValue{v, t.spelling}, nil
}

// ValueFromTerraform implements [attr.Type].
func (t spelledSet) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	v, err := t.SetType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	set, ok := v.(basetypes.SetValue)
	if !ok {
		return nil, fmt.Errorf("a set turned into %T", v)
	}
	return spelledSetValue{set, t.spelling}, nil
}

// Type implements [attr.Value].
func (v spelledSetValue) Type(context.Context) attr.Type { return newSpelledSet(v.spelling) }

// Equal implements [attr.Value].
func (v spelledSetValue) Equal(o attr.Value) bool {
	other, ok := o.(spelledSetValue)
	return ok && v.SetValue.Equal(other.SetValue)
}

// SetSemanticEquals implements [basetypes.SetValuableWithSemanticEquals].
func (v spelledSetValue) SetSemanticEquals(_ context.Context, o basetypes.SetValuable) (bool, diag.Diagnostics) {
	other, ok := o.(spelledSetValue)
	return ok && maps.Equal(v.spellings(), other.spellings()), nil
}

// ValidateAttribute implements [xattr.ValidateableAttribute].
func (v spelledSetValue) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	v.spelling.checkAll(v.names(), func(name string) path.Path {
		if v.spelling.hidden {
			return req.Path // the path to an element of a set holds the element
		}
		return req.Path.AtSetValue(basetypes.NewStringValue(name))
	}, &resp.Diagnostics)
}

// names are the known elements as they are written, sorted.
func (v spelledSetValue) names() []string {
	names := make([]string, 0, len(v.Elements()))
	for _, element := range v.Elements() {
		if text, ok := element.(basetypes.StringValue); ok && !text.IsNull() && !text.IsUnknown() {
			names = append(names, text.ValueString())
		}
	}
	slices.Sort(names)
	return names
}

// keys are what the elements mean, sorted: the names as the API has them.
func (v spelledSetValue) keys() []string {
	keys := v.names()
	for i, name := range keys {
		keys[i] = v.spelling.key(name)
	}
	slices.Sort(keys)
	return keys
}

// spellings maps what the elements mean to "": the set as the comparison wants it. Its values are there so that the set
// and the map can be compared alike.
func (v spelledSetValue) spellings() map[string]string {
	out := make(map[string]string, len(v.Elements()))
	for _, name := range v.names() {
		out[v.spelling.key(name)] = ""
	}
	return out
}

// Equal implements [attr.Type].
func (t spelledMap) Equal(o attr.Type) bool {
	other, ok := o.(spelledMap)
	return ok && t.spelling == other.spelling
}

// String implements [attr.Type].
func (t spelledMap) String() string { return "spelledMap[" + t.spelling.name + "]" }

// ValueType implements [attr.Type].
func (t spelledMap) ValueType(context.Context) attr.Value {
	return spelledMapValue{spelling: t.spelling}
}

// ValueFromMap implements [basetypes.MapTypable].
func (t spelledMap) ValueFromMap(_ context.Context, v basetypes.MapValue) (basetypes.MapValuable, diag.Diagnostics) {
	return spelledMapValue{v, t.spelling}, nil
}

// ValueFromTerraform implements [attr.Type].
func (t spelledMap) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	v, err := t.MapType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	m, ok := v.(basetypes.MapValue)
	if !ok {
		return nil, fmt.Errorf("a map turned into %T", v)
	}
	return spelledMapValue{m, t.spelling}, nil
}

// Type implements [attr.Value].
func (v spelledMapValue) Type(context.Context) attr.Type { return newSpelledMap(v.spelling) }

// Equal implements [attr.Value].
func (v spelledMapValue) Equal(o attr.Value) bool {
	other, ok := o.(spelledMapValue)
	return ok && v.MapValue.Equal(other.MapValue)
}

// String implements [attr.Value]. The framework writes it into its log at each comparison, for which the embedded type
// copies the whole map once a key: 15 of the 16 seconds that a plan of 10,000 people took.
func (v spelledMapValue) String() string {
	return fmt.Sprintf("<map of %d by %s>", len(v.Elements()), v.spelling.name)
}

// MapSemanticEquals implements [basetypes.MapValuableWithSemanticEquals].
func (v spelledMapValue) MapSemanticEquals(_ context.Context, o basetypes.MapValuable) (bool, diag.Diagnostics) {
	other, ok := o.(spelledMapValue)
	return ok && len(v.Elements()) == len(other.Elements()) && maps.Equal(v.byMeaning(), other.byMeaning()), nil
}

// ValidateAttribute implements [xattr.ValidateableAttribute].
func (v spelledMapValue) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	v.spelling.checkAll(slices.Sorted(maps.Keys(v.Elements())), req.Path.AtMapKey, &resp.Diagnostics)
}

// written maps the names as they are written to their known values.
func (v spelledMapValue) written() map[string]string {
	out := make(map[string]string, len(v.Elements()))
	for name, element := range v.Elements() {
		if text, ok := element.(basetypes.StringValue); ok && !text.IsNull() && !text.IsUnknown() {
			out[name] = text.ValueString()
		}
	}
	return out
}

// byMeaning is written with what the names mean as its keys.
func (v spelledMapValue) byMeaning() map[string]string {
	written := v.written()
	out := make(map[string]string, len(written))
	for name, value := range written {
		out[v.spelling.key(name)] = value
	}
	return out
}

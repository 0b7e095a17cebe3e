package normalized

import (
	"cmp"
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

// Collections compare as normalized wholes: the framework then takes the whole prior value or the whole new one, which is
// all that Terraform accepts, and costs one pass where comparing element types would cost more.

// SetType is the type of a Set.
type SetType struct {
	basetypes.SetType
	kind *Kind
}

// Set is a set of texts that compares by what they mean.
type Set struct {
	basetypes.SetValue
	kind *Kind
}

var (
	_ basetypes.SetTypable                    = SetType{}
	_ basetypes.SetValuableWithSemanticEquals = Set{}
	_ xattr.ValidateableAttribute             = Set{}
)

// SetType returns the type of a set of this kind.
func (k *Kind) SetType() SetType {
	return SetType{basetypes.SetType{ElemType: basetypes.StringType{}}, k}
}

// SetOf returns a plain set of strings as one of this kind.
func (k *Kind) SetOf(plain basetypes.SetValue) Set { return Set{plain, k} }

// SetValue returns a set of this kind.
func (k *Kind) SetValue(texts []string) Set {
	elements := make([]attr.Value, len(texts))
	for i, text := range texts {
		elements[i] = basetypes.NewStringValue(text)
	}
	return Set{basetypes.NewSetValueMust(basetypes.StringType{}, elements), k}
}

// SetNull returns a null of this kind.
func (k *Kind) SetNull() Set { return Set{basetypes.NewSetNull(basetypes.StringType{}), k} }

// SetValueAs returns a set of texts as the API has them, each in the form that prior has for it.
func (k *Kind) SetValueAs(prior Set, texts []string) Set {
	written := map[string]string{}
	for _, text := range prior.Written() {
		written[k.Key(text)] = text
	}
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = cmp.Or(written[k.Key(text)], text)
	}
	return k.SetValue(out)
}

// Equal implements [attr.Type].
func (t SetType) Equal(o attr.Type) bool {
	other, ok := o.(SetType)
	return ok && t.kind == other.kind
}

// String implements [attr.Type].
func (t SetType) String() string { return "normalized.SetType[" + t.kind.Name + "]" }

// ValueType implements [attr.Type].
func (t SetType) ValueType(context.Context) attr.Value { return Set{kind: t.kind} }

// ValueFromSet implements [basetypes.SetTypable].
func (t SetType) ValueFromSet(_ context.Context, v basetypes.SetValue) (basetypes.SetValuable, diag.Diagnostics) {
	return Set{v, t.kind}, nil
}

// ValueFromTerraform implements [attr.Type].
func (t SetType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	v, err := t.SetType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	set, ok := v.(basetypes.SetValue)
	if !ok {
		return nil, fmt.Errorf("a set turned into %T", v)
	}
	return Set{set, t.kind}, nil
}

// Type implements [attr.Value].
func (v Set) Type(context.Context) attr.Type { return v.kind.SetType() }

// Equal implements [attr.Value].
func (v Set) Equal(o attr.Value) bool {
	other, ok := o.(Set)
	return ok && v.SetValue.Equal(other.SetValue)
}

// SetSemanticEquals implements [basetypes.SetValuableWithSemanticEquals].
func (v Set) SetSemanticEquals(_ context.Context, o basetypes.SetValuable) (bool, diag.Diagnostics) {
	other, ok := o.(Set)
	return ok && maps.Equal(v.meanings(), other.meanings()), nil
}

// ValidateAttribute implements [xattr.ValidateableAttribute].
func (v Set) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	v.kind.checkAll(v.Written(), func(text string) path.Path {
		if v.kind.Hidden {
			return req.Path // the path to an element of a set holds the element
		}
		return req.Path.AtSetValue(basetypes.NewStringValue(text))
	}, &resp.Diagnostics)
}

// IsWhollyKnown reports whether the set and all its elements are known.
func (v Set) IsWhollyKnown() bool {
	return !v.IsUnknown() && !slices.ContainsFunc(v.Elements(), attr.Value.IsUnknown)
}

// Written returns the known elements as they are written, sorted.
func (v Set) Written() []string {
	texts := make([]string, 0, len(v.Elements()))
	for _, element := range v.Elements() {
		if text, ok := element.(basetypes.StringValue); ok && !text.IsNull() && !text.IsUnknown() {
			texts = append(texts, text.ValueString())
		}
	}
	slices.Sort(texts)
	return texts
}

// Normalized returns what the elements mean, sorted: the texts as the API has them.
func (v Set) Normalized() []string {
	keys := v.Written()
	for i, text := range keys {
		keys[i] = v.kind.Key(text)
	}
	slices.Sort(keys)
	return keys
}

// meanings has what the elements mean, once each.
func (v Set) meanings() map[string]bool {
	out := make(map[string]bool, len(v.Elements()))
	for _, text := range v.Written() {
		out[v.kind.Key(text)] = true
	}
	return out
}

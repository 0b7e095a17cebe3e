package normalized

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// StringType is the type of a String.
type StringType struct {
	basetypes.StringType
	kind *Kind
}

// String is a string that compares by what it means.
type String struct {
	basetypes.StringValue
	kind *Kind
}

var (
	_ basetypes.StringTypable                    = StringType{}
	_ basetypes.StringValuableWithSemanticEquals = String{}
	_ xattr.ValidateableAttribute                = String{}
)

// StringType returns the type of a string of this kind.
func (k *Kind) StringType() StringType { return StringType{kind: k} }

// StringValue returns a string of this kind.
func (k *Kind) StringValue(text string) String { return String{basetypes.NewStringValue(text), k} }

// StringNull returns a null of this kind.
func (k *Kind) StringNull() String { return String{basetypes.NewStringNull(), k} }

// Equal implements [attr.Type].
func (t StringType) Equal(o attr.Type) bool {
	other, ok := o.(StringType)
	return ok && t.kind == other.kind
}

// String implements [attr.Type].
func (t StringType) String() string { return "normalized.StringType[" + t.kind.Name + "]" }

// ValueType implements [attr.Type].
func (t StringType) ValueType(context.Context) attr.Value { return String{kind: t.kind} }

// ValueFromString implements [basetypes.StringTypable].
func (t StringType) ValueFromString(_ context.Context, v basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return String{v, t.kind}, nil
}

// ValueFromTerraform implements [attr.Type].
func (t StringType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	v, err := t.StringType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	text, ok := v.(basetypes.StringValue)
	if !ok {
		return nil, fmt.Errorf("a string turned into %T", v)
	}
	return String{text, t.kind}, nil
}

// Type implements [attr.Value].
func (v String) Type(context.Context) attr.Type { return v.kind.StringType() }

// Equal implements [attr.Value].
func (v String) Equal(o attr.Value) bool {
	other, ok := o.(String)
	return ok && v.StringValue.Equal(other.StringValue)
}

// StringSemanticEquals implements [basetypes.StringValuableWithSemanticEquals].
func (v String) StringSemanticEquals(_ context.Context, o basetypes.StringValuable) (bool, diag.Diagnostics) {
	other, ok := o.(String)
	return ok && v.Normalized() == other.Normalized(), nil
}

// ValidateAttribute implements [xattr.ValidateableAttribute].
func (v String) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	if !v.IsNull() && !v.IsUnknown() {
		v.kind.check(v.ValueString(), func(string) path.Path { return req.Path }, &resp.Diagnostics)
	}
}

// Normalized returns the form to compare by: the text as the API has it.
func (v String) Normalized() string { return v.kind.Key(v.ValueString()) }

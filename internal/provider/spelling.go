package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// A spelling is a family of names that can be written in several ways and mean the same: domains differ in case, a
// trailing dot and IDN forms, addresses in the case of A to Z and in their domain. Values of the types below compare by what they mean, so that writing a
// name differently is no change, while the state keeps the form that the configuration uses.
type spelling struct {
	name      string
	normalize func(string) (string, error)
	// hidden keeps what is written out of diagnostics.
	hidden bool
}

var (
	domainSpelling = &spelling{name: "email domain", normalize: client.NormalizeDomain}
	emailSpelling  = &spelling{name: "email address", normalize: client.NormalizeEmail}
	// durationSpelling takes "60m" and "1h" for the same.
	durationSpelling = &spelling{name: "duration", normalize: normalizeDuration}
)

func normalizeDuration(text string) (string, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return "", fmt.Errorf("%q is no duration: write one with its unit, such as \"45s\", \"30m\" or \"2160h\"", text)
	}
	return d.String(), nil
}

// key is the form to compare and look up by. What is malformed is only equal to itself.
func (s *spelling) key(text string) string {
	normal, err := s.normalize(text)
	if err != nil {
		return text
	}
	return normal
}

// check reports a malformed name, and gives the form to compare by.
func (s *spelling) check(text string, at path.Path, diags *diag.Diagnostics) string {
	normal, err := s.normalize(text)
	if err != nil {
		diags.AddAttributeError(at, "Invalid "+s.name, english.ErrorSentence(err))
		return text
	}
	return normal
}

// checkAll reports malformed names, and names that stand twice in different spellings.
func (s *spelling) checkAll(names []string, at func(name string) path.Path, diags *diag.Diagnostics) {
	first, alike := make(map[string]string, len(names)), make(map[string]string)
	for _, name := range names {
		key := s.check(name, at(name), diags)
		if s == emailSpelling {
			if other, known := alike[client.LookAlikeKey(name)]; known && client.LookAlike(other, name) {
				diags.AddAttributeError(at(name), "Two addresses that look alike", fmt.Sprintf(
					"%q could be taken for %q (%+q and %+q), but they are different people's, and an account never has both. Keep the one that the account has.", name, other, name, other))
			}
			alike[client.LookAlikeKey(name)] = name
		}
		if earlier, twice := first[key]; twice && s.hidden {
			diags.AddAttributeError(at(name), "The same "+s.name+" twice", fmt.Sprintf("The %s %s stands there twice, in different spellings. Keep one of them.", s.name, key))
		} else if twice {
			diags.AddAttributeError(at(name), "The same "+s.name+" twice", fmt.Sprintf("%q and %q both mean %s. Keep one of them.", earlier, name, key))
		}
		first[key] = name
	}
}

// spelledString is a string attribute type whose values compare by meaning.
type spelledString struct {
	basetypes.StringType
	spelling *spelling
}

// spelledStringValue is its value.
type spelledStringValue struct {
	basetypes.StringValue
	spelling *spelling
}

var (
	_ basetypes.StringTypable                    = spelledString{}
	_ basetypes.StringValuableWithSemanticEquals = spelledStringValue{}
	_ xattr.ValidateableAttribute                = spelledStringValue{}
)

func (s *spelling) value(text string) spelledStringValue {
	return spelledStringValue{basetypes.NewStringValue(text), s}
}

// Equal implements [attr.Type].
func (t spelledString) Equal(o attr.Type) bool {
	other, ok := o.(spelledString)
	return ok && t.spelling == other.spelling
}

// String implements [attr.Type].
func (t spelledString) String() string { return "spelledString[" + t.spelling.name + "]" }

// ValueType implements [attr.Type].
func (t spelledString) ValueType(context.Context) attr.Value {
	return spelledStringValue{spelling: t.spelling}
}

// ValueFromString implements [basetypes.StringTypable].
func (t spelledString) ValueFromString(_ context.Context, v basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return spelledStringValue{v, t.spelling}, nil
}

// ValueFromTerraform implements [attr.Type].
func (t spelledString) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	v, err := t.StringType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	text, ok := v.(basetypes.StringValue)
	if !ok {
		return nil, fmt.Errorf("a string turned into %T", v)
	}
	return spelledStringValue{text, t.spelling}, nil
}

// Type implements [attr.Value].
func (v spelledStringValue) Type(context.Context) attr.Type {
	return spelledString{spelling: v.spelling}
}

// Equal implements [attr.Value].
func (v spelledStringValue) Equal(o attr.Value) bool {
	other, ok := o.(spelledStringValue)
	return ok && v.StringValue.Equal(other.StringValue)
}

// StringSemanticEquals implements [basetypes.StringValuableWithSemanticEquals].
func (v spelledStringValue) StringSemanticEquals(_ context.Context, o basetypes.StringValuable) (bool, diag.Diagnostics) {
	other, ok := o.(spelledStringValue)
	return ok && v.key() == other.key(), nil
}

// ValidateAttribute implements [xattr.ValidateableAttribute].
func (v spelledStringValue) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	if !v.IsNull() && !v.IsUnknown() {
		v.spelling.check(v.ValueString(), req.Path, &resp.Diagnostics)
	}
}

func (v spelledStringValue) key() string { return v.spelling.key(v.ValueString()) }

// Package schemachange knows what the provider promises in its schemas, and which change of them breaks a configuration
// that works today.
//
// Terraform's own JSON of a schema lacks what hurts most when it changes: what forces replacement, which default holds,
// which values are refused. So the provider is asked in process, and each resource, attribute, identity, function and the
// like becomes a line of facts. testdata/schema.json has today's, testdata/released.json those of the newest release; the
// tests compare, and CHANGELOG.md says which breaking change is meant. Only tests import it.
//
// It sees what a schema says. What ModifyPlan decides by itself, such as a replacement that depends on two values, it does
// not see.
package schemachange

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Facts are what a configuration or a state can depend on of one thing.
type Facts struct {
	Type       string   `json:"type,omitempty"`     // of a value, as Terraform writes types; of a function, its signature
	Nesting    string   `json:"nesting,omitempty"`  // of an attribute or block that has others in it
	Required   bool     `json:"required,omitempty"` // has to be set; of an identity, for an import
	Optional   bool     `json:"optional,omitempty"`
	Computed   bool     `json:"computed,omitempty"`
	Sensitive  bool     `json:"sensitive,omitempty"`
	WriteOnly  bool     `json:"write_only,omitempty"`
	Default    string   `json:"default,omitempty"`
	Replaces   []string `json:"replaces,omitempty"` // plan modifiers that replace the resource
	Modifiers  []string `json:"modifiers,omitempty"`
	Rules      []string `json:"rules,omitempty"` // validators
	Deprecated string   `json:"deprecated,omitempty"`
	Version    int64    `json:"version,omitempty"` // of a resource's state, or of an identity
}

// Schema is all that a provider offers, by path: `resource prefectsso_domain`, `resource prefectsso_domain.name`.
type Schema map[string]Facts

// Of asks a provider for its schemas.
func Of(ctx context.Context, p provider.Provider) (Schema, error) {
	d := &dump{ctx: ctx, out: Schema{}}
	var meta provider.MetadataResponse
	p.Metadata(ctx, provider.MetadataRequest{}, &meta)

	var block provider.SchemaResponse
	p.Schema(ctx, provider.SchemaRequest{}, &block)
	d.schema("provider", block.Schema)

	for _, make := range p.Resources(ctx) {
		r := make()
		var name resource.MetadataResponse
		r.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: meta.TypeName}, &name)
		var s resource.SchemaResponse
		r.Schema(ctx, resource.SchemaRequest{}, &s)
		var rules []string
		if with, ok := r.(resource.ResourceWithConfigValidators); ok {
			rules = describe(ctx, with.ConfigValidators(ctx))
		}
		d.schema("resource "+name.TypeName, s.Schema, rules...)
		if with, ok := r.(resource.ResourceWithIdentity); ok {
			var identity resource.IdentitySchemaResponse
			with.IdentitySchema(ctx, resource.IdentitySchemaRequest{}, &identity)
			d.schema("identity "+name.TypeName, identity.IdentitySchema)
		}
	}
	for _, make := range p.DataSources(ctx) {
		s := make()
		var name datasource.MetadataResponse
		s.Metadata(ctx, datasource.MetadataRequest{ProviderTypeName: meta.TypeName}, &name)
		var got datasource.SchemaResponse
		s.Schema(ctx, datasource.SchemaRequest{}, &got)
		var rules []string
		if with, ok := s.(datasource.DataSourceWithConfigValidators); ok {
			rules = describe(ctx, with.ConfigValidators(ctx))
		}
		d.schema("data "+name.TypeName, got.Schema, rules...)
	}
	if with, ok := p.(provider.ProviderWithEphemeralResources); ok {
		for _, make := range with.EphemeralResources(ctx) {
			e := make()
			var name ephemeral.MetadataResponse
			e.Metadata(ctx, ephemeral.MetadataRequest{ProviderTypeName: meta.TypeName}, &name)
			var got ephemeral.SchemaResponse
			e.Schema(ctx, ephemeral.SchemaRequest{}, &got)
			d.schema("ephemeral "+name.TypeName, got.Schema)
		}
	}
	if with, ok := p.(provider.ProviderWithListResources); ok {
		for _, make := range with.ListResources(ctx) {
			l := make()
			var name resource.MetadataResponse
			l.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: meta.TypeName}, &name)
			var got list.ListResourceSchemaResponse
			l.ListResourceConfigSchema(ctx, list.ListResourceSchemaRequest{}, &got)
			d.schema("list "+name.TypeName, got.Schema)
		}
	}
	if with, ok := p.(provider.ProviderWithActions); ok {
		for _, make := range with.Actions(ctx) {
			a := make()
			var name action.MetadataResponse
			a.Metadata(ctx, action.MetadataRequest{ProviderTypeName: meta.TypeName}, &name)
			var got action.SchemaResponse
			a.Schema(ctx, action.SchemaRequest{}, &got)
			d.schema("action "+name.TypeName, got.Schema)
		}
	}
	if with, ok := p.(provider.ProviderWithFunctions); ok {
		for _, make := range with.Functions(ctx) {
			f := make()
			var name function.MetadataResponse
			f.Metadata(ctx, function.MetadataRequest{}, &name)
			var got function.DefinitionResponse
			f.Definition(ctx, function.DefinitionRequest{}, &got)
			d.out["function "+name.Name] = Facts{Type: d.signature(got.Definition), Deprecated: got.Definition.DeprecationMessage}
		}
	}
	return d.out, d.err
}

// dump collects facts. Schemas of resources, data sources, actions and the others are types of packages of their own that
// have nothing in common but the names of their fields, so that it goes by those.
type dump struct {
	ctx context.Context
	out Schema
	err error
}

func (d *dump) schema(path string, schema any, rules ...string) {
	v := reflect.ValueOf(schema)
	facts := Facts{Deprecated: text(v, "DeprecationMessage"), Rules: rules}
	if version := v.FieldByName("Version"); version.IsValid() {
		facts.Version = version.Int()
	}
	d.out[path] = facts
	d.members(path, v)
}

// members are the attributes and blocks in a schema, a block or a nested object.
func (d *dump) members(path string, v reflect.Value) {
	for _, name := range []string{"Attributes", "Blocks"} {
		members := v.FieldByName(name)
		if !members.IsValid() {
			continue
		}
		for each := members.MapRange(); each.Next(); {
			d.member(path+"."+each.Key().String(), each.Value().Interface())
		}
	}
}

func (d *dump) member(path string, member any) {
	v := reflect.Indirect(reflect.ValueOf(member))
	facts := Facts{
		Required: flag(v, "Required") || flag(v, "RequiredForImport"), Optional: flag(v, "Optional") || flag(v, "OptionalForImport"),
		Computed: flag(v, "Computed"), Sensitive: flag(v, "Sensitive"), WriteOnly: flag(v, "WriteOnly"),
		Deprecated: text(v, "DeprecationMessage"),
	}
	object := v
	if nested := v.FieldByName("NestedObject"); nested.IsValid() {
		object = nested
	}
	if inner := object.FieldByName("Attributes"); inner.IsValid() {
		// ListNestedAttribute, SingleNestedBlock
		name := v.Type().Name()
		facts.Nesting, _, _ = strings.Cut(name, "Nested")
		if facts.Nesting == name {
			d.fail(fmt.Errorf("%s is a %s, which has attributes in it and no nesting that is known here", path, name))
		}
	} else if typed, ok := member.(interface{ GetType() attr.Type }); ok {
		facts.Type = typed.GetType().TerraformType(d.ctx).String()
	} else {
		d.fail(fmt.Errorf("%s is a %s, of which no type is known here", path, v.Type()))
	}
	if value := v.FieldByName("Default"); value.IsValid() && !value.IsNil() {
		facts.Default = description(d.ctx, value.Interface())
	}
	for _, of := range []reflect.Value{v, object} {
		facts.Rules = append(facts.Rules, d.described(of, "Validators")...)
		for _, modifier := range d.described(of, "PlanModifiers") {
			if strings.Contains(modifier, "destroy and recreate the resource") {
				facts.Replaces = append(facts.Replaces, modifier)
			} else {
				facts.Modifiers = append(facts.Modifiers, modifier)
			}
		}
		if object == v {
			break
		}
	}
	d.out[path] = facts
	d.members(path, object)
}

func (d *dump) described(v reflect.Value, field string) (out []string) {
	found := v.FieldByName(field)
	if !found.IsValid() {
		return nil
	}
	for i := range found.Len() {
		out = append(out, description(d.ctx, found.Index(i).Interface()))
	}
	return out
}

func (d *dump) signature(f function.Definition) string {
	var in []string
	for i, p := range append(slices.Clone(f.Parameters), f.VariadicParameter) {
		if p == nil {
			continue // no variadic parameter
		}
		one := p.GetType().TerraformType(d.ctx).String()
		if p.GetAllowNullValue() {
			one += " or null"
		}
		if i == len(f.Parameters) {
			one += "..."
		}
		in = append(in, one)
	}
	out := "nothing"
	if f.Return != nil {
		out = f.Return.GetType().TerraformType(d.ctx).String()
	}
	return "(" + strings.Join(in, ", ") + ") " + out
}

func (d *dump) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// description is what a validator, a plan modifier or a default says of itself.
func description(ctx context.Context, v any) string {
	if says, ok := v.(interface{ Description(context.Context) string }); ok {
		return says.Description(ctx)
	}
	return fmt.Sprintf("%T", v)
}

func describe[T any](ctx context.Context, all []T) (out []string) {
	for _, one := range all {
		out = append(out, description(ctx, one))
	}
	return out
}

func flag(v reflect.Value, field string) bool {
	found := v.FieldByName(field)
	return found.IsValid() && found.Bool()
}

func text(v reflect.Value, field string) string {
	found := v.FieldByName(field)
	if !found.IsValid() {
		return ""
	}
	return found.String()
}

// String is a schema as JSON, a line for each path, so that a change is one line of a diff.
func (s Schema) String() string {
	var out bytes.Buffer
	encode := func(v any) string {
		var one bytes.Buffer
		to := json.NewEncoder(&one)
		to.SetEscapeHTML(false)
		if err := to.Encode(v); err != nil {
			return fmt.Sprintf("%q", err.Error()) // facts are text, numbers and flags
		}
		return strings.TrimSpace(one.String())
	}
	out.WriteString("{")
	for i, path := range slices.Sorted(maps.Keys(s)) {
		if i > 0 {
			out.WriteString(",")
		}
		fmt.Fprintf(&out, "\n%s: %s", encode(path), encode(s[path]))
	}
	out.WriteString("\n}\n")
	return out.String()
}

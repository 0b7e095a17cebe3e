package main

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// object is a JSON object. What Terraform leaves out where it is empty or false
// is written here; its readers take both.
type object map[string]any

func each[T any](in map[string]T, convert func(T) object) object {
	out := object{}
	for name, v := range in {
		out[name] = convert(v)
	}
	return out
}

func schema(in *tfprotov6.Schema) object {
	return object{"version": in.Version, "block": block(in.Block)}
}

func action(in *tfprotov6.ActionSchema) object {
	return object{"block": block(in.Schema.Block)}
}

func block(in *tfprotov6.SchemaBlock) object {
	nested := object{}
	for _, b := range in.BlockTypes {
		nested[b.TypeName] = object{
			"nesting_mode": nesting(b.Nesting),
			"block":        block(b.Block),
			"min_items":    b.MinItems,
			"max_items":    b.MaxItems,
		}
	}
	return object{
		"attributes":       attributes(in.Attributes),
		"block_types":      nested,
		"description":      in.Description,
		"description_kind": kind(in.DescriptionKind),
		"deprecated":       in.Deprecated,
	}
}

func attributes(in []*tfprotov6.SchemaAttribute) object {
	out := object{}
	for _, a := range in {
		attribute := object{
			"description":      a.Description,
			"description_kind": kind(a.DescriptionKind),
			"deprecated":       a.Deprecated,
			"required":         a.Required,
			"optional":         a.Optional,
			"computed":         a.Computed,
			"sensitive":        a.Sensitive,
			"write_only":       a.WriteOnly,
		}
		if a.NestedType != nil {
			attribute["nested_type"] = object{
				"attributes":   attributes(a.NestedType.Attributes),
				"nesting_mode": nesting(a.NestedType.Nesting),
			}
		} else {
			attribute["type"] = a.Type // writes itself as Terraform writes types
		}
		out[a.Name] = attribute
	}
	return out
}

func identity(in *tfprotov6.ResourceIdentitySchema) object {
	attributes := object{}
	for _, a := range in.IdentityAttributes {
		attributes[a.Name] = object{
			"type":                a.Type,
			"description":         a.Description,
			"required_for_import": a.RequiredForImport,
			"optional_for_import": a.OptionalForImport,
		}
	}
	return object{"version": in.Version, "attributes": attributes}
}

func function(in *tfprotov6.Function) object {
	parameters := make([]object, len(in.Parameters))
	for i, p := range in.Parameters {
		parameters[i] = parameter(p)
	}
	out := object{
		"summary":             in.Summary,
		"description":         in.Description,
		"deprecation_message": in.DeprecationMessage,
		"return_type":         in.Return.Type,
		"parameters":          parameters,
	}
	if in.VariadicParameter != nil {
		out["variadic_parameter"] = parameter(in.VariadicParameter)
	}
	return out
}

func parameter(in *tfprotov6.FunctionParameter) object {
	return object{
		"name":        in.Name,
		"description": in.Description,
		"is_nullable": in.AllowNullValue,
		"type":        in.Type,
	}
}

func kind(in tfprotov6.StringKind) string {
	if in == tfprotov6.StringKindMarkdown {
		return "markdown"
	}
	return "plain"
}

// nesting is the mode's name, which the protocol writes in capitals.
func nesting(mode fmt.Stringer) string { return strings.ToLower(mode.String()) }

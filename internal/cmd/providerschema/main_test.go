package main

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
)

// fixed is a provider that answers with these schemas.
type fixed struct {
	tfprotov6.ProviderServer
	schemas    *tfprotov6.GetProviderSchemaResponse
	identities *tfprotov6.GetResourceIdentitySchemasResponse
}

func (f *fixed) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return f.schemas, nil
}

func (f *fixed) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return f.identities, nil
}

// only is a schema with one attribute.
func only(a *tfprotov6.SchemaAttribute) *tfprotov6.Schema {
	return &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{a}}}
}

// printed runs the program and gives what it says about the provider.
func printed(t *testing.T, server tfprotov6.ProviderServer) map[string]any {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), &out, server); err != nil {
		t.Fatal(err)
	}
	var got struct {
		FormatVersion string                    `json:"format_version"`
		Providers     map[string]map[string]any `json:"provider_schemas"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.FormatVersion != "1.0" {
		t.Errorf("format_version = %q", got.FormatVersion)
	}
	return got.Providers["prefectsso"]
}

// at walks down the objects of a JSON value.
func at(value any, keys ...string) any {
	for _, key := range keys {
		o, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = o[key]
	}
	return value
}

func TestEveryKindOfSchemaIsPrinted(t *testing.T) {
	t.Parallel()
	text := tftypes.String
	got := printed(t, &fixed{
		schemas: &tfprotov6.GetProviderSchemaResponse{
			Provider: only(&tfprotov6.SchemaAttribute{Name: "key", Type: text, Optional: true, Sensitive: true}),
			ResourceSchemas: map[string]*tfprotov6.Schema{"p_r": {Version: 3, Block: &tfprotov6.SchemaBlock{
				Description: "*A* thing", DescriptionKind: tfprotov6.StringKindMarkdown,
				Attributes: []*tfprotov6.SchemaAttribute{
					{Name: "roles", Type: tftypes.Map{ElementType: text}, Required: true, Description: "who"},
					{Name: "secret", Type: text, Optional: true, WriteOnly: true},
					{Name: "list", Computed: true, NestedType: &tfprotov6.SchemaObject{
						Nesting:    tfprotov6.SchemaObjectNestingModeList,
						Attributes: []*tfprotov6.SchemaAttribute{{Name: "id", Type: tftypes.Number, Computed: true}},
					}},
				},
				BlockTypes: []*tfprotov6.SchemaNestedBlock{{
					TypeName: "timeouts", Nesting: tfprotov6.SchemaNestedBlockNestingModeSingle, MaxItems: 1,
					Block: &tfprotov6.SchemaBlock{Deprecated: true},
				}},
			}}},
			DataSourceSchemas:        map[string]*tfprotov6.Schema{"p_d": only(&tfprotov6.SchemaAttribute{Name: "d", Type: text})},
			EphemeralResourceSchemas: map[string]*tfprotov6.Schema{"p_e": only(&tfprotov6.SchemaAttribute{Name: "e", Type: text})},
			ListResourceSchemas:      map[string]*tfprotov6.Schema{"p_l": only(&tfprotov6.SchemaAttribute{Name: "l", Type: text})},
			ActionSchemas:            map[string]*tfprotov6.ActionSchema{"p_a": {Schema: only(&tfprotov6.SchemaAttribute{Name: "a", Type: text})}},
			Functions: map[string]*tfprotov6.Function{"f": {
				Summary:           "does",
				Return:            &tfprotov6.FunctionReturn{Type: tftypes.Bool},
				Parameters:        []*tfprotov6.FunctionParameter{{Name: "x", Type: text, AllowNullValue: true}},
				VariadicParameter: &tfprotov6.FunctionParameter{Name: "more", Type: text},
			}},
		},
		identities: &tfprotov6.GetResourceIdentitySchemasResponse{IdentitySchemas: map[string]*tfprotov6.ResourceIdentitySchema{
			"p_r": {Version: 1, IdentityAttributes: []*tfprotov6.ResourceIdentitySchemaAttribute{{Name: "id", Type: text, RequiredForImport: true}}},
		}},
	})
	for path, want := range map[string]any{
		"provider.block.attributes.key.sensitive":                                   true,
		"resource_schemas.p_r.version":                                              3.0,
		"resource_schemas.p_r.block.description":                                    "*A* thing",
		"resource_schemas.p_r.block.description_kind":                               "markdown",
		"resource_schemas.p_r.block.attributes.roles.type":                          []any{"map", "string"},
		"resource_schemas.p_r.block.attributes.roles.required":                      true,
		"resource_schemas.p_r.block.attributes.roles.description":                   "who",
		"resource_schemas.p_r.block.attributes.roles.description_kind":              "plain",
		"resource_schemas.p_r.block.attributes.secret.write_only":                   true,
		"resource_schemas.p_r.block.attributes.list.computed":                       true,
		"resource_schemas.p_r.block.attributes.list.nested_type.nesting_mode":       "list",
		"resource_schemas.p_r.block.attributes.list.nested_type.attributes.id.type": "number",
		"resource_schemas.p_r.block.block_types.timeouts.nesting_mode":              "single",
		"resource_schemas.p_r.block.block_types.timeouts.max_items":                 1.0,
		"resource_schemas.p_r.block.block_types.timeouts.block.deprecated":          true,
		"resource_identity_schemas.p_r.version":                                     1.0,
		"resource_identity_schemas.p_r.attributes.id.required_for_import":           true,
		"data_source_schemas.p_d.block.attributes.d.type":                           "string",
		"ephemeral_resource_schemas.p_e.block.attributes.e.type":                    "string",
		"list_resource_schemas.p_l.block.attributes.l.type":                         "string",
		"action_schemas.p_a.block.attributes.a.type":                                "string",

		"functions.f.summary":                 "does",
		"functions.f.return_type":             "bool",
		"functions.f.parameters":              []any{map[string]any{"name": "x", "type": "string", "description": "", "is_nullable": true}},
		"functions.f.variadic_parameter.name": "more",
	} {
		if value := at(got, strings.Split(path, ".")...); !reflect.DeepEqual(value, want) {
			t.Errorf("%s = %v, want %v", path, value, want)
		}
	}
	if typed := at(got, "resource_schemas", "p_r", "block", "attributes", "list", "type"); typed != nil {
		t.Errorf("a nested attribute also has the type %v", typed)
	}
}

func TestTheProviderIsPrinted(t *testing.T) {
	t.Parallel()
	server, err := providerserver.NewProtocol6WithError(provider.New("test")())()
	if err != nil {
		t.Fatal(err)
	}
	got := printed(t, server)
	if required := at(got, "resource_schemas", "prefectsso_domain", "block", "attributes", "name", "required"); required != true {
		t.Errorf("prefectsso_domain.name required = %v", required)
	}
	if at(got, "resource_identity_schemas", "prefectsso_domain", "attributes", "name") == nil {
		t.Error("prefectsso_domain has no identity")
	}
}

func TestAProviderThatFails(t *testing.T) {
	t.Parallel()
	wrong := []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityError, Summary: "Wrong", Detail: "two of a name"}}
	err := run(t.Context(), &bytes.Buffer{}, &fixed{
		schemas:    &tfprotov6.GetProviderSchemaResponse{},
		identities: &tfprotov6.GetResourceIdentitySchemasResponse{Diagnostics: wrong},
	})
	if err == nil || err.Error() != "Wrong: two of a name" {
		t.Errorf("run() = %v", err)
	}
}

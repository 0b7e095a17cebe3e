package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

var _ function.Function = parseSAMLMetadataFunction{}

func newParseSAMLMetadataFunction() function.Function { return parseSAMLMetadataFunction{} }

type parseSAMLMetadataFunction struct{}

// Metadata implements [function.Function].
func (parseSAMLMetadataFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "parse_saml_metadata"
}

type parsedMetadata struct {
	EntityID      string              `tfsdk:"entity_id"`
	SSOURL        string              `tfsdk:"sso_url"`
	WantsSigned   bool                `tfsdk:"want_authn_requests_signed"`
	NameIDFormats []string            `tfsdk:"name_id_formats"`
	Certificates  []parsedCertificate `tfsdk:"certificates"`
	Endpoints     []parsedEndpoint    `tfsdk:"endpoints"`
	ValidUntil    *string             `tfsdk:"valid_until"`
	Warnings      []parsedWarning     `tfsdk:"warnings"`
}

type parsedCertificate struct {
	SHA256   string `tfsdk:"sha256"`
	Subject  string `tfsdk:"subject"`
	NotAfter string `tfsdk:"not_after"`
}

type parsedEndpoint struct {
	Binding  string `tfsdk:"binding"`
	Location string `tfsdk:"location"`
	Usable   bool   `tfsdk:"usable"`
}

type parsedWarning struct {
	ID      string `tfsdk:"id"`
	Message string `tfsdk:"message"`
}

// Definition implements [function.Function].
func (parseSAMLMetadataFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	list := func(of map[string]attr.Type) types.ListType {
		return types.ListType{ElemType: types.ObjectType{AttrTypes: of}}
	}
	resp.Definition = function.Definition{
		Summary: "What SAML metadata says of an identity provider",
		MarkdownDescription: "Reads SAML 2.0 metadata as `prefectsso_identity_provider` and the server read it, up to 10 MiB of it:\n\n" +
			"- `entity_id`, `sso_url`, `name_id_formats`, `valid_until` (RFC 3339, or null);\n" +
			"- `want_authn_requests_signed`: whether unsigned requests are rejected there;\n" +
			"- `certificates` that can be used, with `sha256`, `subject` and `not_after`;\n" +
			"- `endpoints`: every single sign-on service, with `binding`, `location`, and whether it is `usable`;\n" +
			"- `warnings`: what was left out and why, with an `id` that stays the same and a `message` that names the key or endpoint.\n\n" +
			"Of several identity providers, as in a federation's metadata, `entity_id` chooses one. Metadata that has expired, has a DOCTYPE, or leaves no endpoint or no key that can be used is an error that says so and names each key.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "metadata_xml", MarkdownDescription: "The metadata document."},
		},
		VariadicParameter: function.StringParameter{Name: "entity_id", MarkdownDescription: "Entity id of the identity provider to take, where there are several. At most one."},
		Return: function.ObjectReturn{AttributeTypes: map[string]attr.Type{
			"entity_id":                  types.StringType,
			"sso_url":                    types.StringType,
			"want_authn_requests_signed": types.BoolType,
			"name_id_formats":            types.ListType{ElemType: types.StringType},
			"certificates":               list(map[string]attr.Type{"sha256": types.StringType, "subject": types.StringType, "not_after": types.StringType}),
			"endpoints":                  list(map[string]attr.Type{"binding": types.StringType, "location": types.StringType, "usable": types.BoolType}),
			"valid_until":                types.StringType,
			"warnings":                   list(map[string]attr.Type{"id": types.StringType, "message": types.StringType}),
		}},
	}
}

// Run implements [function.Function].
func (parseSAMLMetadataFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var text string
	var chosen []string
	if resp.Error = req.Arguments.Get(ctx, &text, &chosen); resp.Error != nil {
		return
	}
	options := samlmetadata.Options{Now: time.Now(), MaxBytes: samlmetadata.MaxAggregate}
	switch len(chosen) {
	case 0:
	case 1:
		options.EntityID = chosen[0]
	default:
		resp.Error = function.NewArgumentFuncError(2, "At most one entity id chooses an identity provider.")
		return
	}
	metadata, err := samlmetadata.ReadText(text, options)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, problemDetail(err.Error(), samlmetadata.IDOf(err)))
		return
	}
	resp.Error = resp.Result.Set(ctx, parsed(metadata))
}

// parsed returns metadata as the function returns it.
func parsed(metadata *samlmetadata.Metadata) parsedMetadata {
	out := parsedMetadata{
		EntityID: metadata.EntityID, SSOURL: metadata.SSO.Location, WantsSigned: metadata.WantsSignedRequests,
		NameIDFormats: append([]string{}, metadata.NameIDFormats...), Certificates: []parsedCertificate{}, Endpoints: []parsedEndpoint{}, Warnings: []parsedWarning{},
	}
	if !metadata.ValidUntil.IsZero() {
		until := metadata.ValidUntil.UTC().Format(time.RFC3339)
		out.ValidUntil = &until
	}
	for _, certificate := range metadata.Certificates {
		out.Certificates = append(out.Certificates, parsedCertificate{
			samlmetadata.Fingerprint(certificate), certificate.Subject.String(), certificate.NotAfter.UTC().Format(time.RFC3339),
		})
	}
	for _, e := range metadata.Endpoints {
		out.Endpoints = append(out.Endpoints, parsedEndpoint{e.Binding, e.Location, e.Unusable == nil})
	}
	for _, w := range metadata.Warnings {
		out.Warnings = append(out.Warnings, parsedWarning{string(w.ID), w.Message})
	}
	return out
}

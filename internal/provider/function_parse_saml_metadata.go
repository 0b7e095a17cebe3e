package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
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
	NameIDFormats []string            `tfsdk:"name_id_formats"`
	Certificates  []parsedCertificate `tfsdk:"certificates"`
}

type parsedCertificate struct {
	SHA256   string `tfsdk:"sha256"`
	Subject  string `tfsdk:"subject"`
	NotAfter string `tfsdk:"not_after"`
}

// Definition implements [function.Function].
func (parseSAMLMetadataFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             "What SAML metadata says of an identity provider",
		MarkdownDescription: "Reads the SAML 2.0 metadata of one identity provider: `entity_id`, `sso_url`, `name_id_formats`, and `certificates` with `sha256`, `subject` and `not_after`. Metadata with a DOCTYPE, over 1 MiB, expired, or without a single sign-on address or a signing certificate is an error that says so.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "metadata_xml", MarkdownDescription: "The metadata document."},
		},
		Return: function.ObjectReturn{AttributeTypes: map[string]attr.Type{
			"entity_id":       types.StringType,
			"sso_url":         types.StringType,
			"name_id_formats": types.ListType{ElemType: types.StringType},
			"certificates": types.ListType{ElemType: types.ObjectType{AttrTypes: map[string]attr.Type{
				"sha256": types.StringType, "subject": types.StringType, "not_after": types.StringType,
			}}},
		}},
	}
}

// Run implements [function.Function].
func (parseSAMLMetadataFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var text string
	if resp.Error = req.Arguments.Get(ctx, &text); resp.Error != nil {
		return
	}
	metadata, err := parseSAMLMetadata(text, time.Now())
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, sentence(err))
		return
	}
	out := parsedMetadata{
		EntityID: metadata.EntityID, SSOURL: metadata.SSOURL,
		NameIDFormats: append([]string{}, metadata.NameIDFormats...), Certificates: []parsedCertificate{},
	}
	for _, certificate := range metadata.Certificates {
		out.Certificates = append(out.Certificates, parsedCertificate{
			fingerprint(certificate), certificate.Subject.String(), certificate.NotAfter.UTC().Format(time.RFC3339),
		})
	}
	resp.Error = resp.Result.Set(ctx, out)
}

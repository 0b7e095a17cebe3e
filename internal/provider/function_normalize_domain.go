package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

var _ function.Function = normalizeDomainFunction{}

func newNormalizeDomainFunction() function.Function { return normalizeDomainFunction{} }

type normalizeDomainFunction struct{}

// Metadata implements [function.Function].
func (normalizeDomainFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "normalize_domain"
}

// Definition implements [function.Function].
func (normalizeDomainFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             "A domain as the account stores it",
		MarkdownDescription: "Returns a domain in the form that the account stores and that this provider compares by: lower-case, without a trailing dot, IDN names in their ASCII form. What is no domain is an error.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "domain", MarkdownDescription: "The domain, such as `Bücher.Example.`."},
		},
		Return: function.StringReturn{},
	}
}

// Run implements [function.Function].
func (normalizeDomainFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var domain string
	if resp.Error = req.Arguments.Get(ctx, &domain); resp.Error != nil {
		return
	}
	normal, err := client.NormalizeDomain(domain)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, english.ErrorSentence(err))
		return
	}
	resp.Error = resp.Result.Set(ctx, normal)
}

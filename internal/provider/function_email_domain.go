package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

var _ function.Function = emailDomainFunction{}

func newEmailDomainFunction() function.Function { return emailDomainFunction{} }

type emailDomainFunction struct{}

// Metadata implements [function.Function].
func (emailDomainFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "email_domain"
}

// Definition implements [function.Function].
func (emailDomainFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             "The domain of an email address",
		MarkdownDescription: "Returns the domain of an email address in the form that the account stores: lower-case, IDN names in their ASCII form. What is no email address is an error.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "email", MarkdownDescription: "The email address, such as `Ada@Acme.com`."},
		},
		Return: function.StringReturn{},
	}
}

// Run implements [function.Function].
func (emailDomainFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var email string
	if resp.Error = req.Arguments.Get(ctx, &email); resp.Error != nil {
		return
	}
	normal, err := client.NormalizeEmail(email)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, english.ErrorSentence(err))
		return
	}
	_, domain, _ := strings.Cut(normal, "@")
	resp.Error = resp.Result.Set(ctx, domain)
}

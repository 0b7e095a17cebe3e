package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// subject returns the attribute that identifies people; null for the NameID, and for OpenID Connect's sub.
func (m *identityProviderModel) subject() types.String {
	if m.AttributeMapping == nil {
		return types.StringNull()
	}
	return m.AttributeMapping.Subject
}

// warnOfSubject warns of people who are known by the subject that a plan changes.
func (r *identityProviderResource) warnOfSubject(ctx context.Context, plan, prior *identityProviderModel, diags *diag.Diagnostics) {
	if r.data == nil || r.data.client == nil || plan.SAML == nil || prior.SAML == nil || plan.subject().IsUnknown() || plan.subject().Equal(prior.subject()) {
		return
	}
	if !plan.ConnectionType.Equal(prior.ConnectionType) || movesAccount(plan.AccountID, prior.AccountID) {
		return // it is replaced, and no user is linked to the new one
	}
	account, ok := r.data.account(prior.AccountID, diags)
	if !ok {
		return
	}
	connection, err := r.data.client.GetConnection(ctx, account, prior.ID.ValueString())
	linked := -1
	if err == nil && connection.LinkedPeopleCount != nil { // without it the warning has no number
		linked = *connection.LinkedPeopleCount
	}
	if linked != 0 {
		diags.Append(saysSubjectMappingChanged(linked).warning(path.Root("attribute_mapping").AtName("subject")))
	}
}

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// How the server authenticates at an identity provider's token endpoint (OpenID Connect Core 1.0 section 9).

var clientAuthPath = path.Root("oidc").AtName("token_endpoint_auth_method")

const (
	clientSecretBasic = "client_secret_basic"
	clientSecretPost  = "client_secret_post"
	privateKeyJWT     = "private_key_jwt"
	publicClient      = "none"
)

func clientAuthMethods() []string {
	return []string{clientSecretBasic, clientSecretPost, privateKeyJWT, publicClient}
}

// planClientAuth judges whether there is a client secret for the method. A connection that is there may have got its
// secret before, as an imported one has.
func (r *identityProviderResource) planClientAuth(ctx context.Context, req resource.ModifyPlanRequest, prior *identityProviderModel, resp *resource.ModifyPlanResponse) {
	var object types.Object
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("oidc"), &object)...)
	if resp.Diagnostics.HasError() || object.IsNull() || object.IsUnknown() {
		return
	}
	var oidc oidcModel
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("oidc"), &oidc)...)
	if resp.Diagnostics.HasError() || oidc.AuthMethod.IsUnknown() || oidc.ClientSecretWO.IsUnknown() {
		return
	}
	const step = "Set `client_secret_wo` and `client_secret_wo_version`; or choose `private_key_jwt` for a key of the server's own, or `none` if the identity provider knows the server as a public client."
	configured := !oidc.ClientSecretWO.IsNull()
	method := oidc.AuthMethod.ValueString()
	switch {
	case method == privateKeyJWT || method == publicClient:
		if configured {
			resp.Diagnostics.Append(warns(checkThis, path.Root("oidc").AtName("client_secret_wo"), "Client secret is not used", "With `token_endpoint_auth_method = \""+method+"\"` no secret goes to the identity provider. Leave `client_secret_wo` and `client_secret_wo_version` out."))
		}
	case configured || method == "" && prior != nil && !r.lacksSecret(ctx, prior, &oidc, resp):
	case method == "":
		resp.Diagnostics.Append(warns(checkThis, path.Root("oidc").AtName("client_secret_wo"), "No client secret", "Unless the identity provider takes only `private_key_jwt`, users cannot log in without a client secret. "+step))
	case prior == nil || r.lacksSecret(ctx, prior, &oidc, resp):
		resp.Diagnostics.AddAttributeError(clientAuthPath, "Client secret is missing", "`"+method+"` authenticates with a client secret, and this connection has none. "+step)
	}
}

// lacksSecret reports whether a connection that is to authenticate with its secret has none. Only a change of the method
// is a question: what is there was checked before.
func (r *identityProviderResource) lacksSecret(ctx context.Context, prior *identityProviderModel, oidc *oidcModel, resp *resource.ModifyPlanResponse) bool {
	if prior.OIDC == nil || oidc.AuthMethod.Equal(prior.OIDC.AuthMethod) || !prior.Configurable.ValueBool() || r.data == nil || r.data.client == nil {
		return false
	}
	account, ok := r.data.account(prior.AccountID, &resp.Diagnostics)
	if !ok {
		return false
	}
	connection, err := r.data.client.GetConnection(ctx, account, prior.ID.ValueString())
	if client.IsNotFound(err) {
		return false // the apply says so
	}
	if err != nil {
		resp.Diagnostics.Append(failure("Could not check the client secret", err))
		return false
	}
	return connection.OIDC != nil && !connection.OIDC.ClientSecretSet
}

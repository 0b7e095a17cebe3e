// Package provider is the Terraform side of prefectsso: the email domains, identity providers, directories, roles and
// reviews of a Prefect Cloud account as resources, data sources, an ephemeral resource and functions, over package client.
//
// The way of the data is one direction: HCL is decoded into a model, the model is turned into client calls, and the
// state is made of the server's answer. A file's name says what it is of: provider_ is the provider block and what it
// hands to all (providerData); resource_, data_source_, ephemeral_, list_ and function_ are one thing each, with its model and
// its parts; guard_ hands changes to package access to be judged, and holds the lock under which roles that bypass single
// sign-on change; schema_ is what schemas and plans share, null and unknown among it; diagnostic_ turns the client's typed
// errors into diagnostics, and has the sentences of the rules of this package. What needs no provider is elsewhere: values
// that compare by what they mean in normalized, what the resources of a run know of each other in run, the probe of
// provisioning in scimprobe, SAML metadata in samlmetadata.
package provider

import (
	"context"
	"net/http"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/settings"
)

var (
	_ provider.Provider                       = &prefectssoProvider{}
	_ provider.ProviderWithEphemeralResources = &prefectssoProvider{}
	_ provider.ProviderWithFunctions          = &prefectssoProvider{}
	_ provider.ProviderWithActions            = &prefectssoProvider{}
	_ provider.ProviderWithListResources      = &prefectssoProvider{}
)

// Address is the provider's source address in the registry.
const Address = "registry.terraform.io/prefectsso/prefectsso"

// New returns a constructor of the provider, as the plugin server and the acceptance tests want it. The version goes
// into the User-Agent of every request.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &prefectssoProvider{version: version, after: time.After} }
}

// NewOver is New whose connections another transport makes: tests reach a server in their own process by it, in a bubble
// of testing/synctest whose clock stands for every wait. No configuration leads here.
func NewOver(version string, transport http.RoundTripper) func() provider.Provider {
	return func() provider.Provider {
		return &prefectssoProvider{version: version, after: time.After, transport: transport}
	}
}

type prefectssoProvider struct {
	version   string
	after     func(time.Duration) <-chan time.Time
	transport http.RoundTripper // nil for the client's own
}

// Metadata implements [provider.Provider].
func (p *prefectssoProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "prefectsso"
	resp.Version = p.version
}

// Schema implements [provider.Provider].
func (p *prefectssoProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages who can sign in to a Prefect Cloud account, and as what: email domains of single sign-on, OpenID Connect and SAML identity providers, directory sync over SCIM, group role mappings, member roles, and reviews of who has access.",
		Attributes: map[string]schema.Attribute{
			"endpoint": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Address of the account API: its host, its base URL, or the URL of an account or workspace that `prefect cloud login` writes, which names the account, too. Also read from `PREFECT_API_URL`, else from the profile. Default `" + settings.DefaultEndpoint + "`.",
			},
			"api_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "API key of a user (`pnu_…`) or, better, of a service account (`pnb_…`). Also read from `PREFECT_API_KEY`, which keeps it out of files, else from the profile.",
			},
			"account_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "UUID of the account that resources without an `account_id` of their own belong to. Also read from `PREFECT_CLOUD_ACCOUNT_ID`, else from the account in the address of the API. It is an error if this argument and the address name different accounts.",
			},
			"profile": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Name of the profile of Prefect's command line whose `PREFECT_API_URL`, `PREFECT_API_KEY`, `PREFECT_CLIENT_CUSTOM_HEADERS` and `PREFECT_API_SSL_CERT_FILE` count where neither an argument nor the environment gives them. Also read from `PREFECT_PROFILE`. Default: the active profile.",
			},
			"profiles_file": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "File with the profiles. Also read from `PREFECT_PROFILES_PATH`. Default: `profiles.toml` in `PREFECT_HOME`, else in `~/.prefect`.",
			},
			"custom_headers": schema.MapAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Headers to send with every request to the API's host, such as those that a proxy in front of it asks for. Also read from `PREFECT_CLIENT_CUSTOM_HEADERS`, a JSON object, else from the profile. Their values appear in no log and no message.",
			},
			"request_timeout": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "How long one attempt of a request may take, such as `45s` or `2m`. Default `30s`.",
			},
			"max_retries": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How often a request that may be repeated is tried again after a rate limit, a gateway error or a lost connection, 0 to 50. Default 6.",
			},
			"max_concurrent_requests": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How many requests may be under way at once, 1 to 100. Default 10.",
			},
			"allow_insecure_http": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Accept an `endpoint` with plain `http` on a host that is not loopback. The API key then travels unencrypted. Default `false`.",
			},
			"lockout_protection": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Reject a plan that would take away the access of people who are not in `acknowledge_lockout`. With `false` such a plan gets a warning instead of an error; a plan by which the caller locks out itself is rejected either way. Default: the environment variable `PREFECTSSO_LOCKOUT_PROTECTION`, else `true`; a pipeline that only plans sets it to `false` and lets `access-report` judge.",
			},
			"allow_disable_sso": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Take the last domain of the only active connection away at once, and single sign-on with it, instead of releasing it: without this its people go on logging in until the connection names it no more. Default `false`.",
			},
			"acknowledge_lockout": schema.SetAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				MarkdownDescription: "People who may lose their access by this plan: email addresses, or `*@domain` for all people of a domain.",
			},
			"plan_permissions": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "What a plan says of a permission that the API key lacks and that only the apply needs: `" + permissionsWarning + "` (default), because a plan may be made with a key that may only read and be applied with another one, or `" + permissionsError + "`. A key that the API does not accept, and an account that is not the key's, fail the plan either way.",
				Validators:          []validator.String{stringvalidator.OneOf(permissionsWarning, permissionsError)},
			},
		},
	}
}

// Configure implements [provider.Provider]. All mistakes of the block are reported at once.
func (p *prefectssoProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	data, diags := newProviderData(model, p.version, req.TerraformVersion, p.after, p.transport)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if data.client == nil && req.ClientCapabilities.DeferralAllowed {
		resp.Deferred = &provider.Deferred{Reason: provider.DeferredReasonProviderConfigUnknown}
	}
	resp.ResourceData = data
	resp.DataSourceData = data
	resp.EphemeralResourceData = data
	resp.ListResourceData = data
	resp.ActionData = data
}

// Resources implements [provider.Provider].
func (p *prefectssoProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		newDomainResource,
		newDomainsResource,
		newGroupRoleMappingResource,
		newIdentityProviderResource,
		newMemberRoleResource,
		newMemberRolesResource,
		newRoleMembersResource,
		newSCIMClientResource,
		newSCIMDirectoryResource,
		newSCIMProbeResource,
		newSCIMTokenResource,
		newSessionPolicyResource,
		newSetupLinkResource,
		newTeamWorkspaceRoleResource,
	}
}

// DataSources implements [provider.Provider].
func (p *prefectssoProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		newAccessReviewDataSource,
		newAccountDataSource,
		newAccountRoleDataSource,
		newAccountRolesDataSource,
		newMemberDataSource,
		newMembersDataSource,
		newIdentityProvidersDataSource,
		newPermissionsDataSource,
		newAuditEventsDataSource,
		newServiceProviderDataSource,
		newTeamDataSource,
		newTeamsDataSource,
		newSCIMDirectoriesDataSource,
		newDirectoryGroupsDataSource,
		newDirectoryUsersDataSource,
	}
}

// EphemeralResources implements [provider.ProviderWithEphemeralResources].
func (p *prefectssoProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{
		newSCIMTokenEphemeral,
	}
}

// Actions implements [provider.ProviderWithActions].
func (p *prefectssoProvider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{
		newIdentityProviderRefreshAction, newMemberSessionsEndAction, newMembersActivateAction, newMembersDeactivateAction,
		newSCIMClientRevokeAction, newSCIMProbeRunAction, newSCIMTokenRevokeAction,
	}
}

// Functions implements [provider.ProviderWithFunctions].
func (p *prefectssoProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		newEmailDomainFunction,
		newNormalizeDomainFunction,
		newParseSAMLMetadataFunction,
	}
}

// ListResources implements [provider.ProviderWithListResources].
func (p *prefectssoProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		newDomainList,
		newGroupRoleMappingList,
		newIdentityProviderList,
		newMemberRoleList,
		newSCIMDirectoryList,
		newTeamWorkspaceRoleList,
	}
}

package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/planned"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// The values of activation.
const (
	activationNone       = planned.ActivationNone
	activationImmediate  = planned.ActivationImmediate
	activationFirstLogin = planned.ActivationFirstLogin
)

// The connection types that the managed configuration takes, by protocol.
var (
	oidcTypes = []string{"AdpOidc", "CleverOIDC", "EntraIdOIDC", "GenericOIDC", "GoogleOIDC", "LoginGovOidc", "OktaOIDC"}
	samlTypes = []string{
		"ADFSSAML", "Auth0SAML", "AzureSAML", "CasSAML", "ClassLinkSAML", "CloudflareSAML", "CyberArkSAML", "DuoSAML", "GenericSAML",
		"GoogleSAML", "JumpCloudSAML", "KeycloakSAML", "LastPassSAML", "MiniOrangeSAML", "NetIqSAML", "OktaSAML", "OneLoginSAML",
		"OracleSAML", "PingFederateSAML", "PingOneSAML", "RipplingSAML", "SalesforceSAML", "ShibbolethGenericSAML", "ShibbolethSAML",
		"SimpleSamlPhpSAML", "VMwareSAML",
	}
)

// Schema implements [resource.Resource].
func (r *identityProviderResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A connection to an identity provider, through which people of the given domains log in: OpenID Connect or SAML 2.0.\n\n" +
			"On a server that does not offer this configuration over its API, as today's Prefect Cloud, the connection of that `name` that was configured in the browser is adopted: `configurable` is then false, `unverified_attributes` names what cannot be seen, and a plan that would change such an attribute fails with the step that a person has to take.\n\n" +
			"Destroying the resource deletes a connection that it made, and forgets one that it adopted." + permissionToApply(client.PermissionAdministrateSSO) + watchedToday,
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Id of the connection, `conn_…`.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"account_id": accountIDAttribute(),
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the connection, unique in the account.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 255)},
			},
			"connection_type": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Kind of identity provider: a type of the table [Connection types](#connection-types), such as `OktaOIDC` with `oidc` or `OktaSAML` with `saml`. Changing it replaces the resource.",
				Validators:          []validator.String{oneOfTypes{slices.Concat(oidcTypes, samlTypes)}},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"domains": schema.SetAttribute{
				CustomType:          normalized.Domain.SetType(),
				ElementType:         types.StringType,
				Required:            true,
				MarkdownDescription: "Enabled domains whose people log in through this connection.",
				Validators:          []validator.Set{setvalidator.NoNullValues(), setvalidator.SizeAtLeast(1)},
				PlanModifiers:       []planmodifier.Set{normalized.UseStateForEqual(normalized.Domain)},
			},
			"oidc":              oidcAttribute(),
			"saml":              samlAttribute(),
			"attribute_mapping": attributeMappingAttribute(),
			"activation": schema.StringAttribute{
				Optional: true, Computed: true,
				Default:             stringdefault.StaticString(activationNone),
				MarkdownDescription: "How the connection becomes active, and with it single sign-on enforced: `none` (default) leaves it to the first successful login, `first_login` waits for that up to `timeouts.create`, `immediate` activates it at once, and again when it was switched off.",
				Validators:          []validator.String{stringvalidator.OneOf(activationNone, activationFirstLogin, activationImmediate)},
			},
			"take_over_domains": schema.BoolAttribute{
				Optional: true, Computed: true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Let `activation = \"immediate\"` move domains here from another active connection, in one step, without a gap. It counts when the connection becomes active; one that is active takes domains only when they are free. Default `false`: that is a conflict.",
			},
			"state":           schema.StringAttribute{Computed: true, MarkdownDescription: "State of the connection as the server has it: `draft`, `validating`, `active` or `inactive`."},
			"redirect_uri":    observed("OpenID Connect: the redirect URI to register with the identity provider."),
			"jwks_uri":        observed("OpenID Connect: where the public keys are by which the server authenticates with `private_key_jwt`, to register with the identity provider."),
			"acs_url":         observed("SAML: the assertion consumer service URL to configure at the identity provider."),
			"sp_entity_id":    observed("SAML: the entity id of the account as a service provider."),
			"sp_metadata_url": observed("SAML: where the service provider's metadata is."),
			"certificates": schema.MapAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "SAML: SHA-256 of each certificate of the identity provider → when it expires, RFC 3339. With `metadata_url` they are those of the last fetch that went well. A plan warns 30 days before a certificate expires.",
			},
			"want_authn_requests_signed": schema.BoolAttribute{Computed: true, MarkdownDescription: "SAML: whether the identity provider's metadata says that it rejects unsigned requests (`WantAuthnRequestsSigned`)."},
			"created":                    createdAttribute("connection"),
			"created_by":                 createdByAttribute("connection"),
			"configurable":               schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the server lets this resource configure the connection; false for an adopted one."},
			"unverified_attributes":      schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Arguments that the server does not show, so that their drift cannot be seen."},
			"timeouts": timeoutsAttribute(ctx, timeouts.Opts{
				Create:            true,
				CreateDescription: "How long `activation = \"first_login\"` waits, such as `30m`. Default 20 minutes.",
			}),
		},
	}
}

// createdAttribute and createdByAttribute are what the managed configuration tells of a thing's making. They never change,
// and are null where the server does not say: then, as in a state from before they were kept, a later answer may.
func createdAttribute(what string) schema.StringAttribute {
	return neverChanges("When the " + what + " was made, RFC 3339; null where the server does not say.")
}

func createdByAttribute(what string) schema.StringAttribute {
	return neverChanges("Id of the actor, a user's or a service account's, who made the " + what + " over the API; null where the server does not report it, or there was none.")
}

func neverChanges(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Computed: true, MarkdownDescription: description,
		PlanModifiers: []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()},
	}
}

func observed(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Computed: true, MarkdownDescription: description,
		PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
}

func oidcAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "OpenID Connect. Exactly one of `oidc` and `saml`; changing from one to the other replaces the resource.",
		Validators:          []validator.Object{objectvalidator.ExactlyOneOf(path.MatchRoot("oidc"), path.MatchRoot("saml"))},
		Attributes: map[string]schema.Attribute{
			"issuer": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The issuer, an https URL below which `/.well-known/openid-configuration` is. It is fetched and checked when it is saved. Entra ID's `common`, `organizations` and `consumers` are rejected: write the tenant's id.",
				Validators:          []validator.String{httpsURL{}, oneTenant},
			},
			"client_id": schema.StringAttribute{Required: true, MarkdownDescription: "Client id at the identity provider.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)}},
			"client_secret_wo": schema.StringAttribute{
				Optional: true, WriteOnly: true,
				MarkdownDescription: "Client secret. It is written and stands in no state and no plan; it is sent when `client_secret_wo_version` changes. Left out, the connection keeps the one that it has. `private_key_jwt` and `none` need none.",
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRelative().AtParent().AtName("client_secret_wo_version"))},
			},
			"client_secret_wo_version": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "Version of the client secret: a new one sends the secret of that time, and the connection keeps working meanwhile.",
				Validators:          []validator.Int64{int64validator.AlsoRequires(path.MatchRelative().AtParent().AtName("client_secret_wo"))},
			},
			"scopes": schema.SetAttribute{
				ElementType: types.StringType, Optional: true, MarkdownDescription: "Scopes to ask for. Default: `openid`, `email` and `profile`.",
				Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.SizeBetween(1, 32), setvalidator.ValueStringsAre(stringvalidator.LengthBetween(1, 255))},
			},
			"token_endpoint_auth_method": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How the server authenticates at the identity provider's token endpoint: `client_secret_basic`, `client_secret_post`, `private_key_jwt` (by a key of the server's own; register `jwks_uri`), or `none` for a public client, which has only PKCE. " +
					"Left out, the first of the others that the identity provider's discovery document lists, in this order, and `client_secret_basic` where it lists nothing. A method that the document does not list is rejected when it is saved; only `none` need not be there.",
				Validators: []validator.String{stringvalidator.OneOf(clientAuthMethods()...)},
			},
		},
	}
}

func samlAttribute() schema.SingleNestedAttribute {
	beside := func(names ...string) []path.Expression {
		expressions := make([]path.Expression, len(names))
		for i, name := range names {
			expressions[i] = path.MatchRelative().AtParent().AtName(name)
		}
		return expressions
	}
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "SAML 2.0: the identity provider's `metadata_xml`, its `metadata_url`, or `entity_id`, `sso_url` and `certificates`.",
		Attributes: map[string]schema.Attribute{
			"metadata_xml": schema.StringAttribute{
				CustomType:          metadataKind.StringType(),
				Optional:            true,
				MarkdownDescription: "The identity provider's metadata, at most 1 MiB. White space and order make no difference. Keys and endpoints that cannot be used are left out with a warning.",
				Validators:          []validator.String{stringvalidator.ExactlyOneOf(beside("metadata_url", "entity_id")...)},
				PlanModifiers:       []planmodifier.String{normalized.UseStateForEqual(metadataKind)},
			},
			"metadata_url": schema.StringAttribute{Optional: true, MarkdownDescription: "Where the metadata is fetched from when it is saved, an https URL; up to 10 MiB of a federation's. Entra ID's names the application: `…/federationmetadata.xml?appid=<application id>`.", Validators: []validator.String{httpsURL{}, entraByURL}},
			"metadata_entity_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Entity id of the identity provider to take, where the metadata describes several, as a federation's does.",
				Validators:          []validator.String{idpEntity, stringvalidator.ConflictsWith(beside("entity_id")...)},
			},
			"entity_id": schema.StringAttribute{Optional: true, MarkdownDescription: "The identity provider's entity id.", Validators: []validator.String{idpEntity, stringvalidator.AlsoRequires(beside("sso_url", "certificates")...)}},
			"sso_url":   schema.StringAttribute{Optional: true, MarkdownDescription: "Where people are sent to log in, an https URL.", Validators: []validator.String{ssoURL, stringvalidator.AlsoRequires(beside("entity_id")...)}},
			"certificates": schema.SetAttribute{
				CustomType:          certificateKind.SetType(),
				ElementType:         types.StringType,
				Optional:            true,
				MarkdownDescription: "Certificates that the identity provider signs with, as PEM, each an element of its own; two at once during a rollover. They are compared by fingerprint. Their keys are RSA of at least 2,048 bits, or EC on P-256, P-384 or P-521. `regexall(\"(?s)-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\", file(\"bundle.pem\"))` splits a bundle.",
				Validators:          []validator.Set{setvalidator.NoNullValues(), setvalidator.SizeAtLeast(1), setvalidator.AlsoRequires(beside("entity_id")...), liveCertificates{}},
				PlanModifiers:       []planmodifier.Set{normalized.UseStateForEqual(certificateKind)},
			},
			"name_id_format":            schema.StringAttribute{Optional: true, MarkdownDescription: "NameID format to ask for."},
			"sign_requests":             schema.BoolAttribute{Optional: true, Computed: true, MarkdownDescription: "Sign authentication requests. Left out, it follows the metadata (`WantAuthnRequestsSigned`), and is `false` without metadata."},
			"allow_idp_initiated":       schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false), MarkdownDescription: "Accept logins that start at the identity provider. Default `false`."},
			"want_assertions_encrypted": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false), MarkdownDescription: "Reject assertions that are not encrypted for the key in the metadata at `sp_metadata_url`. Default `false`: encrypted ones are taken, and others as well."},
		},
	}
}

func attributeMappingAttribute() schema.SingleNestedAttribute {
	name := func(what string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: "Claim or attribute that holds the " + what + "."}
	}
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "How the identity provider names what is known of a person. What is left out is found under the usual names.",
		Attributes: map[string]schema.Attribute{
			"subject": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "SAML only: attribute that identifies the person, in the NameID's place. It must have one value that stays the person's. Without it a transient NameID is rejected.",
			},
			"email": name("email address"), "first_name": name("first name"), "last_name": name("last name"),
			"groups": schema.StringAttribute{
				Optional: true, Validators: []validator.String{noLoginGroups{}},
				DeprecationMessage:  "Groups of a login do nothing. Let a directory bring them: prefectsso_scim_directory and prefectsso_group_role_mapping.",
				MarkdownDescription: "Rejected: groups of a login give no role or team. Let a directory provision them (`prefectsso_scim_directory`) and map them with `prefectsso_group_role_mapping`.",
			},
		},
	}
}

// noLoginGroups refuses any value: groups belong to directories.
type noLoginGroups struct{}

var _ validator.String = noLoginGroups{}

// Description is for the documentation.
func (noLoginGroups) Description(context.Context) string { return "must be left out" }

// MarkdownDescription is for the documentation.
func (v noLoginGroups) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString fails for every value; one that is not known yet may turn out to be none.
func (noLoginGroups) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Groups of a login do nothing",
		"Prefect Cloud takes groups from directories only. Leave groups out; let a prefectsso_scim_directory bring them, and give the people in them their role with prefectsso_group_role_mapping.")
}

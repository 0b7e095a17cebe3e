package acctest_test

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// What the guides use of identity providers' own providers, by the documentation that TestShapes of idpguide names.

var (
	requiredText  = schema.StringAttribute{Required: true}
	optionalText  = schema.StringAttribute{Optional: true}
	secretText    = schema.StringAttribute{Optional: true, Sensitive: true}
	writeOnlyText = schema.StringAttribute{Optional: true, WriteOnly: true, Sensitive: true}
	computedText  = schema.StringAttribute{Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()}}
	optionalFlag  = schema.BoolAttribute{Optional: true}
	optionalCount = schema.Int64Attribute{Optional: true}
	optionalList  = schema.ListAttribute{Optional: true, ElementType: types.StringType}
	optionalSet   = schema.SetAttribute{Optional: true, ElementType: types.StringType}
)

func blocks(attributes map[string]schema.Attribute) schema.Block {
	return schema.ListNestedBlock{NestedObject: schema.NestedBlockObject{Attributes: attributes}}
}

func oktaResources() []minimalResource {
	return []minimalResource{
		{suffix: "_app_oauth", attributes: map[string]schema.Attribute{
			"id": computedText, "client_id": computedText, "label": requiredText, "type": requiredText, "omit_secret": optionalFlag,
			"grant_types": optionalSet, "response_types": optionalSet, "redirect_uris": optionalList, "pkce_required": optionalFlag,
			"token_endpoint_auth_method": optionalText, "client_basic_secret_wo": writeOnlyText, "client_basic_secret_wo_version": optionalCount,
		}},
		{
			suffix: "_app_saml", attributes: map[string]schema.Attribute{
				"id": computedText, "label": requiredText, "sso_url": optionalText, "recipient": optionalText, "destination": optionalText,
				"audience": optionalText, "subject_name_id_template": optionalText, "subject_name_id_format": optionalText,
				"signature_algorithm": optionalText, "digest_algorithm": optionalText, "authn_context_class_ref": optionalText,
				"response_signed": optionalFlag, "assertion_signed": optionalFlag, "honor_force_authn": optionalFlag,
			},
			blocks: map[string]schema.Block{"attribute_statements": blocks(map[string]schema.Attribute{
				"name": requiredText, "type": optionalText, "values": optionalList, "namespace": optionalText, "filter_type": optionalText, "filter_value": optionalText,
			})},
		},
		{
			suffix: "_app_group_assignments", attributes: map[string]schema.Attribute{"id": computedText, "app_id": requiredText},
			blocks: map[string]schema.Block{"group": blocks(map[string]schema.Attribute{
				"id": requiredText, "priority": optionalCount, "profile": optionalText,
			})},
		},
		{
			suffix: "_app_connection", attributes: map[string]schema.Attribute{"id": requiredText, "base_url": requiredText, "action": requiredText, "status": computedText},
			blocks: map[string]schema.Block{"profile": schema.SingleNestedBlock{Attributes: map[string]schema.Attribute{
				"auth_scheme": requiredText, "token": secretText, "client_id": optionalText,
			}}},
		},
	}
}

func azureadResources() []minimalResource {
	return []minimalResource{
		{
			suffix: "_application", attributes: map[string]schema.Attribute{
				"id": computedText, "client_id": computedText, "display_name": requiredText, "sign_in_audience": optionalText,
			},
			blocks: map[string]schema.Block{
				"web": blocks(map[string]schema.Attribute{"homepage_url": optionalText, "logout_url": optionalText, "redirect_uris": optionalSet}),
				"optional_claims": schema.ListNestedBlock{NestedObject: schema.NestedBlockObject{Blocks: map[string]schema.Block{
					"id_token": blocks(map[string]schema.Attribute{
						"name": requiredText, "source": optionalText, "essential": optionalFlag, "additional_properties": optionalList,
					}),
				}}},
			},
		},
		{suffix: "_service_principal", attributes: map[string]schema.Attribute{
			"id": computedText, "client_id": requiredText, "app_role_assignment_required": optionalFlag, "use_existing": optionalFlag,
		}},
		{
			suffix: "_synchronization_secret", attributes: map[string]schema.Attribute{"id": computedText, "service_principal_id": requiredText},
			blocks: map[string]schema.Block{"credential": blocks(map[string]schema.Attribute{
				"key": requiredText, "value": schema.StringAttribute{Required: true, Sensitive: true},
			})},
		},
		{suffix: "_synchronization_job", attributes: map[string]schema.Attribute{
			"id": computedText, "service_principal_id": requiredText, "template_id": requiredText, "enabled": optionalFlag,
		}},
	}
}

func keycloakResources() []minimalResource {
	return []minimalResource{
		{suffix: "_openid_client", attributes: map[string]schema.Attribute{
			"id": computedText, "realm_id": requiredText, "client_id": requiredText, "access_type": requiredText, "name": optionalText,
			"standard_flow_enabled": optionalFlag, "valid_redirect_uris": optionalSet, "pkce_code_challenge_method": optionalText,
			"client_secret_wo": writeOnlyText, "client_secret_wo_version": optionalText,
		}},
		{suffix: "_saml_client", attributes: map[string]schema.Attribute{
			"id": computedText, "realm_id": requiredText, "client_id": requiredText, "name": optionalText, "sign_documents": optionalFlag,
			"sign_assertions": optionalFlag, "signature_algorithm": optionalText, "client_signature_required": optionalFlag,
			"force_post_binding": optionalFlag, "name_id_format": optionalText, "valid_redirect_uris": optionalSet,
			"assertion_consumer_post_url": optionalText,
		}},
		{suffix: "_saml_user_property_protocol_mapper", attributes: map[string]schema.Attribute{
			"id": computedText, "realm_id": requiredText, "client_id": optionalText, "name": requiredText, "user_property": requiredText,
			"saml_attribute_name": requiredText, "saml_attribute_name_format": requiredText,
		}},
	}
}

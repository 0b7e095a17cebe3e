package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// accountIDAttribute returns the `account_id` of every resource. providerData.planAccount settles it where it is left
// out.
func accountIDAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "UUID of the account. Default: the provider's `account_id`. Changing it replaces the resource.",
		Validators:          isUUID(),
		PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplaceIfConfigured()},
	}
}

// preserveCase returns the account id in the state's spelling where that is the same id.
func preserveCase(state types.String, id string) types.String {
	if strings.EqualFold(state.ValueString(), id) {
		return state
	}
	return types.StringValue(id)
}

// argument is an argument of a configuration, and where its value goes.
type argument struct {
	name string
	into any
}

// getArguments reads arguments of a configuration, in this order.
func getArguments(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics, arguments ...argument) {
	for _, a := range arguments {
		diags.Append(config.GetAttribute(ctx, path.Root(a.name), a.into)...)
	}
}

var accountIDPath = path.Root("account_id")

// timeoutsAttribute returns the argument `timeouts`, which the library leaves without a description.
func timeoutsAttribute(ctx context.Context, opts timeouts.Opts) schema.Attribute {
	attribute := timeouts.Attributes(ctx, opts)
	if nested, ok := attribute.(schema.SingleNestedAttribute); ok {
		nested.MarkdownDescription = "How long operations may wait, each a number with a unit: `s`, `m` or `h`."
		return nested
	}
	return attribute
}

// accountIDDataAttribute returns the `account_id` of every data source.
func accountIDDataAttribute() dataschema.StringAttribute {
	return dataschema.StringAttribute{
		Optional:            true,
		Computed:            true,
		MarkdownDescription: "UUID of the account. Default: the provider's `account_id`.",
		Validators:          isUUID(),
	}
}

// computedString returns an attribute of a data source that the server fills.
func computedString(description string) dataschema.StringAttribute {
	return dataschema.StringAttribute{Computed: true, MarkdownDescription: description}
}

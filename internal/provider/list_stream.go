package provider

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// What the lists of `terraform query` share. A list embeds the resource that it finds, whose name and Configure it has,
// and makes its results as the resource's Read makes a state of what was imported: so the configuration that Terraform
// generates has nothing to plan.

// listItem is one thing that a list found.
type listItem[M any] struct {
	displayName string                    // as a person would recognize it
	identity    any                       // that of the resource
	fill        func(*M) diag.Diagnostics // makes the resource's values of an empty model; only where they are wanted
}

// listing is one call of a list: rows of type T become results of a resource with the model M.
type listing[T, M any] struct {
	summary string // of the error when the rows cannot be read
	rows    iter.Seq2[T, error]
	// item returns a row as a result; false leaves it out, as a filter says.
	item func(T) (listItem[M], bool)
	// end returns what there is to say after the last row, of so many results; nil for nothing. A list that stops at its
	// limit says nothing.
	end func(results int) diag.Diagnostics
}

// listAccountAttribute returns the `account_id` of every list.
func listAccountAttribute() listschema.StringAttribute {
	return listschema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "UUID of the account. Default: the provider's `account_id`.",
		Validators:          isUUID(),
	}
}

// listFilter returns an argument that leaves some of a list.
func listFilter(description string, validators ...validator.String) listschema.StringAttribute {
	return listschema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
}

// beginList reads the filters and finds the account. What is wrong with them is all that the list says.
func (p *providerData) beginList(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream, filters ...argument) (account string, ok bool) {
	var diags diag.Diagnostics
	if !req.Config.Raw.IsFullyKnown() {
		diags.AddError("Filter not known", "A list is read at once, but an argument of its `config` is only known after apply. Give it a value that is known now.")
		return p.endList(stream, diags)
	}
	own := types.StringNull()
	getArguments(ctx, req.Config, &diags, append(filters, argument{"account_id", &own})...)
	if !diags.HasError() {
		account, ok = p.scope(own, &diags)
	}
	if !ok || diags.HasError() {
		return p.endList(stream, diags)
	}
	return account, true
}

// endList ends a list before its first result with what is wrong, or what there is to say.
func (p *providerData) endList(stream *list.ListResultsStream, diags diag.Diagnostics) (string, bool) {
	p.sayKeyShortly(&diags)
	stream.Results = list.ListResultsStreamDiagnostics(diags)
	return "", false
}

// streamList gives the results one after the other, no more than Terraform wants: rows that nobody asks for are not read.
func streamList[T, M any](ctx context.Context, p *providerData, req list.ListRequest, stream *list.ListResultsStream, l listing[T, M]) {
	stream.Results = func(push func(list.ListResult) bool) {
		results := int64(0)
		for row, err := range l.rows {
			if err != nil {
				diags := diag.Diagnostics{failure(l.summary, err)}
				p.sayKeyShortly(&diags)
				push(list.ListResult{Diagnostics: diags})
				return
			}
			item, wanted := l.item(row)
			if !wanted {
				continue
			}
			results++
			if !push(item.result(ctx, req)) || results == req.Limit {
				return
			}
		}
		if l.end == nil {
			return
		}
		if diags := l.end(int(results)); len(diags) > 0 {
			push(list.ListResult{Diagnostics: diags})
		}
	}
}

// result returns an item as Terraform takes it.
func (i listItem[M]) result(ctx context.Context, req list.ListRequest) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = i.displayName
	result.Diagnostics.Append(result.Identity.Set(ctx, i.identity)...)
	if !req.IncludeResource {
		return result
	}
	var m M
	empty := emptyResource(ctx, req)
	result.Diagnostics.Append(empty.Get(ctx, &m)...)
	if result.Diagnostics.HasError() {
		return result
	}
	result.Diagnostics.Append(i.fill(&m)...)
	result.Diagnostics.Append(result.Resource.Set(ctx, &m)...)
	return result
}

// emptyResource returns a resource none of whose attributes has a value, as before an import.
func emptyResource(ctx context.Context, req list.ListRequest) tfsdk.Resource {
	values := map[string]tftypes.Value{}
	for name, attribute := range req.ResourceSchema.GetAttributes() {
		values[name] = tftypes.NewValue(attribute.GetType().TerraformType(ctx), nil)
	}
	return tfsdk.Resource{Schema: req.ResourceSchema, Raw: tftypes.NewValue(req.ResourceSchema.Type().TerraformType(ctx), values)}
}

// rowsOf gives rows that were read at once.
func rowsOf[T any](rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// matches reports whether a filter leaves a value: it does where it is not set.
func matches(filter types.String, value string) bool {
	return filter.IsNull() || filter.ValueString() == value
}

// endOfFiltered returns what a list says that filters left nothing of, though there is something: what that is.
func endOfFiltered[T any](noun, account string, rows []T, name func(T) string, filters map[string]attr.Value) func(int) diag.Diagnostics {
	return func(results int) diag.Diagnostics {
		var set []string
		for _, filter := range slices.Sorted(maps.Keys(filters)) {
			if !filters[filter].IsNull() {
				set = append(set, fmt.Sprintf("%s = %s", filter, filters[filter]))
			}
		}
		if results > 0 || len(rows) == 0 || len(set) == 0 {
			return nil
		}
		names := make([]string, len(rows))
		for i, row := range rows {
			names[i] = name(row)
		}
		return diag.Diagnostics{saysNothingMatches(noun, account, strings.Join(set, ", "), english.Some(names)).warning(path.Empty())}
	}
}

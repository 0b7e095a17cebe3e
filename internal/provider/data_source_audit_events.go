package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var _ datasource.DataSourceWithConfigure = &auditEventsDataSource{}

// How many events a data source reads unless it says otherwise, and at the most: lists cost Terraform time that grows
// with the square of their length.
const (
	defaultEvents = 200
	maxEvents     = 5000
)

// resourcePrefix is how the account's own events and the ids of its things begin in the audit trail.
const resourcePrefix = "prefect-cloud."

func newAuditEventsDataSource() datasource.DataSource { return &auditEventsDataSource{} }

type auditEventsDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *auditEventsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_audit_events"
}

// Schema implements [datasource.DataSource].
func (d *auditEventsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The account's audit trail, newest first: who changed what, and when. The API answers for 14 days at once; a longer span is read piece by piece. It needs `read:audit_event` and the feature `audit_logs`." + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id": accountIDDataAttribute(),
			"names": schema.SetAttribute{
				ElementType:         types.StringType,
				Optional:            true,
				MarkdownDescription: "Only events of these names, such as `prefect-cloud.account-membership.updated`; a `*` at the end stands for anything, as in `prefect-cloud.account-role.*`. The account's own events begin with `prefect-cloud.`; any other name finds only events that users posted under it, and there is a warning.",
				Validators:          []validator.Set{setvalidator.ValueStringsAre(eventNameValidator{})},
			},
			"actor": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Only what this actor did, by email address, by the name of a service account, or by id as the trail has it (`prefect-cloud.user.…`).",
			},
			"resource": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Only what happened to this thing, by its name or by its id as the trail has it (`prefect-cloud.account-role.…`).",
			},
			"since": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "From when on, RFC 3339. Default: 14 days before `until`.",
				Validators:          []validator.String{rfc3339Validator{}, pastValidator{}},
			},
			"until": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Up to when, RFC 3339. Default: now.",
				Validators:          []validator.String{rfc3339Validator{}},
			},
			"limit": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: fmt.Sprintf("How many events at the most, up to %d. Default %d.", maxEvents, defaultEvents),
				Validators:          []validator.Int64{int64validator.Between(1, maxEvents)},
			},
			"events": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The events, newest first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":            computedString("UUID of the event."),
					"name":          computedString("What happened, such as `prefect-cloud.account-domain-names.updated`."),
					"occurred":      computedString("When, RFC 3339."),
					"resource_id":   computedString("What it happened to, as the trail names it."),
					"resource_name": computedString("The name of that."),
					"actor_id":      computedString("Who did it, as the trail names them; null for the system itself."),
					"actor_name":    computedString("The email address or name of that actor."),
					"payload":       computedString("More about it, as JSON."),
					"follows":       computedString("UUID of the event that caused this one; null for none."),
				}},
			},
		},
	}
}

// eventNameValidator accepts names of events and patterns of them. Which events an account has is not known here: a server
// may have more than this provider has heard of.
type eventNameValidator struct{}

// Description implements [validator.Describer].
func (eventNameValidator) Description(context.Context) string {
	return "must be the name of an event, or begin one and end with *"
}

// MarkdownDescription implements [validator.Describer].
func (v eventNameValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

// ValidateString implements [validator.String].
func (eventNameValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	text := req.ConfigValue.ValueString()
	name, pattern := strings.CutSuffix(text, "*")
	switch {
	case text == "":
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid event name", "A name is empty. Leave it out to get events of all names.")
	case strings.HasPrefix(name, resourcePrefix), pattern && strings.HasPrefix(resourcePrefix, name):
	default:
		resp.Diagnostics.Append(warns(checkThis, req.Path, "Not one of the account's own events", fmt.Sprintf("The account's own events begin with %q, and %q does not: it finds only events that users posted under that name. If one of the account's own is meant, write %q.", resourcePrefix, text, resourcePrefix+text)))
	}
}

type auditEventsDataModel struct {
	AccountID types.String     `tfsdk:"account_id"`
	Names     []string         `tfsdk:"names"`
	Actor     types.String     `tfsdk:"actor"`
	Resource  types.String     `tfsdk:"resource"`
	Since     types.String     `tfsdk:"since"`
	Until     types.String     `tfsdk:"until"`
	Limit     types.Int64      `tfsdk:"limit"`
	Events    []auditEventItem `tfsdk:"events"`
}

type auditEventItem struct {
	ID           types.String `tfsdk:"id"`
	Name         types.String `tfsdk:"name"`
	Occurred     types.String `tfsdk:"occurred"`
	ResourceID   types.String `tfsdk:"resource_id"`
	ResourceName types.String `tfsdk:"resource_name"`
	ActorID      types.String `tfsdk:"actor_id"`
	ActorName    types.String `tfsdk:"actor_name"`
	Payload      types.String `tfsdk:"payload"`
	Follows      types.String `tfsdk:"follows"`
}

func eventFromAPI(e client.Event) auditEventItem {
	actor := e.Actor()
	return auditEventItem{
		ID:           types.StringValue(e.ID),
		Name:         types.StringValue(e.Name),
		Occurred:     timeOrNull(&e.Occurred),
		ResourceID:   textOrNull(e.Resource[client.LabelResourceID]),
		ResourceName: textOrNull(e.Resource[client.LabelResourceName]),
		ActorID:      textOrNull(actor[client.LabelResourceID]),
		ActorName:    textOrNull(actor[client.LabelResourceName]),
		Payload:      textOrNull(string(e.Payload)),
		Follows:      stringOrNull(e.Follows),
	}
}

// query returns what the arguments ask for at the given time.
func (m *auditEventsDataModel) query(now time.Time, diags *diag.Diagnostics) client.EventQuery {
	q := client.EventQuery{Limit: defaultEvents}
	if !m.Limit.IsNull() {
		q.Limit = int(m.Limit.ValueInt64())
	}
	for _, name := range m.Names {
		if prefix, all := strings.CutSuffix(name, "*"); all {
			q.NamePrefixes = append(q.NamePrefixes, prefix)
		} else {
			q.Names = append(q.Names, name)
		}
	}
	q.Actors, q.ActorNames = idOrName(m.Actor.ValueString())
	q.Resources, q.ResourceNames = idOrName(m.Resource.ValueString())

	if m.Since.IsNull() && m.Until.IsNull() {
		return q
	}
	q.Until = now
	if !m.Until.IsNull() {
		q.Until = parseTime(m.Until.ValueString())
	}
	q.Since = q.Until.Add(-client.EventWindow)
	if !m.Since.IsNull() {
		q.Since = parseTime(m.Since.ValueString())
	}
	if !q.Since.Before(q.Until) {
		diags.AddAttributeError(path.Root("since"), "Empty span", fmt.Sprintf("`since` (%s) is not before `until` (%s). A span in the future has no events; give a time that has passed.", q.Since.Format(time.RFC3339), q.Until.Format(time.RFC3339)))
	}
	return q
}

// idOrName sorts what a user writes for a thing in the trail.
func idOrName(text string) (ids, names []string) {
	switch {
	case text == "":
		return nil, nil
	case strings.HasPrefix(text, resourcePrefix):
		return []string{text}, nil
	default:
		return nil, []string{text}
	}
}

// Read implements [datasource.DataSource].
func (d *auditEventsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m auditEventsDataModel
	getArguments(
		ctx, req.Config, &resp.Diagnostics,
		argument{"account_id", &m.AccountID}, argument{"names", &m.Names}, argument{"actor", &m.Actor}, argument{"resource", &m.Resource},
		argument{"since", &m.Since}, argument{"until", &m.Until}, argument{"limit", &m.Limit},
	)
	query := m.query(time.Now(), &resp.Diagnostics)
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	events, err := d.data.client.ListEvents(ctx, account, query)
	if err != nil {
		resp.Diagnostics.Append(failure("Could not read audit events", err))
		return
	}
	m.AccountID = preserveCase(m.AccountID, account)
	m.Events = make([]auditEventItem, len(events))
	for i, event := range events {
		m.Events[i] = eventFromAPI(event)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

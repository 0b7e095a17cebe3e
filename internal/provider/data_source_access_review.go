package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/fetch"
)

var _ datasource.DataSourceWithConfigure = &accessReviewDataSource{}

// What is too long ago unless the configuration says otherwise.
const (
	defaultStaleDays = 90
	defaultSyncHours = 72
)

func newAccessReviewDataSource() datasource.DataSource { return &accessReviewDataSource{} }

type accessReviewDataSource struct {
	dataSourceBase
}

// Metadata implements [datasource.DataSource].
func (d *accessReviewDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_access_review"
}

const reviewDescription = "Everyone who can reach the account, why they have their role, and what needs attention: made for `check` blocks and for `terraform show -json`. " +
	"It takes `read:account`, `read:account_membership` and `read:account_role`; what else the key may not see is left out, and `left_out` says so. " +
	"Directories, and with them why people have their roles, take `administrate:sso`; service accounts `read:bot`, and who made them `read:audit_event`. " +
	"Which workspaces service accounts reach takes `read:workspace`, `read:workspace_role`, `read:team` and, in each workspace, the scope `see_workspace_service_accounts`; it costs one request a workspace. " +
	"On a server that does not offer the configuration of directories, as today's Prefect Cloud, what cannot be known is `unknown`.\n\n" +
	"Let it stand outside of `check` blocks: a data source inside of one is read again at each apply, so that no plan ends with \"No changes\".\n\n" +
	"The id of a finding is its kind, a colon, and what it is about, and stays the same from review to review:\n\n" +
	"| kind | about | severity |\n|---|---|---|\n" +
	"| `directory-unlinked` | a directory that is switched off | high |\n" +
	"| `directory-not-synced` | a directory that has not been called for `sync_within_hours`, or never | high |\n" +
	"| `member-outside-sso-domains` | an active member whose address is outside of the enabled domains | medium; high if single sign-on can be bypassed |\n" +
	"| `member-stale` | an active member who has not logged in for `stale_after_days` | medium; high if single sign-on can be bypassed |\n" +
	"| `service-account-key-never-expires` | a service account with a key that never expires | medium; high if privileged |\n" +
	"| `service-account-creator-gone` | a service account whose maker is no active member any more | medium; high if privileged |\n" +
	"| `sso-not-enforced` | the account, while no connection is active | medium |\n" +
	"| `member-not-in-directory` | an active member whom no directory governs, where there are directories | medium |\n" +
	"| `service-account-privileged` | a service account whose role administrates the account | medium |\n" +
	"| `member-bypasses-sso` | an active member who signs in without single sign-on | low |\n" +
	"| `member-never-logged-in` | an active member who has never logged in | low |\n" +
	"| `mapping-dangling` | a group role mapping (by id) whose group has not arrived | low |\n" +
	"| `scim-token-never-expires` | a SCIM token (by id) that never expires | low |\n" +
	"| `scim-client-old-secret-never-expires` | a SCIM client (by id) that was rotated, and whose old secret never expires | low |\n" +
	"| `member-administrates-sso`, `service-account-administrates-sso` | who may configure single sign-on, and so could become any person of an enabled domain | info |\n" +
	"| `member-inactive` | a deactivated member | info |"

// Schema implements [datasource.DataSource].
func (d *accessReviewDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computedBool := func(description string) schema.BoolAttribute {
		return schema.BoolAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: reviewDescription + worksToday,
		Attributes: map[string]schema.Attribute{
			"account_id": accountIDDataAttribute(),
			"stale_after_days": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: fmt.Sprintf("After how many days without a login a member is stale. Default %d.", defaultStaleDays),
				Validators:          []validator.Int64{int64validator.Between(1, 3650)},
			},
			"sync_within_hours": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: fmt.Sprintf("Within how many hours the identity provider has to call a directory. Default %d.", defaultSyncHours),
				Validators:          []validator.Int64{int64validator.Between(1, 8760)},
			},
			"events_since": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: fmt.Sprintf("How far back to look in the audit trail for who made service accounts, RFC 3339. The trail is only asked for the times at which they were made. Default: as far back as takes %d requests.", fetch.MaxCreationSpans),
				Validators:          []validator.String{rfc3339Validator{}, pastValidator{}},
			},
			"configurable": computedBool("Whether the server offers the configuration of directories over its API, and so tells why people have their roles."),
			"people": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Email address, lower-case and with the domain in its ASCII form → who that is in the account.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"role":                computedString("Name of the account role."),
					"role_source":         computedString("Why they have it: `default` (the directory made the membership), `mapping`, `manual`, or `unknown`."),
					"mapping":             computedString("What the mapping that gives the role matches; null without one."),
					"in_directory":        computedString("Whether a directory governs them: `yes`, `no` or `unknown`."),
					"directory":           computedString("Name of that directory."),
					"bypasses_sso":        computedBool("Whether the role signs in without single sign-on."),
					"administrates_sso":   computedBool("Whether the role may configure single sign-on."),
					"outside_sso_domains": computedString("Whether the address is outside of the enabled domains: `yes`, `no` or `unknown`."),
					"active":              computedBool("False for deactivated members."),
					"last_login":          computedString("When they last logged in, RFC 3339; null for never."),
				}},
			},
			"service_accounts": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Name → service account.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":                computedString("UUID of the service account."),
					"role":              computedString("Name of the account role."),
					"privileged":        computedBool("Whether the role has a permission that begins with `administrate:`, as Owner and Admin have."),
					"key_expires":       computedString("When its key expires, RFC 3339; null for never."),
					"created_by":        computedString("Who made it, by email address or name; `unknown` where the audit trail does not tell."),
					"creator_is_member": computedString("Whether its creator is an active member: `yes`, `no` or `unknown`."),
					"workspaces": schema.MapNestedAttribute{
						Computed: true,
						MarkdownDescription: "Handle of a workspace → how the service account reaches it. It may do there what all of these allow together. " +
							"Empty where it reaches none; null where that is not known, and `left_out` says why.",
						NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
							"role": computedString("Name of the workspace role that it was given directly; null for none."),
							"teams": schema.MapAttribute{
								ElementType:         types.StringType,
								Computed:            true,
								MarkdownDescription: "Team that it is in → name of the workspace role that the team has. Empty where no team lets it in.",
							},
							"default_role":  computedString("Name of the workspace role that the workspace gives to all members but Collaborators; null for none."),
							"administrates": computedBool("Whether its account role administrates all workspaces (`administrate:workspace`)."),
						}},
					},
				}},
			},
			"findings": schema.MapNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Id → what needs attention.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"severity": computedString("`high`, `medium`, `low` or `info`."),
					"kind":     computedString("The part of the id before the colon."),
					"subject":  computedString("Whom or what it is about: an email address or a name."),
					"message":  computedString("A sentence for people."),
				}},
			},
			"counts": schema.MapAttribute{
				ElementType:         types.Int64Type,
				Computed:            true,
				MarkdownDescription: "Severity → how many findings have it: `high`, `medium`, `low` and `info`, 0 included.",
			},
			"left_out": schema.MapAttribute{
				ElementType:         types.StringType,
				Computed:            true,
				MarkdownDescription: "What is not in the review → why: `domains`, `directories`, `service_accounts`, `service_account_creators`, `service_account_workspaces`. Empty where everything could be read.",
			},
		},
	}
}

type accessReviewModel struct {
	AccountID       types.String                      `tfsdk:"account_id"`
	StaleAfterDays  types.Int64                       `tfsdk:"stale_after_days"`
	SyncWithinHours types.Int64                       `tfsdk:"sync_within_hours"`
	EventsSince     types.String                      `tfsdk:"events_since"`
	Configurable    types.Bool                        `tfsdk:"configurable"`
	People          map[string]reviewedPerson         `tfsdk:"people"`
	ServiceAccounts map[string]reviewedServiceAccount `tfsdk:"service_accounts"`
	Findings        map[string]reviewFinding          `tfsdk:"findings"`
	Counts          map[string]int64                  `tfsdk:"counts"`
	LeftOut         map[string]string                 `tfsdk:"left_out"`
}

// limits returns what the arguments say is too long ago at the given time.
func (m *accessReviewModel) limits(now time.Time) access.Limits {
	stale, sync := int64(defaultStaleDays), int64(defaultSyncHours)
	if !m.StaleAfterDays.IsNull() {
		stale = m.StaleAfterDays.ValueInt64()
	}
	if !m.SyncWithinHours.IsNull() {
		sync = m.SyncWithinHours.ValueInt64()
	}
	return access.Limits{Now: now, StaleAfter: time.Duration(stale) * 24 * time.Hour, SyncWithin: time.Duration(sync) * time.Hour}
}

// Read implements [datasource.DataSource].
func (d *accessReviewDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	defer d.data.sayKeyShortly(&resp.Diagnostics)
	var m accessReviewModel
	getArguments(
		ctx, req.Config, &resp.Diagnostics,
		argument{"account_id", &m.AccountID}, argument{"stale_after_days", &m.StaleAfterDays}, argument{"sync_within_hours", &m.SyncWithinHours}, argument{"events_since", &m.EventsSince},
	)
	account, ok := d.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	world, err := d.data.readReview(ctx, account, parseTime(m.EventsSince.ValueString()))
	if err != nil {
		resp.Diagnostics.Append(failure("Could not review access", err))
		return
	}
	m.AccountID = preserveCase(m.AccountID, account)
	m.fill(world, m.limits(time.Now()))
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

var (
	_ action.ActionWithConfigure  = (*membersActiveAction)(nil)
	_ action.ActionWithModifyPlan = (*membersActiveAction)(nil)
)

var ofMembers = actionBase{permission: client.PermissionUpdateMembership, published: true}

func newMembersActivateAction() action.Action {
	return &membersActiveAction{actionBase: ofMembers, active: true, verb: "activate", done: "active"}
}

func newMembersDeactivateAction() action.Action {
	return &membersActiveAction{actionBase: ofMembers, verb: "deactivate", done: "inactive"}
}

// membersActiveAction deactivates members, or lets them in again: all of them or none.
type membersActiveAction struct {
	actionBase
	active     bool
	verb, done string
}

type membersActiveModel struct {
	AccountID types.String   `tfsdk:"account_id"`
	Emails    normalized.Set `tfsdk:"emails"`
}

// Metadata implements [action.Action].
func (a *membersActiveAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_members_" + a.verb
}

// Schema implements [action.Action].
func (a *membersActiveAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	text := "Deactivates members: from then on every request of theirs is rejected, with whatever session or API key. They keep their role, their teams and their API keys for the day on which they are activated again. Who is inactive already stays so."
	if a.active {
		text = "Activates members who were deactivated: they sign in again, with the role, the teams and the API keys that they had. Who is active already stays so."
	}
	resp.Schema = actionschema.Schema{
		MarkdownDescription: text + " It is done for all of them or for none, and the plan looks who would be locked out, as that of a resource does. A directory that manages a person may decide otherwise at its next push." + permissionToApply(client.PermissionUpdateMembership) + worksToday,
		Attributes: map[string]actionschema.Attribute{
			"account_id": actionAccount(),
			"emails": actionschema.SetAttribute{
				CustomType: normalized.Email.SetType(), ElementType: types.StringType, Required: true,
				MarkdownDescription: fmt.Sprintf("Email addresses of the members, 1 to %d. The case of A to Z makes no difference, nor does whether a domain is in Unicode or ASCII.", client.MaxSetActive),
				Validators:          []validator.Set{setvalidator.SizeBetween(1, client.MaxSetActive), setvalidator.NoNullValues()},
			},
		},
	}
}

// ModifyPlan implements [action.ActionWithModifyPlan].
func (a *membersActiveAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	a.actionBase.ModifyPlan(ctx, req, resp)
	var m membersActiveModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || a.data == nil || a.data.client == nil {
		return
	}
	if !req.Config.Raw.IsFullyKnown() {
		notJudged(path.Root("emails"), access.LockoutNotChecked, &resp.Diagnostics)
		return
	}
	account, ok := a.data.account(m.AccountID, &resp.Diagnostics)
	if !ok {
		return
	}
	members := a.find(ctx, account, &m, &resp.Diagnostics)
	a.warnOfDirectories(ctx, account, members, &resp.Diagnostics)
	if len(members) > 0 && !resp.Diagnostics.HasError() {
		a.data.judge(ctx, a.judging(account, members), &resp.Diagnostics)
	}
}

// find returns those of the members to whom something happens.
func (a *membersActiveAction) find(ctx context.Context, account string, m *membersActiveModel, diags *diag.Diagnostics) (members []client.Membership) {
	at := path.Root("emails")
	for _, written := range m.Emails.Written() {
		member, err := a.data.client.Members(account).ByEmail(ctx, normalized.Email.Key(written))
		if err != nil {
			diags.Append(failureAt(at.AtSetValue(types.StringValue(written)), "Could not "+a.verb+" members", err))
			continue
		}
		if member.Active != a.active {
			members = append(members, member)
		}
	}
	return members
}

// warnOfDirectories names those whose membership a directory manages.
func (a *membersActiveAction) warnOfDirectories(ctx context.Context, account string, members []client.Membership, diags *diag.Diagnostics) {
	directories, err := a.data.knownDirectories(ctx, account)
	if rows, known := directories.Get(); err != nil || known && len(rows) == 0 {
		if err != nil {
			diags.Append(failure("Could not read directories", err))
		}
		return
	}
	var managed []string
	for _, member := range members {
		details, err := a.data.client.GetMembershipDetails(ctx, account, member.ID)
		switch {
		case client.IsNotFound(err), client.IsForbidden(err), client.IsNotOffered(err): // it left, or the API does not say
		case err != nil:
			diags.Append(failure("Could not read a membership", err))
			return
		case details.DirectoryID != nil:
			managed = append(managed, roleChange{member: member}.email())
		}
	}
	if len(managed) > 0 {
		diags.Append(warns(checkThis, path.Root("emails"), "A directory manages these people", fmt.Sprintf("Identity providers push %s by directory sync, and their next push may undo this. To last, it has to be done there, too.", english.Some(managed))))
	}
}

func (a *membersActiveAction) judging(account string, members []client.Membership) judging {
	change := access.SetActive{Active: a.active}
	var people access.People
	for _, member := range members {
		p := fetch.Person(member)
		people.Rows = append(people.Rows, p)
		change.MembershipIDs = append(change.MembershipIDs, p.ID)
	}
	return judging{
		account: account, people: people, changes: []access.Change{change}, policy: a.data.policy,
		at: func(access.Finding) path.Path { return path.Root("emails") },
	}
}

// Invoke implements [action.Action].
func (a *membersActiveAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m membersActiveModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	account, ok := a.data.scope(m.AccountID, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	members := a.find(ctx, account, &m, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if already := len(m.Emails.Elements()) - len(members); already > 0 {
		said(resp, fmt.Sprintf("Already %s: %s.", a.done, english.Count(already, "member")))
	}
	if len(members) == 0 || !a.data.recheck(ctx, a.judging(account, members), &resp.Diagnostics) {
		return
	}
	said(resp, fmt.Sprintf("Going to %s %s.", a.verb, english.Count(len(members), "member")))
	var err error
	if a.active {
		err = a.data.client.Members(account).SetActive(ctx, members, true)
	} else {
		err = a.data.deactivate(ctx, account, members)
	}
	var last *lastBypassError
	switch {
	case errors.As(err, &last):
		resp.Diagnostics.AddAttributeError(path.Root("emails"), "Nobody would sign in without single sign-on", english.ErrorSentence(err))
	case err != nil:
		resp.Diagnostics.Append(failureAt(path.Root("emails"), "Could not "+a.verb+" members", err))
	default:
		names := make([]string, len(members))
		for i, member := range members {
			names[i] = roleChange{member: member}.email()
		}
		said(resp, fmt.Sprintf("Now %s: %s.", a.done, english.Some(names)))
	}
}

package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

func newMembersActivateAction() action.Action {
	return &membersActiveAction{active: true, verb: "activate", state: "active", description: "Lets members of the account in again who were deactivated: role, workspaces and teams are as before. Who is active already stays so, which is success. A person whom a directory manages, and whom the identity provider has as inactive, is activated there."}
}

func newMembersDeactivateAction() action.Action {
	return &membersActiveAction{verb: "deactivate", state: "inactive", description: "Deactivates members of the account at once, as when somebody leaves or a laptop was stolen: they have no access any more, and keep role, workspaces and teams for when they are activated again. Who is inactive already stays so, which is success.\n\nThe guards of the provider hold for it: it deactivates neither the owner of the API key in use nor the last user who signs in without single sign-on, whatever `lockout_protection` says; whom it names needs no `acknowledge_lockout`. A person whom a directory manages, and whom the identity provider has as active, is deactivated there: what it pushes next would undo this."}
}

// membersActiveAction activates or deactivates members.
type membersActiveAction struct {
	actionBase
	active                   bool
	verb, state, description string
}

type membersActiveModel struct {
	AccountID types.String   `tfsdk:"account_id"`
	Emails    normalized.Set `tfsdk:"emails"`
}

// atEmails is the argument that says who.
func atEmails(access.Finding) path.Path { return path.Root("emails") }

// Metadata implements [action.Action].
func (a *membersActiveAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_members_" + a.verb
}

// Schema implements [action.Action].
func (a *membersActiveAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = actionschema.Schema{
		MarkdownDescription: a.description + worksToday,
		Attributes: map[string]actionschema.Attribute{
			"account_id": actionAccount(),
			"emails": actionschema.SetAttribute{
				CustomType: normalized.Email.SetType(), ElementType: types.StringType, Required: true,
				MarkdownDescription: fmt.Sprintf("Email addresses of 1 to %d members; the case of A to Z, and whether the domain is in Unicode or ASCII, makes no difference. All have to be members, or nobody is changed. Up to %d at a time are changed together, all or none of them.", maxHolders, client.SetActiveAtOnce),
				Validators:          []validator.Set{setvalidator.SizeBetween(1, maxHolders), setvalidator.NoNullValues()},
			},
		},
	}
}

// ModifyPlan implements [action.ActionWithModifyPlan].
func (a *membersActiveAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var m membersActiveModel
	a.plan(ctx, req, resp, &m, &m.AccountID, client.PermissionUpdateMembership, func(account string) {
		if account == "" || !m.Emails.IsWhollyKnown() {
			notJudged(path.Root("emails"), access.LockoutNotChecked, &resp.Diagnostics)
			return
		}
		emails := m.Emails.Normalized()
		rows, err := a.data.client.Members(account).ByEmails(ctx, emails)
		if err != nil {
			resp.Diagnostics.Append(failureAt(path.Root("emails"), "Could not look up members", err))
			return
		}
		people, absent := a.split(emails, rows)
		if a.alike(ctx, account, absent, &resp.Diagnostics); resp.Diagnostics.HasError() {
			return
		}
		if len(absent) > 0 {
			resp.Diagnostics.Append(saysMembersAbsent("emails", absent, account).warning(path.Root("emails")))
		}
		if len(people) > 0 {
			a.data.judge(ctx, a.judging(account, people), &resp.Diagnostics)
		}
	})
}

// split returns those whom there is something to do for, and who is no member.
func (a *membersActiveAction) split(emails []string, rows map[string]client.Membership) (people []client.Membership, absent []string) {
	for _, email := range emails {
		row, there := rows[email]
		switch {
		case !there:
			absent = append(absent, email)
		case row.Active != a.active:
			people = append(people, row)
		}
	}
	return people, absent
}

// alike says which of the people who are no members could be taken for one.
func (a *membersActiveAction) alike(ctx context.Context, account string, absent []string, diags *diag.Diagnostics) {
	for _, email := range absent {
		_, err := a.data.client.Members(account).ByEmail(ctx, email)
		if looks := new(client.NotMemberError); errors.As(err, &looks) && looks.LooksLike != "" {
			diags.Append(saysAddressLooksAlike(looks).error(path.Root("emails")))
		}
	}
}

// judging is what the action does, for the guards.
func (a *membersActiveAction) judging(account string, people []client.Membership) judging {
	j := judging{account: account, policy: a.data.policy, at: atEmails}
	change := access.SetActive{Active: a.active}
	for _, row := range people {
		p := fetch.Person(row)
		j.people.Rows = append(j.people.Rows, p)
		change.MembershipIDs = append(change.MembershipIDs, p.ID)
	}
	j.changes = []access.Change{change}
	return j
}

// Invoke implements [action.Action].
func (a *membersActiveAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m membersActiveModel
	account, ok := a.begin(ctx, req, resp, &m, &m.AccountID)
	if !ok {
		return
	}
	at, emails := path.Root("emails"), m.Emails.Normalized()
	rows, err := a.data.client.Members(account).Refetch(ctx, emails...) // what the plan read may be old by now
	if err != nil {
		resp.Diagnostics.Append(failureAt(at, "Could not look up members", err))
		return
	}
	people, absent := a.split(emails, rows)
	if len(absent) > 0 {
		resp.Diagnostics.Append(saysMembersStillAbsent("emails", absent, account).error(at))
		return
	}
	if already := len(emails) - len(people); already > 0 {
		said(resp, fmt.Sprintf("%s of %d %s %s already: nothing to do there.", english.Count(already, "person"), len(emails), map[bool]string{true: "is", false: "are"}[already == 1], a.state))
	}
	if len(people) == 0 {
		return
	}
	lock := a.data.run.BypassLock(account)
	lock.Apply()
	if a.active {
		a.set(ctx, account, people, resp)
		lock.Promoted()
		return
	}
	if err := lock.Hold(ctx, func() error {
		if err := a.awaitAnother(ctx, account, people); err != nil {
			return err
		}
		a.set(ctx, account, people, resp)
		return nil
	}); err != nil {
		resp.Diagnostics.Append(a.refusal(account, err))
	}
}

// refusal says why nobody was deactivated.
func (a *membersActiveAction) refusal(account string, err error) diag.Diagnostic {
	var last *lastBypassError
	if errors.As(err, &last) {
		return diagnosticFrom(access.Finding{ID: access.BypassNobodyLeft, Severity: access.Error, AccountID: account}, path.Root("emails"))
	}
	return failureAt(path.Root("emails"), "Could not "+a.verb+" members", err)
}

// awaitAnother waits until somebody who stays active signs in without single sign-on, where one of the people does.
func (a *membersActiveAction) awaitAnother(ctx context.Context, account string, people []client.Membership) error {
	roles, err := a.data.client.Roles(account).List(ctx)
	if err != nil {
		return err
	}
	ids := bypassing(roles)
	var leaving []roleChange
	for _, row := range people {
		if slices.Contains(ids, row.AccountRoleID) {
			leaving = append(leaving, roleChange{member: row})
		}
	}
	if leaving == nil {
		return nil
	}
	return a.data.awaitAnother(ctx, account, a.data.run.BypassLock(account), ids, leaving)
}

// set judges a last time and makes the change, as many people at once as a request takes. What was done stays done.
func (a *membersActiveAction) set(ctx context.Context, account string, people []client.Membership, resp *action.InvokeResponse) {
	j := a.judging(account, people)
	j.policy.Applying = true // who remains with bypass:sso was seen to
	if !a.data.recheck(ctx, j, &resp.Diagnostics) {
		return
	}
	done := 0
	for some := range slices.Chunk(people, client.SetActiveAtOnce) {
		names := make([]string, len(some))
		for i, row := range some {
			names[i] = fetch.Person(row).Email
		}
		if err := a.data.client.Members(account).SetActive(ctx, some, a.active); err != nil {
			resp.Diagnostics.Append(failureAt(path.Root("emails"), "Could not "+a.verb+" "+english.Some(names), err))
			said(resp, fmt.Sprintf("%d of %d are %s now, and stay so. The others were not changed.", done, len(people), a.state))
			return
		}
		done += len(some)
		said(resp, fmt.Sprintf("%s now %s: %s (%d of %d).", english.Count(len(some), "person"), a.state, english.Some(names), done, len(people)))
	}
}

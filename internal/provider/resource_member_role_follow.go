package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// A person is written by address and known by membership: identity providers change addresses, and give those of people
// who left to others.

// move is that the person of a state goes by another address than the one that is written.
type move struct {
	taken bool // another member has the written one
}

// reassignedError is that the membership of a state is gone, and another person has its address.
type reassignedError struct{ email, account string }

func (e *reassignedError) Error() string {
	return fmt.Sprintf("%s is the address of another member of account %s now", e.email, e.account)
}

// follow finds the member of a written address: the one of the membership that prior has, whatever their address is by
// now, if prior has the same address; moved is nil where it is the written one. Errors are a [client.NotMemberError], a
// [reassignedError], or those of the API.
func (r *memberRoleResource) follow(ctx context.Context, account string, written normalized.String, prior memberRoleModel) (member client.Membership, moved *move, err error) {
	member, err = r.data.client.Members(account).ByEmail(ctx, written.Normalized())
	var absent *client.NotMemberError
	isAbsent := errors.As(err, &absent)
	switch {
	case err != nil && !isAbsent:
		return member, nil, err
	case !known(prior.ID) || !known(prior.UserID) || prior.Email.Normalized() != written.Normalized(), // it is not about that one
		err == nil && member.ID == prior.ID.ValueString():
		return member, nil, err
	}
	rows, lookup := r.data.client.ListMemberships(ctx, account, client.MembershipQuery{Filter: &client.MembershipFilter{UserIDs: []string{prior.UserID.ValueString()}}})
	if lookup != nil {
		return member, nil, lookup
	}
	for _, row := range rows {
		if row.ID == prior.ID.ValueString() && row.Email != nil && !client.SameEmail(*row.Email, written.ValueString()) {
			return row, &move{taken: !isAbsent}, nil
		}
	}
	if !isAbsent && (member.UserID == nil || *member.UserID != prior.UserID.ValueString()) {
		return member, nil, &reassignedError{written.ValueString(), account}
	}
	return member, nil, err
}

// planAddress plans another address: the new one of the same person is a change in place, that of another person replaces
// the resource.
func (r *memberRoleResource) planAddress(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if isCreate(req) || !changes(ctx, req, resp, "email") {
		return
	}
	var plan, prior memberRoleModel
	resp.Diagnostics.Append(resp.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if known(plan.Email.StringValue) && known(plan.AccountID) && !movesAccount(plan.AccountID, prior.AccountID) && r.data != nil && r.data.client != nil {
		// Whatever is wrong with the lookup, planRole says.
		if member, err := r.data.client.Members(plan.AccountID.ValueString()).ByEmail(ctx, plan.Email.Normalized()); err == nil && member.ID == prior.ID.ValueString() {
			return
		}
	}
	resp.RequiresReplace = append(resp.RequiresReplace, path.Root("email"))
}

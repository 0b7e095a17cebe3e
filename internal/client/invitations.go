package client

import (
	"context"
	"net/http"
)

// InvitationPending is the status of an invitation that has not been answered yet.
const InvitationPending = "PENDING"

// Invitation offers a role in the account to the user of an email address.
type Invitation struct {
	ID     string `json:"id"`
	Email  string `json:"email"`
	RoleID string `json:"account_role_id"`
	Status string `json:"status"`
}

type invitationsBody struct {
	page
	Invitations invitationFilterBody `json:"invitations"`
}

type invitationFilterBody struct {
	Status anyOrLike `json:"status"`
}

// ListPendingInvitations reads the invitations that have not been answered yet.
//
// POST /api/accounts/{account_id}/invitations/filter
func (c *Client) ListPendingInvitations(ctx context.Context, accountID string) ([]Invitation, error) {
	return readPages(ctx, "invitations", 0, func(i Invitation) string { return i.ID },
		func(ctx context.Context, p page) ([]Invitation, error) {
			return do[[]Invitation](ctx, c, call{
				method: http.MethodPost, reads: true, path: []string{"accounts", accountID, "invitations", "filter"},
				body: invitationsBody{p, invitationFilterBody{anyOrLike{Any: []string{InvitationPending}}}}, absent: thingOrAccount,
			})
		})
}

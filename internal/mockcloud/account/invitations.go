package account

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func invitationRoutes() []router.Route {
	const path, answer = root + "/invitations", "/api/invitations/{id}"
	read := router.ByMembers(store.ReadInvitation)
	return []router.Route{
		{Method: http.MethodPost, Path: path + "/", Access: router.ByMembers(store.CreateInvitation), Handle: createInvitations},
		{Method: http.MethodGet, Path: path + "/{id}", Access: read, Handle: readOne("id", (*store.Reader).Invitation, toInvitation)},
		{Method: http.MethodPost, Path: path + "/filter", Access: read, Handle: listInvitations},
		{Method: http.MethodPost, Path: path + "/count", Access: read, Handle: countInvitations},
		{Method: http.MethodPost, Path: path + "/{id}/revoke", Access: router.ByMembers(store.UpdateInvitation), Handle: deleteOne("id", (*store.Tx).RevokeInvitation)},
		{Method: http.MethodPost, Path: answer + "/accept", Access: router.ByUsers(), Handle: acceptInvitation},
		{Method: http.MethodPost, Path: answer + "/reject", Access: router.ByUsers(), Handle: rejectInvitation},
	}
}

// invitationBody is InvitationReadResponse.
type invitationBody struct {
	ID            uuid.UUID              `json:"id"`
	Created       time.Time              `json:"created"`
	Updated       time.Time              `json:"updated"`
	Email         string                 `json:"email"`
	AccountID     uuid.UUID              `json:"account_id"`
	AccountRoleID uuid.UUID              `json:"account_role_id"`
	Status        store.InvitationStatus `json:"status"`
	Expiration    time.Time              `json:"expiration"`
}

func toInvitation(i *store.Invitation) invitationBody {
	return invitationBody{
		ID: i.ID, Created: i.Created, Updated: i.Updated, Email: i.Email, AccountID: i.AccountID,
		AccountRoleID: i.RoleID, Status: i.Status, Expiration: i.Expiration,
	}
}

// createInvitations is POST /api/accounts/{account_id}/invitations/: all of them
// or, if one cannot be made, none.
func createInvitations(c *router.Call) (*router.Answer, error) {
	people, err := router.Body(c, input.List(input.Strict(func(f *input.Fields) store.NewInvitation {
		return store.NewInvitation{
			AccountID: c.Account,
			Email:     input.Required(f, "email", input.Email),
			RoleID:    input.Required(f, "account_role_id", input.UUID),
		}
	})))
	if err != nil {
		return nil, err
	}
	out := []invitationBody{}
	err = c.Update(func(tx *store.Tx) error {
		invited := make(map[string]bool, len(people))
		return each(people, nil, func(n store.NewInvitation) error {
			email := address.IdentityKey(n.Email)
			if invited[email] {
				return input.Mistake(n.Email+" stands in the list twice", "email")
			}
			invited[email] = true
			i, err := tx.Invite(n)
			if err != nil {
				return err
			}
			out = append(out, toInvitation(i))
			return nil
		})
	})
	return router.Created(out), err
}

// invitationFilter is InvitationFilter.
type invitationFilter struct {
	statuses      []store.InvitationStatus
	before, after *time.Time
	emails        []string
	emailLike     *string
}

func readInvitationFilter(f *input.Fields) invitationFilter {
	var out invitationFilter
	out.statuses = filterPart(f, "status", func(f *input.Fields) []store.InvitationStatus {
		return anyOf(f, input.Enum(store.InvitationStatuses()...))
	})
	out.before = filterPart(f, "expiration", func(f *input.Fields) *time.Time {
		out.after = input.Optional(f, "after_", input.Time)
		return input.Optional(f, "before_", input.Time)
	})
	out.emails = filterPart(f, "email", func(f *input.Fields) []string {
		out.emailLike = like(f)
		return anyOf(f, input.String)
	})
	return out
}

func (f invitationFilter) matches(i *store.Invitation) bool {
	sameEmail := func(email string) bool { return address.Same(email, i.Email) }
	switch {
	case f.statuses != nil && !slices.Contains(f.statuses, i.Status):
		return false
	case f.before != nil && i.Expiration.After(*f.before):
		return false
	case f.after != nil && i.Expiration.Before(*f.after):
		return false
	case f.emails != nil && !slices.ContainsFunc(f.emails, sameEmail):
		return false
	}
	return f.emailLike == nil || strings.Contains(address.Fold(i.Email), address.Fold(*f.emailLike))
}

// wanted returns the invitations that match.
func (f invitationFilter) wanted(all []*store.Invitation) []*store.Invitation {
	return slices.DeleteFunc(all, func(i *store.Invitation) bool { return !f.matches(i) })
}

// invitationListing is the body of a listing of invitations.
type invitationListing struct {
	page
	filter invitationFilter
}

func readInvitationListing(filter string) func(*input.Fields) invitationListing {
	return func(f *input.Fields) invitationListing {
		return invitationListing{page: readPage(f), filter: filterPart(f, filter, readInvitationFilter)}
	}
}

// listInvitations is POST /api/accounts/{account_id}/invitations/filter.
func listInvitations(c *router.Call) (*router.Answer, error) {
	body, err := router.OptionalBody(c, input.Lenient(readInvitationListing("invitations")))
	if err != nil {
		return nil, err
	}
	var out []invitationBody
	err = c.View(func(r *store.Reader) error {
		out = cut(body.filter.wanted(r.Invitations(c.Account)), body.page, toInvitation)
		return nil
	})
	return router.OK(out), err
}

// countInvitations is POST /api/accounts/{account_id}/invitations/count.
func countInvitations(c *router.Call) (*router.Answer, error) {
	filter, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) invitationFilter {
		return filterPart(f, "invitations", readInvitationFilter)
	}))
	if err != nil {
		return nil, err
	}
	n := 0
	err = c.View(func(r *store.Reader) error {
		n = len(filter.wanted(r.Invitations(c.Account)))
		return nil
	})
	return router.OK(n), err
}

// acceptInvitation is POST /api/invitations/{id}/accept, by the invited person.
func acceptInvitation(c *router.Call) (*router.Answer, error) {
	return answerInvitation(c, (*store.Tx).AcceptInvitation)
}

// rejectInvitation is POST /api/invitations/{id}/reject, by the invited person.
func rejectInvitation(c *router.Call) (*router.Answer, error) {
	return answerInvitation(c, (*store.Tx).RejectInvitation)
}

func answerInvitation(c *router.Call, answer func(*store.Tx, uuid.UUID, string) error) (*router.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return nil, err
	}
	query := c.Request.URL.Query()
	code, err := input.Query("invite_code", query.Get("invite_code"), query.Has("invite_code"), input.String)
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return answer(tx, id, code) }))
}

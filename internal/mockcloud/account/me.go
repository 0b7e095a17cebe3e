package account

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func meRoutes() []router.Route {
	users, anybody := router.ByUsers(), router.ByAnyActor()
	return []router.Route{
		{Method: http.MethodGet, Path: "/api/me/", Access: users, Handle: readMe},
		{Method: http.MethodGet, Path: "/api/me/accounts", Access: anybody, Handle: listMyAccounts},
		{Method: http.MethodGet, Path: "/api/me/organizations", Access: anybody, Handle: listMyOrganizations},
		{Method: http.MethodGet, Path: "/api/me/accounts/has_permission", Access: anybody, Handle: listMyAccountsWithPermission},
		{Method: http.MethodGet, Path: "/api/me/accounts/{account_id}/permissions", Access: anybody, Handle: listMyPermissions},
		{Method: http.MethodGet, Path: "/api/me/accounts/{account_id}/has_permission", Access: anybody, Handle: haveIPermission},
		{Method: http.MethodDelete, Path: "/api/me/accounts/{account_id}", Access: users, Handle: leaveAccount},
	}
}

// meBody is MeReadResponse.
type meBody struct {
	ID                uuid.UUID    `json:"id"`
	Handle            string       `json:"handle"`
	FirstName         string       `json:"first_name"`
	LastName          string       `json:"last_name"`
	Email             string       `json:"email"`
	Location          *string      `json:"location"`
	PersonalAccountID *uuid.UUID   `json:"personal_account_id"`
	Settings          userSettings `json:"settings"`
}

// readMe is GET /api/me/.
func readMe(c *router.Call) (*router.Answer, error) {
	var out meBody
	err := c.View(func(r *store.Reader) error {
		u, err := r.User(c.Actor.UserID)
		if err != nil {
			return err
		}
		out = meBody{
			ID: u.ID, Handle: u.Handle, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email,
			Location: u.Location, Settings: toUserSettings(u.Settings),
		}
		return nil
	})
	return router.OK(out), err
}

// organizationBody is UserOrganizationResponse.
type organizationBody struct {
	AccountMembershipID uuid.UUID `json:"account_membership_id"`
	AccountID           uuid.UUID `json:"account_id"`
	AccountName         string    `json:"account_name"`
	AccountRoleName     string    `json:"account_role_name"`
	AccountHandle       string    `json:"account_handle"`
}

// myAccountBody is UserAccountResponse.
type myAccountBody struct {
	organizationBody
	PlanType     string          `json:"account_plan_type"`
	PlanTier     string          `json:"account_plan_tier"`
	PlanFeatures []store.Feature `json:"account_plan_features"`
}

// listMyAccounts is GET /api/me/accounts.
func listMyAccounts(c *router.Call) (*router.Answer, error) {
	out := []myAccountBody{}
	err := eachOfMine(c, func(_ *store.Reader, m *store.Membership, a *store.Account, role *store.AccountRole) {
		out = append(out, myAccountBody{
			organizationBody: toOrganization(m, a, role), PlanType: a.Plan.Type, PlanTier: a.Plan.Tier,
			PlanFeatures: append([]store.Feature{}, a.Features...),
		})
	})
	return router.OK(out), err
}

// listMyOrganizations is GET /api/me/organizations: accounts whose plan is of the
// type ORGANIZATION.
func listMyOrganizations(c *router.Call) (*router.Answer, error) {
	out := []organizationBody{}
	err := eachOfMine(c, func(_ *store.Reader, m *store.Membership, a *store.Account, role *store.AccountRole) {
		if a.Plan.Type == "ORGANIZATION" {
			out = append(out, toOrganization(m, a, role))
		}
	})
	return router.OK(out), err
}

func toOrganization(m *store.Membership, a *store.Account, role *store.AccountRole) organizationBody {
	return organizationBody{
		AccountMembershipID: m.ID, AccountID: a.ID, AccountName: a.Name,
		AccountRoleName: role.Name, AccountHandle: a.Handle,
	}
}

// eachOfMine visits the accounts in which the caller is an active member.
func eachOfMine(c *router.Call, visit func(*store.Reader, *store.Membership, *store.Account, *store.AccountRole)) error {
	return c.View(func(r *store.Reader) error {
		for _, m := range r.MembershipsOf(c.Actor.ActorID) {
			if !m.Active {
				continue
			}
			a, err := r.Account(m.AccountID)
			if err != nil {
				return err
			}
			role, err := r.Role(m.AccountID, m.RoleID)
			if err != nil {
				return err
			}
			visit(r, m, a, role)
		}
		return nil
	})
}

// listMyAccountsWithPermission is GET /api/me/accounts/has_permission.
func listMyAccountsWithPermission(c *router.Call) (*router.Answer, error) {
	wanted, err := queryPermission(c)
	if err != nil {
		return nil, err
	}
	out := []uuid.UUID{}
	err = eachOfMine(c, func(_ *store.Reader, _ *store.Membership, a *store.Account, role *store.AccountRole) {
		if slices.Contains(role.Permissions, wanted) {
			out = append(out, a.ID)
		}
	})
	return router.OK(out), err
}

func queryPermission(c *router.Call) (store.Permission, error) {
	query := c.Request.URL.Query()
	return input.Query("permission", query.Get("permission"), query.Has("permission"), input.Enum(store.Permissions()...))
}

// listMyPermissions is GET /api/me/accounts/{account_id}/permissions.
func listMyPermissions(c *router.Call) (*router.Answer, error) {
	role, err := myRole(c)
	if err != nil {
		return nil, err
	}
	return router.OK(role.Permissions), nil
}

// haveIPermission is GET /api/me/accounts/{account_id}/has_permission.
func haveIPermission(c *router.Call) (*router.Answer, error) {
	wanted, err := queryPermission(c)
	if err != nil {
		return nil, err
	}
	role, err := myRole(c)
	if err != nil {
		return nil, err
	}
	return router.OK(slices.Contains(role.Permissions, wanted)), nil
}

// myRole reads the caller's role in the account of the path.
func myRole(c *router.Call) (*store.AccountRole, error) {
	account, err := c.ID("account_id")
	if err != nil {
		return nil, err
	}
	var role *store.AccountRole
	err = c.View(func(r *store.Reader) error {
		m, err := r.Enter(c.Actor, account)
		if err != nil {
			return err
		}
		role, err = r.Role(account, m.RoleID)
		return err
	})
	return role, err
}

// leaveAccount is DELETE /api/me/accounts/{account_id}.
func leaveAccount(c *router.Call) (*router.Answer, error) {
	account, err := c.ID("account_id")
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error {
		if _, err := tx.Enter(c.Actor, account); err != nil {
			return err
		}
		return tx.Leave(account)
	}))
}

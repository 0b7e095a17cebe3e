package account

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func accountRoutes() []router.Route {
	return []router.Route{
		{Method: http.MethodGet, Path: root, Access: router.ByMembers(store.ReadAccount), Handle: readAccount},
		{Method: http.MethodPatch, Path: root, Access: router.ByMembers(store.UpdateAccount), Handle: updateAccount},
		{Method: http.MethodDelete, Path: root, Access: router.ByMembers(store.DeleteAccount), Handle: deleteAccount},
	}
}

// accountBody is AccountResponse.
type accountBody struct {
	ID                         uuid.UUID       `json:"id"`
	Created                    time.Time       `json:"created"`
	Updated                    time.Time       `json:"updated"`
	Name                       string          `json:"name"`
	Handle                     string          `json:"handle"`
	Location                   *string         `json:"location"`
	Link                       *string         `json:"link"`
	ImageLocation              *string         `json:"image_location"`
	StripeCustomerID           *string         `json:"stripe_customer_id"`
	BillingEmail               *string         `json:"billing_email"`
	AuthExpirationSeconds      *int            `json:"auth_expiration_seconds"`
	Settings                   settingsBody    `json:"settings"`
	Status                     string          `json:"status"`
	StatusLastUpdated          *time.Time      `json:"status_last_updated"`
	WorkOSConnectionIDs        []string        `json:"workos_connection_ids"`
	WorkOSDirectoryIDs         []string        `json:"workos_directory_ids"`
	WorkOSOrganizationID       *string         `json:"workos_organization_id"`
	PlanType                   string          `json:"plan_type"`
	PlanTier                   string          `json:"plan_tier"`
	SelfServe                  bool            `json:"self_serve"`
	SCIMState                  store.SCIMState `json:"scim_state"`
	SSOState                   store.SSOState  `json:"sso_state"`
	Features                   []store.Feature `json:"features"`
	MaxDeploymentsPerWorkspace *int            `json:"max_deployments_per_workspace"`
	WorkPoolLimit              *int            `json:"work_pool_limit"`
	NonMexWorkPoolLimit        *int            `json:"non_mex_work_pool_limit"`
	MexWorkPoolLimit           int             `json:"mex_work_pool_limit"`
	RunRetentionDays           int             `json:"run_retention_days"`
	AuditLogRetentionDays      int             `json:"audit_log_retention_days"`
	AutomationsLimit           int             `json:"automations_limit"`
}

// Limits that an account shows. They are for things that this server does not
// have, and it enforces none of them.
const (
	shownWorkPools     = 5
	shownRetentionDays = 30
	shownAutomations   = 100
)

// readAccount is GET /api/accounts/{account_id}.
func readAccount(c *router.Call) (*router.Answer, error) {
	var out accountBody
	err := c.View(func(r *store.Reader) error {
		a, err := r.Account(c.Account)
		if err != nil {
			return err
		}
		out = accountBody{
			ID: a.ID, Created: a.Created, Updated: a.Updated, Name: a.Name, Handle: a.Handle,
			Location: a.Location, Link: a.Link, BillingEmail: a.BillingEmail,
			AuthExpirationSeconds: a.AuthExpirationSeconds, Settings: toSettings(a.Settings),
			Status: "ACTIVE", WorkOSConnectionIDs: r.ActiveConnectionIDs(a.ID), WorkOSDirectoryIDs: r.LinkedDirectoryIDs(a.ID),
			WorkOSOrganizationID: a.WorkOSOrganizationID, PlanType: a.Plan.Type, PlanTier: a.Plan.Tier,
			SCIMState: r.SCIMState(a), SSOState: r.SSOState(a), Features: append([]store.Feature{}, a.Features...),
			MexWorkPoolLimit: shownWorkPools, RunRetentionDays: shownRetentionDays,
			AuditLogRetentionDays: shownRetentionDays, AutomationsLimit: shownAutomations,
		}
		return nil
	})
	return router.OK(out), err
}

// accountUpdate is AccountUpdate. Null for a field that an account cannot be
// without leaves it as it is.
type accountUpdate struct {
	change store.AccountChange
	workOS bool
}

func readAccountUpdate(f *input.Fields) accountUpdate {
	text := input.StringUpTo(5000)
	ids := input.List(input.String)
	out := accountUpdate{change: store.AccountChange{
		Name:                  input.Optional(f, "name", text),
		Handle:                input.Optional(f, "handle", text),
		Location:              input.Nullable(f, "location", text),
		Link:                  input.Nullable(f, "link", text),
		BillingEmail:          input.Nullable(f, "billing_email", text),
		WorkOSOrganizationID:  input.Nullable(f, "workos_organization_id", text),
		WorkOSConnectionIDs:   input.OptionalList(f, "workos_connection_ids", ids),
		WorkOSDirectoryIDs:    input.OptionalList(f, "workos_directory_ids", ids),
		AuthExpirationSeconds: input.Nullable(f, "auth_expiration_seconds", input.Int),
		Settings:              input.Optional(f, "settings", input.Lenient(readSettings)),
	}}
	out.workOS = out.change.WorkOSOrganizationID.Set || out.change.WorkOSConnectionIDs != nil || out.change.WorkOSDirectoryIDs != nil
	return out
}

// updateAccount is PATCH /api/accounts/{account_id}.
func updateAccount(c *router.Call) (*router.Answer, error) {
	body, err := router.Body(c, input.Strict(readAccountUpdate))
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error {
		if body.workOS {
			if err := c.Permit(&tx.Reader, store.AdministrateSSO); err != nil {
				return err
			}
		}
		return tx.UpdateAccount(c.Account, body.change)
	}))
}

// deleteAccount is DELETE /api/accounts/{account_id}.
func deleteAccount(c *router.Call) (*router.Answer, error) {
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.DeleteAccount(c.Account) }))
}

package account

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func usageRoutes() []router.Route {
	read := router.ByMembers(store.ReadAccount)
	return []router.Route{
		{Method: http.MethodGet, Path: root + "/usage_limits", Access: read, Handle: readUsageLimits},
		{Method: http.MethodGet, Path: root + "/usage", Access: read, Handle: readUsage},
	}
}

// shownUnlimited is shown where this server knows no limit and the document does
// not allow null.
const shownUnlimited = 1_000_000

// usageLimitsBody is UsageLimitsResponse. But for the rate limit, this server
// enforces none of them; null is no limit.
type usageLimitsBody struct {
	AuditLogRetentionDays      int  `json:"audit_log_retention_days"`
	AutomationsLimit           int  `json:"automations_limit"`
	LogRateLimit               *int `json:"log_rate_limit"`
	MaxDeploymentsPerWorkspace *int `json:"max_deployments_per_workspace"`
	MexComputeLimit            *int `json:"mex_compute_limit"`
	MexConcurrencyLimit        *int `json:"mex_concurrency_limit"`
	MexWorkPoolLimit           int  `json:"mex_work_pool_limit"`
	NonMexWorkPoolLimit        *int `json:"non_mex_work_pool_limit"`
	OrchestrationRateLimit     *int `json:"orchestration_rate_limit"`
	RunRetentionDays           int  `json:"run_retention_days"`
	UserLimit                  int  `json:"user_limit"`
	FreeUserSlots              *int `json:"free_user_slots"`
	WorkPoolLimit              *int `json:"work_pool_limit"`
	WorkspaceLimit             int  `json:"workspace_limit"`
}

// readUsageLimits is GET /api/accounts/{account_id}/usage_limits.
func readUsageLimits(c *router.Call) (*router.Answer, error) {
	out := usageLimitsBody{
		AuditLogRetentionDays: shownRetentionDays, AutomationsLimit: shownAutomations, MexWorkPoolLimit: shownWorkPools,
		RunRetentionDays: shownRetentionDays, UserLimit: shownUnlimited, WorkspaceLimit: shownUnlimited,
	}
	err := c.View(func(r *store.Reader) error {
		a, err := r.Account(c.Account)
		if err == nil && a.RateLimit.Window == time.Minute {
			out.OrchestrationRateLimit = orNull(a.RateLimit.Requests)
		}
		return err
	})
	return router.OK(out), err
}

// workspaceUsageBody is WorkspaceUsageResponse. This server has no automations,
// deployments or work pools, and so none are in use.
type workspaceUsageBody struct {
	ID                  uuid.UUID `json:"id"`
	Name                string    `json:"name"`
	Automations         int       `json:"automations"`
	Deployments         int       `json:"deployments"`
	MexCompute          int       `json:"mex_compute"`
	WorkPools           int       `json:"work_pools"`
	NonManagedWorkPools int       `json:"non_managed_work_pools"`
	ManagedWorkPools    int       `json:"managed_work_pools"`
}

// readUsage is GET /api/accounts/{account_id}/usage.
func readUsage(c *router.Call) (*router.Answer, error) {
	out := []workspaceUsageBody{}
	err := c.View(func(r *store.Reader) error {
		for _, w := range r.Workspaces(c.Account) {
			out = append(out, workspaceUsageBody{ID: w.ID, Name: w.Name})
		}
		return nil
	})
	return router.OK(out), err
}

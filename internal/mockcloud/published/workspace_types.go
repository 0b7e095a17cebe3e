package published

import (
	"time"

	"github.com/google/uuid"
)

// botAccess is WorkspaceBotAccessResponse.
type botAccess struct {
	ID              uuid.UUID  `json:"id"`
	Created         *time.Time `json:"created"`
	Updated         *time.Time `json:"updated"`
	WorkspaceID     uuid.UUID  `json:"workspace_id"`
	WorkspaceRoleID uuid.UUID  `json:"workspace_role_id"`
	ActorID         uuid.UUID  `json:"actor_id"`
	BotID           uuid.UUID  `json:"bot_id"`
	BotName         string     `json:"bot_name"`
}

// actorAccess is ObjectActorAccess. Its id may also be "*", for everybody, which
// this server never says.
type actorAccess struct {
	ID    uuid.UUID `json:"id"`
	Name  string    `json:"name"`
	Email *string   `json:"email"`
	Type  string    `json:"type" enum:"user service_account team *"`
}

// workspaceScope is WorkspaceScope; see_scope is a WorkspaceScopeName.
type workspaceScope struct {
	Name           string   `json:"name"`
	Title          string   `json:"title"`
	FeatureGroup   string   `json:"feature_group"`
	IncludesScopes []string `json:"includes_scopes,omitempty"`
	SeeScope       *string  `json:"see_scope"`
}

// workspaceInvitation is WorkspaceInvitationReadResponse.
type workspaceInvitation struct {
	ID              uuid.UUID  `json:"id"`
	Created         *time.Time `json:"created"`
	Updated         *time.Time `json:"updated"`
	Email           string     `json:"email" format:"email"`
	AccountID       uuid.UUID  `json:"account_id"`
	AccountRoleID   uuid.UUID  `json:"account_role_id"`
	WorkspaceID     uuid.UUID  `json:"workspace_id"`
	WorkspaceRoleID uuid.UUID  `json:"workspace_role_id"`
	Status          string     `json:"status" enum:"ACCEPTED PENDING REJECTED REVOKED"`
	Expiration      time.Time  `json:"expiration"`
}

// usageLimits is UsageLimitsResponse.
type usageLimits struct {
	AuditLogRetentionDays      *int `json:"audit_log_retention_days"`
	AutomationsLimit           *int `json:"automations_limit"`
	LogRateLimit               *int `json:"log_rate_limit"`
	MaxDeploymentsPerWorkspace *int `json:"max_deployments_per_workspace"`
	MexComputeLimit            *int `json:"mex_compute_limit"`
	MexConcurrencyLimit        *int `json:"mex_concurrency_limit"`
	MexWorkPoolLimit           *int `json:"mex_work_pool_limit"`
	NonMexWorkPoolLimit        *int `json:"non_mex_work_pool_limit,omitempty"`
	OrchestrationRateLimit     *int `json:"orchestration_rate_limit"`
	RunRetentionDays           *int `json:"run_retention_days"`
	UserLimit                  int  `json:"user_limit"`
	FreeUserSlots              *int `json:"free_user_slots,omitempty"`
	WorkPoolLimit              *int `json:"work_pool_limit"`
	WorkspaceLimit             int  `json:"workspace_limit"`
}

// workspaceUsage is WorkspaceUsageResponse.
type workspaceUsage struct {
	ID                  uuid.UUID `json:"id"`
	Name                string    `json:"name"`
	Automations         int       `json:"automations"`
	Deployments         int       `json:"deployments"`
	MexCompute          int       `json:"mex_compute"`
	WorkPools           int       `json:"work_pools"`
	NonManagedWorkPools int       `json:"non_managed_work_pools"`
	ManagedWorkPools    int       `json:"managed_work_pools"`
}

package published

import (
	"time"

	"github.com/google/uuid"
)

// account is AccountResponse.
type account struct {
	Location                   *string    `json:"location"`
	Link                       *string    `json:"link"`
	ImageLocation              *string    `json:"image_location"`
	StripeCustomerID           *string    `json:"stripe_customer_id"`
	AuthExpirationSeconds      *int       `json:"auth_expiration_seconds"`
	StatusLastUpdated          *time.Time `json:"status_last_updated"`
	ID                         uuid.UUID  `json:"id"`
	Created                    *time.Time `json:"created"`
	Updated                    *time.Time `json:"updated"`
	Name                       string     `json:"name"`
	Handle                     string     `json:"handle"`
	Settings                   settings   `json:"settings"`
	Status                     string     `json:"status" enum:"ACTIVE DELINQUENT FROZEN"`
	WorkOSConnectionIDs        []string   `json:"workos_connection_ids"`
	WorkOSDirectoryIDs         []string   `json:"workos_directory_ids"`
	WorkOSOrganizationID       *string    `json:"workos_organization_id"`
	PlanType                   string     `json:"plan_type" enum:"ORGANIZATION PERSONAL ENTERPRISE"`
	PlanTier                   *string    `json:"plan_tier" enum:"FREE_2025_04 PRO ENTERPRISE PRO_2024_04 STARTER TEAM"`
	SelfServe                  bool       `json:"self_serve"`
	SCIMState                  string     `json:"scim_state" enum:"DISABLED NEEDS_ORGANIZATION_ID NEEDS_CONFIGURATION ENABLED"`
	SSOState                   string     `json:"sso_state" enum:"DISABLED NEEDS_CONFIGURATION ENABLED"`
	BillingEmail               *string    `json:"billing_email"`
	Features                   []string   `json:"features"`
	MaxDeploymentsPerWorkspace *int       `json:"max_deployments_per_workspace"`
	WorkPoolLimit              *int       `json:"work_pool_limit"`
	NonMexWorkPoolLimit        *int       `json:"non_mex_work_pool_limit"`
	MexWorkPoolLimit           int        `json:"mex_work_pool_limit"`
	RunRetentionDays           int        `json:"run_retention_days"`
	AuditLogRetentionDays      int        `json:"audit_log_retention_days"`
	AutomationsLimit           int        `json:"automations_limit"`
}

// settings is AccountSettings-Output.
type settings struct {
	AllowPublicWorkspaces        bool           `json:"allow_public_workspaces"`
	AILogSummaries               bool           `json:"ai_log_summaries"`
	ManagedExecution             bool           `json:"managed_execution"`
	EnforceIPAllowlist           bool           `json:"enforce_ip_allowlist"`
	EnforceWebhookAuthentication bool           `json:"enforce_webhook_authentication"`
	SelfHealingEnabled           bool           `json:"self_healing_enabled"`
	EnabledFeatureFlags          []string       `json:"enabled_feature_flags"`
	DefaultResultStorage         *resultStorage `json:"default_result_storage"`
}

// resultStorage is AccountDefaultResultStorage-Output.
type resultStorage struct {
	BlockType               blockType                `json:"block_type"`
	BlockSchema             blockSchema              `json:"block_schema"`
	Data                    map[string]any           `json:"data,omitempty"`
	BlockDocumentReferences map[string]resultStorage `json:"block_document_references,omitempty"`
}

// blockType is AccountDefaultResultStorageBlockType.
type blockType struct {
	Name             string  `json:"name"`
	Slug             string  `json:"slug"`
	LogoURL          *string `json:"logo_url,omitempty"`
	DocumentationURL *string `json:"documentation_url,omitempty"`
	Description      *string `json:"description,omitempty"`
	CodeExample      *string `json:"code_example,omitempty"`
}

// blockSchema is AccountDefaultResultStorageBlockSchema.
type blockSchema struct {
	Checksum     string         `json:"checksum"`
	Fields       map[string]any `json:"fields,omitempty"`
	Capabilities []string       `json:"capabilities,omitempty"`
	Version      string         `json:"version,omitempty"`
}

// domain is what the project's contract says of the domains; the document says
// nothing.
type domain struct {
	ID        uuid.UUID `json:"id"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	AccountID uuid.UUID `json:"account_id"`
	Name      string    `json:"name"`
	Releasing bool      `json:"releasing,omitempty"` // an extension, see store.Domain
}

// team is TeamResponse.
type team struct {
	ID                     uuid.UUID       `json:"id"`
	Created                *time.Time      `json:"created"`
	Updated                *time.Time      `json:"updated"`
	AccountID              uuid.UUID       `json:"account_id"`
	Name                   string          `json:"name"`
	Description            *string         `json:"description"`
	WorkOSDirectoryGroupID *string         `json:"workos_directory_group_id"`
	Memberships            []teamMember    `json:"memberships"`
	Workspaces             []teamWorkspace `json:"workspaces"`
}

// teamMember is TeamMemberResponse.
type teamMember struct {
	ID     uuid.UUID `json:"id"`
	Handle string    `json:"handle"`
	Name   string    `json:"name"`
	Email  *string   `json:"email"`
	Type   string    `json:"type" enum:"user service_account"`
}

// teamWorkspace is TeamWorkspaceAccess.
type teamWorkspace struct {
	WorkspaceID       uuid.UUID `json:"workspace_id"`
	WorkspaceHandle   string    `json:"workspace_handle"`
	WorkspaceRoleID   uuid.UUID `json:"workspace_role_id"`
	WorkspaceRoleName string    `json:"workspace_role_name"`
}

// membershipRow is AccountMembershipsResponse.
type membershipRow struct {
	ID              uuid.UUID  `json:"id"`
	ActorID         uuid.UUID  `json:"actor_id"`
	UserID          *uuid.UUID `json:"user_id"`
	FirstName       *string    `json:"first_name"`
	LastName        *string    `json:"last_name"`
	Handle          *string    `json:"handle"`
	Email           *string    `json:"email"`
	AccountRoleName string     `json:"account_role_name"`
	AccountRoleID   uuid.UUID  `json:"account_role_id"`
	LastLogin       *time.Time `json:"last_login"`
	Active          bool       `json:"active"`
}

// membership is AccountMemberSummaryResponse.
type membership struct {
	ID              uuid.UUID     `json:"id"`
	Created         time.Time     `json:"created"`
	Updated         time.Time     `json:"updated"`
	ActorID         uuid.UUID     `json:"actor_id"`
	AccountID       uuid.UUID     `json:"account_id"`
	UserID          *uuid.UUID    `json:"user_id"`
	Handle          string        `json:"handle"`
	FirstName       *string       `json:"first_name"`
	LastName        *string       `json:"last_name"`
	Email           *string       `json:"email"`
	AccountRoleID   uuid.UUID     `json:"account_role_id"`
	AccountRoleName string        `json:"account_role_name"`
	DirectoryID     *string       `json:"directory_id"`
	Timezone        *string       `json:"timezone"`
	Teams           []teamSummary `json:"teams"`
	Active          bool          `json:"active"`
}

// teamSummary is TeamSummary.
type teamSummary struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

// accountRole is AccountRole.
type accountRole struct {
	ID           uuid.UUID    `json:"id"`
	Created      *time.Time   `json:"created"`
	Updated      *time.Time   `json:"updated"`
	AccountID    *uuid.UUID   `json:"account_id"`
	Name         string       `json:"name"`
	Permissions  []permission `json:"permissions"`
	IsSystemRole bool         `json:"is_system_role"`
}

// integrations is WorkOSIntegrationResponse.
type integrations struct {
	OrganizationID *string          `json:"organization_id"`
	Connections    []map[string]any `json:"connections"`
	Directories    []map[string]any `json:"directories"`
}

// newBot is BotCreateResponse.
type newBot struct {
	ID              uuid.UUID  `json:"id"`
	Created         *time.Time `json:"created"`
	Updated         *time.Time `json:"updated"`
	ActorID         uuid.UUID  `json:"actor_id"`
	AccountID       uuid.UUID  `json:"account_id"`
	Name            string     `json:"name"`
	AccountRoleName string     `json:"account_role_name"`
	APIKey          newAPIKey  `json:"api_key"`
}

// bot is BotReadResponse.
type bot struct {
	ID              uuid.UUID  `json:"id"`
	Created         *time.Time `json:"created"`
	Updated         *time.Time `json:"updated"`
	ActorID         uuid.UUID  `json:"actor_id"`
	AccountID       uuid.UUID  `json:"account_id"`
	Name            string     `json:"name"`
	AccountRoleName string     `json:"account_role_name"`
	APIKey          apiKey     `json:"api_key"`
}

// apiKey is APIKeyReadResponse.
type apiKey struct {
	ID         uuid.UUID  `json:"id"`
	Created    *time.Time `json:"created"`
	Name       string     `json:"name"`
	Expiration *time.Time `json:"expiration"`
	MaskedKey  *string    `json:"masked_key"`
}

// newAPIKey is APIKeyCreateResponse.
type newAPIKey struct {
	ID         uuid.UUID  `json:"id"`
	Created    *time.Time `json:"created"`
	Name       string     `json:"name"`
	Expiration *time.Time `json:"expiration"`
	Key        string     `json:"key"`
}

// botKeys is BotAPIKeyReadResponse.
type botKeys struct {
	ActiveKey    apiKey   `json:"active_key"`
	RotatingKeys []apiKey `json:"rotating_keys"`
}

// invitation is InvitationReadResponse.
type invitation struct {
	ID            uuid.UUID  `json:"id"`
	Created       *time.Time `json:"created"`
	Updated       *time.Time `json:"updated"`
	Email         string     `json:"email" format:"email"`
	AccountID     uuid.UUID  `json:"account_id"`
	AccountRoleID uuid.UUID  `json:"account_role_id"`
	Status        string     `json:"status" enum:"ACCEPTED PENDING REJECTED REVOKED"`
	Expiration    time.Time  `json:"expiration"`
}

// workspace is Workspace.
type workspace struct {
	ID                     uuid.UUID  `json:"id"`
	Created                *time.Time `json:"created"`
	Updated                *time.Time `json:"updated"`
	AccountID              uuid.UUID  `json:"account_id"`
	Name                   string     `json:"name"`
	Description            *string    `json:"description"`
	Handle                 string     `json:"handle"`
	DefaultWorkspaceRoleID *uuid.UUID `json:"default_workspace_role_id"`
	IsPublic               bool       `json:"is_public"`
}

// workspaceRole is WorkspaceRole.
type workspaceRole struct {
	ID              uuid.UUID  `json:"id"`
	Created         *time.Time `json:"created"`
	Updated         *time.Time `json:"updated"`
	AccountID       *uuid.UUID `json:"account_id"`
	Name            string     `json:"name"`
	Description     string     `json:"description" max:"140"`
	Permissions     []string   `json:"permissions"`
	Scopes          []string   `json:"scopes"`
	InheritedRoleID *uuid.UUID `json:"inherited_role_id"`
}

// userAccess is WorkspaceUserAccessResponse.
type userAccess struct {
	ID              uuid.UUID  `json:"id"`
	Created         *time.Time `json:"created"`
	Updated         *time.Time `json:"updated"`
	WorkspaceID     uuid.UUID  `json:"workspace_id"`
	WorkspaceRoleID uuid.UUID  `json:"workspace_role_id"`
	ActorID         uuid.UUID  `json:"actor_id"`
	UserID          uuid.UUID  `json:"user_id"`
	FirstName       string     `json:"first_name"`
	LastName        string     `json:"last_name"`
	Email           string     `json:"email"`
	Handle          string     `json:"handle"`
}

// teamAccess is WorkspaceTeamAccess.
type teamAccess struct {
	ID              uuid.UUID  `json:"id"`
	Created         *time.Time `json:"created"`
	Updated         *time.Time `json:"updated"`
	TeamID          uuid.UUID  `json:"team_id"`
	WorkspaceID     uuid.UUID  `json:"workspace_id"`
	WorkspaceRoleID uuid.UUID  `json:"workspace_role_id"`
}

// teamAccessRow is WorkspaceTeamAccessResponse.
type teamAccessRow struct {
	ID              uuid.UUID  `json:"id"`
	Created         *time.Time `json:"created"`
	Updated         *time.Time `json:"updated"`
	WorkspaceID     uuid.UUID  `json:"workspace_id"`
	WorkspaceRoleID uuid.UUID  `json:"workspace_role_id"`
	TeamID          uuid.UUID  `json:"team_id"`
	TeamName        string     `json:"team_name"`
}

// me is MeReadResponse.
type me struct {
	ID                uuid.UUID     `json:"id"`
	Handle            string        `json:"handle"`
	FirstName         string        `json:"first_name"`
	LastName          string        `json:"last_name"`
	Email             string        `json:"email" format:"email"`
	Location          *string       `json:"location"`
	PersonalAccountID *uuid.UUID    `json:"personal_account_id"`
	Settings          *userSettings `json:"settings"`
}

// userSettings is UserSettings.
type userSettings struct {
	DefaultTimezone     *string  `json:"default_timezone"`
	DefaultColorPalette *string  `json:"default_color_palette"`
	TutorialCompleted   bool     `json:"tutorial_completed"`
	FeaturePreviews     []string `json:"feature_previews"`
}

// session is UserSessionResponse.
type session struct {
	ID         uuid.UUID  `json:"id"`
	Created    *time.Time `json:"created"`
	Updated    *time.Time `json:"updated"`
	UserID     uuid.UUID  `json:"user_id"`
	IPAddress  string     `json:"ip_address"`
	Location   *string    `json:"location"`
	UserAgent  *string    `json:"user_agent"`
	ExpiresAt  int        `json:"expires_at"`
	Restricted bool       `json:"restricted"`
}

// myAccount is UserAccountResponse.
type myAccount struct {
	AccountMembershipID uuid.UUID `json:"account_membership_id"`
	AccountID           uuid.UUID `json:"account_id"`
	AccountName         string    `json:"account_name"`
	AccountRoleName     string    `json:"account_role_name"`
	AccountHandle       string    `json:"account_handle"`
	AccountPlanType     string    `json:"account_plan_type"`
	AccountPlanTier     *string   `json:"account_plan_tier"`
	AccountPlanFeatures []string  `json:"account_plan_features"`
}

// myOrganization is UserOrganizationResponse.
type myOrganization struct {
	AccountMembershipID uuid.UUID `json:"account_membership_id"`
	AccountID           uuid.UUID `json:"account_id"`
	AccountName         string    `json:"account_name"`
	AccountRoleName     string    `json:"account_role_name"`
	AccountHandle       string    `json:"account_handle"`
}

// myWorkspace is UserWorkspaceResponse.
type myWorkspace struct {
	AccountID            uuid.UUID `json:"account_id"`
	AccountName          string    `json:"account_name"`
	AccountHandle        string    `json:"account_handle"`
	WorkspaceID          uuid.UUID `json:"workspace_id"`
	WorkspaceName        string    `json:"workspace_name"`
	WorkspaceDescription string    `json:"workspace_description"`
	WorkspaceHandle      string    `json:"workspace_handle"`
}

// user is User.
type user struct {
	Title             *string       `json:"title"`
	ImageLocation     *string       `json:"image_location"`
	PersonalAccountID *uuid.UUID    `json:"personal_account_id"`
	Settings          *userSettings `json:"settings"`
	LastLogin         *time.Time    `json:"last_login"`
	ID                uuid.UUID     `json:"id"`
	Created           *time.Time    `json:"created"`
	Updated           *time.Time    `json:"updated"`
	Handle            string        `json:"handle"`
	ActorID           uuid.UUID     `json:"actor_id"`
	IDPUserID         string        `json:"idp_user_id"`
	FirstName         string        `json:"first_name" max:"500"`
	LastName          string        `json:"last_name" max:"500"`
	Email             string        `json:"email" format:"email"`
	Location          *string       `json:"location"`
}

// eventPage is EventPage.
type eventPage struct {
	Events   []event `json:"events"`
	Total    int     `json:"total"`
	NextPage *string `json:"next_page" format:"uri"`
}

// event is ReceivedEvent.
type event struct {
	Occurred  time.Time           `json:"occurred"`
	Event     string              `json:"event" max:"1024"`
	Resource  map[string]string   `json:"resource"`
	Related   []map[string]string `json:"related"`
	Payload   map[string]any      `json:"payload"`
	ID        uuid.UUID           `json:"id"`
	Follows   *uuid.UUID          `json:"follows"`
	Account   uuid.UUID           `json:"account"`
	Workspace *uuid.UUID          `json:"workspace"`
	Received  time.Time           `json:"received"`
}

// permission is AccountPermission.
type permission string

var permissions = []permission{
	"read:account",
	"update:account",
	"delete:account",
	"read:account_membership",
	"update:account_membership",
	"delete:account_membership",
	"create:account_role",
	"read:account_role",
	"update:account_role",
	"delete:account_role",
	"add:account_member",
	"read:sso",
	"administrate:sso",
	"bypass:sso",
	"read:billing",
	"update:billing",
	"create:bot",
	"read:bot",
	"update:bot",
	"delete:bot",
	"create:team",
	"read:team",
	"update:team",
	"delete:team",
	"create:invitation",
	"read:invitation",
	"update:invitation",
	"create:workspace_invitation",
	"read:workspace_invitation",
	"update:workspace_invitation",
	"administrate:workspace",
	"create:workspace",
	"read:workspace",
	"delete:workspace",
	"create:workspace_role",
	"read:workspace_role",
	"update:workspace_role",
	"delete:workspace_role",
	"create:audit_event",
	"read:audit_event",
	"update:ip_allowlist",
	"read:ip_allowlist",
	"read:mex-storage",
	"update:mex-storage",
	"delete:mex-storage",
	"read:integrations",
	"update:integrations",
}

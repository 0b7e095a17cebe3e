package account

import (
	"encoding/json"
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func settingsRoutes() []router.Route {
	const path = root + "/settings"
	return []router.Route{
		{Method: http.MethodGet, Path: path, Access: router.ByMembers(store.ReadAccount), Handle: getSettings},
		{Method: http.MethodPatch, Path: path, Access: router.ByMembers(store.UpdateAccount), Handle: updateSettings},
	}
}

// settingsBody is AccountSettings.
type settingsBody struct {
	AllowPublicWorkspaces        bool            `json:"allow_public_workspaces"`
	AILogSummaries               bool            `json:"ai_log_summaries"`
	ManagedExecution             bool            `json:"managed_execution"`
	EnforceIPAllowlist           bool            `json:"enforce_ip_allowlist"`
	EnforceWebhookAuthentication bool            `json:"enforce_webhook_authentication"`
	SelfHealingEnabled           bool            `json:"self_healing_enabled"`
	EnabledFeatureFlags          []string        `json:"enabled_feature_flags"`
	DefaultResultStorage         json.RawMessage `json:"default_result_storage"`
}

func toSettings(s store.Settings) settingsBody {
	return settingsBody{
		AllowPublicWorkspaces: s.AllowPublicWorkspaces, AILogSummaries: s.AILogSummaries,
		ManagedExecution: s.ManagedExecution, EnforceIPAllowlist: s.EnforceIPAllowlist,
		EnforceWebhookAuthentication: s.EnforceWebhookAuthentication, SelfHealingEnabled: s.SelfHealing,
		EnabledFeatureFlags: append([]string{}, s.FeatureFlags...), DefaultResultStorage: s.DefaultResultStorage,
	}
}

// getSettings is GET /api/accounts/{account_id}/settings.
func getSettings(c *router.Call) (*router.Answer, error) {
	var out settingsBody
	err := c.View(func(r *store.Reader) error {
		a, err := r.Account(c.Account)
		if err != nil {
			return err
		}
		out = toSettings(a.Settings)
		return nil
	})
	return router.OK(out), err
}

// readSettings reads AccountSettings-Input, which stands for all the settings:
// what is left out gets its default.
func readSettings(f *input.Fields) store.Settings {
	d := store.DefaultSettings()
	return store.Settings{
		AllowPublicWorkspaces:        input.Default(f, "allow_public_workspaces", input.Bool, d.AllowPublicWorkspaces),
		AILogSummaries:               input.Default(f, "ai_log_summaries", input.Bool, d.AILogSummaries),
		ManagedExecution:             input.Default(f, "managed_execution", input.Bool, d.ManagedExecution),
		EnforceIPAllowlist:           input.Default(f, "enforce_ip_allowlist", input.Bool, d.EnforceIPAllowlist),
		EnforceWebhookAuthentication: input.Default(f, "enforce_webhook_authentication", input.Bool, d.EnforceWebhookAuthentication),
		SelfHealing:                  input.Default(f, "self_healing_enabled", input.Bool, d.SelfHealing),
		FeatureFlags:                 input.Default(f, "enabled_feature_flags", input.List(input.String), nil),
		DefaultResultStorage:         readStorage(f).Value,
	}
}

// settingsUpdate is AccountSettingsUpdate: only what is given changes.
type settingsUpdate struct {
	allowPublicWorkspaces, aiLogSummaries, managedExecution       *bool
	enforceIPAllowlist, enforceWebhookAuthentication, selfHealing *bool
	storage                                                       storageChange
}

func readSettingsUpdate(f *input.Fields) settingsUpdate {
	return settingsUpdate{
		allowPublicWorkspaces:        input.Optional(f, "allow_public_workspaces", input.Bool),
		aiLogSummaries:               input.Optional(f, "ai_log_summaries", input.Bool),
		managedExecution:             input.Optional(f, "managed_execution", input.Bool),
		enforceIPAllowlist:           input.Optional(f, "enforce_ip_allowlist", input.Bool),
		enforceWebhookAuthentication: input.Optional(f, "enforce_webhook_authentication", input.Bool),
		selfHealing:                  input.Optional(f, "self_healing_enabled", input.Bool),
		storage:                      readStorage(f),
	}
}

func (u settingsUpdate) apply(s store.Settings) store.Settings {
	set := func(to *bool, v *bool) {
		if v != nil {
			*to = *v
		}
	}
	set(&s.AllowPublicWorkspaces, u.allowPublicWorkspaces)
	set(&s.AILogSummaries, u.aiLogSummaries)
	set(&s.ManagedExecution, u.managedExecution)
	set(&s.EnforceIPAllowlist, u.enforceIPAllowlist)
	set(&s.EnforceWebhookAuthentication, u.enforceWebhookAuthentication)
	set(&s.SelfHealing, u.selfHealing)
	if u.storage.Set {
		s.DefaultResultStorage = u.storage.Value
	}
	return s
}

// updateSettings is PATCH /api/accounts/{account_id}/settings.
func updateSettings(c *router.Call) (*router.Answer, error) {
	body, err := router.Body(c, input.Strict(readSettingsUpdate))
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error {
		a, err := tx.Account(c.Account)
		if err != nil {
			return err
		}
		return tx.UpdateSettings(c.Account, body.apply(a.Settings))
	}))
}

// storageChange is the template for result storage as the caller sent it.
type storageChange struct {
	Set   bool
	Value json.RawMessage
}

func readStorage(f *input.Fields) storageChange {
	given := input.Nullable(f, "default_result_storage", resultStorage)
	if given.Value == nil {
		return storageChange{Set: given.Set}
	}
	return storageChange{Set: true, Value: *given.Value}
}

// resultStorage checks AccountDefaultResultStorage, which may hold more of its
// kind, and keeps it as it came.
func resultStorage(v input.Value) json.RawMessage {
	input.Lenient(func(f *input.Fields) struct{} {
		input.Required(f, "block_type", input.Lenient(func(f *input.Fields) struct{} {
			input.Required(f, "name", input.String)
			input.Required(f, "slug", input.String)
			return struct{}{}
		}))
		input.Required(f, "block_schema", input.Lenient(func(f *input.Fields) struct{} {
			input.Required(f, "checksum", input.String)
			return struct{}{}
		}))
		input.Default(f, "data", input.Map(input.Any), nil)
		input.Default(f, "block_document_references", input.Map(resultStorage), nil)
		return struct{}{}
	})(v)
	return input.JSON(v)
}

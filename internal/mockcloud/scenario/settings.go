package scenario

import (
	"fmt"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// maxText is the longest text that the document allows (maxLength of names, locations,
// links and descriptions).
const maxText = 5000

// profile is what an account says of itself, and how it is set.
type profile struct {
	Location *string `yaml:"location"`
	Link     *string `yaml:"link"`
	// AuthExpirationSeconds is how long a login counts as recent; until the session
	// ends unless given.
	AuthExpirationSeconds *int     `yaml:"auth_expiration_seconds"`
	Settings              settings `yaml:"settings"`
}

// settings are an account's switches by their names in the document
// (AccountSettings). What is left out is as in a new account.
type settings struct {
	AllowPublicWorkspaces        *bool    `yaml:"allow_public_workspaces"`
	AILogSummaries               *bool    `yaml:"ai_log_summaries"`
	ManagedExecution             *bool    `yaml:"managed_execution"`
	EnforceIPAllowlist           *bool    `yaml:"enforce_ip_allowlist"`
	EnforceWebhookAuthentication *bool    `yaml:"enforce_webhook_authentication"`
	SelfHealingEnabled           *bool    `yaml:"self_healing_enabled"`
	EnabledFeatureFlags          []string `yaml:"enabled_feature_flags"`
}

func (c *checker) profile(p profile, at func(...any) []any) {
	for name, value := range map[string]*string{"location": p.Location, "link": p.Link} {
		if value != nil {
			c.text(name, *value, at(name))
		}
	}
	if s := p.AuthExpirationSeconds; s != nil && *s <= 0 {
		c.fail(fmt.Sprintf("auth_expiration_seconds is %d; a login counts as recent for at least 1 second, or until the session ends if it is left out", *s), at("auth_expiration_seconds")...)
	}
	flags := seen{}
	for i, flag := range p.Settings.EnabledFeatureFlags {
		if flags.again(flag) {
			c.fail("the feature flag "+flag+" stands twice", at("settings", "enabled_feature_flags", i)...)
		}
	}
}

// text checks that the API would take a text of this length.
func (c *checker) text(name, value string, at []any) {
	if n := utf8.RuneCountInString(value); n > maxText {
		c.fail(fmt.Sprintf("%s has %d characters; at most %d are allowed", name, n, maxText), at...)
	}
}

func (p profile) seed(tx *store.Tx, accountID uuid.UUID) error {
	given := p.Settings.given()
	return tx.UpdateAccount(accountID, store.AccountChange{
		Location:              store.Nullable[string]{Set: true, Value: p.Location},
		Link:                  store.Nullable[string]{Set: true, Value: p.Link},
		AuthExpirationSeconds: store.Nullable[int]{Set: true, Value: p.AuthExpirationSeconds},
		Settings:              &given,
	})
}

// given is the settings of a new account with those of the scenario in their place.
func (s settings) given() store.Settings {
	out := store.DefaultSettings()
	for to, value := range map[*bool]*bool{
		&out.AllowPublicWorkspaces: s.AllowPublicWorkspaces, &out.AILogSummaries: s.AILogSummaries,
		&out.ManagedExecution: s.ManagedExecution, &out.EnforceIPAllowlist: s.EnforceIPAllowlist,
		&out.EnforceWebhookAuthentication: s.EnforceWebhookAuthentication, &out.SelfHealing: s.SelfHealingEnabled,
	} {
		if value != nil {
			*to = *value
		}
	}
	out.FeatureFlags = s.EnabledFeatureFlags
	return out
}

package store

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Account is one customer's account.
type Account struct {
	ID               uuid.UUID
	Created, Updated time.Time
	Name, Handle     string
	Plan             Plan
	RateLimit        RateLimit
	Features         []Feature
	Settings         Settings

	Location, Link, BillingEmail *string
	WorkOSOrganizationID         *string
	// AuthExpirationSeconds is how long a login counts as recent; nil means
	// until the session ends.
	AuthExpirationSeconds *int
}

// accountTable is what most others are deleted with: see their declarations.
var (
	accountTable    = table.Declare(&tables, "accounts", func(a *Account) (uuid.UUID, time.Time) { return a.ID, a.Created })
	accountByHandle = table.Unique(accountTable, func(a *Account) (string, bool) { return a.Handle, true })
)

// Settings are an account's switches (AccountSettings in the document).
type Settings struct {
	AllowPublicWorkspaces, AILogSummaries, ManagedExecution       bool
	EnforceIPAllowlist, EnforceWebhookAuthentication, SelfHealing bool
	FeatureFlags                                                  []string
	// DefaultResultStorage is a template that the server keeps and never reads;
	// nil for none.
	DefaultResultStorage json.RawMessage `json:",omitempty"`
}

// DefaultSettings are those of a new account.
func DefaultSettings() Settings { return Settings{ManagedExecution: true} }

// SSOState is where an account stands on its way to single sign-on.
type SSOState string

// The states of AccountSSOState.
const (
	SSODisabled           SSOState = "DISABLED"
	SSONeedsConfiguration SSOState = "NEEDS_CONFIGURATION"
	SSOEnabled            SSOState = "ENABLED"
)

// SCIMState is where an account stands on its way to directory sync.
type SCIMState string

// The states of AccountSCIMState.
const (
	SCIMDisabled            SCIMState = "DISABLED"
	SCIMNeedsOrganizationID SCIMState = "NEEDS_ORGANIZATION_ID"
	SCIMNeedsConfiguration  SCIMState = "NEEDS_CONFIGURATION"
	SCIMEnabled             SCIMState = "ENABLED"
)

// SSOState follows from the account's domains and connections.
func (r *Reader) SSOState(a *Account) SSOState {
	if !slices.Contains(a.Features, FeatureSSO) || len(r.Domains(a.ID)) == 0 {
		return SSODisabled
	}
	if r.EnforcesSSO(a.ID) {
		return SSOEnabled
	}
	return SSONeedsConfiguration
}

// SCIMState follows from the account's features, organization and directories.
func (r *Reader) SCIMState(a *Account) SCIMState {
	switch {
	case !slices.Contains(a.Features, FeatureSCIM):
		return SCIMDisabled
	case a.WorkOSOrganizationID == nil:
		return SCIMNeedsOrganizationID
	case len(r.LinkedDirectoryIDs(a.ID)) > 0:
		return SCIMEnabled
	}
	return SCIMNeedsConfiguration
}

// Account reads one account.
func (r *Reader) Account(id uuid.UUID) (*Account, error) {
	if a, ok := accountTable.Get(r.db, id); ok {
		return a, nil
	}
	return nil, &NotFound{What: "Account"}
}

// Accounts returns all accounts, oldest first.
func (r *Reader) Accounts() []*Account {
	return accountTable.List(r.db)
}

// AccountByHandle finds an account by its handle.
func (r *Reader) AccountByHandle(handle string) (*Account, error) {
	if a, ok := accountByHandle.Get(r.db, handle); ok {
		return a, nil
	}
	return nil, &NotFound{What: "Account"}
}

// RequireFeature checks that the account's plan has a feature.
func (r *Reader) RequireFeature(accountID uuid.UUID, f Feature) error {
	a, err := r.Account(accountID)
	if err != nil {
		return err
	}
	if !slices.Contains(a.Features, f) {
		return &PlanLimit{Feature: f, Plan: planWithFeatures}
	}
	return nil
}

var handlePattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// ValidHandle reports whether a handle has only lower-case letters, numbers and
// single dashes between them.
func ValidHandle(s string) bool { return handlePattern.MatchString(s) }

// NewAccount is what AddAccount needs.
type NewAccount struct {
	ID           uuid.UUID
	Name, Handle string
	Plan         Plan
	RateLimit    RateLimit
	Features     []Feature
}

// AddAccount makes an account without members.
func (tx *Tx) AddAccount(n NewAccount) (*Account, error) {
	id := tx.id(n.ID)
	if _, taken := accountTable.Get(tx.db, id); taken {
		return nil, &Conflict{Reason: "An account with this id exists already"}
	}
	if err := tx.freeAccountHandle(n.Handle); err != nil {
		return nil, err
	}
	now := tx.stamp()
	features := slices.Clone(n.Features)
	slices.Sort(features)
	a := &Account{
		ID: id, Created: now, Updated: now, Name: n.Name, Handle: n.Handle, Plan: n.Plan,
		RateLimit: n.RateLimit, Features: slices.Compact(features), Settings: DefaultSettings(),
	}
	accountTable.Put(tx.db, a)
	tx.record(a.subject(), created, nil, uuid.Nil)
	return a, nil
}

func (tx *Tx) freeAccountHandle(handle string) error {
	if !ValidHandle(handle) {
		return invalid("a handle has only lowercase letters, numbers and dashes", "handle")
	}
	if _, taken := accountByHandle.Get(tx.db, handle); taken {
		return &Conflict{Reason: "The handle " + handle + " is taken"}
	}
	return nil
}

func (a *Account) subject() subject { return subject{a.ID, kindAccount, a.ID, a.Name} }

// AccountChange is what an update changes: only what is Set.
type AccountChange struct {
	Name, Handle                 *string
	Location, Link, BillingEmail Nullable[string]
	WorkOSOrganizationID         Nullable[string]
	AuthExpirationSeconds        Nullable[int]
	Settings                     *Settings
	// The ids must be of this account's own connections and directories. Active
	// connections that are not among them become inactive, linked directories
	// unlinked; nil leaves all as they are.
	WorkOSConnectionIDs, WorkOSDirectoryIDs []string
}

// Nullable is a value that an update may leave alone (not Set), take away (nil)
// or change.
type Nullable[T any] struct {
	Set   bool
	Value *T
}

func (n Nullable[T]) apply(to **T) {
	if n.Set {
		*to = n.Value
	}
}

// UpdateAccount changes an account.
func (tx *Tx) UpdateAccount(id uuid.UUID, c AccountChange) error {
	a, err := tx.Account(id)
	if err != nil {
		return err
	}
	next := *a
	if c.Handle != nil && *c.Handle != a.Handle {
		if err := tx.freeAccountHandle(*c.Handle); err != nil {
			return err
		}
		next.Handle = *c.Handle
	}
	if c.Name != nil {
		if *c.Name == "" {
			return invalid("an account needs a name", "name")
		}
		next.Name = *c.Name
	}
	if s := c.AuthExpirationSeconds; s.Value != nil && *s.Value <= 0 {
		return &Invalid{Problems: []Problem{{
			Loc: []any{"auth_expiration_seconds"}, Msg: "Input should be greater than 0", Type: "greater_than",
		}}}
	}
	if c.WorkOSDirectoryIDs != nil {
		if err := tx.setLinkedDirectories(id, c.WorkOSDirectoryIDs); err != nil {
			return err
		}
	}
	if c.WorkOSConnectionIDs != nil {
		if err := tx.setActiveConnections(id, c.WorkOSConnectionIDs); err != nil {
			return err
		}
	}
	c.Location.apply(&next.Location)
	c.Link.apply(&next.Link)
	c.BillingEmail.apply(&next.BillingEmail)
	c.WorkOSOrganizationID.apply(&next.WorkOSOrganizationID)
	c.AuthExpirationSeconds.apply(&next.AuthExpirationSeconds)
	if !reflect.DeepEqual(next, *a) {
		next.Updated = tx.stamp()
		accountTable.Put(tx.db, &next)
		tx.record(next.subject(), updated, withChanges(nil, a.fields(), next.fields()), uuid.Nil)
	}
	if c.Settings == nil {
		return nil
	}
	return tx.UpdateSettings(id, *c.Settings)
}

// knownIDs refuses ids under which the account has nothing, all of them at once.
func knownIDs(field, kind string, ids []string, read func(id string) error) error {
	var problems []Problem
	for i, id := range ids {
		if read(id) != nil {
			problems = append(problems, Problem{Loc: []any{field, i}, Msg: "Value error, the account has no " + kind + " " + id, Type: "value_error"})
		}
	}
	if problems != nil {
		return &Invalid{Problems: problems}
	}
	return nil
}

// UpdateSettings puts new settings in the place of the account's.
func (tx *Tx) UpdateSettings(id uuid.UUID, settings Settings) error {
	a, err := tx.Account(id)
	if err != nil {
		return err
	}
	if reflect.DeepEqual(settings, a.Settings) {
		return nil
	}
	next := *a
	next.Settings = settings
	next.Updated = tx.stamp()
	accountTable.Put(tx.db, &next)
	tx.record(subject{id, kindAccountSettings, id, a.Name}, updated, nil, uuid.Nil)
	return nil
}

// DeleteAccount takes an account away with all that is in it, its audit trail
// too: no member is left to read it.
func (tx *Tx) DeleteAccount(id uuid.UUID) error {
	if _, err := tx.Account(id); err != nil {
		return err
	}
	accountTable.Delete(tx.db, id)
	tx.data.events.Forget(id)
	return nil
}

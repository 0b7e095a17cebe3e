package access

import (
	"slices"
	"time"
)

// ID is the stable id of a kind of finding. It is the anchor of its heading in the guide on guards.
type ID string

// The findings about a change.
const (
	CallerDemoted                ID = "caller-demoted"
	CallerDeprovisioned          ID = "caller-deprovisioned"
	CallerLockedOut              ID = "caller-locked-out"
	CallerLockedOutAtFirstLogin  ID = "caller-locked-out-at-first-login"
	CallerRemoved                ID = "caller-removed"
	DirectoryDecidesActivity     ID = "directory-decides-activity"
	CallerNeedsLogin             ID = "caller-needs-login"
	PeopleLoseAccess             ID = "people-lose-access"
	PeopleLoseAccessAtFirstLogin ID = "people-lose-access-at-first-login"
	PeopleDemoted                ID = "people-demoted"
	PeopleBypassSSO              ID = "people-bypass-sso"
	EarlierRolesReturn           ID = "earlier-roles-return"
	RoleGivenByMapping           ID = "role-given-by-mapping"
	BypassNobodyLeft             ID = "bypass-nobody-left"
	BypassNobodyLeftTogether     ID = "bypass-nobody-left-together"
	BypassOneLeft                ID = "bypass-one-left"
	BypassTooFew                 ID = "bypass-too-few"
	AcknowledgementSurplus       ID = "acknowledgement-surplus"
	DomainAllowedByDirectory     ID = "domain-allowed-by-directory"
	DirectoryOffKeepsLeavers     ID = "directory-off-keeps-leavers"
	DirectoryRemovesLeavers      ID = "directory-removes-leavers"
	DirectoryDeletedKeepsPeople  ID = "directory-deleted-keeps-people"
	TeamsStopFollowingGroups     ID = "teams-stop-following-groups"
	DomainRoutedElsewhere        ID = "domain-routed-elsewhere"
	DomainsReplaced              ID = "domains-replaced"
	SSOEnds                      ID = "sso-ends"
	SSOEndNotChecked             ID = "sso-end-not-checked"
	DefaultRoleBypassesSSO       ID = "default-role-bypasses-sso"
	LockoutNotChecked            ID = "lockout-not-checked"
	DeprovisioningNotChecked     ID = "deprovisioning-not-checked"
	RolesNotChecked              ID = "roles-not-checked"
)

// Severity is how much a finding matters: those about changes are errors or warnings, as Terraform has them, those of a
// review are high to info.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	High    Severity = "high"
	Medium  Severity = "medium"
	Low     Severity = "low"
	Info    Severity = "info"
)

// Cause is why something happens, where one finding may have several reasons.
type Cause string

// The causes.
const (
	CauseNotRouted        Cause = "not-routed"          // no active connection routes their domain any more
	CauseBypassLost       Cause = "bypass-lost"         // they lose bypass:sso, and no active connection routes their domain
	CauseDomainDisabled   Cause = "domain-disabled"     // a directory deprovisions people of domains that are not enabled
	CauseDomainNotAllowed Cause = "domain-not-allowed"  // a directory deprovisions people of domains that it does not allow
	CauseRoleChange       Cause = "role-change"         // another role is given
	CauseMapping          Cause = "mapping"             // a mapping begins, changes or ends
	CauseDirectoryDeleted Cause = "directory-deleted"   // the mappings of a directory end with it
	CauseTwins            Cause = "groups-of-one-name"  // groups have one name, so that the API does not tell who is in which
	CauseDisableSSO       Cause = "allow-disable-sso"   // the provider block takes the last domain at once
	CauseNotReleased      Cause = "not-released"        // the API takes the last domain at once
	CauseConnectionEnds   Cause = "connection-ends"     // the last active connection goes or is switched off
	CauseUnreported       Cause = "not-reported"        // the API does not report it
	CauseUnknownArguments Cause = "arguments-not-known" // arguments are not known while planning
	CauseDirectoryActive  Cause = "directory-active"    // the directory has them as active
	CauseDirectoryEnded   Cause = "directory-ended"     // the directory has them as inactive
)

// Finding is what a plan or a review reports: facts, and no sentence.
type Finding struct {
	ID       ID
	Severity Severity
	// AccountID is the account.
	AccountID string
	// Attribute is the argument that it concerns: a plain path, which the provider maps to its own.
	Attribute string
	// Cause is why, where the id has several reasons.
	Cause Cause
	// By is what makes the change.
	By Thing
	// People are those whom it is about, by address.
	People []FindingPerson
	// Names are what else it is about: domains, teams, acknowledgements.
	Names []string
	// Key tells the subject of a finding of a review from others of its kind, the same at each review; Subject is its name.
	Key, Subject string
	// At is when something last happened; nil for never.
	At *time.Time
	// Count is how many it is about, where only that is known.
	Count int
	// LeaveOut is how the resource leaves out people whom it is about, as a sentence; empty for the general one.
	LeaveOut string
	// Reason is what the API said where it does not report something.
	Reason string
	// Rechecked reports that a destruction is checked again just before it is made.
	Rechecked bool
}

// FindingPerson is one of those whom a finding is about.
type FindingPerson struct {
	Email string
	// From and To are the names of roles, where the finding is about them.
	From, To string
	Caller   bool
}

// Thing is what makes a change.
type Thing struct {
	// Kind is "directory", "mapping", "connection", "plan" for everything that a plan does, or "" for the resource itself.
	Kind     string
	ID, Name string
	// Match and Priority are a mapping's, DirectoryID is the directory that it is of.
	Match       Match
	Priority    int64
	DirectoryID string
	// Deleted reports that it goes.
	Deleted bool
}

// kindPlan is the kind of a whole plan.
const kindPlan = "plan"

// Emails returns the addresses of the people of a finding.
func (f Finding) Emails() []string {
	emails := make([]string, len(f.People))
	for i, p := range f.People {
		emails[i] = p.Email
	}
	return emails
}

// Policy is how a plan wants to be judged.
type Policy struct {
	// Protect is lockout_protection: whether a loss of access is an error.
	Protect bool
	// Acknowledged is acknowledge_lockout: normalized addresses, and "*@domain".
	Acknowledged []string
	// AtFirstLogin judges what the first login through a connection does, which the apply can do without: errors are
	// warnings.
	AtFirstLogin bool
	// Planned is what the run makes of whom so far, the change in question included.
	Planned []PlannedRole
	// Applying reports that the run changes roles already: who remains with bypass:sso is checked change by change then.
	Applying bool
	// Destroying reports that the plan destroys the resource, and checks again just before it does.
	Destroying bool
}

// PlannedRole is what a plan makes of an active person.
type PlannedRole struct {
	// Key is the person's.
	Key, Email string
	// Bypasses reports that they would have a role with bypass:sso.
	Bypasses bool
}

// MinBypassing is how many people should be able to sign in without single sign-on.
const MinBypassing = 2

// acknowledges finds what accepts that a person loses access.
func (p Policy) acknowledges(email string) (entry string, ok bool) {
	for _, entry := range []string{email, "*@" + domainOf(email)} {
		if slices.Contains(p.Acknowledged, entry) {
			return entry, true
		}
	}
	return "", false
}

// loss returns the severity of a loss of access.
func (p Policy) loss() Severity {
	if p.Protect && !p.AtFirstLogin {
		return Error
	}
	return Warning
}

package provider

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

// The review is a pure function of what was read: facts in, people, service accounts and findings out. Nothing in it tells
// the time of the review, so that the same account gives the same state.

// What the review says where the answer may be that nobody knows.
const (
	reviewYes     = "yes"
	reviewNo      = "no"
	reviewUnknown = "unknown"
)

// The severities of findings.
const (
	severityHigh   = "high"
	severityMedium = "medium"
	severityLow    = "low"
	severityInfo   = "info"
)

func severities() []string {
	return []string{severityHigh, severityMedium, severityLow, severityInfo}
}

// reviewFacts is what was read of an account. What could not be read has its word in leftOut, and its "knows" is false.
type reviewFacts struct {
	handle   string
	enforced bool // single sign-on
	people   []client.Membership
	roles    []client.AccountRole

	knowsDomains bool
	domains      []string

	knowsDirectories bool // with their people, mappings and tokens
	directories      []reviewedDirectory

	bots     []client.Bot
	creators map[string]reviewedCreator // by the service account's id; nobody is in it whose creation was not found

	knowsWorkspaces bool // how service accounts get into them
	offices         []reviewedOffice
	teams           []client.Team // with service accounts in them
	workspaceRoles  []client.WorkspaceRole

	leftOut map[string]string
}

type reviewedDirectory struct {
	client.Directory
	users    []client.DirectoryUser
	mappings []client.GroupRoleMapping
	tokens   []client.SCIMToken
}

// reviewedCreator is who made a service account, as the audit trail names them.
type reviewedCreator struct{ id, name string }

// reviewLimits is from when on something is too long ago.
type reviewLimits struct {
	now        time.Time
	staleAfter time.Duration // since somebody's last login
	syncWithin time.Duration // since a directory's last sync
}

type reviewedPerson struct {
	Role              string       `tfsdk:"role"`
	RoleSource        string       `tfsdk:"role_source"`
	Mapping           types.String `tfsdk:"mapping"`
	InDirectory       string       `tfsdk:"in_directory"`
	Directory         types.String `tfsdk:"directory"`
	BypassesSSO       bool         `tfsdk:"bypasses_sso"`
	AdministratesSSO  bool         `tfsdk:"administrates_sso"`
	OutsideSSODomains string       `tfsdk:"outside_sso_domains"`
	Active            bool         `tfsdk:"active"`
	LastLogin         types.String `tfsdk:"last_login"`
}

type reviewedServiceAccount struct {
	ID              string                       `tfsdk:"id"`
	Role            string                       `tfsdk:"role"`
	Privileged      bool                         `tfsdk:"privileged"`
	KeyExpires      types.String                 `tfsdk:"key_expires"`
	CreatedBy       string                       `tfsdk:"created_by"`
	CreatorIsMember string                       `tfsdk:"creator_is_member"`
	Workspaces      map[string]reviewedWorkspace `tfsdk:"workspaces"` // nil: not known
}

type reviewFinding struct {
	Severity string `tfsdk:"severity"`
	Kind     string `tfsdk:"kind"`
	Subject  string `tfsdk:"subject"`
	Message  string `tfsdk:"message"`
}

// accessReview is what comes out.
type accessReview struct {
	People          map[string]reviewedPerson
	ServiceAccounts map[string]reviewedServiceAccount
	Findings        map[string]reviewFinding
	Counts          map[string]int64
}

// add notes a finding. Its id is its kind and what tells its subject from others of the kind, the same at each review.
func (r *accessReview) add(severity, kind, key, subject, format string, arguments ...any) {
	r.Findings[kind+":"+key] = reviewFinding{severity, kind, subject, fmt.Sprintf(format, arguments...)}
	r.Counts[severity]++
}

// review judges the facts.
func (f *reviewFacts) review(limits reviewLimits) accessReview {
	r := accessReview{
		People: make(map[string]reviewedPerson, len(f.people)), ServiceAccounts: make(map[string]reviewedServiceAccount, len(f.bots)),
		Findings: map[string]reviewFinding{}, Counts: map[string]int64{},
	}
	for _, severity := range severities() {
		r.Counts[severity] = 0
	}
	if !f.enforced {
		r.add(severityMedium, "sso-not-enforced", f.handle, f.handle, "No connection is active, so people get in however they like to log in. Activate one (prefectsso_identity_provider).")
	}
	governed := f.governed()
	for _, member := range f.people {
		subject := memberKey(member)
		person := f.person(member, governed)
		r.People[subject] = person
		f.judgePerson(&r, subject, person, member.LastLogin, limits)
	}
	f.judgeServiceAccounts(&r)
	for _, directory := range f.directories {
		f.judgeDirectory(&r, directory, limits)
	}
	return r
}

// memberKey is how the review names somebody: by the email address, which a person without one does not have.
func memberKey(m client.Membership) string {
	if m.Email != nil && *m.Email != "" {
		return normalized.Email.Key(*m.Email)
	}
	if m.Handle != nil && *m.Handle != "" {
		return *m.Handle
	}
	return m.ID
}

// role finds a role by id or, where only that is known, by name.
func (f *reviewFacts) role(id, name string) client.AccountRole {
	at := slices.IndexFunc(f.roles, func(role client.AccountRole) bool {
		return id != "" && role.ID == id || id == "" && role.Name == name
	})
	if at < 0 {
		return client.AccountRole{Name: name}
	}
	return f.roles[at]
}

// place is somebody's place in a directory.
type place struct {
	user      client.DirectoryUser
	directory reviewedDirectory
}

// governed finds the members that directories have brought or taken over, by the id of the membership.
func (f *reviewFacts) governed() map[string]place {
	out := map[string]place{}
	for _, directory := range f.directories {
		for _, user := range directory.users {
			if user.AccountMembershipID != nil {
				out[strings.ToLower(*user.AccountMembershipID)] = place{user, directory}
			}
		}
	}
	return out
}

// person is what the facts say of a member.
func (f *reviewFacts) person(m client.Membership, governed map[string]place) reviewedPerson {
	role := f.role(m.AccountRoleID, m.AccountRoleName)
	p := reviewedPerson{
		Role: m.AccountRoleName, RoleSource: reviewUnknown, InDirectory: reviewUnknown, OutsideSSODomains: reviewUnknown,
		BypassesSSO: role.Has(client.PermissionBypassSSO), AdministratesSSO: role.Has(client.PermissionAdministrateSSO),
		Active: m.Active, LastLogin: timeOrNull(m.LastLogin),
	}
	if f.knowsDomains && m.Email != nil {
		_, domain, _ := strings.Cut(normalized.Email.Key(*m.Email), "@")
		p.OutsideSSODomains = yesNo(!slices.Contains(f.domains, domain))
	}
	if !f.knowsDirectories {
		return p
	}
	at, ok := governed[strings.ToLower(m.ID)]
	p.InDirectory = yesNo(ok)
	if !ok {
		p.RoleSource = client.RoleSourceManual
		return p
	}
	p.Directory = types.StringValue(at.directory.Name)
	if at.user.RoleSource != nil {
		p.RoleSource = *at.user.RoleSource
	}
	if id := at.user.MappingID; id != nil {
		p.Mapping = types.StringValue(*id)
		if i := slices.IndexFunc(at.directory.mappings, func(m client.GroupRoleMapping) bool { return m.ID == *id }); i >= 0 {
			p.Mapping = types.StringValue(describeMatch(at.directory.mappings[i].Match))
		}
	}
	return p
}

func yesNo(yes bool) string {
	if yes {
		return reviewYes
	}
	return reviewNo
}

// privileged says whether a role lets a service account administrate the account, as Owner and Admin do.
func privileged(role client.AccountRole) bool {
	return slices.ContainsFunc(role.Permissions, func(p string) bool { return strings.HasPrefix(p, "administrate:") })
}

package access

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The findings of a review.
const (
	SSONotEnforced                 ID = "sso-not-enforced"
	MemberInactive                 ID = "member-inactive"
	MemberBypassesSSO              ID = "member-bypasses-sso"
	MemberAdministratesSSO         ID = "member-administrates-sso"
	MemberOutsideSSODomains        ID = "member-outside-sso-domains"
	MemberNotInDirectory           ID = "member-not-in-directory"
	MemberNeverLoggedIn            ID = "member-never-logged-in"
	MemberStale                    ID = "member-stale"
	ServiceAccountPrivileged       ID = "service-account-privileged"
	ServiceAccountAdministratesSSO ID = "service-account-administrates-sso"
	ServiceAccountKeyNeverExpires  ID = "service-account-key-never-expires"
	ServiceAccountCreatorGone      ID = "service-account-creator-gone"
	DirectoryUnlinked              ID = "directory-unlinked"
	DirectoryNotSynced             ID = "directory-not-synced"
	MappingDangling                ID = "mapping-dangling"
	TokenNeverExpires              ID = "scim-token-never-expires"
	ClientOldSecretNeverExpires    ID = "scim-client-old-secret-never-expires"
)

// Limits are from when on something is too long ago.
type Limits struct {
	Now time.Time
	// StaleAfter is since a person's last login, SyncWithin since a directory's last sync.
	StaleAfter, SyncWithin time.Duration
}

// Reviewed is an account as a review sees it.
type Reviewed struct {
	// People are by address, or by the handle or the membership of who has none.
	People map[string]ReviewedPerson
	// ServiceAccounts are by name.
	ServiceAccounts map[string]ReviewedServiceAccount
	// Findings are in the order of what they are about.
	Findings []Finding
}

// ReviewedPerson is what a review says of a person.
type ReviewedPerson struct {
	Person
	Role Role
	// Source is why they have the role: manual for whom no directory manages; unknown where the API does not report it.
	Source Part[RoleSource]
	// Mapping is the mapping that gives the role, as far as it is there; MappingID its id in any case.
	Mapping   *Mapping
	MappingID string
	// InDirectory and Outside are whether they are in a directory, whose name is in Directory, and outside of the enabled
	// domains.
	InDirectory, Outside Part[bool]
	Directory            string
}

// ReviewedServiceAccount is what a review says of a service account.
type ReviewedServiceAccount struct {
	ServiceAccount
	Role Role
	// Privileged reports that the role administrates something of the account.
	Privileged bool
	// CreatorIsMember is whether who made it is still an active member, or a service account.
	CreatorIsMember Part[bool]
	// Workspaces are those that it reaches, by handle.
	Workspaces Part[map[string]ReviewedReach]
}

// Review returns what is worth a look in an account as it is. The same account gives the same review, whenever that is
// made, as long as nothing gets too old.
func Review(w World, limits Limits) Reviewed {
	r := &review{World: w, limits: limits, look: newLook(w), out: Reviewed{People: map[string]ReviewedPerson{}, ServiceAccounts: map[string]ReviewedServiceAccount{}}}
	if is(w.Enforced(), false) {
		handle := w.Account.Or(Account{}).Handle
		r.add(Finding{ID: SSONotEnforced, Severity: Medium, Key: handle, Subject: handle})
	}
	r.places()
	for _, p := range w.People.Rows {
		r.person(p)
	}
	r.serviceAccounts()
	for _, d := range w.Directories.Or(nil) {
		r.directory(d)
	}
	return r.out
}

type review struct {
	World
	limits Limits
	look   *look
	out    Reviewed

	place            map[string]Directory // by the key of the person
	directoriesKnown bool                 // directories are reported with their people and mappings
}

// add adds a finding. Its key is what tells its subject from others of the kind, the same at each review.
func (r *review) add(f Finding) {
	f.AccountID = r.AccountID
	r.out.Findings = append(r.out.Findings, f)
}

// places finds whom directories have brought or taken over.
func (r *review) places() {
	r.place = map[string]Directory{}
	rows, known := r.Directories.Get()
	r.directoriesKnown = known && !slices.ContainsFunc(rows, func(d Directory) bool { return !d.Users.IsKnown() })
	for _, d := range rows {
		for _, u := range d.users() {
			if u.MembershipID != "" {
				r.place[u.MembershipID] = d
			}
		}
	}
}

// reviewed returns what the world says of a person.
func (r *review) reviewed(p Person) ReviewedPerson {
	out := ReviewedPerson{
		Person: p, Role: r.RoleOf(p).Or(Role{Name: p.RoleID.Or("")}), Source: Unknown[RoleSource]("directories"), InDirectory: Unknown[bool]("directories"), Outside: Unknown[bool]("domains"),
	}
	if domains, known := r.Domains.Get(); known && p.Email != "" {
		out.Outside = Known(!slices.ContainsFunc(domains, func(d Domain) bool { return d.Name == p.Domain() }))
	}
	if !r.directoriesKnown {
		return out
	}
	d, managed := r.place[p.Key()]
	out.InDirectory = Known(managed)
	if !managed {
		out.Source = Known(RoleManual)
		return out
	}
	out.Directory = d.Name
	u := r.look.managers[p.Key()]
	if u.RoleSource != "" {
		out.Source = Known(u.RoleSource)
	}
	if out.MappingID = u.MappingID; u.MappingID != "" {
		if m, ok := r.mapping(d.ID, u.MappingID); ok {
			out.Mapping = &m
		}
	}
	return out
}

// person finds what is worth a look at one member.
func (r *review) person(p Person) {
	who := cmp.Or(p.Email, p.Handle, p.ID)
	of := r.reviewed(p)
	r.out.People[who] = of
	about := func(id ID, severity Severity) {
		r.add(Finding{ID: id, Severity: severity, Key: who, Subject: who, People: []FindingPerson{{Email: who, From: of.Role.Name}}, At: p.LastLogin})
	}
	if !p.Active.Or(true) {
		about(MemberInactive, Info)
		return
	}
	weight := Medium // of what is worse for a person whom no identity provider keeps out
	if of.Role.Bypasses() {
		weight = High
		about(MemberBypassesSSO, Low)
	}
	if of.Role.Has(PermissionAdministrateSSO) {
		about(MemberAdministratesSSO, Info)
	}
	if len(r.Domains.Or(nil)) > 0 && is(of.Outside, true) {
		about(MemberOutsideSSODomains, weight)
	}
	if len(r.Directories.Or(nil)) > 0 && is(of.InDirectory, false) {
		about(MemberNotInDirectory, Medium)
	}
	switch {
	case p.LastLogin == nil:
		about(MemberNeverLoggedIn, Low)
	case r.limits.Now.Sub(*p.LastLogin) > r.limits.StaleAfter:
		about(MemberStale, weight)
	}
}

// Prefixes of ids of actors in the audit trail.
const (
	actorUser           = "prefect-cloud.user."
	actorServiceAccount = "prefect-cloud.service-account."
)

// serviceAccounts finds what is worth a look at service accounts, which single sign-on does not concern.
func (r *review) serviceAccounts() {
	present := map[string]bool{}
	for _, p := range r.People.Rows {
		if p.UserID != "" && is(p.Active, true) {
			present[actorUser+strings.ToLower(p.UserID)] = true
		}
	}
	rows := r.ServiceAccounts.Or(nil)
	for _, s := range rows {
		present[actorServiceAccount+strings.ToLower(s.ID)] = true
	}
	for _, s := range rows {
		r.serviceAccount(s, present)
	}
}

func (r *review) serviceAccount(s ServiceAccount, present map[string]bool) {
	roles := r.Roles.Or(nil)
	of := ReviewedServiceAccount{ServiceAccount: s, Role: Role{Name: s.RoleName}, CreatorIsMember: Unknown[bool]("creator")}
	if at := slices.IndexFunc(roles, func(role Role) bool {
		return s.RoleID != "" && role.ID == s.RoleID || s.RoleID == "" && role.Name == s.RoleName
	}); at >= 0 {
		of.Role = roles[at]
	}
	of.Privileged = slices.ContainsFunc(of.Role.Permissions, func(p string) bool { return strings.HasPrefix(p, "administrate:") })
	about := func(id ID, severity Severity, names ...string) {
		r.add(Finding{ID: id, Severity: severity, Key: s.Name, Subject: s.Name, By: Thing{Kind: "service-account", ID: s.ID, Name: s.Name}, Names: append([]string{of.Role.Name}, names...)})
	}
	weight := Medium
	if of.Privileged {
		weight = High
		about(ServiceAccountPrivileged, Medium)
	}
	if of.Role.Has(PermissionAdministrateSSO) {
		about(ServiceAccountAdministratesSSO, Info)
	}
	if s.KeyExpires == nil {
		about(ServiceAccountKeyNeverExpires, weight)
	}
	if creator, known := s.Creator.Get(); known {
		of.CreatorIsMember = Known(present[strings.ToLower(creator.ID)])
		if !of.CreatorIsMember.value {
			about(ServiceAccountCreatorGone, weight, cmp.Or(creator.Name, creator.ID))
		}
	}
	of.Workspaces = r.reach(s, of.Role)
	r.out.ServiceAccounts[s.Name] = of
}

// directory finds what is worth a look at a directory.
func (r *review) directory(d Directory) {
	by := Thing{Kind: "directory", ID: d.ID, Name: d.Name}
	about := func(f Finding) {
		f.Key, f.Subject, f.By = cmp.Or(f.Key, d.Name), cmp.Or(f.Subject, d.Name), cmp.Or(f.By, by)
		r.add(f)
	}
	if d.Off {
		about(Finding{ID: DirectoryUnlinked, Severity: High})
	}
	switch {
	case !r.directoriesKnown || d.Off: // when it synced is not reported, or why it does not is said already
	case d.LastSynced == nil, r.limits.Now.Sub(*d.LastSynced) > r.limits.SyncWithin:
		about(Finding{ID: DirectoryNotSynced, Severity: High, At: d.LastSynced})
	}
	for _, m := range d.Mappings.Or(nil) {
		if m.Dangling {
			about(Finding{
				ID: MappingDangling, Severity: Low, Key: m.ID, Subject: m.Match.String(), Names: []string{r.Role(m.RoleID).Or(Role{Name: m.RoleID}).Name},
				By: Thing{Kind: "mapping", ID: m.ID, Name: d.Name, Match: m.Match, DirectoryID: d.ID},
			})
		}
	}
	for _, t := range d.Tokens.Or(nil) {
		if t.Expires == nil {
			about(Finding{ID: TokenNeverExpires, Severity: Low, Key: t.ID, Subject: t.Name, Names: []string{t.Name, t.Suffix}})
		}
	}
	for _, c := range d.Clients.Or(nil) {
		for _, old := range c.Secrets[min(1, len(c.Secrets)):] { // a rotation that never came to its end
			if old.Expires == nil {
				about(Finding{ID: ClientOldSecretNeverExpires, Severity: Low, Key: c.ID, Subject: c.Name, Names: []string{c.Name, old.Suffix}})
			}
		}
	}
}

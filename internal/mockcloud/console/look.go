package console

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/console/picture"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// look is a consistent view of an account.
type look struct {
	*store.Reader
	account *store.Account
	// enforced reports whether single sign-on is enforced.
	enforced       bool
	roles          map[uuid.UUID]*store.AccountRole
	workspaces     map[uuid.UUID]*store.Workspace
	workspaceRoles map[uuid.UUID]*store.WorkspaceRole
}

func lookAt(r *store.Reader, handle string) (*look, error) {
	a, err := r.AccountByHandle(handle)
	if err != nil {
		return nil, err
	}
	l := &look{
		Reader: r, account: a, enforced: r.EnforcesSSO(a.ID), roles: make(map[uuid.UUID]*store.AccountRole),
		workspaces: make(map[uuid.UUID]*store.Workspace), workspaceRoles: make(map[uuid.UUID]*store.WorkspaceRole),
	}
	for _, role := range r.Roles(a.ID) {
		l.roles[role.ID] = role
	}
	for _, w := range r.Workspaces(a.ID) {
		l.workspaces[w.ID] = w
	}
	for _, role := range r.WorkspaceRoles(a.ID) {
		l.workspaceRoles[role.ID] = role
	}
	return l, nil
}

// members returns all members, service accounts too.
func (l *look) members() []*store.Membership {
	return l.ListMembers(l.account.ID, store.MemberQuery{}, store.CreatedAsc, l.CountMembers(l.account.ID, store.MemberQuery{}), 0)
}

// entry is how a member gets into the account, or why they do not.
type entry struct {
	// Stop is what the picture shows.
	picture.Stop
	// Why says more.
	Why string
}

// bypasses reports whether a member signs in without single sign-on.
func (l *look) bypasses(m *store.Membership) bool {
	return slices.Contains(l.roles[m.RoleID].Permissions, store.BypassSSO)
}

// entry finds out how a member signs in. It decides as store.RequireLogin does.
func (l *look) entry(m *store.Membership) entry {
	of := func(kind picture.Kind, key, label, why string) entry {
		return entry{picture.Stop{Key: key, Label: label, Kind: kind}, why}
	}
	switch {
	case !m.Active:
		return of(picture.Closed, "inactive", "Deactivated", "the membership is deactivated")
	case !m.IsUser():
		return of(picture.Open, "key", "By its key", "service accounts are exempt from single sign-on")
	case !l.enforced:
		return of(picture.Open, "open", "No login asked for", "no connection is active, so single sign-on is not enforced")
	case l.bypasses(m):
		return of(picture.Bypass, "bypass", "Bypasses sign-on", "the role "+l.roles[m.RoleID].Name+" bypasses single sign-on ("+string(store.BypassSSO)+")")
	}
	domain := l.domain(m)
	if c, ok := l.ActiveConnectionFor(domain); ok && c.AccountID == l.account.ID {
		return of(picture.Plain, c.ID, c.Name, "the connection "+c.Name+" serves "+domain)
	}
	return of(picture.Closed, "unserved", "Cannot sign in", "no active connection serves "+domain)
}

// domain is the domain of a person's email address, spelled as the account has it.
func (l *look) domain(m *store.Membership) string {
	email := l.MemberName(m)
	name := email[strings.LastIndex(email, "@")+1:]
	if normal, err := store.NormalizeDomain(name); err == nil {
		return normal
	}
	return fold.Token(name)
}

// grant is one way into a workspace.
type grant struct{ Workspace, Role, How string }

// grants returns every way by which a member gets into workspaces, by workspace.
func (l *look) grants(m *store.Membership) []grant {
	var out []grant
	if slices.Contains(l.roles[m.RoleID].Permissions, store.AdministrateWorkspace) {
		for _, w := range l.Workspaces(l.account.ID) {
			out = append(out, grant{w.Name, "everything", "the role " + l.roles[m.RoleID].Name + " administrates all workspaces"})
		}
	}
	teams := make(map[uuid.UUID]string)
	for _, t := range l.TeamsOf(l.account.ID, m.ActorID) {
		teams[t.ID] = t.Name
	}
	for _, g := range l.EffectiveAccess(m) {
		how := "directly"
		switch {
		case g.TeamID != uuid.Nil:
			how = "by the team " + teams[g.TeamID]
		case g.AccessID == uuid.Nil:
			how = "as a member: it is the workspace's default role"
		}
		out = append(out, grant{l.workspaces[g.WorkspaceID].Name, l.workspaceRoles[g.RoleID].Name, how})
	}
	slices.SortStableFunc(out, func(a, b grant) int { return strings.Compare(a.Workspace, b.Workspace) })
	return out
}

// summary returns in few words the workspaces that a member has access to.
func summary(grants []grant) string {
	const shown = 3
	var names []string
	for _, g := range grants {
		if !slices.Contains(names, g.Workspace) {
			names = append(names, g.Workspace)
		}
	}
	if len(names) > shown+1 {
		return strings.Join(names[:shown], ", ") + fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return strings.Join(names, ", ")
}

package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// reader reads single parts of one account.
type reader struct {
	shared  *Fetcher
	client  *client.Client
	account string
	fresh   bool // ask the server, whatever the client remembers of people

	integrationsOf func(ctx context.Context, accountID string) (*client.Integrations, error)
}

// read reads a part. What the API does not report, or not to this key, is unknown and no error.
func (r reader) read(ctx context.Context, w access.World, want access.Want) (fill, error) {
	switch want.Kind {
	case access.WantAccount:
		return r.readAccount(ctx)
	case access.WantOffer:
		return r.offer(ctx)
	case access.WantCaller:
		return r.caller(ctx)
	case access.WantRoles:
		return r.roles(ctx)
	case access.WantDomains:
		return r.domains(ctx)
	case access.WantIntegrations:
		return r.integrations(ctx)
	case access.WantDirectories:
		return r.directories(ctx)
	case access.WantUsers, access.WantHeld:
		return r.users(ctx, want)
	case access.WantMatches:
		return r.matches(ctx, want)
	case access.WantMappings:
		return r.mappings(ctx, want.DirectoryID)
	case access.WantGroups:
		return r.groups(ctx, want.DirectoryID)
	case access.WantDirectoryTeams:
		return r.directoryTeams(ctx, want.DirectoryID)
	case access.WantTokens:
		return r.tokens(ctx, want.DirectoryID)
	case access.WantPeople:
		return r.people(ctx, want.Emails)
	case access.WantBypassing:
		return r.bypassing(ctx)
	case access.WantActivePeople:
		return r.active(ctx)
	case access.WantEveryone:
		return r.everyone(ctx)
	case access.WantOwners:
		return r.owners(ctx, w, want.Emails)
	case access.WantInvitations:
		return r.invitations(ctx)
	case access.WantServiceAccounts:
		return r.serviceAccounts(ctx)
	case access.WantTeams:
		return r.teams(ctx)
	case access.WantServiceAccountTeams:
		return r.serviceAccountTeams(ctx, w)
	case access.WantWorkspaces:
		return r.workspaces(ctx)
	case access.WantUserAccess:
		return r.userAccess(ctx, w)
	case access.WantServiceAccountAccess:
		return r.serviceAccountAccess(ctx, w)
	case access.WantWorkspaceRoles:
		return r.workspaceRoles(ctx)
	case access.WantCreators:
		return r.creators(ctx, w, want.Since)
	}
	return nil, fmt.Errorf("no way to read %q is known", want.Kind)
}

// part returns what was read, unknown where the API does not report it. none is what an account has whose plan lacks
// the feature.
func part[T any](value, none T, err error) (access.Part[T], error) {
	switch {
	case err == nil:
		return access.Known(value), nil
	case client.IsPlanLimit(err):
		return access.Known(none), nil
	case client.IsForbidden(err), client.IsNotOffered(err), client.IsNotFound(err):
		return access.Unknown[T](why(err)), nil
	}
	return access.Part[T]{}, err
}

// why returns why the API does not report a part, without what differs from request to request.
func why(err error) string {
	var (
		plan     *client.PlanLimitError
		apiError *client.APIError
	)
	switch {
	case errors.As(err, &plan):
		return fmt.Sprintf("the account does not have the feature %q", plan.Feature)
	case client.IsForbidden(err) && errors.As(err, &apiError):
		return apiError.Message
	}
	return err.Error()
}

// into makes a fill that puts a part into a world.
func into[T any](p access.Part[T], err error, put func(*access.World, access.Part[T])) (fill, error) {
	return func(w access.World) access.World {
		put(&w, p)
		return w
	}, err
}

func (r reader) readAccount(ctx context.Context) (fill, error) {
	a, err := r.client.GetAccount(ctx, r.account)
	if err != nil {
		return nil, err
	}
	p := access.Known(access.Account{
		Handle: a.Handle, Enforced: a.SSOState == client.SSOStateEnabled, AuthExpirationSeconds: a.AuthExpirationSeconds,
	})
	return into(p, nil, func(w *access.World, p access.Part[access.Account]) { w.Account = p })
}

// offer finds out whether the managed configuration is offered.
func (r reader) offer(ctx context.Context) (fill, error) {
	_, err := r.client.ListConnections(ctx, r.account)
	offered := offer(err)
	if _, err = part(true, true, err); err != nil {
		return nil, err
	}
	return into(offered, nil, func(w *access.World, p access.Part[bool]) { w.Offered = p })
}

// offer returns what a listing of the managed configuration says of whether that is offered.
func offer(err error) access.Part[bool] {
	switch {
	case client.IsNotOffered(err):
		return access.Known(false)
	case err == nil, client.IsPlanLimit(err):
		return access.Known(true)
	}
	return access.Unknown[bool](why(err))
}

func (r reader) caller(ctx context.Context) (fill, error) {
	me, err := r.shared.Me(ctx)
	c := access.Caller{}
	switch {
	case err == nil:
		c.UserID = me.ID
	case !client.IsForbidden(err): // a service account has no /me
		return nil, err
	}
	return into(access.Known(c), nil, func(w *access.World, p access.Part[access.Caller]) { w.Caller = p })
}

func (r reader) roles(ctx context.Context) (fill, error) {
	rows, err := r.client.Roles(r.account).List(ctx)
	if err != nil {
		return nil, err
	}
	p := access.Known(mapped(rows, func(row client.AccountRole) access.Role {
		return access.Role{ID: row.ID, Name: row.Name, Permissions: row.Permissions}
	}))
	return into(p, nil, func(w *access.World, p access.Part[[]access.Role]) { w.Roles = p })
}

func (r reader) domains(ctx context.Context) (fill, error) {
	rows, err := r.client.ListAllDomains(ctx, r.account)
	p, err := part(mapped(rows, func(row client.Domain) access.Domain {
		return access.Domain{Name: domainKey(row.Name), Releasing: row.Releasing}
	}), nil, err)
	return into(p, err, func(w *access.World, p access.Part[[]access.Domain]) { w.Domains = p })
}

// integrations reads connections, and which directories there are.
func (r reader) integrations(ctx context.Context) (fill, error) {
	found, err := r.integrationsOf(ctx, r.account)
	if found == nil {
		found = &client.Integrations{}
	}
	p, err := part(found, &client.Integrations{}, err)
	return into(p, err, func(w *access.World, p access.Part[*client.Integrations]) {
		all, known := p.Get()
		if !known {
			w.Connections = access.Unknown[[]access.Connection](p.Why())
			w.Directories = access.Unknown[[]access.Directory](p.Why())
			return
		}
		w.Connections = access.Known(mapped(all.Connections, toConnection))
		if w.Directories.IsKnown() {
			return
		}
		asked := !w.Directories.IsMissing()
		reason := w.Directories.Why()
		w.Directories = access.Known(mapped(all.Directories, toDirectory))
		if asked {
			w.Directories = unknownDirectories(w.Directories, reason)
		}
	})
}

func toConnection(row client.Connection) access.Connection {
	return access.Connection{
		ID: row.ID, Name: row.Name, State: access.ConnectionState(row.State),
		Domains: mapped(row.Domains, func(d client.ConnectionDomain) string { return domainKey(d.Domain) }),
	}
}

// toDirectory returns a directory without what only the managed configuration tells.
func toDirectory(row client.Directory) access.Directory {
	return access.Directory{
		ID: row.ID, Name: row.Name, Off: row.State == client.DirectoryUnlinked, ActiveUsers: int(row.Metadata.Users.Active), LastSynced: row.LastSyncedAt,
	}
}

// directories reads directories with their settings. Where those are not reported they are unknown, and so are people,
// groups and mappings.
func (r reader) directories(ctx context.Context) (fill, error) {
	rows, err := r.client.ListDirectories(ctx, r.account)
	offered := offer(err)
	p, err := part(rows, nil, err)
	return into(p, err, func(w *access.World, p access.Part[[]client.Directory]) {
		if w.Offered.IsMissing() && offered.IsKnown() {
			w.Offered = offered
		}
		old := *w
		w.FewDirectories = false
		rows, known := p.Get()
		switch {
		case !known && old.FewDirectories:
			w.Directories = access.Unknown[[]access.Directory](p.Why())
			return
		case !known:
			w.Directories = unknownDirectories(w.Directories, p.Why())
			return
		}
		w.Directories = access.Known(mapped(rows, func(row client.Directory) access.Directory {
			d := toDirectory(row)
			if before, there := old.Directory(d.ID); there { // its people, groups and mappings stay
				before.Off, before.ActiveUsers, before.LastSynced = d.Off, d.ActiveUsers, d.LastSynced
				d = before
			}
			d.Settings = access.Known(access.DirectorySettings{
				DefaultRoleID: row.DefaultAccountRoleID, RemovesLeavers: row.DeprovisionAction == "delete",
				TeamsFromGroups: row.SyncGroupsToTeams, AllowedDomains: keys(row.AllowedDomains),
			})
			return d
		}))
	})
}

// unknownDirectories returns directories of which the API reports no more than that they are there.
func unknownDirectories(known access.Part[[]access.Directory], why string) access.Part[[]access.Directory] {
	rows, there := known.Get()
	if !there {
		return access.Unknown[[]access.Directory](why)
	}
	return access.Known(mapped(rows, func(d access.Directory) access.Directory {
		d.Settings = access.Unknown[access.DirectorySettings](why)
		d.Users, d.Held = access.Unknown[[]access.DirectoryUser](why), access.Unknown[[]access.DirectoryUser](why)
		d.Groups, d.Mappings = access.Unknown[[]access.DirectoryGroup](why), access.Unknown[[]access.Mapping](why)
		d.Teams, d.Tokens = access.Unknown[[]access.Team](why), access.Unknown[[]access.Token](why)
		d.Clients = access.Unknown[[]access.SCIMClient](why)
		return d
	}))
}

// inDirectory makes a fill that changes one directory.
func inDirectory(id string, change func(*access.Directory)) fill {
	return func(w access.World) access.World {
		rows, known := w.Directories.Get()
		if !known {
			return w
		}
		rows = slices.Clone(rows)
		for i := range rows {
			if rows[i].ID == id {
				change(&rows[i])
			}
		}
		w.Directories = access.Known(rows)
		return w
	}
}

// without makes a fill that takes away a directory which was listed, and is gone by now: nothing of it decides about anybody
// any more.
func without(directoryID string) fill {
	return func(w access.World) access.World {
		if rows, known := w.Directories.Get(); known {
			w.Directories = access.Known(slices.DeleteFunc(slices.Clone(rows), func(d access.Directory) bool { return d.ID == directoryID }))
		}
		return w
	}
}

func (r reader) users(ctx context.Context, want access.Want) (fill, error) {
	held := want.Kind == access.WantHeld
	rows, err := r.client.ListDirectoryUsers(ctx, r.account, want.DirectoryID, client.DirectoryUserQuery{Held: held})
	if client.IsDirectoryGone(err) {
		return without(want.DirectoryID), nil
	}
	p, err := part(mapped(rows, toDirectoryUser), nil, err)
	if err != nil {
		return nil, err
	}
	return inDirectory(want.DirectoryID, func(d *access.Directory) {
		if held {
			d.Held = p
			return
		}
		d.Users = p
	}), nil
}

func toDirectoryUser(row client.DirectoryUser) access.DirectoryUser {
	u := access.DirectoryUser{ID: row.ID, Active: row.State == client.DirectoryUserActive, MembershipID: lower(row.AccountMembershipID), MappingID: lower(row.MappingID)}
	if row.Email != nil {
		u.Email = client.EmailKey(*row.Email)
	}
	if row.RoleSource != nil {
		u.RoleSource = access.RoleSource(*row.RoleSource)
	}
	if row.Groups != nil {
		u.Groups = access.Known(mapped(row.Groups, toGroup))
	}
	u.Held = row.HeldReason != nil
	return u
}

func toGroup(row client.DirectoryGroup) access.DirectoryGroup {
	return access.DirectoryGroup{ID: row.ID, Name: row.Name}
}

func (r reader) matches(ctx context.Context, want access.Want) (fill, error) {
	rows, reported, err := r.client.ListMatchedUsers(ctx, r.account, want.DirectoryID, client.MappingMatch(want.Match))
	if client.IsDirectoryGone(err) {
		return without(want.DirectoryID), nil
	}
	p, err := part(mapped(rows, toDirectoryUser), nil, err)
	if err != nil {
		return nil, err
	}
	if !reported && p.IsKnown() {
		p = access.Unknown[[]access.DirectoryUser]("groups have the same name, or differ only in its case")
	}
	return inDirectory(want.DirectoryID, func(d *access.Directory) {
		all := map[access.Match]access.Part[[]string]{}
		for match, whom := range d.Matches {
			all[match] = whom
		}
		all[want.Match] = access.Unknown[[]string](p.Why())
		if users, known := p.Get(); known {
			all[want.Match] = access.Known(mapped(users, func(u access.DirectoryUser) string { return u.ID }))
			d.Seen = see(d.Seen, users)
		}
		d.Matches = all
	}), nil
}

// see adds people who have been seen.
func see(seen, users []access.DirectoryUser) []access.DirectoryUser {
	seen = slices.Clone(seen)
	for _, u := range users {
		if !slices.ContainsFunc(seen, func(other access.DirectoryUser) bool { return other.ID == u.ID }) {
			seen = append(seen, u)
		}
	}
	slices.SortFunc(seen, func(a, b access.DirectoryUser) int { return strings.Compare(a.ID, b.ID) })
	return seen
}

func (r reader) mappings(ctx context.Context, directoryID string) (fill, error) {
	rows, err := r.client.ListGroupRoleMappings(ctx, r.account, directoryID)
	if client.IsDirectoryGone(err) {
		return without(directoryID), nil
	}
	p, err := part(mapped(rows, toMapping), nil, err)
	return inDirectory(directoryID, func(d *access.Directory) { d.Mappings = p }), err
}

// Mappings returns group role mappings as a world has them.
func Mappings(rows []client.GroupRoleMapping) []access.Mapping { return mapped(rows, toMapping) }

func toMapping(row client.GroupRoleMapping) access.Mapping {
	return access.Mapping{
		ID: strings.ToLower(row.ID), Match: access.Match(row.Match), RoleID: row.AccountRoleID, Priority: row.Priority, Dangling: row.Status == client.MappingDangling,
	}
}

func (r reader) groups(ctx context.Context, directoryID string) (fill, error) {
	rows, err := r.client.ListDirectoryGroups(ctx, r.account, directoryID, "")
	if client.IsDirectoryGone(err) {
		return without(directoryID), nil
	}
	p, err := part(mapped(rows, toGroup), nil, err)
	return inDirectory(directoryID, func(d *access.Directory) { d.Groups = p }), err
}

func (r reader) directoryTeams(ctx context.Context, directoryID string) (fill, error) {
	rows, err := r.client.ListTeams(ctx, r.account, client.TeamQuery{DirectoryIDs: []string{directoryID}})
	p, err := part(mapped(rows, toTeam), nil, err)
	return inDirectory(directoryID, func(d *access.Directory) { d.Teams = p }), err
}

// tokens reads what identity providers call a directory with: its tokens and its OAuth clients.
func (r reader) tokens(ctx context.Context, directoryID string) (fill, error) {
	var clients []client.SCIMClient
	var clientsErr error
	var side sync.WaitGroup
	side.Go(func() { clients, clientsErr = r.client.ListSCIMClients(ctx, r.account, directoryID) })
	rows, err := r.client.ListSCIMTokens(ctx, r.account, directoryID)
	side.Wait()
	if client.IsDirectoryGone(err) || client.IsDirectoryGone(clientsErr) {
		return without(directoryID), nil
	}
	p, err := part(mapped(rows, func(row client.SCIMToken) access.Token {
		return access.Token{ID: row.ID, Name: row.Name, Suffix: row.Suffix, Expires: row.ExpiresAt}
	}), nil, err)
	if err != nil {
		return nil, err
	}
	c, err := part(mapped(clients, toClient), nil, clientsErr)
	return inDirectory(directoryID, func(d *access.Directory) { d.Tokens, d.Clients = p, c }), err
}

func toClient(row client.SCIMClient) access.SCIMClient {
	return access.SCIMClient{ID: row.ID, Name: row.Name, Secrets: mapped(row.Secrets, func(s client.SCIMClientSecret) access.SCIMClientSecret {
		return access.SCIMClientSecret{Suffix: s.Suffix, Expires: s.ExpiresAt}
	})}
}

func (r reader) invitations(ctx context.Context) (fill, error) {
	rows, err := r.client.ListPendingInvitations(ctx, r.account)
	p, err := part(mapped(rows, func(row client.Invitation) access.Invitation {
		return access.Invitation{ID: row.ID, Email: client.EmailKey(row.Email), RoleID: row.RoleID}
	}), nil, err)
	return into(p, err, func(w *access.World, p access.Part[[]access.Invitation]) { w.Invitations = p })
}

// mapped makes one row of each; nil of none.
func mapped[T, U any](rows []T, of func(T) U) []U {
	var out []U
	for _, row := range rows {
		out = append(out, of(row))
	}
	return out
}

// keys returns domains in their normalized form; nil stays nil, and an empty list is none.
func keys(domains []string) []string {
	if domains == nil {
		return nil
	}
	return append([]string{}, mapped(domains, domainKey)...)
}

func domainKey(name string) string {
	if key, err := client.NormalizeDomain(name); err == nil {
		return key
	}
	return name
}

// lower returns an id in lower case; empty for none.
func lower(id *string) string {
	if id == nil {
		return ""
	}
	return strings.ToLower(*id)
}

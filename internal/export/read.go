package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// account is what was read of an account.
type account struct {
	id          string
	info        client.Account
	managed     bool // the server offers the configuration of identity providers and directories
	domains     []client.Domain
	connections []client.Connection
	directories []directory
	members     []client.Membership
	roles       map[string]string // account role by id
	// decided are the people whose role is not decided by hand, by the membership's id.
	decided map[string]decision
	teams   []client.Team

	mu   sync.Mutex
	left []omission
}

// directory is a directory with what belongs to it.
type directory struct {
	client.Directory
	mappings []client.GroupRoleMapping
	tokens   []client.SCIMToken
	clients  []client.SCIMClient
}

// decision is what decides about a person's role instead of people.
type decision int

const (
	byDefault decision = iota + 1 // the directory that brought them
	byMapping                     // a group role mapping
	unsure                        // the API does not say
)

// omission is something that the files do not have, and why.
type omission struct {
	what, why string
	refused   bool // the key may not read it, so that the files are not whole
}

func (a *account) leave(o omission) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.left = append(a.left, o)
}

// reader reads one account.
type reader struct {
	api *client.Client
	*account

	note func(sentence string) // says what takes long
}

// atOnce bounds how many people are asked for at the same time.
const atOnce = 8

// crowd is from how many people on it is said that asking for each of them takes long.
const crowd = 500

// read reads an account. What the key may not see, or the server does not have, is noted and no error.
func read(ctx context.Context, api *client.Client, id string, note func(string)) (*account, error) {
	r := reader{api, &account{id: id, decided: map[string]decision{}, roles: map[string]string{}}, note}
	info, err := api.GetAccount(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("could not read account %s: %w", id, err)
	}
	r.info, r.id = *info, cmp.Or(info.ID, id) // in the server's form
	side, sideCtx := errgroup.WithContext(ctx)
	for _, part := range []func(context.Context) error{r.readDomains, r.readSSO, r.readMembers, r.readTeams} {
		side.Go(func() error { return part(sideCtx) })
	}
	if err := side.Wait(); err != nil {
		return nil, err
	}
	if err := r.readDecisions(ctx); err != nil {
		return nil, err
	}
	slices.SortStableFunc(r.left, func(x, y omission) int { return cmp.Compare(x.what, y.what) })
	return r.account, nil
}

// skip reports whether a part is left out because of an error, and notes why.
func (r reader) skip(what string, err error) (skip bool, failed error) {
	var limit *client.PlanLimitError
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &limit):
		r.leave(omission{what: what, why: fmt.Sprintf("the account's plan lacks the feature %q", limit.Feature)})
	case client.IsForbidden(err):
		r.leave(omission{what: what, why: "the API key may not read that: " + report.Printable(err.Error()), refused: true})
	case client.IsDirectoryGone(err):
	default:
		return true, fmt.Errorf("could not read %s: %w", what, err)
	}
	return true, nil
}

func (r reader) readDomains(ctx context.Context) error {
	rows, err := r.api.ListAllDomains(ctx, r.id)
	if skip, err := r.skip("domains", err); skip {
		return err
	}
	slices.SortFunc(rows, func(x, y client.Domain) int { return cmp.Compare(x.Name, y.Name) })
	for _, d := range rows {
		if d.Releasing {
			r.leave(omission{what: "domain " + d.Name, why: "it is disabled already, and routes until its identity provider names it no more"})
			continue
		}
		r.domains = append(r.domains, d)
	}
	return nil
}

// readSSO reads connections and directories.
func (r reader) readSSO(ctx context.Context) error {
	connections, err := r.api.ListConnections(ctx, r.id)
	if client.IsNotOffered(err) {
		return r.readPublished(ctx)
	}
	r.managed = true
	if skip, err := r.skip("identity providers", err); err != nil {
		return err
	} else if !skip {
		r.connections = connections
	}
	directories, err := r.api.ListDirectories(ctx, r.id)
	if skip, err := r.skip("SCIM directories", err); skip {
		return err
	}
	for _, d := range directories {
		if err := r.readDirectory(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func (r reader) readDirectory(ctx context.Context, d client.Directory) (err error) {
	out := directory{Directory: d}
	of := " of the directory " + quote(d.Name)
	for _, part := range []struct {
		what string
		read func() error
	}{
		{"group role mappings", func() (err error) { out.mappings, err = r.api.ListGroupRoleMappings(ctx, r.id, d.ID); return err }},
		{"SCIM tokens", func() (err error) { out.tokens, err = r.api.ListSCIMTokens(ctx, r.id, d.ID); return err }},
		{"SCIM clients", func() (err error) { out.clients, err = r.api.ListSCIMClients(ctx, r.id, d.ID); return err }},
	} {
		err := part.read()
		if client.IsDirectoryGone(err) {
			return nil // deleted meanwhile
		}
		if _, err := r.skip(part.what+of, err); err != nil {
			return err
		}
	}
	r.directories = append(r.directories, out)
	return nil
}

// readPublished reads what the published API shows of connections and directories.
func (r reader) readPublished(ctx context.Context) error {
	found, err := r.api.GetIntegrations(ctx, r.id)
	if skip, err := r.skip("identity providers and SCIM directories", err); skip {
		return err
	}
	r.connections = found.Connections
	for _, d := range found.Directories {
		r.directories = append(r.directories, directory{Directory: d})
	}
	return nil
}

func (r reader) readMembers(ctx context.Context) error {
	rows, err := r.api.ListMemberships(ctx, r.id, client.MembershipQuery{OnlyUsers: true})
	if skip, err := r.skip("members", err); skip {
		return err
	}
	r.members = rows
	roles, err := r.api.Roles(r.id).List(ctx)
	if _, err := r.skip("account roles", err); err != nil {
		return err
	}
	for _, role := range roles {
		r.roles[role.ID] = role.Name
	}
	return nil
}

func (r reader) readTeams(ctx context.Context) error {
	rows, err := r.api.ListTeams(ctx, r.id, client.TeamQuery{})
	if skip, err := r.skip("roles of teams in workspaces", err); skip {
		return err
	}
	r.teams = rows
	return nil
}

// readDecisions finds out whose role people do not decide about.
func (r reader) readDecisions(ctx context.Context) error {
	if len(r.directories) == 0 || len(r.members) == 0 {
		return nil
	}
	if !r.managed {
		return r.readBrought(ctx)
	}
	ids := make([]string, len(r.directories))
	for i, d := range r.directories {
		ids[i] = d.ID
	}
	owners, err := r.api.RoleOwners(ctx, r.id, ids)
	if err != nil {
		return fmt.Errorf("could not read the people of the directories: %w", err)
	}
	if !owners.Told() {
		return r.readBrought(ctx)
	}
	for _, m := range r.members {
		switch owners.Of(m).Source {
		case client.RoleSourceDefault:
			r.decided[lower(m.ID)] = byDefault
		case client.RoleSourceMapping:
			r.decided[lower(m.ID)] = byMapping
		}
	}
	return nil
}

// readBrought asks of each person whether a directory brought them: the published API does not say it of several at once.
func (r reader) readBrought(ctx context.Context) error {
	if len(r.members) > crowd {
		r.note(fmt.Sprintf("Asking of each of %d people whether a directory brought them, because the API does not say it of several at once. Where it limits the rate that takes minutes.", len(r.members)))
	}
	side, ctx := errgroup.WithContext(ctx)
	side.SetLimit(atOnce)
	const what = "single memberships"
	r.api.Progress().Expect(what, len(r.members))
	var mu sync.Mutex
	for _, m := range r.members {
		side.Go(func() error {
			details, err := r.api.GetMembershipDetails(ctx, r.id, m.ID)
			r.api.Progress().Done(what, 1)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case client.IsNotFound(err): // left meanwhile
			case client.IsForbidden(err), client.IsNotOffered(err):
				r.decided[lower(m.ID)] = unsure
			case err != nil:
				return fmt.Errorf("could not read a membership: %w", err)
			case details.DirectoryID != nil:
				r.decided[lower(m.ID)] = byDefault
			}
			return nil
		})
	}
	return side.Wait()
}

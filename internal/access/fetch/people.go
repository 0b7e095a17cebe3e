package fetch

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// Person returns a membership as a world has it.
func Person(m client.Membership) access.Person {
	p := access.Person{
		ID: strings.ToLower(m.ID), ActorID: strings.ToLower(m.ActorID), Active: access.Known(m.Active), RoleID: access.Known(m.AccountRoleID), LastLogin: m.LastLogin,
	}
	if m.UserID != nil {
		p.UserID = *m.UserID
	}
	if m.Email != nil {
		p.Email = client.EmailKey(*m.Email)
	}
	if m.Handle != nil {
		p.Handle = *m.Handle
	}
	return p
}

// put adds people to those who are known. What was known of a person before is replaced, but for what decides about the
// membership.
func put(w access.World, people []access.Person, covers access.Coverage, looked []string) access.World {
	if covers == access.CoverEveryone {
		w.People.Rows = copyDirectories(people, w.People.Rows)
	} else {
		rows := slices.Clone(w.People.Rows)
		at := make(map[string]int, len(rows))
		for i, p := range rows {
			at[p.ID] = i
		}
		for _, p := range people {
			if i, there := at[p.ID]; there {
				p.DirectoryID, p.DirectoryActive = rows[i].DirectoryID, rows[i].DirectoryActive
				rows[i] = p
				continue
			}
			at[p.ID] = len(rows)
			rows = append(rows, p)
		}
		w.People.Rows = rows
	}
	w.People.Coverage = max(w.People.Coverage, covers)
	w.People.Looked = append(slices.Clip(w.People.Looked), looked...)
	return w
}

// copyDirectories takes over what decides about memberships.
func copyDirectories(people, before []access.Person) []access.Person {
	known := make(map[string]access.Person, len(before))
	for _, p := range before {
		known[p.ID] = p
	}
	people = slices.Clone(people)
	for i := range people {
		if was, there := known[people[i].ID]; there {
			people[i].DirectoryID, people[i].DirectoryActive = was.DirectoryID, was.DirectoryActive
		}
	}
	return people
}

func (r reader) people(ctx context.Context, emails []string) (fill, error) {
	look := r.client.Members(r.account).ByEmails
	if r.fresh {
		look = func(ctx context.Context, emails []string) (map[string]client.Membership, error) {
			return r.client.Members(r.account).Refetch(ctx, emails...)
		}
	}
	found, err := look(ctx, emails)
	if err != nil {
		return nil, err
	}
	var people []access.Person
	for _, email := range emails { // in their order, not the map's
		if row, there := found[email]; there {
			people = append(people, Person(row))
		}
	}
	return func(w access.World) access.World { return put(w, people, access.CoverNobody, emails) }, nil
}

// bypassing reads the active holders of roles with bypass:sso.
func (r reader) bypassing(ctx context.Context) (fill, error) {
	roles, err := r.client.Roles(r.account).List(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, role := range roles {
		if role.Has(client.PermissionBypassSSO) {
			ids = append(ids, role.ID)
		}
	}
	var rows []client.Membership
	if len(ids) > 0 {
		active := true
		if rows, err = r.client.ListMemberships(ctx, r.account, client.MembershipQuery{
			Filter: &client.MembershipFilter{RoleIDs: ids}, OnlyUsers: true, Active: &active,
		}); err != nil {
			return nil, err
		}
	}
	people := mapped(rows, Person)
	return func(w access.World) access.World { return put(w, people, access.CoverBypassing, nil) }, nil
}

// active reads all active users: as [reader.everyone], where the client may remember them.
func (r reader) active(ctx context.Context) (fill, error) {
	if !r.fresh {
		return r.everyone(ctx)
	}
	active := true
	rows, err := r.client.ListMemberships(ctx, r.account, client.MembershipQuery{OnlyUsers: true, Active: &active})
	if err != nil {
		return nil, err
	}
	people := mapped(rows, Person)
	return func(w access.World) access.World { return put(w, people, access.CoverActive, nil) }, nil
}

// everyone reads all users, by the client's memory of people where that will do.
func (r reader) everyone(ctx context.Context) (fill, error) {
	all := r.client.Members(r.account).All
	if r.fresh {
		all = func(ctx context.Context) ([]client.Membership, error) {
			return r.client.ListMemberships(ctx, r.account, client.MembershipQuery{OnlyUsers: true})
		}
	}
	rows, err := all(ctx)
	if err != nil {
		return nil, err
	}
	people := mapped(rows, Person)
	return func(w access.World) access.World { return put(w, people, access.CoverEveryone, nil) }, nil
}

// owned is what decides about a person's role.
type owned struct {
	owner   client.RoleOwner
	mapping *client.GroupRoleMapping
}

// owners finds out what decides about some people's roles.
func (r reader) owners(ctx context.Context, w access.World, emails []string) (fill, error) {
	found := make(map[string]owned, len(emails))
	results := make([]owned, len(emails))
	side, ctx := errgroup.WithContext(ctx)
	const what = "sources of roles"
	r.client.Progress().Expect(what, len(emails))
	for i, email := range emails {
		at := slices.IndexFunc(w.People.Rows, func(p access.Person) bool { return p.Email == email })
		if at < 0 {
			r.client.Progress().Done(what, 1)
			continue
		}
		side.Go(func() (err error) {
			results[i], err = r.owner(ctx, w.People.Rows[at])
			r.client.Progress().Done(what, 1)
			return err
		})
	}
	if err := side.Wait(); err != nil {
		return nil, err
	}
	for i, email := range emails {
		found[email] = results[i]
	}
	return func(w access.World) access.World { return putOwners(w, emails, found) }, nil
}

func (r reader) owner(ctx context.Context, p access.Person) (out owned, err error) {
	if out.owner, err = r.client.RoleOwnerOf(ctx, r.account, client.Membership{ID: p.ID, Email: &p.Email}); err != nil || out.owner.MappingID == "" {
		return out, err
	}
	out.mapping, err = r.client.GetGroupRoleMapping(ctx, r.account, out.owner.DirectoryID, out.owner.MappingID)
	if client.IsNotFound(err) || client.IsForbidden(err) || client.IsNotOffered(err) { // it ended meanwhile, or is not shown
		out.owner.Source, out.owner.MappingID, out.mapping, err = client.RoleSourceManual, "", nil, nil
	}
	return out, err
}

func putOwners(w access.World, emails []string, found map[string]owned) access.World {
	w.People.Rows = slices.DeleteFunc(slices.Clone(w.People.Rows), func(p access.Person) bool {
		return slices.Contains(emails, p.Email) && found[p.Email].owner.Gone
	})
	for i := range w.People.Rows {
		p := &w.People.Rows[i]
		o, asked := found[p.Email]
		if !asked || !slices.Contains(emails, p.Email) {
			continue
		}
		if o.owner.Source == "" && o.owner.DirectoryID == "" {
			p.DirectoryID = access.Unknown[string]("the API does not report it")
			continue
		}
		p.DirectoryID = access.Known(o.owner.DirectoryID)
		if o.owner.DirectoryID == "" {
			continue
		}
		p.DirectoryActive = access.Unknown[bool]("the API does not report it")
		if o.owner.State != "" {
			p.DirectoryActive = access.Known(o.owner.State == client.DirectoryUserActive)
		}
		seen := access.DirectoryUser{
			ID: "of " + p.ID, Email: p.Email, Active: true, MembershipID: p.ID,
			RoleSource: access.RoleSource(o.owner.Source), MappingID: strings.ToLower(o.owner.MappingID),
		}
		w = inDirectory(o.owner.DirectoryID, func(d *access.Directory) {
			if !d.Users.IsKnown() {
				d.Seen = see(d.Seen, []access.DirectoryUser{seen})
			}
			if o.mapping != nil && !d.Mappings.IsKnown() {
				d.SeenMappings = append(slices.Clip(d.SeenMappings), toMapping(*o.mapping))
			}
		})(w)
	}
	return w
}

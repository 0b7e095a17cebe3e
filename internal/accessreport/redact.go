package accessreport

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// redactor puts other names into the place of those that no report may show: people's addresses with --redact, and
// whatever a plan marks as sensitive. It changes worlds and the plan's values alike, so that all that is made of them
// says the same and is judged the same: a domain stays one domain, a person one person.
type redactor struct {
	everyone bool            // --redact
	hidden   map[string]bool // texts that the plan marks as sensitive
	names    map[string]string
	people   int
	// longest are those of hidden that are looked for within texts, the longest first.
	longest []string
}

func newRedactor(everyone bool, hidden map[string]bool) *redactor {
	r := &redactor{everyone: everyone, hidden: map[string]bool{}, names: map[string]string{}}
	for text := range hidden {
		r.hidden[text] = true
		if strings.Contains(text, "@") {
			r.hidden[client.EmailKey(text)] = true
		} else {
			r.hidden[domainKey(text)] = true
			if len(text) > 2 { // what is shorter stands in other words, too
				r.longest = append(r.longest, text)
			}
		}
	}
	slices.SortFunc(r.longest, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return r
}

// idle reports whether nothing is to be hidden.
func (r *redactor) idle() bool { return !r.everyone && len(r.hidden) == 0 }

// email returns what stands for an address; its domain stays, unless that is sensitive itself.
func (r *redactor) email(email string) string {
	at := strings.LastIndex(email, "@")
	if email == "" || at < 0 {
		return r.name(email)
	}
	domain := r.name(email[at+1:])
	if !r.everyone && !r.hidden[email] {
		return email[:at+1] + domain
	}
	if _, known := r.names[email]; !known {
		r.people++
		r.names[email] = fmt.Sprintf("person-%d", r.people)
	}
	return r.names[email] + "@" + domain
}

// name returns what stands for a name that is no address.
func (r *redactor) name(name string) string {
	if !r.hidden[name] {
		return name
	}
	if _, known := r.names[name]; !known {
		r.names[name] = fmt.Sprintf("sensitive-%d", len(r.names)+1)
	}
	return r.names[name]
}

func (r *redactor) namesOf(names []string) []string {
	if names == nil {
		return nil
	}
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = r.name(name)
	}
	return out
}

var emails = regexp.MustCompile(`[^\s"'<>()\[\],;:]+@[^\s"'<>()\[\],;:]+`)

// text hides addresses and sensitive texts within a text, such as the address of a resource with for_each.
func (r *redactor) text(text string) string {
	if r.idle() {
		return text
	}
	text = emails.ReplaceAllStringFunc(text, func(found string) string { return r.email(client.EmailKey(found)) })
	for _, secret := range r.longest {
		text = strings.ReplaceAll(text, secret, r.name(secret))
	}
	return r.name(text)
}

// world hides in a world.
func (r *redactor) world(w access.World) access.World {
	if r.idle() {
		return w
	}
	w.People.Rows = slices.Clone(w.People.Rows)
	for i := range w.People.Rows {
		p := &w.People.Rows[i]
		p.Email = r.email(p.Email)
		if r.everyone {
			p.Handle = ""
		}
	}
	w.People.Looked = each(w.People.Looked, r.email)
	w.Invitations = eachOf(w.Invitations, func(i access.Invitation) access.Invitation {
		i.Email = r.email(i.Email)
		return i
	})
	w.Domains = eachOf(w.Domains, func(d access.Domain) access.Domain {
		d.Name = r.name(d.Name)
		return d
	})
	w.Roles = eachOf(w.Roles, func(role access.Role) access.Role {
		role.Name = r.name(role.Name)
		return role
	})
	w.Connections = eachOf(w.Connections, func(c access.Connection) access.Connection {
		c.Name, c.Domains = r.name(c.Name), r.namesOf(c.Domains)
		return c
	})
	w.Teams = eachOf(w.Teams, r.team)
	w.Workspaces = eachOf(w.Workspaces, func(room access.Workspace) access.Workspace {
		room.Handle = r.name(room.Handle)
		return room
	})
	w.WorkspaceRoles = eachOf(w.WorkspaceRoles, func(role access.WorkspaceRole) access.WorkspaceRole {
		role.Name = r.name(role.Name)
		return role
	})
	w.ServiceAccounts = eachOf(w.ServiceAccounts, func(s access.ServiceAccount) access.ServiceAccount {
		s.Name, s.RoleName = r.name(s.Name), r.name(s.RoleName)
		return s
	})
	w.Directories = eachOf(w.Directories, r.directory)
	return w
}

func (r *redactor) team(t access.Team) access.Team {
	t.Name = r.name(t.Name)
	return t
}

func (r *redactor) directory(d access.Directory) access.Directory {
	user := func(u access.DirectoryUser) access.DirectoryUser {
		u.Email = r.email(u.Email)
		u.Groups = eachOf(u.Groups, r.group)
		return u
	}
	d.Name = r.name(d.Name)
	d.Users, d.Held, d.Seen = eachOf(d.Users, user), eachOf(d.Held, user), each(d.Seen, user)
	d.Groups, d.Teams = eachOf(d.Groups, r.group), eachOf(d.Teams, r.team)
	d.Mappings = eachOf(d.Mappings, r.mapping)
	d.SeenMappings = each(d.SeenMappings, r.mapping)
	if settings, known := d.Settings.Get(); known {
		settings.AllowedDomains = r.namesOf(settings.AllowedDomains)
		d.Settings = access.Known(settings)
	}
	if len(d.Matches) > 0 {
		matches := map[access.Match]access.Part[[]string]{}
		for match, whom := range d.Matches {
			matches[r.match(match)] = whom
		}
		d.Matches = matches
	}
	d.Tokens = eachOf(d.Tokens, func(t access.Token) access.Token {
		t.Name = r.name(t.Name)
		return t
	})
	d.Clients = eachOf(d.Clients, func(c access.SCIMClient) access.SCIMClient {
		c.Name = r.name(c.Name)
		return c
	})
	return d
}

func (r *redactor) group(g access.DirectoryGroup) access.DirectoryGroup {
	g.Name = r.name(g.Name)
	return g
}

func (r *redactor) mapping(m access.Mapping) access.Mapping {
	m.Match = r.match(m.Match)
	return m
}

func (r *redactor) match(m access.Match) access.Match {
	m.GroupName, m.Equals = r.name(m.GroupName), r.text(m.Equals)
	return m
}

// changes hides in changes.
func (r *redactor) changes(all []access.Change) []access.Change {
	if r.idle() {
		return all
	}
	return each(all, func(c access.Change) access.Change {
		switch c := c.(type) {
		case access.SetDomains:
			c.Names = r.namesOf(c.Names)
			return c
		case access.EnableDomains:
			c.Names = r.namesOf(c.Names)
			return c
		case access.DisableDomains:
			c.Names = r.namesOf(c.Names)
			return c
		case access.PutConnection:
			c.Name, c.Domains = r.name(c.Name), r.namesOf(c.Domains)
			return c
		case access.FirstLogin:
			c.ID = r.name(c.ID) // a new one goes by its name
			return c
		case access.PutDirectory:
			c.Name = r.name(c.Name)
			if c.AllowedDomains != nil {
				allowed := r.namesOf(*c.AllowedDomains)
				c.AllowedDomains = &allowed
			}
			return c
		case access.PutMapping:
			c.DirectoryID, c.Mapping = r.name(c.DirectoryID), r.mapping(c.Mapping)
			return c
		case access.SetRoles:
			c.Roles = each(c.Roles, func(of access.RoleOf) access.RoleOf {
				of.Email = r.email(of.Email)
				return of
			})
			return c
		}
		return c
	})
}

func each[T any](rows []T, of func(T) T) []T {
	if rows == nil {
		return nil
	}
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = of(row)
	}
	return out
}

func eachOf[T any](p access.Part[[]T], of func(T) T) access.Part[[]T] {
	rows, known := p.Get()
	if !known {
		return p
	}
	return access.Known(each(rows, of))
}

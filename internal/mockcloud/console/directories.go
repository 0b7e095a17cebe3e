package console

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// token is a directory's token without its secret.
type token struct {
	Name, Suffix string
	Run          bool
	LastUsed     time.Time
	Expires      deadline
}

// client is a directory's OAuth client, without its secrets.
type client struct {
	Name, ID, Suffix  string
	Created, LastUsed time.Time
	// Old are the secrets before the newest one that still work.
	Old []oldSecret
}

type oldSecret struct {
	Suffix  string
	Expires deadline
}

// mapping is a rule that gives a role.
type mapping struct {
	Match, Role string
	Priority    int
	Dangling    bool
}

// held is a person who was pushed and has no membership.
type held struct{ UserName, Email, Reason string }

// maxHeld is how many held people of a directory the page names.
const maxHeld = 50

// directory is a directory with what belongs to it.
type directory struct {
	*store.Directory
	DefaultRole              string
	Allowed                  []string
	Active, Inactive, Groups int
	Tokens                   []token
	Clients                  []client
	Mappings                 []mapping
	Held                     []held
	HeldCount                int
}

// directories is GET /console/{account}/directories.
func directories(l *look, _ *http.Request) (string, any, error) {
	var list []directory
	for _, d := range l.Directories(l.account.ID) {
		row, err := l.directory(d)
		if err != nil {
			return "", nil, err
		}
		list = append(list, row)
	}
	return "Directories", list, nil
}

func (l *look) directory(d *store.Directory) (directory, error) {
	row := directory{Directory: d, Allowed: l.AllowedDomains(d)}
	if role, ok := l.roles[d.DefaultRoleID]; ok {
		row.DefaultRole = role.Name
	}
	row.Active, row.Inactive, row.Groups = l.DirectoryCounts(d)
	tokens, err := l.SCIMTokens(l.account.ID, d.ID)
	if err != nil {
		return row, err
	}
	for _, t := range tokens {
		row.Tokens = append(row.Tokens, token{t.Name, t.Suffix, t.Run, t.LastUsed, l.deadline("", t.Expires)})
	}
	if row.Clients, err = l.clients(d); err != nil {
		return row, err
	}
	mappings, err := l.Mappings(l.account.ID, d.ID)
	if err != nil {
		return row, err
	}
	for _, m := range mappings {
		row.Mappings = append(row.Mappings, mapping{
			l.match(m.DirectoryID, m.Match), l.roles[m.RoleID].Name, m.Priority, l.MappingIsDangling(m),
		})
	}
	for _, u := range l.DirectoryUsers(d.ID) {
		reason := l.HeldReason(u)
		if reason == "" {
			continue
		}
		if row.HeldCount++; row.HeldCount <= maxHeld {
			row.Held = append(row.Held, held{u.UserName, u.Email, reason})
		}
	}
	return row, nil
}

func (l *look) clients(d *store.Directory) (out []client, err error) {
	rows, err := l.SCIMClients(l.account.ID, d.ID)
	for _, c := range rows {
		shown := client{Name: c.Name, ID: c.ID.String(), Created: c.Created, LastUsed: c.LastUsed}
		for i, secret := range l.SCIMClientSecrets(c) {
			if i == 0 {
				shown.Suffix = secret.Suffix
				continue
			}
			shown.Old = append(shown.Old, oldSecret{secret.Suffix, l.deadline("", secret.Expires)})
		}
		out = append(out, shown)
	}
	return out, err
}

// match returns whom a mapping is for, by the group's name instead of its id where the
// group has arrived.
func (l *look) match(directoryID string, m store.MappingMatch) string {
	for _, g := range l.DirectoryGroups(directoryID) {
		if g.VendorID() == m.GroupID {
			return "group " + strconv.Quote(g.DisplayName)
		}
	}
	return m.String()
}

// directoryName returns the name of a directory in a sentence.
func (l *look) directoryName(id string) string {
	d, err := l.Directory(l.account.ID, id)
	if err != nil {
		return "that is gone"
	}
	return d.Name
}

// roleWhy returns why a member has their role.
func (l *look) roleWhy(m *store.Membership) string {
	switch m.RoleSource {
	case store.RoleDefault:
		return "default of the directory " + l.directoryName(m.DirectoryID)
	case store.RoleMapping:
		rule, err := l.Mapping(l.account.ID, m.DirectoryID, m.MappingID)
		if err != nil {
			return "a deleted mapping"
		}
		return "mapping of the directory " + l.directoryName(m.DirectoryID) + ": " + l.match(m.DirectoryID, rule.Match)
	}
	return "assigned manually"
}

// groups returns the names of the directory's groups that a member is in.
func (l *look) groups(m *store.Membership) (names []string) {
	if m.DirectoryUserID == uuid.Nil {
		return nil
	}
	u, err := l.DirectoryUser(m.DirectoryID, m.DirectoryUserID)
	if err != nil {
		return nil
	}
	for _, g := range l.GroupsOf(u) {
		names = append(names, g.DisplayName)
	}
	return names
}

func (l *look) concernsOfDirectories() (out []concern) {
	add := func(grave bool, text string) { out = append(out, concern{text, "directories", grave}) }
	for _, d := range l.Directories(l.account.ID) {
		row, err := l.directory(d)
		if err != nil {
			continue // it was just listed
		}
		switch d.State {
		case store.DirectoryValidating:
			add(false, "The directory "+d.Name+" waits for its first synchronization.")
		case store.DirectoryUnlinked:
			add(false, "The directory "+d.Name+" is switched off.")
		}
		if row.HeldCount > 0 {
			add(true, "The directory "+d.Name+" has "+plural(row.HeldCount, "person who is", "people who are")+" held, and so not a member of the account.")
		}
		if len(row.Tokens)+len(row.Clients) == 0 && d.State != store.DirectoryUnlinked {
			add(true, "The directory "+d.Name+" has no token and no client, so the identity provider cannot push to it.")
		}
		for _, t := range row.Tokens {
			if t.Expires.Near && !t.Run {
				add(true, "The token …"+t.Suffix+" of the directory "+d.Name+" "+t.Expires.Left+".")
			}
		}
		for _, m := range row.Mappings {
			if m.Dangling {
				add(false, "The mapping "+m.Match+" of the directory "+d.Name+" waits for a group that has not been pushed yet.")
			}
		}
	}
	return out
}

package scim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// hits are what a query found: rows in their own order, or sorted.
type hits struct {
	rows
	sorted []keyed // nil where no order was asked for
}

func (h hits) at(i int) keyed {
	if h.sorted != nil {
		return h.sorted[i]
	}
	return keyed{row: h.rows.at(i)}
}

// takesAll says that every row is found, in the rows' own order.
func (q *query) takesAll() bool { return q.filter == nil && q.sortBy.Name == "" }

// match finds the rows that the query asks for.
func (c *call) match(q *query, all rows, linked map[uuid.UUID]links) (hits, error) {
	if q.takesAll() {
		return hits{rows: all}, nil
	}
	whole := q.mentions(func(p filter.Path) bool { return !onRow(p) })
	var out hits
	var keys []keyed
	for i := range all.len() {
		r := all.at(i)
		resource, err := c.toMatch(r, linked[r.id()], whole)
		if err != nil {
			return hits{}, err
		}
		if q.filter != nil && !filter.Match(q.filter, resource, r.resourceType().CaseExact) {
			continue
		}
		if r.user != nil {
			out.users = append(out.users, r.user)
		} else {
			out.groups = append(out.groups, r.group)
		}
		if q.sortBy.Name != "" {
			keys = append(keys, keyed{r, q.keyOf(resource, r.resourceType())})
		}
	}
	if q.sortBy.Name != "" {
		slices.SortStableFunc(keys, func(a, b keyed) int { return q.compare(a.key, b.key) })
		out.sorted = keys
	}
	return out, nil
}

// toMatch is a resource to hold against a filter. A user's costs most of a search,
// and need not be whole where the row alone can tell.
func (c *call) toMatch(r row, of links, whole bool) (map[string]any, error) {
	if whole || r.user == nil {
		return c.document(r, of)
	}
	u := r.user
	return c.userDocument(u, map[string]any{"userName": u.UserName, "externalId": u.ExternalID, "active": u.Active}, of.groups), nil
}

// onRow says whether an attribute of a user is known without reading the resource.
func onRow(p filter.Path) bool {
	return p.Core() && slices.Contains([]string{"id", "username", "externalid", "active", "meta", "groups"}, strings.ToLower(p.Name))
}

// linksAsked are the groups and members that the query asks for, read only if it does.
func (c *call) linksAsked(r *store.Reader, q *query, all rows) map[uuid.UUID]links {
	out := make(map[uuid.UUID]links)
	if q.mentions(asksGroups) {
		for _, u := range all.users {
			out[u.ID] = links{groups: placesOf(r, u)}
		}
	}
	if q.mentions(asksMembers) {
		named, enough := q.membersNamed()
		for _, g := range all.groups {
			if enough {
				out[g.ID] = links{members: c.membersAmong(r, g, named)}
			} else {
				out[g.ID] = links{members: c.shownMembers(r, g, c.server.shownByDefault[schema.Group()])}
			}
		}
	}
	return out
}

// asksGroups says whether an attribute depends on a user's groups, as the version does.
func asksGroups(p filter.Path) bool {
	return p.Core() && (strings.EqualFold(p.Name, "groups") || strings.EqualFold(p.Name, "meta") && (p.Sub == "" || strings.EqualFold(p.Sub, "version")))
}

func asksMembers(p filter.Path) bool { return p.Core() && strings.EqualFold(p.Name, "members") }

// membersNamed are the members that the filter names. Enough says that it asks for
// nothing else of members, so that its other members make no difference: this is
// how Entra ID asks whether somebody is in a group.
func (q *query) membersNamed() (ids []uuid.UUID, enough bool) {
	enough = !asksMembers(q.sortBy)
	var walk func(filter.Expr)
	named := func(op filter.Op, value any) {
		given, ok := value.(string)
		if !ok || given == "" || op != filter.Eq {
			enough = false
		} else if id, ok := parseID(given); ok {
			ids = append(ids, id)
		}
	}
	walk = func(e filter.Expr) {
		switch e := e.(type) {
		case filter.And:
			walk(e.Left)
			walk(e.Right)
		case filter.Or:
			walk(e.Left)
			walk(e.Right)
		case filter.Not:
			walk(e.Filter)
		case filter.Compare:
			if asksMembers(e.Path) && (e.Path.Sub == "" || strings.EqualFold(e.Path.Sub, "value")) {
				named(e.Op, e.Value)
			} else if asksMembers(e.Path) {
				enough = false
			}
		case filter.ValuePath:
			inner, ok := e.Filter.(filter.Compare)
			switch {
			case !asksMembers(e.Path):
			case ok && strings.EqualFold(inner.Path.String(), "value"):
				named(inner.Op, inner.Value)
			default:
				enough = false
			}
		}
	}
	walk(q.filter)
	return ids, enough
}

func (c *call) membersAmong(r *store.Reader, g *store.DirectoryGroup, named []uuid.UUID) []any {
	var out []any
	for _, id := range named {
		if r.InDirectoryGroup(g, id) {
			out = append(out, c.memberDocument(id, false, r.DisplayOf(g.DirectoryID, id)))
		}
	}
	return out
}

// maxKey is how much of a text counts for the order; cursors hold it.
const maxKey = 256

// key is what a row is sorted by; empty where no order was asked for.
type key struct {
	Missing bool    `json:",omitzero"`
	Number  float64 `json:",omitzero"`
	Text    string  `json:",omitzero"`
}

type keyed struct {
	row
	key key
}

// keyOf is the attribute to sort by; of several values the primary one, else the
// first (RFC 7644, 3.4.2.3).
func (q *query) keyOf(resource map[string]any, rt *schema.ResourceType) key {
	object := resource
	if !q.sortBy.Core() {
		object, _ = member(resource, q.sortBy.URI).(map[string]any)
	}
	value := member(object, q.sortBy.Name)
	if list, ok := value.([]any); ok {
		value = preferred(list)
	}
	if parts, ok := value.(map[string]any); ok {
		value = member(parts, cmp.Or(q.sortBy.Sub, "value"))
	}
	switch value := value.(type) {
	case string:
		if !rt.CaseExact(q.sortBy.String()) {
			value = filter.FoldAt(q.sortBy.String(), value)
		}
		if len(value) > maxKey {
			value = strings.ToValidUTF8(value[:maxKey], "")
		}
		return key{Missing: value == "", Text: value}
	case json.Number:
		number, err := value.Float64()
		return key{Missing: err != nil, Number: number}
	case bool:
		return key{Text: fmt.Sprint(value)}
	}
	return key{Missing: true}
}

func preferred(list []any) any {
	for _, one := range list {
		if parts, ok := one.(map[string]any); ok && parts["primary"] == true {
			return one
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// compare orders by the key; who has none comes last, or first in descending order.
// Rows with equal ones keep their own order either way.
func (q *query) compare(a, b key) int {
	order := cmp.Or(compareBool(a.Missing, b.Missing), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Text, b.Text))
	if q.descending {
		return -order
	}
	return order
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

package scim

import (
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// rows are users and groups in the order that lists have unless they are sorted:
// all users, then all groups, the oldest first.
type rows struct {
	users  []*store.DirectoryUser
	groups []*store.DirectoryGroup
	// found says that an index gave them, so that they are few.
	found bool
}

func (l rows) len() int { return len(l.users) + len(l.groups) }

func (l rows) at(i int) row {
	if i < len(l.users) {
		return row{user: l.users[i]}
	}
	return row{group: l.groups[i-len(l.users)]}
}

// row is a user or a group.
type row struct {
	user  *store.DirectoryUser
	group *store.DirectoryGroup
}

// links are the groups of a user, or the members of a group.
type links struct {
	groups  places
	members []any
}

func (r row) resourceType() *schema.ResourceType {
	if r.user != nil {
		return schema.User()
	}
	return schema.Group()
}

func (r row) id() uuid.UUID {
	if r.user != nil {
		return r.user.ID
	}
	return r.group.ID
}

func (r row) created() time.Time {
	if r.user != nil {
		return r.user.Created
	}
	return r.group.Created
}

// document is the whole resource.
func (c *call) document(r row, of links) (map[string]any, error) {
	if r.user == nil {
		return c.groupDocument(r.group, of.members), nil
	}
	kept, err := r.user.Resource()
	if err != nil {
		return nil, err
	}
	return c.userDocument(r.user, kept, of.groups), nil
}

// list answers a query. What an index finds, and a page of everything, is read under
// the store's lock. Other rows are only taken there and looked at afterwards, so that
// a long search keeps no other request waiting.
func (c *call) list(q *query) (*answer, error) {
	var from *position
	var taken rows
	var linked map[uuid.UUID]links
	var shown *page
	err := c.view(func(r *store.Reader, d *store.Directory) (err error) {
		if from, err = q.position(r, d); err != nil {
			return err
		}
		taken = q.candidates(r, d)
		if !q.takesAll() && !taken.found {
			taken.users, taken.groups = slices.Clone(taken.users), slices.Clone(taken.groups)
			linked = c.linksAsked(r, q, taken)
			return nil
		}
		found, err := c.match(q, taken, c.linksAsked(r, q, taken))
		if err != nil {
			return err
		}
		shown, err = c.page(r, d, q, found, from)
		return err
	})
	if err == nil && shown == nil {
		var found hits
		if found, err = c.match(q, taken, linked); err != nil {
			return nil, err
		}
		err = c.view(func(r *store.Reader, d *store.Directory) (err error) {
			shown, err = c.page(r, d, q, found, from)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	return c.pageAnswer(q, shown)
}

// candidates are the rows that the query may find.
func (q *query) candidates(r *store.Reader, d *store.Directory) rows {
	out := rows{found: true}
	for _, k := range q.kinds {
		some := k.candidates(r, d, q)
		if some.users != nil {
			out.users = some.users
		}
		if some.groups != nil {
			out.groups = some.groups
		}
		out.found = out.found && some.found
	}
	return out
}

// page is a part of what was found.
type page struct {
	total, start int
	rows         []row
	links        []links
	next         string // cursor
}

// page cuts the part that was asked for, with what else it shows.
func (c *call) page(r *store.Reader, d *store.Directory, q *query, found hits, from *position) (*page, error) {
	first := q.start - 1
	if q.byCursor {
		first = q.after(from, found)
	}
	total := found.len()
	first = min(first, total)
	last := min(first+q.count, total)
	out := &page{total: total, start: q.start}
	showGroups, showMembers := c.showsGroups(), c.projection(schema.Group())
	for i := first; i < last; i++ {
		one := found.at(i).row
		var of links
		switch {
		case one.group != nil:
			of.members = c.shownMembers(r, one.group, showMembers)
		case showGroups:
			of.groups = placesOf(r, one.user)
		}
		out.rows, out.links = append(out.rows, one), append(out.links, of)
	}
	if !q.byCursor || last == total || last == first {
		return out, nil
	}
	var err error
	out.next, err = q.next(r, d, found.at(last-1))
	return out, err
}

// showsGroups says whether a user's groups are seen, themselves or in the version.
func (c *call) showsGroups() bool {
	wants := c.projection(schema.User())
	return wants.Includes("groups") || wants.Includes("meta.version")
}

// listBody is RFC 7644, 3.4.2, with the cursor of RFC 9865, 2.2.
type listBody struct {
	Schemas      []string `json:"schemas"`
	TotalResults int      `json:"totalResults"`
	ItemsPerPage int      `json:"itemsPerPage"`
	StartIndex   int      `json:"startIndex,omitempty"`
	NextCursor   string   `json:"nextCursor,omitempty"`
	Resources    []any    `json:"Resources"`
}

func (c *call) pageAnswer(q *query, shown *page) (*answer, error) {
	out := listBody{
		Schemas: []string{listURN}, TotalResults: shown.total, ItemsPerPage: len(shown.rows),
		NextCursor: shown.next, Resources: make([]any, len(shown.rows)),
	}
	if !q.byCursor {
		out.StartIndex = shown.start
	}
	wants := map[*schema.ResourceType]*schema.Projection{
		schema.User(): c.projection(schema.User()), schema.Group(): c.projection(schema.Group()),
	}
	for i, r := range shown.rows {
		resource, err := c.document(r, shown.links[i])
		if err != nil {
			return nil, err
		}
		out.Resources[i] = wants[r.resourceType()].Apply(resource)
	}
	return &answer{status: http.StatusOK, body: out}, nil
}

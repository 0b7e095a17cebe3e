package identity

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

const (
	defaultPage = 100
	maxPage     = 1000
	// atOnce is how many rows are looked at before writers get their turn.
	atOnce = 200
)

// peopleQuery selects the users or groups of a directory that are wanted.
type peopleQuery struct {
	limit int
	// after is the id of the last one that is known already.
	after  string
	filter filter.Expr // nil for all
	held   bool
	kind   *schema.ResourceType
}

func readPeopleQuery(c *router.Call, kind *schema.ResourceType) (peopleQuery, error) {
	given := c.Request.URL.Query()
	out := peopleQuery{limit: defaultPage, after: given.Get("after"), kind: kind}
	var wrong []error
	read := func(name string, read func(text string) error) {
		if given.Has(name) {
			if err := read(given.Get(name)); err != nil {
				wrong = append(wrong, err)
			}
		}
	}
	read("limit", func(text string) (err error) {
		out.limit, err = input.Query("limit", text, true, input.IntBetween(1, maxPage))
		return err
	})
	read("held", func(text string) (err error) {
		out.held, err = input.Query("held", text, true, input.Bool)
		return err
	})
	read("filter", func(text string) (err error) {
		if out.filter, err = filter.Parse(text); err != nil {
			return wrongQuery("filter", err.Error())
		}
		return nil
	})
	read("after", func(text string) error {
		if prefix := idPrefix(kind); text != "" && (!strings.HasPrefix(text, prefix) || len(text) != len(prefix)+ulidLength) {
			return wrongQuery("after", "give the id of the last row of the page before, "+prefix+"…")
		}
		return nil
	})
	return out, together(wrong)
}

func wrongQuery(name, msg string) error {
	return &store.Invalid{Problems: []store.Problem{{In: "query", Loc: []any{name}, Msg: "Value error, " + msg, Type: "value_error"}}}
}

const ulidLength = 26

func idPrefix(kind *schema.ResourceType) string {
	return "directory_" + fold.Token(kind.ID) + "_"
}

// mentions reports whether the filter may ask for an attribute. It may say so in vain.
func (q peopleQuery) mentions(attribute string) bool {
	return q.filter != nil && strings.Contains(fold.Token(q.filter.String()), attribute)
}

// users returns those of a directory's users that may match, oldest first: by an index
// where the filter allows.
func (q peopleQuery) users(r *store.Reader, d *store.Directory) []*store.DirectoryUser {
	attribute, value, _ := filter.Equality(q.filter, "id", "userName", "externalId")
	switch attribute {
	case "id":
		id, err := uuid.Parse(value)
		if err != nil {
			return nil
		}
		if u, err := r.DirectoryUser(d.ID, id); err == nil {
			return []*store.DirectoryUser{u}
		}
		return nil
	case "userName":
		return r.DirectoryUsersByName(d.ID, value)
	case "externalId":
		return slices.Clone(r.DirectoryUsersByExternalID(d.ID, value))
	}
	return slices.Clone(r.DirectoryUsers(d.ID))
}

// listBody is a page of a list as the vendor has it.
type listBody[W any] struct {
	Object   string       `json:"object"`
	Data     []*W         `json:"data"`
	Metadata listMetadata `json:"list_metadata"`
}

type listMetadata struct {
	// Before is the vendor's; lists here are read onwards only.
	Before *string `json:"before"`
	After  *string `json:"after"`
}

// page looks at rows, a few at a time, until a page is full, and answers with it.
// show gives nil for a row that does not belong on it.
func page[R, W any](c *router.Call, q peopleQuery, rows []*R, id func(*R) string, show func(*store.Reader, *R) (*W, error)) (*router.Answer, error) {
	out := listBody[W]{Object: "list", Data: []*W{}}
	last := ""
	look := func(r *store.Reader, few []*R) error {
		for _, row := range few {
			wire, err := show(r, row)
			switch {
			case err != nil:
				return err
			case wire == nil:
			case len(out.Data) == q.limit:
				out.Metadata.After = &last // there are more
				return nil
			default:
				out.Data, last = append(out.Data, wire), id(row)
			}
		}
		return nil
	}
	for few := range slices.Chunk(behind(rows, q.after, id), atOnce) {
		if err := c.View(func(r *store.Reader) error { return look(r, few) }); err != nil {
			return nil, err
		}
		if out.Metadata.After != nil {
			break
		}
	}
	return router.OK(out), nil
}

// behind returns the rows whose ids come after one, whether that one is still there or
// not: the ids are in the order of the rows.
func behind[R any](rows []*R, after string, id func(*R) string) []*R {
	at, found := slices.BinarySearchFunc(rows, after, func(row *R, after string) int { return cmp.Compare(id(row), after) })
	if found {
		at++
	}
	return rows[at:]
}

// shown returns a row's wire type if its SCIM resource matches the filter.
func shown[W any](q peopleQuery, resource func() (map[string]any, error), toWire func() (*W, error)) (*W, error) {
	if q.filter == nil {
		return toWire()
	}
	of, err := resource()
	if err != nil || !filter.Match(q.filter, of, q.kind.CaseExact) {
		return nil, err
	}
	return toWire()
}

// userResource is a user as SCIM shows it, for filters.
func userResource(r *store.Reader, u *store.DirectoryUser) (map[string]any, error) {
	out, err := u.Resource()
	if err != nil {
		return nil, fmt.Errorf("read what was kept of %s: %w", u.VendorID(), err)
	}
	out["id"], out["meta"] = u.ID.String(), resourceMeta("User", u.Created, u.Updated)
	groups := []any{}
	for _, g := range r.GroupsOf(u) {
		groups = append(groups, map[string]any{"value": g.ID.String(), "display": g.DisplayName, "type": "direct"})
	}
	out["groups"] = groups
	return out, nil
}

// groupResource is a group as SCIM shows it, for filters. Members take time where
// there are many.
func groupResource(r *store.Reader, g *store.DirectoryGroup, withMembers bool) (map[string]any, error) {
	out := map[string]any{
		"id": g.ID.String(), "displayName": g.DisplayName, "externalId": g.ExternalID,
		"meta": resourceMeta("Group", g.Created, g.Updated),
	}
	if !withMembers {
		return out, nil
	}
	members := []any{}
	for _, m := range r.DirectoryGroupMembers(g) {
		kind := "User"
		if m.IsGroup {
			kind = "Group"
		}
		members = append(members, map[string]any{"value": m.MemberID.String(), "type": kind})
	}
	out["members"] = members
	return out, nil
}

func resourceMeta(kind string, created, updated time.Time) map[string]any {
	return map[string]any{
		"resourceType": kind, "created": created.Format(time.RFC3339Nano), "lastModified": updated.Format(time.RFC3339Nano),
	}
}

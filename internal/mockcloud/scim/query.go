package scim

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

// searchURN is the schema of POST /.search (RFC 7644, 3.4.3).
const searchURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

// How many resources are on a page.
const (
	defaultPage = 100
	maxPage     = 200
)

// query is what a list is asked for (RFC 7644, 3.4.2; RFC 9865, 2).
type query struct {
	kinds  []kind
	filter filter.Expr // nil for all
	// sortBy is an attribute, without a name for none.
	sortBy     filter.Path
	descending bool
	start      int // from 1
	count      int
	// byCursor asks for pages by cursor; the first has none.
	byCursor bool
	cursor   string
	// text is what has to stay the same from page to page.
	text []string
}

// search is a list of resources by GET.
func search(kinds ...kind) handler {
	return func(c *call) (*answer, error) {
		parameters := make(map[string]any, len(c.values))
		for name, values := range c.values {
			parameters[name] = values[0]
			if strings.EqualFold(name, "startIndex") || strings.EqualFold(name, "count") {
				parameters[name] = json.Number(strings.TrimSpace(values[0]))
			}
		}
		return c.search(parameters, kinds)
	}
}

// searchByPost is a list of resources by POST …/.search, which keeps what is
// looked for out of addresses.
func searchByPost(kinds ...kind) handler {
	return withBody(func(c *call, body map[string]any) (*answer, error) {
		given, _ := member(body, "schemas").([]any)
		if !slices.ContainsFunc(given, func(s any) bool { name, _ := s.(string); return strings.EqualFold(name, searchURN) }) {
			return nil, scimerr.New(scimerr.InvalidSyntax, "schemas must name %s", searchURN)
		}
		var err error
		if c.attributes, err = listed(body, "attributes"); err != nil {
			return nil, err
		}
		if c.excluded, err = listed(body, "excludedAttributes"); err != nil {
			return nil, err
		}
		return c.search(body, kinds)
	})
}

func (c *call) search(parameters map[string]any, kinds []kind) (*answer, error) {
	q, err := readQuery(parameters, kinds)
	if err != nil {
		return nil, err
	}
	return c.list(q)
}

func member(object map[string]any, name string) any {
	key, _ := filter.Key(object, name)
	return object[key]
}

// listed is a list of names in the body of a search.
func listed(body map[string]any, name string) ([]string, error) {
	value := member(body, name)
	list, ok := value.([]any)
	if !ok && value != nil {
		return nil, scimerr.New(scimerr.InvalidValue, "%s must be a list of attributes", name)
	}
	out := make([]string, len(list))
	for i, one := range list {
		if out[i], ok = one.(string); !ok {
			return nil, scimerr.New(scimerr.InvalidValue, "%s must be a list of attributes", name)
		}
	}
	return out, nil
}

func readQuery(parameters map[string]any, kinds []kind) (*query, error) {
	q := &query{kinds: kinds}
	given := make(map[string]string)
	for _, name := range []string{"filter", "sortBy", "sortOrder", "cursor"} {
		value := member(parameters, name)
		text, ok := value.(string)
		if !ok && value != nil {
			return nil, scimerr.New(scimerr.InvalidValue, "%s must be a string", name)
		}
		given[name] = strings.TrimSpace(text)
		q.byCursor = q.byCursor || name == "cursor" && ok
	}
	q.cursor = given["cursor"]
	var err error
	if given["filter"] != "" {
		if q.filter, err = filter.Parse(given["filter"]); err != nil {
			return nil, err
		}
		if err := checkDates(q.filter, kinds); err != nil {
			return nil, err
		}
		q.text = append(q.text, q.filter.String())
	}
	if given["sortBy"] != "" {
		if q.sortBy, err = sortPath(given["sortBy"], kinds); err != nil {
			return nil, err
		}
	}
	if order := given["sortOrder"]; order != "" && !strings.EqualFold(order, "ascending") && !strings.EqualFold(order, "descending") {
		return nil, scimerr.New(scimerr.InvalidValue, "sortOrder must be ascending or descending")
	}
	q.descending = strings.EqualFold(given["sortOrder"], "descending")
	for _, k := range kinds {
		q.text = append(q.text, k.resourceType().ID)
	}
	q.text = append(q.text, strings.ToLower(q.sortBy.String()), strconv.FormatBool(q.descending))
	return q, q.readPage(parameters)
}

// checkDates refuses a comparison of a date with what is none: it would match no user, or
// everybody, by accident.
func checkDates(e filter.Expr, kinds []kind) error {
	var wrong error
	filter.Walk(e, func(c filter.Compare) {
		isDate := slices.ContainsFunc(kinds, func(k kind) bool {
			a, ok := k.resourceType().Lookup(c.Path.String())
			return ok && a.Type == schema.DateTime
		})
		if isDate && !filter.IsDate(c) && wrong == nil {
			wrong = scimerr.New(scimerr.InvalidFilter, "%s is a date and time: compare it with one, like \"2008-01-23T04:56:22Z\"", c.Path)
		}
	})
	return wrong
}

// readPage reads which part of the list is asked for.
func (q *query) readPage(parameters map[string]any) error {
	wrong := scimerr.InvalidValue
	if q.byCursor {
		wrong = scimerr.InvalidCount
	}
	count, _, err := whole(parameters, "count", defaultPage, wrong)
	if err != nil {
		return err
	}
	q.count = min(max(count, 0), maxPage)
	start, given, err := whole(parameters, "startIndex", 1, scimerr.InvalidValue)
	if err != nil {
		return err
	}
	if given && q.byCursor {
		return scimerr.New(scimerr.InvalidValue, "cursor and startIndex are two ways to page; give one of them")
	}
	q.start = max(start, 1)
	return nil
}

// whole reads a whole number; one that is out of all proportion is as good as the
// largest.
func whole(parameters map[string]any, name string, otherwise int, wrong scimerr.Type) (n int, given bool, err error) {
	value := member(parameters, name)
	if value == nil {
		return otherwise, false, nil
	}
	number, ok := value.(json.Number)
	if !ok {
		return 0, true, scimerr.New(wrong, "%s must be a whole number", name)
	}
	parsed, err := strconv.ParseInt(number.String(), 10, 32)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, true, scimerr.New(wrong, "%s must be a whole number", name)
	}
	return int(parsed), true, nil
}

// sortPath reads the attribute to sort by, which one of the searched kinds has to have.
func sortPath(given string, kinds []kind) (filter.Path, error) {
	target, err := filter.ParsePath(given)
	if err != nil {
		return filter.Path{}, scimerr.New(scimerr.InvalidPath, "sortBy: %s", err)
	}
	known := slices.ContainsFunc(kinds, func(k kind) bool { _, ok := k.resourceType().Lookup(target.Path.String()); return ok })
	if target.Filter != nil || target.Name == "" || !known {
		return filter.Path{}, scimerr.New(scimerr.InvalidPath, "sortBy must be the path of an attribute, such as userName or name.familyName")
	}
	return target.Path, nil
}

// mentions says whether a filter or the order asks for an attribute of a sort.
func (q *query) mentions(wanted func(filter.Path) bool) bool {
	return q.sortBy.Name != "" && wanted(q.sortBy) || mentions(q.filter, wanted)
}

func mentions(e filter.Expr, wanted func(filter.Path) bool) bool {
	switch e := e.(type) {
	case filter.And:
		return mentions(e.Left, wanted) || mentions(e.Right, wanted)
	case filter.Or:
		return mentions(e.Left, wanted) || mentions(e.Right, wanted)
	case filter.Not:
		return mentions(e.Filter, wanted)
	case filter.ValuePath:
		return wanted(e.Path)
	case filter.Compare:
		return wanted(e.Path)
	}
	return false
}

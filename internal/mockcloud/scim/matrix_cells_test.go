package scim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// TestEveryCell computes every cell of the matrix of which TestMatrix sends some, without
// HTTP and without making the change. Beyond what TestMatrix holds, each cell has the
// scimType that the schema's words on the attribute allow, the forms of an operation mean
// the same, and a replace of a whole attribute is what a POST with that value would be.
func TestEveryCell(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	cells := newCells(m)
	t.Run("attributes", func(t *testing.T) {
		for _, rt := range schema.ResourceTypes() {
			for _, a := range attributesOf(rt) {
				t.Run(rt.ID+" "+a.path, func(t *testing.T) {
					t.Parallel()
					cells.of(t, rt, a.path)
				})
			}
		}
	})
	tried, done := cells.tried.Load(), cells.done.Load()
	least := int64(50_000)
	if testing.Short() {
		least /= 10
	}
	if done < least || tried-done < least {
		t.Errorf("%d cells, of which %d done: the matrix has holes", tried, done)
	}
	t.Logf("%d cells, of which %d done", tried, done)
}

// cells is what all cells are computed on.
type cells struct {
	*matrix
	computed    func(kind store.DirectoryType) scim.Computed
	before      map[string]obj // as shown, by resource type
	values      []any
	tried, done atomic.Int64
}

func newCells(m *matrix) *cells {
	c := &cells{matrix: m, before: make(map[string]obj)}
	for _, rt := range schema.ResourceTypes() {
		made := m.made(http.MethodPost, rt.Endpoint, m.bodies[rt.ID])
		if rt == schema.User() {
			m.addGroup("around", text(made, "id"))
		}
		c.before[rt.ID] = asSent(m.t, m.made(http.MethodGet, rt.Endpoint+"/"+text(made, "id"), nil))
	}
	for _, value := range shapes(m.others) {
		c.values = append(c.values, asSent(m.t, obj{"is": value})["is"])
	}
	c.computed = func(kind store.DirectoryType) scim.Computed {
		r := httptest.NewRequest(http.MethodPatch, "http://localhost"+m.path("/Users"), nil)
		out, err := m.server.Computed(r, m.directory.Endpoint, token, kind)
		if err != nil {
			m.t.Fatal(err)
		}
		return out
	}
	return c
}

// asSent is an object as the server reads it.
func asSent(t testing.TB, value obj) (out obj) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text(obj{"is": value}, "is")))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// column is the cells of one attribute.
type column struct {
	*cells
	t             *testing.T
	rt            *schema.ResourceType
	path          string
	name, sub     string
	attribute     *schema.Attribute // the one with the name, nil for an extension
	subject       *schema.Attribute // the one at the path
	before, kept  obj
	usual, strict scim.Computed
}

func (c *cells) of(t *testing.T, rt *schema.ResourceType, path string) {
	name, sub := cutSub(path)
	col := &column{
		cells: c, t: t, rt: rt, path: path, name: name, sub: sub,
		usual: c.computed(store.DirectoryGeneric), strict: c.computed("okta scim v2.0"),
	}
	col.attribute, _ = rt.Lookup(name)
	col.subject, _ = rt.Lookup(path)
	col.before = witnesses(c.before[rt.ID], name)
	col.kept = written(rt, col.before)
	bare := col.without()
	if posted, err := col.usual.Post(rt, col.kept); err != nil || !reflect.DeepEqual(posted, col.kept) {
		t.Fatalf("a POST of %v makes %v: %v", col.kept, posted, err)
	}
	pristine := text(obj{"is": col.before, "of": c.values}, "")
	for i, value := range c.values {
		if testing.Short() && i%8 != 0 {
			continue
		}
		for _, op := range []string{"add", "replace", "remove"} {
			col.plain(op, value)
			col.chosen(op, value)
			bare.bare(op, value)
		}
	}
	if text(obj{"is": col.before, "of": c.values}, "") != pristine {
		t.Error("what an operation was given was changed")
	}
}

// witnesses is of a resource the attribute with a name, and some of each kind that have to
// stay as they are: there are very many cells.
func witnesses(resource obj, name string) obj {
	out := obj{}
	urns := []any{}
	for key, value := range resource {
		named := strings.EqualFold(key, name) || strings.HasPrefix(name, key+":")
		if named || slices.Contains(strings.Fields("id meta schemas externalId userName displayName name active roles members"), key) {
			out[key] = value
		}
	}
	all, _ := resource["schemas"].([]any)
	for _, urn := range all {
		name, _ := urn.(string)
		if _, there := out[name]; there || strings.Contains(name, ":core:") {
			urns = append(urns, urn)
		}
	}
	out["schemas"] = urns
	return out
}

// written is a resource without what only the server says of it.
func written(rt *schema.ResourceType, resource obj) obj {
	out := obj{}
	for name, value := range resource {
		if a, known := rt.Lookup(name); known && a.Mutability != schema.ReadOnly {
			out[name] = value
		}
	}
	if list, ok := out["members"].([]any); ok {
		members := make([]any, len(list))
		for i, id := range each(list, "value") {
			members[i] = obj{"value": id}
		}
		out["members"] = members
	}
	return out
}

// outcome is what came of a cell.
type outcome struct {
	after obj
	err   error
}

func (o outcome) scimType() scimerr.Type {
	var e *scimerr.Error
	if errors.As(o.err, &e) {
		return e.ScimType
	}
	return ""
}

// told is an outcome with what it changed.
func (c *column) told(o outcome) string {
	if o.err != nil {
		return fmt.Sprintf("%s (%v)", o.scimType(), o.err)
	}
	changed := obj{}
	for name := range c.kept {
		if _, there := o.after[name]; !there {
			changed[name] = nil
		}
	}
	for name, is := range o.after {
		if !reflect.DeepEqual(is, c.kept[name]) {
			changed[name] = is
		}
	}
	return text(obj{"is": changed}, "is")
}

func (c *column) patch(in scim.Computed, before, operation obj) outcome {
	after, err := in.Patch(c.rt, before, asParsed(operation))
	return outcome{after, err}
}

// asParsed is the body of a PATCH as the server reads it.
func asParsed(operation obj) obj {
	return obj{"schemas": []any{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": []any{operation}}
}

func (c *column) fail(operation obj, format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("%s: %s", text(obj{"is": operation}, "is"), fmt.Sprintf(format, args...))
}

// plain is the cells with the path, and those that mean the same: in capitals, without a path.
func (c *column) plain(op string, value any) {
	operation := obj{"op": op, "path": c.path, "value": value}
	got := c.patch(c.usual, c.before, operation)
	c.check(operation, got, false, true)
	c.same(operation, got, obj{"op": strings.ToUpper(op), "path": strings.ToUpper(c.path), "value": value})
	if op != "remove" {
		c.same(operation, got, obj{"op": op, "value": obj{c.path: value}})
		c.asPost(operation, got, value)
	}
}

// without is the column on a resource that has no such attribute, nil where every
// resource has one.
func (c *column) without() *column {
	if c.attribute == nil || c.attribute.Required || slices.Contains([]string{"schemas", "id", "active"}, c.name) {
		return nil
	}
	out := *c
	out.before = with(c.before, c.name, nil)
	if !strings.Contains(c.name, "2.0:User:") {
		delete(out.before, c.name)
	}
	out.kept, _ = c.usual.Post(c.rt, written(c.rt, out.before))
	return &out
}

// bare is the cells on a resource that has no such attribute. There are fewer forms of
// them: what is there makes no difference to those.
func (c *column) bare(op string, value any) {
	if c == nil || c.rt == schema.Group() {
		return // a group has the members that the store has
	}
	operation := obj{"op": op, "path": c.path, "value": value}
	got := c.patch(c.usual, c.before, operation)
	several := c.attribute.MultiValued && c.sub != ""
	c.check(operation, got, several, !several)
	if op != "remove" {
		c.asPost(operation, got, value)
	}
	if c.attribute.MultiValued {
		operation = obj{"op": op, "path": chosen(c.name, filters(c.others)[0], c.sub), "value": value}
		c.check(operation, c.patch(c.usual, c.before, operation), true, false)
	}
}

// same: another form of an operation does the same.
func (c *column) same(operation obj, got outcome, other obj) {
	c.tried.Add(1)
	also := c.patch(c.usual, c.before, other)
	if also.err == nil {
		c.done.Add(1)
	}
	if also.scimType() != got.scimType() || (also.err == nil) != (got.err == nil) || !reflect.DeepEqual(also.after, got.after) {
		c.fail(operation, "makes %s, and as %s %s", c.told(got), text(obj{"is": other}, "is"), c.told(also))
	}
}

// chosen is the cells with a value path.
func (c *column) chosen(op string, value any) {
	if c.attribute == nil || strings.HasSuffix(c.name, "2.0:User") {
		return
	}
	for i, filter := range filters(c.others) {
		if !c.attribute.MultiValued && i > 0 {
			break // it is refused for what it is, whatever the filter
		}
		operation := obj{"op": op, "path": chosen(c.name, filter, c.sub), "value": value}
		matches := c.matches(i)
		got := c.patch(c.usual, c.before, operation)
		c.check(operation, got, true, matches)
		if op == "replace" && c.attribute.MultiValued && !matches && !asksForLess(value) {
			c.tried.Add(1)
			if strictly := c.patch(c.strict, c.before, operation); strictly.scimType() != scimerr.NoTarget && !slices.Contains(c.wrongValue(), strictly.scimType()) {
				c.fail(operation, "is %s where clients take no liberties", c.told(strictly))
			}
		}
	}
}

// matches says whether one of the filters matches a value of the attribute.
func (c *column) matches(filter int) bool {
	list, _ := c.before[c.attribute.Name].([]any)
	return slices.ContainsFunc(list, func(v any) bool {
		entry, complex := v.(obj)
		if !complex {
			return filter == 3
		}
		switch filter {
		case 0:
			return entry["type"] == "work"
		case 3:
			return entry["value"] != nil
		case 5:
			return entry["value"] == c.others[0]
		}
		return false // nothing is of type other or yacht, and what is for home is not primary
	})
}

func (c *column) isReadOnly() bool {
	return c.attribute != nil && c.attribute.Mutability == schema.ReadOnly || c.subject != nil && c.subject.Mutability == schema.ReadOnly
}

// wrongValue are the scimTypes of a value that is not right, as the attribute is.
func (c *column) wrongValue() []scimerr.Type {
	switch {
	case c.isReadOnly():
		return []scimerr.Type{scimerr.Mutability}
	case strings.EqualFold(c.name, "members"):
		return []scimerr.Type{scimerr.InvalidValue, scimerr.Mutability} // who a member is stays
	}
	return []scimerr.Type{scimerr.InvalidValue}
}

// unreadable says whether a value of an extension has a key that is no path. POST leaves
// such a key out, as any that it does not know.
func (c *column) unreadable(value any) bool {
	parts, _ := value.(obj)
	_, unnamed := parts[""]
	return unnamed && c.path == schema.EnterpriseUserURN
}

// check holds what came of a cell against what any right answer is. Matches says whether
// a filter matches, true without one.
func (c *column) check(operation obj, got outcome, filtered, matches bool) {
	c.tried.Add(1)
	wrong := c.wrongValue()
	if c.unreadable(operation["value"]) {
		wrong = []scimerr.Type{scimerr.InvalidPath}
	}
	switch multiValued := c.attribute != nil && c.attribute.MultiValued; {
	case filtered && !multiValued:
		wrong = []scimerr.Type{scimerr.InvalidPath}
	case operation["op"] == "remove" && !filtered && c.subject != nil && c.subject.Required && c.sub == "":
		wrong = []scimerr.Type{scimerr.Mutability}
	case filtered && !matches && operation["op"] != "remove":
		wrong = append(slices.Clone(wrong), scimerr.NoTarget)
	}
	if got.err != nil {
		if !slices.Contains(wrong, got.scimType()) {
			c.fail(operation, "is %s, not %v", c.told(got), wrong)
		}
		return
	}
	c.done.Add(1)
	if reflect.DeepEqual(got.after, c.kept) {
		return // which a POST makes, and so does the same again
	}
	if c.isReadOnly() {
		c.fail(operation, "was done: %s", c.told(got))
		return
	}
	for _, problem := range lost(c.name, operation, c.kept, got.after) {
		c.fail(operation, "%s", problem)
	}
	if posted, err := c.usual.Post(c.rt, got.after); err != nil || !reflect.DeepEqual(posted, got.after) {
		c.fail(operation, "makes %s, of which a POST makes %s", c.told(got), c.told(outcome{posted, err}))
	}
	// Who the members are is looked up in the store, which has the ones from before.
	if c.rt == schema.User() && isRepeatable(c.name, operation) {
		if again := c.patch(c.usual, got.after, operation); again.err != nil || !reflect.DeepEqual(again.after, got.after) {
			c.fail(operation, "makes %s, and again %s", c.told(got), c.told(again))
		}
	}
}

// asPost: to replace a whole attribute is what a POST of the resource with that value is, and
// what a POST refuses is refused. More is refused only where nothing of a list would be kept.
func (c *column) asPost(operation obj, got outcome, value any) {
	several := c.attribute != nil && c.attribute.MultiValued
	if c.isReadOnly() || c.unreadable(value) || several && (c.sub != "" || operation["op"] == "add") || operation["op"] == "add" && asksForLess(value) {
		return
	}
	posted, err := c.usual.Post(c.rt, with(c.kept, c.path, value))
	post := outcome{posted, err}
	merges := c.subject == nil || c.subject.Type == schema.Complex && !c.subject.MultiValued
	switch {
	case (got.err == nil) != (err == nil) && (err != nil || !c.keepsNothing(posted, value)):
		c.fail(operation, "is %s, and a POST %s", c.told(got), c.told(post))
	case c.path == schema.EnterpriseUserURN+":manager.value":
		if managerOf(got.after) != managerOf(posted) { // another manager has no address yet
			c.fail(operation, "makes %s, and a POST %s", c.told(got), c.told(post))
		}
	case got.err == nil && operation["op"] == "replace" && !merges && !reflect.DeepEqual(got.after, posted):
		c.fail(operation, "makes %s, and a POST %s", c.told(got), c.told(post))
	}
}

func managerOf(resource obj) string {
	extension, _ := resource[schema.EnterpriseUserURN].(obj)
	return text(extension, "manager.value")
}

// keepsNothing says whether a POST kept nothing of a list that has something.
func (c *column) keepsNothing(posted obj, value any) bool {
	return c.subject != nil && c.subject.MultiValued && value != nil && !reflect.DeepEqual(value, []any{}) && posted[c.subject.Name] == nil
}

// with is a resource with another value at a path.
func with(resource obj, path string, value any) obj {
	out := obj{}
	for name, was := range resource {
		out[name] = was
	}
	name, sub := cutSub(path)
	object := out
	if urn, inner, extended := strings.Cut(name, "2.0:User:"); extended {
		name = inner
		object = within(out, urn+"2.0:User")
	}
	if sub != "" {
		object, name = within(object, name), sub
	}
	object[name] = value
	return out
}

// within is a copy of an object in an object, in its place.
func within(object obj, name string) obj {
	out := obj{}
	old, _ := object[name].(obj)
	for key, value := range old {
		out[key] = value
	}
	object[name] = out
	return out
}

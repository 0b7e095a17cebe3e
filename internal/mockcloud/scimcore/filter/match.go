package filter

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// core is how the URNs of the core schemas begin; their attributes are at the
// top of a resource (RFC 7643, 3.3).
const core = "urn:ietf:params:scim:schemas:core:2.0:"

// Match is whether a resource matches a filter. An attribute with several values
// matches if one of them does, and a complex one stands for its "value". What is
// absent is the same as null and "", and differs from everything else. caseExact is asked for
// the path of an attribute, such as "emails.value"; without it no case matters.
func Match(e Expr, resource map[string]any, caseExact func(path string) bool) bool {
	if caseExact == nil {
		caseExact = func(string) bool { return false }
	}
	return matcher{caseExact: caseExact}.match(e, resource)
}

// MatchValue is whether one value of a multi-valued attribute matches what stands in
// brackets behind the attribute's path.
func MatchValue(e Expr, attribute Path, value any, caseExact func(path string) bool) bool {
	object, ok := value.(map[string]any)
	if !ok {
		object = map[string]any{"value": value}
	}
	return isPresent(object) && matcher{caseExact, attribute}.match(e, object)
}

// Equality finds a comparison of one of the given attributes with a string which
// must hold wherever the filter does, so that a store can ask its index first.
// The attribute comes back as it was given, the value as it was written: see
// Fold. Attributes given first are preferred.
func Equality(e Expr, attributes ...string) (attribute, value string, ok bool) {
	for _, a := range attributes {
		if v, ok := equality(e, a); ok {
			return a, v, true
		}
	}
	return "", "", false
}

func equality(e Expr, attribute string) (string, bool) {
	switch e := e.(type) {
	case And:
		if v, ok := equality(e.Left, attribute); ok {
			return v, true
		}
		return equality(e.Right, attribute)
	case Compare:
		v, text := e.Value.(string)
		here := topLevel(e.Path) && strings.EqualFold(e.Path.Name, attribute)
		return v, text && v != "" && here && e.Op == Eq
	}
	return "", false
}

// topLevel is whether a path names a whole attribute of the core schema.
func topLevel(p Path) bool { return p.Sub == "" && p.Core() }

// Core is whether a path is one of the core schemas, with or without their URN.
func (p Path) Core() bool {
	return p.URI == "" || len(p.URI) > len(core) && strings.EqualFold(p.URI[:len(core)], core)
}

// Fold is the form in which values are compared where case does not matter.
func Fold(s string) string { return fold.Text(s) }

// FoldAt is Fold for a value at a path: what people are told apart by goes by its
// identity key instead.
func FoldAt(path, s string) string {
	if isName(path) {
		return address.IdentityKey(s)
	}
	return Fold(s)
}

// isName is whether people are told apart by what is at a path: userName and emails.
func isName(path string) bool {
	path = fold.Token(path)
	if len(path) > len(core) && path[:len(core)] == fold.Token(core) {
		_, path, _ = strings.Cut(path[len(core):], ":")
	}
	return path == "username" || path == "emails" || path == "emails.value"
}

// Key finds the key by which an object has an attribute, whatever its case. An
// object that has it twice gives the same key each time.
func Key(object map[string]any, attribute string) (key string, ok bool) {
	if _, ok := object[attribute]; ok {
		return attribute, true
	}
	for k := range object {
		if strings.EqualFold(k, attribute) && (!ok || k < key) {
			key, ok = k, true
		}
	}
	return key, ok
}

func get(object map[string]any, attribute string) any {
	if k, ok := Key(object, attribute); ok {
		return object[k]
	}
	return nil
}

// matcher walks a filter. base is the attribute of the value path it is in.
type matcher struct {
	caseExact func(path string) bool
	base      Path
}

func (m matcher) match(e Expr, resource map[string]any) bool {
	switch e := e.(type) {
	case And:
		return m.match(e.Left, resource) && m.match(e.Right, resource)
	case Or:
		return m.match(e.Left, resource) || m.match(e.Right, resource)
	case Not:
		return !m.match(e.Filter, resource)
	case ValuePath:
		inner := matcher{m.caseExact, e.Path}
		for _, v := range values(resource, e.Path) {
			object, ok := v.(map[string]any)
			if !ok {
				object = map[string]any{"value": v}
			}
			if inner.match(e.Filter, object) {
				return true
			}
		}
	case Compare:
		return m.compare(e, values(resource, e.Path))
	}
	return false
}

func (m matcher) compare(e Compare, found []any) bool {
	empty := e.Value == nil || e.Value == ""
	switch {
	case e.Op == Pr, e.Op == Ne && empty:
		return len(found) > 0
	case e.Op == Eq && empty:
		return len(found) == 0
	case len(found) == 0:
		return e.Op == Ne
	}
	for _, v := range found {
		path := e.Path
		if object, ok := v.(map[string]any); ok {
			v, path = get(object, "value"), withSub(path, "value")
		}
		if m.base.Name != "" {
			path = withSub(m.base, path.Name)
		}
		if m.holds(e.Op, v, e.Value, path) {
			return true
		}
	}
	return false
}

func withSub(p Path, sub string) Path {
	if p.Sub == "" {
		p.Sub = sub
	}
	return p
}

// holds compares one value. Values of different types are different and have no
// order, but a boolean may be written as a string, as Entra ID does.
func (m matcher) holds(op Op, have, want any, path Path) bool {
	switch w := want.(type) {
	case string:
		if h, ok := have.(string); ok {
			return m.text(op, h, w, path)
		}
		if h, ok := have.(bool); ok {
			if b, ok := boolean(w); ok {
				return op == Eq && h == b || op == Ne && h != b
			}
		}
	case bool:
		if h, ok := boolean(have); ok {
			return op == Eq && h == w || op == Ne && h != w
		}
	case json.Number:
		if h, ok := have.(json.Number); ok {
			return ordered(op, numberOrder(h, w))
		}
	}
	return op == Ne
}

// text compares strings: as times where both are, but not the identifiers at the
// top of a resource, for which an index must find the same as Match.
func (m matcher) text(op Op, have, want string, path Path) bool {
	if !topLevel(path) && !isName(path.String()) && op != Co && op != Sw && op != Ew {
		if h, ok := dateTime(have); ok {
			if w, ok := dateTime(want); ok {
				return ordered(op, h.Compare(w))
			}
		}
	}
	at := path.String()
	switch parts := op == Co || op == Sw || op == Ew; {
	case parts && isName(at):
		have, want = address.Fold(have), address.Fold(want)
	case !m.caseExact(at):
		have, want = FoldAt(at, have), FoldAt(at, want)
	}
	switch op {
	case Co:
		return strings.Contains(have, want)
	case Sw:
		return strings.HasPrefix(have, want)
	case Ew:
		return strings.HasSuffix(have, want)
	default:
		return ordered(op, strings.Compare(have, want))
	}
}

func ordered(op Op, order int) bool {
	switch op {
	case Eq:
		return order == 0
	case Ne:
		return order != 0
	case Gt:
		return order > 0
	case Ge:
		return order >= 0
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	default:
		return false
	}
}

func boolean(v any) (value, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		return strings.EqualFold(v, "true"), strings.EqualFold(v, "true") || strings.EqualFold(v, "false")
	}
	return false, false
}

// numberOrder compares whole numbers exactly and others as floats.
func numberOrder(a, b json.Number) int {
	i, err := a.Int64()
	j, err2 := b.Int64()
	if err == nil && err2 == nil {
		return cmp.Compare(i, j)
	}
	// A number out of range becomes an infinity, which is in the right order.
	x, _ := a.Float64()
	y, _ := b.Float64()
	return cmp.Compare(x, y)
}

// dateTime reads an xsd:dateTime (RFC 7643, 2.3.5), in UTC where it has no zone.
func dateTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// values are what a resource has under a path, one by one and without what is
// null or empty, which is the same as absent (RFC 7643, 2.5).
func values(resource map[string]any, p Path) []any {
	if !p.Core() {
		extension, ok := get(resource, p.URI).(map[string]any)
		if !ok {
			return nil
		}
		resource = extension
	}
	if p.Name == "" {
		return present(resource)
	}
	found := present(get(resource, p.Name))
	if p.Sub == "" {
		return found
	}
	var out []any
	for _, v := range found {
		if object, ok := v.(map[string]any); ok {
			out = append(out, present(get(object, p.Sub))...)
		}
	}
	return out
}

// present lists a value, or each value of a list, that is not empty.
func present(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		if v == "" {
			return nil
		}
	case map[string]any:
		if !isPresent(v) {
			return nil
		}
	case []any:
		var out []any
		for _, one := range v {
			out = append(out, present(one)...)
		}
		return out
	}
	return []any{v}
}

// isPresent is whether a complex value has anything in it.
func isPresent(object map[string]any) bool {
	for _, sub := range object {
		if text, ok := sub.(string); ok && text != "" || !ok && len(present(sub)) > 0 {
			return true
		}
	}
	return false
}

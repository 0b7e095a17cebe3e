package schema

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/urns"
)

// Validate checks a resource as a client sends it in POST or PUT, or as a PATCH
// leaves it, and gives a copy that is fit to be stored. Nothing that a client
// may write at the top is immutable, so one check serves all three.
//
//   - What is readOnly is ignored (RFC 7644 sections 3.3 and 3.5.1), id and meta
//     included, and so is an attribute or extension that no schema here knows.
//     Neither is in the copy. An object that has nothing else is an error, since
//     what it was to say would be lost.
//   - What is returned never, the password, is checked and then left out.
//   - null and an empty list are as if left out (RFC 7643 section 2.5), so a
//     client's "$ref": null does no harm. In a list, null is an error, and so is an
//     entry without a value; one whose value is null or "" is left out.
//   - Entries of a list that have the same type and value become one.
//   - Canonical values are suggestions: others are taken too.
//   - What clients write in other ways is read through the table of tolerances.
//   - schemas may be left out, must name the resource type's own where it is
//     there, may name others, and lists in the copy what the copy has.
//
// The error is a *scimerr.Error that names the first attribute that is wrong,
// in the schema's order, and never holds what was sent.
func (rt *ResourceType) Validate(resource map[string]any) (map[string]any, error) {
	resource, err := rt.plain(resource)
	if err != nil {
		return nil, err
	}
	out, err := object(rt.attributes, resource, "")
	if err != nil {
		return nil, err
	}
	if sent, ok := out["schemas"].([]any); ok && !names(sent, rt.Schema.ID) {
		return nil, rt.notNamed()
	}
	schemas := []any{rt.Schema.ID}
	for _, extension := range rt.Extensions {
		if _, ok := out[extension.ID]; ok {
			schemas = append(schemas, extension.ID)
		}
	}
	out["schemas"] = schemas
	return out, nil
}

func names(list []any, schema string) bool {
	for _, element := range list {
		if text, ok := element.(string); ok && urns.Names(text, schema) {
			return true
		}
	}
	return false
}

func invalid(format string, args ...any) error {
	return scimerr.New(scimerr.InvalidValue, format, args...)
}

// object checks the attributes of a resource or of a complex value. The prefix
// stands before their names in errors.
func object(attributes []Attribute, raw map[string]any, prefix string) (map[string]any, error) {
	values := make(map[string]any, len(raw))
	var twice map[string]bool
	for name, value := range raw {
		key := strings.ToLower(name)
		if _, ok := values[key]; ok {
			if twice == nil {
				twice = make(map[string]bool)
			}
			twice[key] = true
		}
		values[key] = value
	}
	out := make(map[string]any, len(raw))
	for i := range attributes {
		a := &attributes[i]
		if a.Mutability == ReadOnly {
			continue
		}
		path := prefix + a.Name
		if twice[a.key] {
			return nil, scimerr.New(scimerr.InvalidSyntax, "%s is there more than once", path)
		}
		value, err := whole(a, values[a.key], path)
		if err != nil {
			return nil, err
		}
		if value != nil && a.Returned != Never {
			out[a.Name] = value
		}
	}
	return out, nil
}

// whole is checked, and that what has to be there is.
func whole(a *Attribute, raw any, path string) (any, error) {
	value, err := checked(a, raw, path)
	if err == nil && a.Required && blank(value) {
		err = invalid("%s is required", path)
	}
	return value, err
}

// Fault returns what Validate says of one attribute of a resource by itself, nil where
// nothing is wrong with it.
func (rt *ResourceType) Fault(a *Attribute, value any) error {
	if a.Mutability == ReadOnly {
		return nil
	}
	kept, err := whole(a, value, a.Name)
	if sent, ok := kept.([]any); err == nil && ok && a.key == "schemas" && !names(sent, rt.Schema.ID) {
		err = rt.notNamed()
	}
	return err
}

func (rt *ResourceType) notNamed() error { return invalid("schemas must include %s", rt.Schema.ID) }

func blank(value any) bool {
	text, ok := value.(string)
	return value == nil || ok && strings.TrimSpace(text) == ""
}

// checked gives an attribute's value as it is kept: nil where there is none.
func checked(a *Attribute, raw any, path string) (any, error) {
	if raw == nil || !a.MultiValued {
		return single(a, raw, path)
	}
	list, ok := a.tolerated(raw, false).([]any)
	if !ok {
		return nil, wrongType(path, "a list", raw)
	}
	out := make([]any, 0, len(list))
	for i, element := range list {
		if element == nil {
			return nil, wrongType(at(path, i), a.article(), element)
		}
		value, err := single(a, element, at(path, i))
		if err != nil {
			return nil, err
		}
		if value != nil {
			out = append(out, value)
		}
	}
	if out = a.merged(out); len(out) == 0 {
		return nil, nil
	}
	return out, onePrimary(out, path)
}

func onePrimary(entries []any, path string) error {
	primaries := 0
	for _, entry := range entries {
		if parts, ok := entry.(map[string]any); ok && parts["primary"] == true {
			primaries++
		}
	}
	if primaries > 1 {
		return invalid("%s has %d primary values, and at most one is allowed", path, primaries)
	}
	return nil
}

func (a *Attribute) article() string {
	if a.Type == Complex {
		return "an object"
	}
	return "a string"
}

// single gives a single value, or one of several, as it is kept.
func single(a *Attribute, raw any, path string) (any, error) {
	if raw == nil {
		return nil, nil
	}
	raw = a.tolerated(raw, true)
	switch a.Type {
	case Complex:
		return complexValue(a, raw, path)
	case Boolean:
		return boolean(raw, path)
	case Integer, Decimal:
		return number(a, raw, path)
	default:
		return text(a, raw, path)
	}
}

func complexValue(a *Attribute, raw any, path string) (any, error) {
	parts, ok := raw.(map[string]any)
	if !ok {
		return nil, wrongType(path, "an object", raw)
	}
	out, err := object(a.SubAttributes, parts, path+separator(a))
	if err != nil {
		return nil, err
	}
	switch {
	case a.MultiValued:
		if there, err := a.checkEntry(parts, out, path); !there {
			return nil, err
		}
	case a.Clears(raw), a.Clears(out):
		return nil, nil
	case len(out) == 0:
		return nil, a.checkKnown(parts, path)
	}
	return out, nil
}

// checkKnown refuses an object that says something and nothing of which is known: it
// would be lost. An extension may have attributes of its client's own only.
func (a *Attribute) checkKnown(parts map[string]any, path string) error {
	said := false
	for name, value := range parts {
		if a.Sub(name) != nil {
			return nil
		}
		said = said || value != nil
	}
	if !said || separator(a) == ":" {
		return nil
	}
	return invalid("%s has none of its attributes: %s", path, a.list(func(*Attribute) bool { return true }))
}

func boolean(raw any, path string) (any, error) {
	switch raw.(type) {
	case bool:
		return raw, nil
	case string:
		return nil, invalid("%s must be true or false, not another string", path)
	}
	return nil, wrongType(path, "true or false", raw)
}

func number(a *Attribute, raw any, path string) (any, error) {
	n, ok := raw.(json.Number)
	if !ok {
		return nil, wrongType(path, "a number", raw)
	}
	if _, err := strconv.ParseInt(n.String(), 10, 64); a.Type == Integer && err != nil {
		return nil, invalid("%s must be a whole number", path)
	}
	return n, nil
}

func text(a *Attribute, raw any, path string) (any, error) {
	s, ok := raw.(string)
	if !ok {
		return nil, wrongType(path, "a string", raw)
	}
	switch a.Type {
	case DateTime:
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return nil, invalid("%s must be a date and time like 2008-01-23T04:56:22Z", path)
		}
	case Binary:
		if _, err := base64.StdEncoding.DecodeString(s); err != nil {
			return nil, invalid("%s must be base64", path)
		}
	}
	return s, nil
}

func wrongType(path, want string, raw any) error {
	return invalid("%s must be %s, not %s", path, want, jsonType(raw))
}

// jsonType says what was sent without saying it: it may be a secret.
func jsonType(raw any) string {
	switch raw.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "something else"
}

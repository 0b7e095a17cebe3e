package schema

import (
	"maps"
	"strconv"
	"strings"
)

// tolerance is a way to write a value that no schema allows, that clients use all
// the same, and that can mean one thing only. Validate and the operations of PATCH
// read all values through the same table.
type tolerance struct {
	// name says what is tolerated, and who sends it.
	name string
	// read gives what is meant, or the value as it came. It sees a whole attribute, or
	// one of several values of a multi-valued one.
	read func(a *Attribute, raw any, oneOfSeveral bool) any
}

// tolerances are in the order in which they are applied.
var tolerances = []tolerance{
	{"one value for a list of them, (as RFC 7644, section 3.5.2.1, has it)", func(a *Attribute, raw any, oneOfSeveral bool) any {
		if _, isList := raw.([]any); a.MultiValued && a.Type == Complex && !oneOfSeveral && !isList && raw != nil {
			return []any{raw}
		}
		return raw
	}},
	{"a list of one where there is one value (Entra ID)", func(a *Attribute, raw any, oneOfSeveral bool) any {
		list, isList := raw.([]any)
		if a.MultiValued && !oneOfSeveral || !isList || len(list) != 1 {
			return raw
		}
		if parts, ok := list[0].(map[string]any); ok && a.Type != Complex {
			if value := named(parts, "value"); value != nil {
				return value
			}
		}
		return list[0]
	}},
	{"a plain string for an object with a value: the manager (Entra ID), an entry of a list", func(a *Attribute, raw any, oneOfSeveral bool) any {
		text, ok := raw.(string)
		if ok && a.Type == Complex && a.Sub("value") != nil && (oneOfSeveral || !a.MultiValued) {
			return map[string]any{"value": text}
		}
		return raw
	}},
	{"managerId, as in SCIM 1.1, for the manager's value (OneLogin)", func(a *Attribute, raw any, _ bool) any {
		parts, ok := raw.(map[string]any)
		if !ok || a.key != "manager" || !isNothing(named(parts, "value")) {
			return raw
		}
		id, sent := lookUp(parts, "managerId")
		if !sent {
			return raw
		}
		out := maps.Clone(parts)
		out["value"] = id
		return out
	}},
	{"True and False as strings for booleans (Entra ID)", func(a *Attribute, raw any, _ bool) any {
		if text, ok := raw.(string); ok && a.Type == Boolean {
			switch strings.ToLower(text) {
			case "true":
				return true
			case "false":
				return false
			}
		}
		return raw
	}},
	{"blanks around a userName", func(a *Attribute, raw any, _ bool) any {
		if text, ok := raw.(string); ok && a.Trimmed {
			return strings.TrimSpace(text)
		}
		return raw
	}},
}

// tolerated reads a value through the table.
func (a *Attribute) tolerated(raw any, oneOfSeveral bool) any {
	for i := range tolerances {
		raw = tolerances[i].read(a, raw, oneOfSeveral)
	}
	return raw
}

// named is a member of an object by its name, whatever its case.
func named(parts map[string]any, name string) any {
	value, _ := lookUp(parts, name)
	return value
}

func lookUp(parts map[string]any, name string) (value any, found bool) {
	if value, found = parts[name]; found {
		return value, true
	}
	for key, value := range parts {
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return nil, false
}

// carries says whether a sub-attribute is what an entry of a multi-valued attribute
// is there for: its value, and in an attribute without one, as addresses, whatever
// is not about the entry itself.
func (a *Attribute) carries(sub *Attribute) bool {
	if a.Sub("value") != nil {
		return sub.key == "value"
	}
	return sub.key != "type" && sub.key != "primary" && sub.key != "display"
}

// Says reports whether an entry of a multi-valued attribute, or a single complex
// value, says something. One that was to have a value, which is null or empty, says
// nothing: templates that clients fill in make such entries.
func (a *Attribute) Says(entry map[string]any) bool {
	for i := range a.SubAttributes {
		sub := &a.SubAttributes[i]
		if a.carries(sub) && !isNothing(named(entry, sub.key)) {
			return true
		}
	}
	return false
}

func isNothing(value any) bool { return value == nil || value == "" }

// Clears reports whether a value asks for an attribute, or an entry, to be gone: null,
// an empty list, and for what has a value of its own also null or "" in its place.
func (a *Attribute) Clears(raw any) bool {
	switch raw := a.tolerated(raw, true).(type) {
	case nil:
		return true
	case []any:
		return len(raw) == 0 && a.MultiValued
	case map[string]any:
		value, found := lookUp(raw, "value")
		return found && a.Sub("value") != nil && isNothing(value)
	}
	return false
}

// checkEntry holds an entry of a multi-valued attribute, as it came and as it is kept,
// against the rule that it has to say something. It reports whether there is one. A
// member always has to have a value.
func (a *Attribute) checkEntry(raw, kept map[string]any, path string) (bool, error) {
	if a.Says(kept) {
		return true, nil
	}
	for i := range a.SubAttributes {
		sub := &a.SubAttributes[i]
		if _, sent := lookUp(raw, sub.key); sent && a.carries(sub) && sub.Mutability != Immutable {
			return false, nil
		}
	}
	if a.Sub("value") != nil {
		return false, invalid("%s.value is missing", path)
	}
	return false, invalid("%s says nothing: it has none of %s", path, a.list(a.carries))
}

// list names sub-attributes for an error.
func (a *Attribute) list(wanted func(*Attribute) bool) string {
	var out []string
	for i := range a.SubAttributes {
		if wanted(&a.SubAttributes[i]) {
			out = append(out, a.SubAttributes[i].Name)
		}
	}
	return strings.Join(out, ", ")
}

// pair is what makes two entries of a multi-valued attribute one.
type pair struct{ kind, value string }

// merged makes one entry of those that have the same type and value. It stays at the
// place of the first, is primary if one of them was, and otherwise says what the last
// says. Addresses, which have no value, stay apart, as do members, which have no type
// of their own.
func (a *Attribute) merged(entries []any) []any {
	if a.Sub("value") == nil || a.Sub("primary") == nil || len(entries) < 2 {
		return entries
	}
	out := entries[:0:0]
	places := make(map[pair]map[string]any, len(entries))
	for _, entry := range entries {
		parts, _ := entry.(map[string]any)
		key := pair{a.folded(parts, "type"), a.folded(parts, "value")}
		first, known := places[key]
		if !known {
			places[key] = parts
			out = append(out, entry)
			continue
		}
		for name, value := range parts {
			if !isNothing(value) && (name != "primary" || first[name] != true) {
				first[name] = value
			}
		}
		maps.DeleteFunc(first, func(_ string, value any) bool { return isNothing(value) })
	}
	return out
}

// folded is a text as two are compared here: A to Z have no case where the schema says
// that there is none. Wider folding would make two people's addresses one.
func (a *Attribute) folded(parts map[string]any, name string) string {
	text, _ := parts[name].(string)
	if a.Sub(name).CaseExact {
		return text
	}
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// Whole returns what POST keeps of an attribute's whole value, nil where there is
// nothing to keep. The path stands in errors. A list of which nothing is kept, though
// it is not empty, is an error: a client that means that sends [].
func (a *Attribute) Whole(raw any, path string) (any, error) {
	value, err := checked(a, raw, path)
	if err != nil || value != nil || !a.MultiValued {
		return value, err
	}
	if list, ok := a.tolerated(raw, false).([]any); ok && len(list) > 0 {
		return nil, invalid("nothing in %s has a value; send an empty list to remove all", path)
	}
	return nil, nil
}

// Tolerated returns a single value as the table of tolerances reads it.
func (a *Attribute) Tolerated(raw any) any { return a.tolerated(raw, true) }

// Entry is Whole for one of the values of a multi-valued attribute.
func (a *Attribute) Entry(raw any, path string) (any, error) {
	return single(a, raw, path)
}

// Healed returns a kept resource without entries that say nothing, which earlier
// versions took: they must not stand in the way of a change of something else.
func (rt *ResourceType) Healed(kept map[string]any) map[string]any {
	out := make(map[string]any, len(kept))
	for name, value := range kept {
		out[name] = value
		a, known := rt.Lookup(name)
		list, isList := value.([]any)
		if !known || !isList || a.Type != Complex || a.Mutability == ReadOnly {
			continue
		}
		left := make([]any, 0, len(list))
		for _, entry := range list {
			if parts, ok := entry.(map[string]any); !ok || a.Says(parts) {
				left = append(left, entry)
			}
		}
		if out[name] = left; len(left) == 0 {
			delete(out, name)
		}
	}
	return out
}

// at is the path of one of several values, for errors.
func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

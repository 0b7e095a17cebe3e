package driftreport

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// difference is one attribute, or one element of a collection, that is not what
// it was.
type difference struct {
	path string // role, oidc.issuer, roles["ada@acme.com"], members
	attr string // the attribute at the top
	// key is which element of the collection at path or, for a map, of the one
	// above it: an email address, a domain; "" where there is no collection.
	key           string
	before, after any // nil: null, or not in the collection
	hidden        bool
	unknown       bool // after is known only when the plan has been applied
	element       bool // before or after is an element of the collection at path
}

// place returns where a difference is, the same in every change of a resource.
func (d difference) place() string {
	if d.element {
		return d.path + " has " + d.key
	}
	return d.path
}

// masks are the shadows of a value: where it is sensitive or unknown.
type masks struct{ before, after, unknown any }

func (m masks) at(key string) masks {
	return masks{report.Shade(m.before, key), report.Shade(m.after, key), report.Shade(m.unknown, key)}
}

// differences returns what a change does attribute by attribute, in the order of
// their names.
func differences(c report.Change) []difference {
	before, _ := c.Before.(map[string]any)
	after, _ := c.After.(map[string]any)
	var out []difference
	shades := masks{c.BeforeSensitive, c.AfterSensitive, c.AfterUnknown}
	for _, name := range keysOf(before, after, shades.unknown) {
		out = append(out, compare(difference{path: name, attr: name}, before[name], after[name], shades.at(name))...)
	}
	return out
}

func compare(at difference, before, after any, m masks) []difference {
	at.before, at.after = before, after
	if m.unknown == true {
		at.unknown, at.hidden = true, report.Covers(m.before) || report.Covers(m.after)
		return []difference{at}
	}
	if reflect.DeepEqual(before, after) && !report.Covers(m.unknown) {
		return nil
	}
	oldObject, oldIsObject := before.(map[string]any)
	newObject, newIsObject := after.(map[string]any)
	oldList, oldIsList := before.([]any)
	newList, newIsList := after.([]any)
	switch {
	case m.before == true || m.after == true:
		at.hidden = true
		return []difference{at}
	case (oldIsObject || before == nil) && (newIsObject || after == nil):
		var out []difference
		for _, key := range keysOf(oldObject, newObject, m.unknown) {
			below := difference{path: at.path + step(key), attr: at.attr, key: key}
			out = append(out, compare(below, oldObject[key], newObject[key], m.at(key))...)
		}
		return out
	case (oldIsList || before == nil) && (newIsList || after == nil):
		if report.Covers(m.before) || report.Covers(m.after) {
			at.hidden = true
			return []difference{at}
		}
		return elements(at, oldList, newList, m)
	}
	at.hidden = report.Covers(m.before) || report.Covers(m.after)
	return []difference{at}
}

// elements compares lists and sets, which JSON does not tell apart: objects that changed in their place, attribute by
// attribute; else what went and what came; and, where what stays has another order, which only a list has, the whole.
func elements(at difference, before, after []any, m masks) []difference {
	var out []difference
	gone, come := without(before, after), without(after, before)
	if places := changedObjects(before, after); len(places) > 0 && len(places) == len(gone) && len(places) == len(come) {
		for _, i := range places {
			below := difference{path: at.path + "[" + strconv.Itoa(i) + "]", attr: at.attr, key: strconv.Itoa(i)}
			out = append(out, compare(below, before[i], after[i], m.at(""))...)
		}
		return out
	}
	for _, v := range gone {
		out = append(out, difference{path: at.path, attr: at.attr, key: plain(v), before: v, element: true})
	}
	for _, v := range come {
		out = append(out, difference{path: at.path, attr: at.attr, key: plain(v), after: v, element: true})
	}
	if out == nil || !reflect.DeepEqual(without(before, gone), without(after, come)) {
		out = append(out, at)
	}
	return out
}

// changedObjects returns where lists of one length have different objects; nil where they differ in anything else.
func changedObjects(before, after []any) (places []int) {
	for i := range before {
		if len(before) != len(after) || reflect.DeepEqual(before[i], after[i]) {
			continue
		}
		_, wasObject := before[i].(map[string]any)
		_, isObject := after[i].(map[string]any)
		if !wasObject || !isObject {
			return nil
		}
		places = append(places, i)
	}
	return places
}

// without returns what list has more of than other.
func without(list, other []any) []any {
	left := make(map[string]int)
	for _, v := range other {
		left[plain(v)]++
	}
	var out []any
	for _, v := range list {
		if left[plain(v)]--; left[plain(v)] < 0 {
			out = append(out, v)
		}
	}
	return out
}

// keysOf returns the keys of all that are objects, sorted.
func keysOf(objects ...any) []string {
	var keys []string
	for _, v := range objects {
		if object, ok := v.(map[string]any); ok {
			keys = slices.AppendSeq(keys, maps.Keys(object))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// step returns how a path goes on to a key, in Terraform's spelling.
func step(key string) string {
	if identifier.MatchString(key) {
		return "." + key
	}
	return "[" + strconv.Quote(key) + "]"
}

// plain returns a string as it is, any other value as JSON.
func plain(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "" // what came from JSON becomes JSON again
	}
	return string(text)
}

// maxRunes is how many characters of a value are shown.
const maxRunes = 80

// shown returns a value as a report has it: quoted, so that it cannot steer a
// terminal or pass for another, and not too long.
func shown(v any) string {
	text := plain(v)
	cut := ""
	if runes := []rune(text); len(runes) > maxRunes {
		text, cut = string(runes[:maxRunes]), "…"
	}
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return strconv.Quote(text) + cut
	default:
		return report.Printable(text) + cut
	}
}

// words returns what became of the place.
func (d difference) words() string {
	switch {
	case d.hidden:
		return d.path + ": changed (a sensitive value)"
	case d.element && d.before == nil:
		return d.path + ": " + shown(d.after) + " added"
	case d.element:
		return d.path + ": " + shown(d.before) + " removed"
	default:
		return d.path + ": " + shown(d.before) + " → " + shown(d.after)
	}
}

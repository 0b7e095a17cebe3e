package schemachange

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind is how much a change asks of people who have a configuration.
type Kind int

// From the least to the most.
const (
	Compatible Kind = iota // nothing
	Added                  // nothing, and there is something new to use
	Stricter               // a rule is new or another one: whether it refuses what it took before, a reader has to say
	Breaking               // a configuration, a state or a module that works today may fail or be replaced
)

// String is the kind's name.
func (k Kind) String() string {
	return [...]string{"compatible", "added", "stricter", "breaking"}[k]
}

// Change is one difference between two schemas.
type Change struct {
	Path string
	Kind Kind
	What string
}

// String is the change on one line.
func (c Change) String() string { return fmt.Sprintf("%s: %s (%s)", c.Path, c.What, c.Kind) }

// Compare says what changed from one schema to the next, by path.
func Compare(before, after Schema) (changes []Change) {
	say := func(path string, kind Kind, what string, args ...any) {
		changes = append(changes, Change{path, kind, fmt.Sprintf(what, args...)})
	}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if _, there := after[path]; there {
			compare(before[path], after[path], func(kind Kind, what string, args ...any) { say(path, kind, what, args...) })
			continue
		}
		if holder, inside := parent(path); inside {
			if _, there := after[holder]; !there {
				continue // said of what it was in
			}
		}
		say(path, Breaking, "removed")
	}
	for _, path := range slices.Sorted(maps.Keys(after)) {
		if _, there := before[path]; there {
			continue
		}
		holder, inside := parent(path)
		if _, there := before[holder]; inside && !there {
			continue
		}
		switch {
		case strings.HasPrefix(path, "identity ") && inside:
			say(path, Breaking, "new in an identity, which others have stored without it")
		case after[path].Required && inside:
			say(path, Breaking, "new, and required")
		default:
			say(path, Added, "new")
		}
	}
	return changes
}

// parent is the path of what an attribute is in.
func parent(path string) (string, bool) {
	i := strings.LastIndex(path, ".")
	if i < 0 {
		return "", false
	}
	return path[:i], true
}

func compare(before, after Facts, say func(kind Kind, what string, args ...any)) {
	if before.Type != after.Type {
		say(Breaking, "the type %s became %s", before.Type, after.Type)
	}
	if before.Nesting != after.Nesting {
		say(Breaking, "the nesting %s became %s", before.Nesting, after.Nesting)
	}
	settable := func(f Facts) bool { return f.Required || f.Optional }
	switch {
	case after.Required && !before.Required:
		say(Breaking, "required now")
	case settable(before) && !settable(after):
		say(Breaking, "can no longer be set")
	case before.Required && after.Optional:
		say(Added, "optional now")
	case !settable(before) && settable(after):
		say(Added, "can be set now")
	}
	switch {
	case before.Computed && !after.Computed:
		say(Breaking, "no longer computed")
	case !before.Computed && after.Computed:
		say(Added, "computed where it is not set")
	}
	if before.Sensitive != after.Sensitive {
		// An output or a module that shows it fails, or shows it from now on.
		say(Breaking, "sensitive became %t", after.Sensitive)
	}
	if before.WriteOnly != after.WriteOnly {
		say(Breaking, "write-only became %t", after.WriteOnly)
	}
	if before.Default != after.Default {
		say(Breaking, "the default %q became %q", before.Default, after.Default)
	}
	if gone, added := difference(before.Replaces, after.Replaces); len(added) > 0 {
		say(Breaking, "a change replaces the resource")
	} else if len(gone) > 0 {
		say(Added, "a change no longer replaces the resource, or does so less often")
	}
	if gone, added := difference(before.Modifiers, after.Modifiers); len(gone)+len(added) > 0 {
		say(Compatible, "plan modifiers: %q became %q", gone, added)
	}
	if gone, added := difference(before.Rules, after.Rules); len(added) > 0 {
		say(Stricter, "the rules %q became %q", gone, added)
	} else if len(gone) > 0 {
		say(Added, "the rules %q are gone", gone)
	}
	if before.Deprecated == "" && after.Deprecated != "" {
		say(Added, "deprecated")
	}
	switch {
	case after.Version < before.Version:
		say(Breaking, "version %d of the state became %d", before.Version, after.Version)
	case after.Version > before.Version:
		say(Added, "states of version %d are upgraded to %d", before.Version, after.Version)
	}
}

// difference is what only one of two lists has.
func difference(before, after []string) (gone, added []string) {
	for _, one := range before {
		if !slices.Contains(after, one) {
			gone = append(gone, one)
		}
	}
	for _, one := range after {
		if !slices.Contains(before, one) {
			added = append(added, one)
		}
	}
	return gone, added
}

package scim

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/patch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// patchGroup makes the change that the operations of a PATCH ask for. A group may
// have very many members, so operations on them become a change of the list and
// never see it, and all others work on the resource without it.
func (c *call) patchGroup(read reading, row *store.DirectoryGroup, operations []patch.Operation) (store.DirectoryGroupChange, error) {
	changes := memberChanges{call: c, read: read, group: row, in: make(map[uuid.UUID]bool), known: make(map[uuid.UUID]knownMember)}
	others, onMembers := make([]patch.Operation, len(operations)), make([][]patch.Operation, len(operations))
	for i, operation := range operations {
		if err := c.work.Alive(); err != nil {
			return store.DirectoryGroupChange{}, err
		}
		others[i], onMembers[i] = withoutMembers(operation)
	}
	if err := changes.lookUp(named(onMembers)); err != nil {
		return store.DirectoryGroupChange{}, err
	}
	for i, list := range onMembers {
		for _, o := range list {
			if err := changes.apply(o); err != nil {
				return store.DirectoryGroupChange{}, patch.InOperation(i, err)
			}
		}
	}
	after, err := patched(c.groupDocument(row, nil), others, c.rules(schema.Group()), schema.Group().Validate)
	if err != nil {
		return store.DirectoryGroupChange{}, err
	}
	displayName, externalID := text(after, "displayName"), text(after, "externalId")
	out := store.DirectoryGroupChange{DisplayName: &displayName, ExternalID: &externalID}
	changes.into(&out)
	return out, nil
}

// named are the members whom operations choose by their "value".
func named(onMembers [][]patch.Operation) (ids []uuid.UUID) {
	for _, list := range onMembers {
		for _, o := range list {
			if _, value, ok := filter.Equality(o.Target.Filter, "value"); ok {
				if id, ok := parseID(value); ok {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

// withoutMembers takes apart what an operation does to the members and what else it
// does. Either may be nothing.
func withoutMembers(o patch.Operation) (rest patch.Operation, onMembers []patch.Operation) {
	nothing := patch.Operation{Op: patch.Add, Value: map[string]any{}}
	if o.Target != nil {
		if isMembers(*o.Target) {
			return nothing, []patch.Operation{o}
		}
		return o, nil
	}
	object, ok := o.Value.(map[string]any)
	if !ok {
		return o, nil
	}
	others := make(map[string]any, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		value := object[key]
		target, err := filter.ParsePath(key)
		switch inner, nested := value.(map[string]any); {
		case err == nil && isMembers(target):
			onMembers = append(onMembers, patch.Operation{Op: o.Op, Target: &target, Value: value})
		case err == nil && nested && target.Name == "" && target.Core():
			below, found := withoutMembers(patch.Operation{Op: o.Op, Value: inner})
			others[key], onMembers = below.Value, append(onMembers, found...)
		default:
			others[key] = value
		}
	}
	return patch.Operation{Op: o.Op, Value: others}, onMembers
}

func isMembers(t filter.Target) bool { return t.Core() && strings.EqualFold(t.Name, "members") }

// memberChanges is what operations on a group's members come to.
type memberChanges struct {
	*call
	read  reading
	group *store.DirectoryGroup
	// known is what is known of those who were looked up; seen says that all of the
	// group's members were looked at once, which costs nothing extra.
	known map[uuid.UUID]knownMember
	seen  bool
	// afresh says that the list began anew; in then has all members.
	afresh bool
	// in says of those who were touched whether they are in now, order who was first.
	in    map[uuid.UUID]bool
	order []uuid.UUID
}

// knownMember is whether somebody is in the group, and how they are shown.
type knownMember struct {
	in, isGroup bool
	display     string
}

// lookedUp is how many are looked up in one read, so that no write waits long for it.
const lookedUp = 1000

// lookUp looks up those who are not known yet.
func (m *memberChanges) lookUp(ids []uuid.UUID) error {
	for some := range slices.Chunk(ids, lookedUp) {
		if err := m.read(func(r *store.Reader, d *store.Directory) error {
			for _, id := range some {
				if _, known := m.known[id]; known {
					continue
				}
				_, err := r.DirectoryGroup(d.ID, id)
				m.known[id] = knownMember{in: r.InDirectoryGroup(m.group, id), isGroup: err == nil, display: r.DisplayOf(d.ID, id)}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func (m *memberChanges) set(ids []uuid.UUID, in bool) {
	for _, id := range ids {
		if _, touched := m.in[id]; !touched {
			m.order = append(m.order, id)
		}
		m.in[id] = in
	}
}

func (m *memberChanges) clear() {
	// A new map: to clear one takes as long as it ever was large.
	m.afresh, m.order, m.in = true, nil, make(map[uuid.UUID]bool)
}

// touched are those who are in, or out, because of an operation.
func (m *memberChanges) touched(in bool) []uuid.UUID {
	out := make([]uuid.UUID, 0, len(m.order))
	for _, id := range m.order {
		if m.in[id] == in {
			out = append(out, id)
		}
	}
	return out
}

func (m *memberChanges) into(change *store.DirectoryGroupChange) {
	if m.afresh {
		all := m.touched(true)
		change.Members = &all
		return
	}
	change.Add, change.Remove = m.touched(true), m.touched(false)
}

// apply carries out one operation.
func (m *memberChanges) apply(o patch.Operation) error {
	if err := m.work.Spend(1); err != nil {
		return err
	}
	if o.Target.Filter != nil || o.Target.Sub != "" {
		return m.applyChosen(o)
	}
	ids, err := sentMembers(o.Value)
	if err != nil {
		return err
	}
	switch {
	case o.Op == patch.Remove && o.Value == nil:
		m.clear()
	case o.Op == patch.Remove:
		m.set(ids, false)
	case o.Op == patch.Replace:
		m.clear()
		m.set(ids, true)
	default:
		m.set(ids, true)
	}
	return nil
}

// applyChosen carries out an operation on some of the members. The usual filter
// names one; only for others are all looked at.
func (m *memberChanges) applyChosen(o patch.Operation) error {
	var chosen []uuid.UUID
	if _, value, ok := filter.Equality(o.Target.Filter, "value"); !ok {
		var err error
		if chosen, err = m.all(); err != nil {
			return err
		}
	} else if id, ok := parseID(value); ok && m.has(id) {
		chosen = []uuid.UUID{id}
	}
	before := make([]any, len(chosen))
	for i, id := range chosen {
		before[i] = m.memberDocument(id, m.known[id].isGroup, m.known[id].display)
	}
	after, err := patch.ApplyOne(map[string]any{"members": before}, o, m.rules(schema.Group()))
	if err != nil {
		return err
	}
	left := memberIDs(after["members"])
	m.set(without(chosen, left), false)
	m.set(without(left, chosen), true)
	return nil
}

func without(ids, others []uuid.UUID) []uuid.UUID {
	known := make(map[uuid.UUID]bool, len(others))
	for _, id := range others {
		known[id] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { return known[id] })
}

func (m *memberChanges) has(id uuid.UUID) bool {
	if in, touched := m.in[id]; touched || m.afresh {
		return in
	}
	return m.known[id].in
}

// shownMember is what it costs to make a document of a member, in comparisons.
const shownMember = 4

// all are the members as the operations so far leave them, and known. To look at them
// once is free, as far as they are the group's own.
func (m *memberChanges) all() ([]uuid.UUID, error) {
	var out []uuid.UUID
	if !m.afresh {
		if err := m.read(func(r *store.Reader, _ *store.Directory) error {
			for _, member := range r.DirectoryGroupMembers(m.group) {
				if _, touched := m.in[member.MemberID]; !touched {
					out = append(out, member.MemberID)
				}
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	out = append(out, m.touched(true)...)
	cost := shownMember * (len(out) + len(m.order))
	if !m.seen {
		m.seen, cost = true, 0
	}
	if err := m.work.Spend(cost); err != nil {
		return nil, err
	}
	return out, m.lookUp(out)
}

// Package people is the directory of the test identity provider: who works
// there, in which groups, and who has left. It knows no HTTP and no SCIM.
//
// Every change is told to one Observer, in the order in which changes are made;
// package push is that observer and carries them on to a SCIM endpoint.
//
// A group is made by naming it, as a person who joins may do. Names of groups are
// one name, whatever their case; people whose addresses only look alike are
// different ones, as at any identity provider, whatever the server makes of it.
package people

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// Person is a person in the directory.
type Person struct {
	// Subject identifies the person for good (OIDC's sub, SCIM's externalId); it
	// never changes and is never given to another person.
	Subject    string
	Email      string
	FirstName  string
	LastName   string
	Title      string
	Department string
	// Groups are the names of the groups that the person is in, sorted.
	Groups []string
	// Left reports whether the person works there no more. Their groups stay, for the
	// case of their return.
	Left bool
}

// Name is how pages call the person.
func (p Person) Name() string {
	return cmp.Or(strings.TrimSpace(p.FirstName+" "+p.LastName), p.Email)
}

// Group is a group of people.
type Group struct {
	// ID identifies the group for good, whatever its name.
	ID   string
	Name string
	// Members are the subjects of its people, sorted; also of those who left.
	Members []string
}

// Observer is notified of changes while the directory is locked: it must be quick
// and must not call back.
type Observer interface {
	// PersonChanged is called for new people, too.
	PersonChanged(Person)
	PersonRemoved(Person)
	// GroupChanged is called for new groups and for deleted ones, too.
	GroupChanged(id, name string)
}

// Directory holds people and groups. Use New.
type Directory struct {
	mu       sync.RWMutex
	observer Observer
	people   map[string]*member // by subject
	subjects map[string]string  // by identity key of the email address
	groups   map[string]*group  // by id
	ids      map[string]string  // of groups, by folded name
}

type member struct {
	Person                     // Groups is left empty here
	groups map[string]struct{} // ids
}

type group struct {
	id, name string
	members  map[string]struct{} // subjects
}

// New returns an empty directory.
func New() *Directory {
	return &Directory{
		observer: noObserver{},
		people:   make(map[string]*member), subjects: make(map[string]string),
		groups: make(map[string]*group), ids: make(map[string]string),
	}
}

type noObserver struct{}

func (noObserver) PersonChanged(Person)        {}
func (noObserver) PersonRemoved(Person)        {}
func (noObserver) GroupChanged(string, string) {}

// Observe notifies an observer of all changes from now on, instead of the one that was notified so
// far.
func (d *Directory) Observe(o Observer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.observer = o
}

// view is a person as others see them.
func (d *Directory) view(m *member) Person {
	out := m.Person
	for id := range m.groups {
		out.Groups = append(out.Groups, d.groups[id].name)
	}
	slices.Sort(out.Groups)
	return out
}

// People returns everybody, also those who left, by email address.
func (d *Directory) People() []Person {
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := make([]Person, 0, len(d.people))
	for _, m := range d.people {
		out = append(out, d.view(m))
	}
	slices.SortFunc(out, func(a, b Person) int { return strings.Compare(a.Email, b.Email) })
	return out
}

// Person returns the person of a subject.
func (d *Directory) Person(subject string) (Person, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	m, ok := d.people[subject]
	if !ok {
		return Person{}, false
	}
	return d.view(m), true
}

// Find returns the person of an email address.
func (d *Directory) Find(email string) (Person, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	m, err := d.byEmail(email)
	if err != nil {
		return Person{}, err
	}
	return d.view(m), nil
}

// Groups returns all groups, by name.
func (d *Directory) Groups() []Group {
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := make([]Group, 0, len(d.groups))
	for _, g := range d.groups {
		out = append(out, g.view())
	}
	slices.SortFunc(out, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Group returns the group of an id.
func (d *Directory) Group(id string) (Group, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	g, ok := d.groups[id]
	if !ok {
		return Group{}, false
	}
	return g.view(), true
}

// GroupsOf returns the ids of the groups that a person is in.
func (d *Directory) GroupsOf(subject string) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	m, ok := d.people[subject]
	if !ok {
		return nil
	}
	return slices.Sorted(maps.Keys(m.groups))
}

func (g *group) view() Group {
	return Group{ID: g.id, Name: g.name, Members: slices.Sorted(maps.Keys(g.members))}
}

// byEmail finds a person for a change.
func (d *Directory) byEmail(email string) (*member, error) {
	if m, ok := d.people[d.subjects[address.IdentityKey(email)]]; ok {
		return m, nil
	}
	return nil, unknown("no person here has the email address %q", email)
}

func (d *Directory) byName(name string) (*group, error) {
	if g, ok := d.groups[d.ids[fold.Text(name)]]; ok {
		return g, nil
	}
	return nil, unknown("there is no group %q", name)
}

// named returns the group of a name, which it makes if there is none.
func (d *Directory) named(name string) *group {
	if g, err := d.byName(name); err == nil {
		return g
	}
	g := &group{id: uuid.NewString(), name: name, members: make(map[string]struct{})}
	d.groups[g.id], d.ids[fold.Text(name)] = g, g.id
	return g
}

func (d *Directory) notifyPerson(m *member) { d.observer.PersonChanged(d.view(m)) }

func (d *Directory) notifyGroup(g *group) { d.observer.GroupChanged(g.id, g.name) }

// notifyGroups notifies the observer of all groups that a person is in, or was, by name.
func (d *Directory) notifyGroups(ids map[string]struct{}) {
	var groups []*group
	for id := range ids {
		groups = append(groups, d.groups[id])
	}
	slices.SortFunc(groups, func(a, b *group) int { return strings.Compare(a.name, b.name) })
	for _, g := range groups {
		d.notifyGroup(g)
	}
}

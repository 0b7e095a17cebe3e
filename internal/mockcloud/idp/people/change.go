package people

import (
	"maps"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// Set adds a person with a subject of their own, or makes the one of that
// subject look like this, groups and all.
func (d *Directory) Set(p Person) error {
	if p.Subject == "" {
		return invalid("a person needs a subject")
	}
	if err := check(p); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if other, taken := d.subjects[address.IdentityKey(p.Email)]; taken && other != p.Subject {
		return addressTaken(p.Email)
	}
	d.put(p)
	return nil
}

// put makes a person look like this, and notifies the observer.
func (d *Directory) put(p Person) *member {
	m, known := d.people[p.Subject]
	if !known {
		m = &member{groups: make(map[string]struct{})}
		d.people[p.Subject] = m
	}
	delete(d.subjects, address.IdentityKey(m.Email))
	d.subjects[address.IdentityKey(p.Email)] = p.Subject
	names := p.Groups
	m.Person, m.Groups = p, nil
	touched := maps.Clone(m.groups)
	for id := range m.groups {
		delete(d.groups[id].members, p.Subject)
	}
	clear(m.groups)
	for _, name := range names {
		g := d.named(name)
		g.members[p.Subject], m.groups[g.id], touched[g.id] = struct{}{}, struct{}{}, struct{}{}
	}
	d.notifyPerson(m)
	d.notifyGroups(touched)
	return m
}

// Join adds people, all of them or, if something is wrong with one, none. Their
// subjects are new.
func (d *Directory) Join(people ...Person) ([]Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := make(map[string]bool)
	for _, p := range people {
		if err := check(p); err != nil {
			return nil, err
		}
		switch m, err := d.byEmail(p.Email); {
		case err == nil && m.Left:
			return nil, taken("a person with the address %s has left; a return brings them back", p.Email)
		case err == nil || seen[address.IdentityKey(p.Email)]:
			return nil, addressTaken(p.Email)
		}
		seen[address.IdentityKey(p.Email)] = true
	}
	out := make([]Person, len(people))
	for i, p := range people {
		p.Subject, p.Left = uuid.NewString(), false
		out[i] = d.view(d.put(p))
	}
	return out, nil
}

// Leave records that a person no longer works here.
func (d *Directory) Leave(email string) (Person, error) { return d.setLeft(email, true) }

// Return records that a person who left is back.
func (d *Directory) Return(email string) (Person, error) { return d.setLeft(email, false) }

func (d *Directory) setLeft(email string, left bool) (Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m, err := d.byEmail(email)
	if err != nil {
		return Person{}, err
	}
	if m.Left != left {
		m.Left = left
		d.notifyPerson(m)
		d.notifyGroups(m.groups)
	}
	return d.view(m), nil
}

// Change is what changes of a person; nil stays as it is.
type Change struct {
	Email      *string `json:"email"`
	FirstName  *string `json:"first_name"`
	LastName   *string `json:"last_name"`
	Title      *string `json:"title"`
	Department *string `json:"department"`
}

// Change changes a person.
func (d *Directory) Change(email string, c Change) (Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m, err := d.byEmail(email)
	if err != nil {
		return Person{}, err
	}
	next := m.Person
	for to, from := range map[*string]*string{
		&next.Email: c.Email, &next.FirstName: c.FirstName, &next.LastName: c.LastName,
		&next.Title: c.Title, &next.Department: c.Department,
	} {
		if from != nil {
			*to = *from
		}
	}
	if err := check(next); err != nil {
		return Person{}, err
	}
	if other, is := d.subjects[address.IdentityKey(next.Email)]; is && other != m.Subject {
		return Person{}, addressTaken(next.Email)
	}
	delete(d.subjects, address.IdentityKey(m.Email))
	d.subjects[address.IdentityKey(next.Email)] = m.Subject
	m.Person = next
	d.notifyPerson(m)
	return d.view(m), nil
}

// Remove takes a person out of the directory; unknown ones are fine.
func (d *Directory) Remove(subject string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m, ok := d.people[subject]
	if !ok {
		return
	}
	last := d.view(m)
	delete(d.subjects, address.IdentityKey(m.Email))
	delete(d.people, subject)
	for id := range m.groups {
		delete(d.groups[id].members, subject)
	}
	d.observer.PersonRemoved(last)
	d.notifyGroups(m.groups)
}

// AddGroup makes a group.
func (d *Directory) AddGroup(name string, emails ...string) (Group, error) {
	if err := checkText("name", name, true); err != nil {
		return Group{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.byName(name); err == nil {
		return Group{}, taken("there is a group %q already", name)
	}
	return d.addMembers(name, emails)
}

// AddMembers puts people into a group, which is made if there is none.
func (d *Directory) AddMembers(name string, emails ...string) (Group, error) {
	if err := checkText("name", name, true); err != nil {
		return Group{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.addMembers(name, emails)
}

func (d *Directory) addMembers(name string, emails []string) (Group, error) {
	members, err := d.all(emails)
	if err != nil {
		return Group{}, err
	}
	g := d.named(name)
	for _, m := range members {
		g.members[m.Subject], m.groups[g.id] = struct{}{}, struct{}{}
	}
	d.notifyGroup(g)
	return g.view(), nil
}

// RemoveMembers takes people out of a group. Who is not in it stays out.
func (d *Directory) RemoveMembers(name string, emails ...string) (Group, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g, err := d.byName(name)
	if err != nil {
		return Group{}, err
	}
	members, err := d.all(emails)
	if err != nil {
		return Group{}, err
	}
	for _, m := range members {
		delete(g.members, m.Subject)
		delete(m.groups, g.id)
	}
	d.notifyGroup(g)
	return g.view(), nil
}

// all finds all people of a list, or none.
func (d *Directory) all(emails []string) ([]*member, error) {
	out := make([]*member, len(emails))
	for i, email := range emails {
		var err error
		if out[i], err = d.byEmail(email); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// RenameGroup returns a group another name.
func (d *Directory) RenameGroup(name, to string) (Group, error) {
	if err := checkText("name", to, true); err != nil {
		return Group{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	g, err := d.byName(name)
	if err != nil {
		return Group{}, err
	}
	if other, err := d.byName(to); err == nil && other != g {
		return Group{}, taken("there is a group %q already", to)
	}
	delete(d.ids, fold.Text(g.name))
	g.name, d.ids[fold.Text(to)] = to, g.id
	d.notifyGroup(g)
	return g.view(), nil
}

// DeleteGroup takes a group away; its people stay.
func (d *Directory) DeleteGroup(name string) (Group, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g, err := d.byName(name)
	if err != nil {
		return Group{}, err
	}
	for subject := range g.members {
		delete(d.people[subject].groups, g.id)
	}
	delete(d.ids, fold.Text(g.name))
	delete(d.groups, g.id)
	d.notifyGroup(g)
	return g.view(), nil
}

// Replace takes everybody and every group away and starts again with these.
// Observers are not notified: they have to read everything anew.
func (d *Directory) Replace(people []Person) error {
	fresh := New()
	for _, p := range people {
		if err := fresh.Set(p); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.people, d.subjects, d.groups, d.ids = fresh.people, fresh.subjects, fresh.groups, fresh.ids
	return nil
}

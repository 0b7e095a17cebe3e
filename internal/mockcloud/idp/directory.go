package idp

import (
	"context"
	"slices"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
)

// Target is the SCIM endpoint that the directory is pushed to.
type Target = push.Target

// Close ends the pushing, if there is any.
func (p *IdP) Close() { p.pusher.Disconnect() }

// Reset puts the directory back to what it was at first, pushes it nowhere, encrypts
// nothing, and makes the provider behave well.
func (p *IdP) Reset() error {
	p.pusher.Disconnect()
	p.Misbehave(Honest)
	p.EncryptSAML(false)
	return p.directory.Replace(p.first)
}

// SetPerson adds a person, or changes the one with that subject.
func (p *IdP) SetPerson(person Person) error { return p.directory.Set(person) }

// RemovePerson takes a person away; unknown ones are fine.
func (p *IdP) RemovePerson(subject string) { p.directory.Remove(subject) }

// People are all who can log in, by email address.
func (p *IdP) People() []Person {
	return slices.DeleteFunc(p.directory.People(), func(person Person) bool { return person.Left })
}

// Directory is everybody, with those who left, and all groups.
func (p *IdP) Directory() *people.Directory { return p.directory }

// Join adds people, all or none; groups that they name are made.
func (p *IdP) Join(joining ...Person) ([]Person, error) { return p.directory.Join(joining...) }

// Leave records that a person no longer works there: they cannot log in from now on,
// and the endpoint is told.
func (p *IdP) Leave(email string) error {
	_, err := p.directory.Leave(email)
	return err
}

// Return records that a person who left is back.
func (p *IdP) Return(email string) error {
	_, err := p.directory.Return(email)
	return err
}

// AddToGroup puts people into a group, which is made if there is none.
func (p *IdP) AddToGroup(name string, emails ...string) error {
	_, err := p.directory.AddMembers(name, emails...)
	return err
}

// RemoveFromGroup takes people out of a group.
func (p *IdP) RemoveFromGroup(name string, emails ...string) error {
	_, err := p.directory.RemoveMembers(name, emails...)
	return err
}

// RenameGroup returns a group another name.
func (p *IdP) RenameGroup(name, to string) error {
	_, err := p.directory.RenameGroup(name, to)
	return err
}

// DeleteGroup takes a group away.
func (p *IdP) DeleteGroup(name string) error {
	_, err := p.directory.DeleteGroup(name)
	return err
}

// Connect pushes the directory to a SCIM endpoint from now on. Another token for
// the same endpoint counts from the next request on.
func (p *IdP) Connect(target Target) error { return p.pusher.Connect(target) }

// Disconnect ends that.
func (p *IdP) Disconnect() { p.pusher.Disconnect() }

// Resync compares all that the endpoint has with the directory, and repairs it.
func (p *IdP) Resync() error { return p.pusher.Resync() }

// Idle waits until everything is delivered. It fails if something cannot be.
func (p *IdP) Idle(ctx context.Context) error { return p.pusher.Idle(ctx) }

// PushStatus returns the progress of pushing.
func (p *IdP) PushStatus() push.Status { return p.pusher.Status() }

// Delivered waits until all changes of a person so far are delivered, and returns how long
// the last of them took.
func (p *IdP) Delivered(ctx context.Context, email string) (time.Duration, error) {
	person, err := p.directory.Find(email)
	if err != nil {
		return 0, err
	}
	return p.pusher.Wait(ctx, p.keysOf(person)...)
}

// keysOf returns the keys of what is delivered of people: they themselves and their groups.
func (p *IdP) keysOf(joined ...Person) (keys []string) {
	for _, person := range joined {
		keys = append(keys, person.Subject)
		keys = append(keys, p.directory.GroupsOf(person.Subject)...)
	}
	return keys
}

// employed returns the person of a subject who has not left.
func (p *IdP) employed(subject string) (Person, bool) {
	person, ok := p.directory.Person(subject)
	return person, ok && !person.Left
}

package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
)

// sessionLasts is how long a session lasts. Whether its login is recent enough for an
// account is the account's own question (auth_expiration_seconds).
const sessionLasts = 7 * 24 * time.Hour

// maxSubject bounds what identity providers call people: OpenID Connect has 255
// characters, SAML says nothing.
const maxSubject = 1024

// LinkedIdentity is who a person is at an identity provider: what a connection's
// provider calls them, for good. Email addresses come to belong to others; these do
// not.
type LinkedIdentity struct {
	ID           uuid.UUID
	Created      time.Time
	ConnectionID string
	Subject      string
	UserID       uuid.UUID
}

// subjectOf is a subject at a connection.
type subjectOf struct{ connection, subject string }

// personAt is a person at a connection.
type personAt struct {
	connection string
	user       uuid.UUID
}

// LoginReason says by a stable word why a proven login was refused.
type LoginReason string

// Why the identity provider's word alone lets nobody in.
const (
	LoginConnectionGone        LoginReason = "connection_gone"
	LoginConnectionOff         LoginReason = "connection_off"
	LoginSubjectInvalid        LoginReason = "subject_invalid"
	LoginEmailInvalid          LoginReason = "email_invalid"
	LoginDomainNotServed       LoginReason = "domain_not_served"
	LoginLookAlike             LoginReason = "look_alike"
	LoginShutOut               LoginReason = "shut_out"
	LoginSubjectChanged        LoginReason = "subject_changed"
	LoginMembershipDeactivated LoginReason = "membership_deactivated"
	LoginNotProvisioned        LoginReason = "not_provisioned"
)

// LoginRefused is a login that the identity provider vouches for and that is refused
// all the same.
type LoginRefused struct {
	Reason LoginReason
	// Sentence tells the person what to do.
	Sentence string
}

func (e *LoginRefused) Error() string { return e.Sentence }

func refuseLogin(reason LoginReason, format string, args ...any) error {
	return &LoginRefused{Reason: reason, Sentence: fmt.Sprintf(format, args...)}
}

// ProvenLogin is what an identity provider says of a person, after all of it was
// verified.
type ProvenLogin struct {
	ConnectionID               string
	Subject                    string
	Email, FirstName, LastName string
	IPAddress, UserAgent       string
}

// LogIn turns a proven login into a session and its token. Who it is goes by
// connection and subject. A person whom nobody knows is made, and becomes a Member;
// one who is known by email is linked at their first login. Refusals are
// LoginRefused.
//
// A connection speaks for its domains only: else whoever configures one could log in
// as anybody, in every account that they belong to.
func (tx *Tx) LogIn(n ProvenLogin) (*Session, string, error) {
	c, err := tx.ConnectionByID(n.ConnectionID)
	if err != nil {
		return nil, "", refuseLogin(LoginConnectionGone, "The connection of this login is not there any more. Ask your administrator.")
	}
	if !c.TakesLogins() {
		return nil, "", refuseLogin(LoginConnectionOff, "Nobody logs in through this connection: it is %s. Ask your administrator.", c.State)
	}
	if n.Subject == "" || len(n.Subject) > maxSubject {
		return nil, "", refuseLogin(LoginSubjectInvalid, "Your identity provider does not say who you are, or at too great length. Ask your administrator.")
	}
	n.Email = address.Normal(n.Email)
	if err := CheckEmail(n.Email); err != nil {
		return nil, "", refuseLogin(LoginEmailInvalid, "Your identity provider says no usable email address: %s. Ask your administrator.", err)
	}
	if !c.serves(n.Email) {
		return nil, "", refuseNotServed(n.Email)
	}
	u, err := tx.personOf(c, n)
	if err != nil {
		return nil, "", err
	}
	tx.by = u.actor()
	if err := tx.ConnectionLoggedIn(c.ID); err != nil {
		return nil, "", err
	}
	return tx.AddSession(NewSession{
		UserID: u.ID, AccountID: c.AccountID, ConnectionID: c.ID,
		IPAddress: n.IPAddress, UserAgent: n.UserAgent, Expires: tx.Now().Add(sessionLasts),
	})
}

func refuseNotServed(email string) error {
	return refuseLogin(LoginDomainNotServed, "This connection is not for the domain of %s. Log in with another address, or ask your administrator.", email)
}

// TakesLogins says whether people can log in through the connection. The first login
// through a validating one makes it active.
func (c *Connection) TakesLogins() bool {
	return c.State == ConnectionActive || c.State == ConnectionValidating
}

// serves says whether an email's domain is one of the connection's.
func (c *Connection) serves(email string) bool {
	name, err := NormalizeDomain(email[strings.LastIndex(email, "@")+1:])
	return err == nil && slices.Contains(c.Domains, name)
}

// personOf finds whose login it is, or makes and links the person, and sees to it that
// they are a member.
func (tx *Tx) personOf(c *Connection, n ProvenLogin) (*User, error) {
	if known, ok := tx.data.identityBySubject.get(subjectOf{c.ID, n.Subject}); ok {
		u, err := tx.User(known.UserID)
		if err != nil {
			return nil, err
		}
		// Older versions linked people whose addresses only look alike.
		if address.Collide(n.Email, u.Email) {
			return nil, refuseLookAlike(n.Email)
		}
		if err := tx.shutOut(u); err != nil {
			return nil, err
		}
		// The domain may have moved to another connection since.
		if !c.serves(u.Email) {
			return nil, refuseNotServed(u.Email)
		}
		return u, tx.admit(c, u)
	}
	u, ok := tx.UserByEmail(n.Email)
	if !ok {
		if tx.takenFor(c.AccountID, n.Email) {
			return nil, refuseLookAlike(n.Email)
		}
		var err error
		if u, err = tx.AddUser(NewUser{Email: n.Email, FirstName: n.FirstName, LastName: n.LastName}); err != nil {
			return nil, err
		}
	} else if _, linked := tx.data.identityOf.get(personAt{c.ID, u.ID}); linked {
		return nil, refuseLogin(LoginSubjectChanged, "Your identity provider now says that %s is somebody else than before. Ask your administrator.", u.Email)
	}
	if err := tx.shutOut(u); err != nil {
		return nil, err
	}
	if err := tx.admit(c, u); err != nil {
		return nil, err
	}
	link := &LinkedIdentity{ID: tx.newID(), Created: tx.stamp(), ConnectionID: c.ID, Subject: n.Subject, UserID: u.ID}
	tx.data.identities.put(tx, link.ID, link)
	return u, nil
}

// admit makes a person a Member who is none, unless a directory decides who is. A
// login never lets somebody in again who was deactivated.
func (tx *Tx) admit(c *Connection, u *User) error {
	m, err := tx.MembershipOf(c.AccountID, u.ActorID)
	if err == nil {
		if !m.Active {
			return refuseLogin(LoginMembershipDeactivated, "Your membership is deactivated. Logging in does not change that; ask your administrator.")
		}
		return nil
	}
	if d, ok := tx.directoryFor(c.AccountID, u.Email); ok {
		return refuseLogin(LoginNotProvisioned, "Accounts for %s come from the directory %s, and you are not in it. Ask your administrator to assign you.", u.Email, d.Name)
	}
	role, err := tx.Role(c.AccountID, MemberRoleID)
	if err != nil {
		return err
	}
	_, err = tx.join(Membership{AccountID: c.AccountID, ActorID: u.ActorID, UserID: u.ID, RoleID: role.ID}, role, uuid.Nil)
	return err
}

// dropIdentities forgets who people are at a connection that goes.
func (tx *Tx) dropIdentities(rows []*LinkedIdentity) {
	for _, link := range slices.Clone(rows) {
		tx.data.identities.delete(tx, link.ID)
	}
}

// rejectedEvery is how often the refusals for one reason are told of: strangers can
// cause them, and must not push everything else out of the audit trail.
const rejectedEvery = time.Minute

// RecordRejectedLogin notes that a login was refused and why, at most once a minute
// for each reason. Where the connection is not known the event is the account's.
func (tx *Tx) RecordRejectedLogin(accountID uuid.UUID, connectionID, reason string) error {
	a, err := tx.Account(accountID)
	if err != nil {
		return err
	}
	of := a.subject()
	if c, err := tx.Connection(accountID, connectionID); err == nil {
		of = c.subject()
	}
	name := ownEvents + kindConnection + "." + rejected
	told, err := tx.lately(accountID, rejectedEvery, name)
	if err != nil || slices.ContainsFunc(told, func(e *Event) bool {
		return e.Resource.ID == resourceID(of.kind, of.id) && e.Payload["reason"] == reason
	}) {
		return err
	}
	tx.note(name, of, map[string]any{"reason": reason}, uuid.Nil)
	return nil
}

// SessionBySecret finds the session that a token is of, with its person.
func (r *Reader) SessionBySecret(secret string) (*Session, *User, bool) {
	s, ok := r.data.sessionByHash.get(hashOf(secret))
	if !ok || ended(s.Expires, r.Now()) {
		return nil, nil, false
	}
	u, ok := r.data.users.get(s.UserID)
	if !ok || r.whyShutOut(u) != "" {
		return nil, nil, false
	}
	return s, u, true
}

// ConnectionForLogin finds the connection through which people of an email's domain
// log in: the active one, else one that waits for its first login, the oldest first.
func (r *Reader) ConnectionForLogin(email string) (*Connection, bool) {
	name, err := NormalizeDomain(email[strings.LastIndex(email, "@")+1:])
	if err != nil {
		return nil, false
	}
	if c, ok := r.data.connectionByDomain.get(name); ok {
		return c, true
	}
	d, ok := r.data.domainByName.get(name)
	if !ok {
		return nil, false
	}
	for _, c := range r.Connections(d.AccountID) {
		if c.State == ConnectionValidating && slices.Contains(c.Domains, name) {
			return c, true
		}
	}
	return nil, false
}

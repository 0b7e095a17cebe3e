package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
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
	// Source is the attribute that the subject came from; empty for the NameID and for
	// OpenID Connect's sub. Values of two sources never compare: people could choose one
	// that is somebody else's in the other.
	Source, Subject string
	// Folds says that the subject is an email address by its format, so that the case of
	// its letters says nothing. Others are opaque.
	Folds  bool
	UserID uuid.UUID
}

var (
	identityTable     = table.Declare(&tables, "identities", func(i *LinkedIdentity) (uuid.UUID, time.Time) { return i.ID, i.Created })
	identityBySubject = table.Unique(identityTable, func(i *LinkedIdentity) (subjectOf, bool) {
		return subjectOf{i.ConnectionID, i.Source, i.Subject}, true
	})
	identityOf       = table.Unique(identityTable, func(i *LinkedIdentity) (personAt, bool) { return personAt{i.ConnectionID, i.UserID}, true })
	identitiesByFold = table.Group(identityTable, func(i *LinkedIdentity) (subjectOf, bool) {
		return subjectOf{i.ConnectionID, i.Source, lowerASCII(i.Subject)}, true
	})
	identitiesByUser       = table.Group(identityTable, func(i *LinkedIdentity) (uuid.UUID, bool) { return i.UserID, true }, table.DeletedWith(userTable))
	identitiesByConnection = table.Group(identityTable, func(i *LinkedIdentity) (string, bool) { return i.ConnectionID, true },
		table.DeletedWithKey(connectionTable, func(c *Connection) string { return c.ID }))
)

// subjectOf is a subject at a connection.
type subjectOf struct{ connection, source, subject string }

// personAt is a person at a connection.
type personAt struct {
	connection string
	user       uuid.UUID
}

// LinkedPeople returns how many people are known by a subject at a connection.
func (r *Reader) LinkedPeople(connectionID string) int {
	return len(identitiesByConnection.Get(r.db, connectionID))
}

// LoginReason says by a stable word why a proven login was refused.
type LoginReason string

// Why the identity provider's word alone signs no user in.
const (
	LoginConnectionGone        LoginReason = "connection_gone"
	LoginConnectionOff         LoginReason = "connection_off"
	LoginSubjectInvalid        LoginReason = "subject_invalid"
	LoginEmailInvalid          LoginReason = "email_invalid"
	LoginDomainNotServed       LoginReason = "domain_not_served"
	LoginLookAlike             LoginReason = "look_alike"
	LoginShutOut               LoginReason = "shut_out"
	LoginSubjectChanged        LoginReason = "subject_changed"
	LoginSubjectAmbiguous      LoginReason = "subject_ambiguous"
	LoginNotRecent             LoginReason = "login_not_recent"
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
	ConnectionID string
	// Subject is what Source says of the person; see LinkedIdentity.
	Source, Subject string
	SubjectFolds    bool
	// Carried is by its source what else the same answer calls the person. One who is
	// linked by such a name is linked by the subject from now on.
	Carried                    map[string]string
	Email, FirstName, LastName string
	// Authenticated is when the person proved to the identity provider who they are;
	// zero where it does not say.
	Authenticated        time.Time
	IPAddress, UserAgent string
	// AttributeNames are those of the attributes or claims that came, for the record of a
	// refusal.
	AttributeNames []string
}

// LogIn turns a proven login into a session and its token. Who it is goes by
// connection and subject. A person who is not known is made, and becomes a Member;
// one who is known by email is linked at their first login. Refusals are
// LoginRefused.
//
// A connection speaks for its domains only: else the person who configures one could sign in
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
	if !c.Serves(n.Email) {
		return nil, "", refuseNotServed(n.Email)
	}
	if err := tx.checkRecent(c, n.Authenticated); err != nil {
		return nil, "", err
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
		IPAddress: n.IPAddress, UserAgent: n.UserAgent, Authenticated: n.Authenticated, Expires: tx.Now().Add(sessionLasts),
	})
}

// checkRecent refuses a login whose session would never count as recent: the identity
// provider was asked for a new login and gave an old one.
func (tx *Tx) checkRecent(c *Connection, authenticated time.Time) error {
	a, err := tx.Account(c.AccountID)
	if err != nil || a.AuthExpirationSeconds == nil {
		return err
	}
	if authenticated.IsZero() || int(tx.Now().Sub(authenticated)/time.Second) >= *a.AuthExpirationSeconds {
		return refuseLogin(LoginNotRecent, "The account asks for a recent login, and your identity provider did not ask you to log in again. Log out there and start again.")
	}
	return nil
}

func refuseNotServed(email string) error {
	return refuseLogin(LoginDomainNotServed, "This connection is not for the domain of %s. Log in with another address, or ask your administrator.", email)
}

// TakesLogins reports whether people can log in through the connection. The first login
// through a validating one makes it active.
func (c *Connection) TakesLogins() bool {
	return c.State == ConnectionActive || c.State == ConnectionValidating
}

// Serves reports whether an email's domain is one of the connection's.
func (c *Connection) Serves(email string) bool {
	name, err := NormalizeDomain(email[strings.LastIndex(email, "@")+1:])
	return err == nil && slices.Contains(c.Domains, name)
}

// personOf finds whose login it is, or makes and links the person, and sees to it that
// they are a member.
func (tx *Tx) personOf(c *Connection, n ProvenLogin) (*User, error) {
	known, err := tx.linkOf(c, n)
	if err != nil {
		return nil, err
	}
	if known != nil {
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
		if !c.Serves(u.Email) {
			return nil, refuseNotServed(u.Email)
		}
		if err := tx.admitMember(c, u); err != nil {
			return nil, err
		}
		tx.relinkIdentity(known, n)
		return u, nil
	}
	u, ok := tx.UserByEmail(n.Email)
	if !ok {
		if tx.takenFor(c.AccountID, n.Email) {
			return nil, refuseLookAlike(n.Email)
		}
		if u, err = tx.AddUser(NewUser{Email: n.Email, FirstName: n.FirstName, LastName: n.LastName}); err != nil {
			return nil, err
		}
	} else if _, linked := identityOf.Get(tx.db, personAt{c.ID, u.ID}); linked {
		return nil, refuseLogin(LoginSubjectChanged, "Your identity provider now says that %s is somebody else than before. Ask your administrator.", u.Email)
	}
	if err := tx.shutOut(u); err != nil {
		return nil, err
	}
	if err := tx.admitMember(c, u); err != nil {
		return nil, err
	}
	link := &LinkedIdentity{
		ID: tx.newID(), Created: tx.stamp(), ConnectionID: c.ID,
		Source: n.Source, Subject: n.Subject, Folds: n.SubjectFolds, UserID: u.ID,
	}
	identityTable.Put(tx.db, link)
	return u, nil
}

// linkOf finds who is linked: by the exact subject; else, if that is an email address,
// by it in another case; else by what the person was known by before the connection's
// mapping was changed. It is nil for no user. Where it could be two people it is neither.
func (tx *Tx) linkOf(c *Connection, n ProvenLogin) (*LinkedIdentity, error) {
	if link, ok := identityBySubject.Get(tx.db, subjectOf{c.ID, n.Source, n.Subject}); ok {
		return link, nil
	}
	ambiguous := refuseLogin(LoginSubjectAmbiguous, "Your identity provider calls you by a name that two people could have. Ask your administrator.")
	if n.SubjectFolds {
		switch folded := identitiesByFold.Get(tx.db, subjectOf{c.ID, n.Source, lowerASCII(n.Subject)}); {
		case len(folded) > 1:
			return nil, ambiguous
		case len(folded) == 1 && folded[0].Folds:
			return folded[0], nil
		}
	}
	var former *LinkedIdentity
	for source, name := range n.Carried {
		link, ok := identityBySubject.Get(tx.db, subjectOf{c.ID, source, name})
		switch {
		case !ok || source == n.Source:
		case former != nil && former.ID != link.ID:
			return nil, ambiguous
		default:
			former = link
		}
	}
	return former, nil
}

// relinkIdentity keeps what a person is called now. An email address keeps the case in which it
// first came, so that each spelling leads to the same link.
func (tx *Tx) relinkIdentity(link *LinkedIdentity, n ProvenLogin) {
	next := *link
	if link.Source != n.Source {
		next.Source, next.Subject = n.Source, n.Subject
	}
	next.Folds = n.SubjectFolds
	if next != *link {
		identityTable.Put(tx.db, &next)
	}
}

// lowerASCII folds the case of ASCII letters alone.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}

// admitMember makes a person a Member who is none, unless a directory decides who is. A
// login never lets somebody in again who was deactivated.
func (tx *Tx) admitMember(c *Connection, u *User) error {
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
	_, err = tx.addMember(Membership{AccountID: c.AccountID, ActorID: u.ActorID, UserID: u.ID, RoleID: role.ID}, role, uuid.Nil)
	return err
}

// How often the audit trail is told of refusals for one reason, and of how many within an
// hour at all. Anybody can cause them, and must not push everything else out of it.
const (
	rejectedEvery = time.Minute
	rejectedAHour = 60
)

// recordRejectedLogin tells the audit trail that a login was refused and why. Where the
// connection is not known the event is the account's.
func (tx *Tx) recordRejectedLogin(accountID uuid.UUID, connectionID, reason string) error {
	a, err := tx.Account(accountID)
	if err != nil {
		return err
	}
	of := a.subject()
	if c, err := tx.Connection(accountID, connectionID); err == nil {
		of = c.subject()
	}
	name := ownEvents + kindConnection + "." + rejected
	told, err := tx.lately(accountID, time.Hour, name)
	if err != nil || len(told) >= rejectedAHour {
		return err
	}
	since := tx.Now().Add(-rejectedEvery)
	if slices.ContainsFunc(told, func(e *eventlog.Event) bool {
		return e.Occurred.After(since) && e.Resource.ID == resourceID(of.kind, of.id) && e.Payload["reason"] == reason
	}) {
		return nil
	}
	tx.note(name, of, map[string]any{"reason": reason}, uuid.Nil)
	return nil
}

// SessionBySecret finds the session that a token is of, with its person.
func (r *Reader) SessionBySecret(secret string) (*Session, *User, bool) {
	s, ok := sessionByHash.Get(r.db, hashOf(secret))
	if !ok || ended(s.Expires, r.Now()) {
		return nil, nil, false
	}
	u, ok := userTable.Get(r.db, s.UserID)
	if !ok || r.whyShutOut(u) != "" {
		return nil, nil, false
	}
	return s, u, true
}

// ConnectionForLogin finds the connection through which people of an email's domain
// log in: the active one, else one that waits for its first login, the oldest first. One
// that somebody is setting up waits for them: they try it out before anybody depends on it.
func (r *Reader) ConnectionForLogin(email string) (*Connection, bool) {
	name, err := NormalizeDomain(email[strings.LastIndex(email, "@")+1:])
	if err != nil {
		return nil, false
	}
	if c, ok := connectionByDomain.Get(r.db, name); ok {
		return c, true
	}
	d, ok := domainByName.Get(r.db, name)
	if !ok {
		return nil, false
	}
	for _, c := range r.Connections(d.AccountID) {
		if c.State == ConnectionValidating && slices.Contains(c.Domains, name) && !r.isBeingSetUp(c) {
			return c, true
		}
	}
	return nil, false
}

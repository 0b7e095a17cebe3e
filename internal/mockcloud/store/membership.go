package store

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Membership is what ties a user or a service account to an account. Its own id,
// its actor's and its user's or bot's are always three different ones.
type Membership struct {
	ID               uuid.UUID
	Created, Updated time.Time
	AccountID        uuid.UUID
	ActorID          uuid.UUID
	// UserID or BotID says who; the other is uuid.Nil.
	UserID, BotID uuid.UUID
	RoleID        uuid.UUID
	Active        bool
	Governance
}

var (
	membershipTable      = table.Declare(&tables, "memberships", func(m *Membership) (uuid.UUID, time.Time) { return m.ID, m.Created })
	membershipByActor    = table.Unique(membershipTable, func(m *Membership) (actorIn, bool) { return m.actor(), true })
	membershipsByAccount = table.Group(membershipTable, func(m *Membership) (uuid.UUID, bool) { return m.AccountID, true },
		table.DeletedWith(accountTable))
	membershipsOfActor = table.Group(membershipTable, func(m *Membership) (uuid.UUID, bool) { return m.ActorID, true },
		table.DeletedWithKey(userTable, func(u *User) uuid.UUID { return u.ActorID }),
		table.DeletedWithKey(botTable, func(b *Bot) uuid.UUID { return b.ActorID }))
	membersByRole     = table.Count(membershipTable, func(m *Membership) (roleIn, bool) { return roleIn{m.AccountID, m.RoleID}, true })
	activeUsersByRole = table.Count(membershipTable, func(m *Membership) (roleIn, bool) {
		return roleIn{m.AccountID, m.RoleID}, m.Active && m.IsUser()
	})
	membershipByDirectoryUser = table.Unique(membershipTable, func(m *Membership) (uuid.UUID, bool) {
		return m.DirectoryUserID, m.DirectoryUserID != uuid.Nil
	})
	membershipsByDirectory = table.Group(membershipTable, func(m *Membership) (string, bool) { return m.DirectoryID, m.DirectoryID != "" })
)

// actorIn is an actor within an account.
type actorIn struct{ account, actor uuid.UUID }

// roleIn is a role within an account: built-in roles are shared by all accounts.
type roleIn struct{ account, role uuid.UUID }

func (m *Membership) actor() actorIn { return actorIn{m.AccountID, m.ActorID} }

// IsUser reports whether the member is a person.
func (m *Membership) IsUser() bool { return m.UserID != uuid.Nil }

// Membership reads one of the account's memberships.
func (r *Reader) Membership(accountID, id uuid.UUID) (*Membership, error) {
	if m, ok := membershipTable.Get(r.db, id); ok && m.AccountID == accountID {
		return m, nil
	}
	return nil, &NotFound{What: "Account membership"}
}

// MembershipOf finds the membership of an actor.
func (r *Reader) MembershipOf(accountID, actorID uuid.UUID) (*Membership, error) {
	if m, ok := membershipByActor.Get(r.db, actorIn{accountID, actorID}); ok {
		return m, nil
	}
	return nil, &NotFound{What: "Account membership"}
}

// MembershipOfUser finds the membership of a person.
func (r *Reader) MembershipOfUser(accountID, userID uuid.UUID) (*Membership, error) {
	if u, ok := userTable.Get(r.db, userID); ok {
		return r.MembershipOf(accountID, u.ActorID)
	}
	return nil, &NotFound{What: "Account membership"}
}

// MembershipOfBot finds the membership of a service account.
func (r *Reader) MembershipOfBot(accountID, botID uuid.UUID) (*Membership, error) {
	if b, ok := botTable.Get(r.db, botID); ok {
		return r.MembershipOf(accountID, b.ActorID)
	}
	return nil, &NotFound{What: "Account membership"}
}

// MembershipsOf returns an actor's memberships of all accounts, oldest first.
func (r *Reader) MembershipsOf(actorID uuid.UUID) []*Membership {
	return membershipsOfActor.Get(r.db, actorID)
}

// MemberName is the email of a person or the name of a service account.
func (r *Reader) MemberName(m *Membership) string {
	if u, ok := userTable.Get(r.db, m.UserID); ok {
		return u.Email
	}
	if b, ok := botTable.Get(r.db, m.BotID); ok {
		return b.Name
	}
	return ""
}

// AddMember makes a person a member; id may be uuid.Nil.
func (tx *Tx) AddMember(id, accountID uuid.UUID, user *User, roleID uuid.UUID) (*Membership, error) {
	return tx.grantMembership(Membership{
		ID: id, AccountID: accountID, ActorID: user.ActorID, UserID: user.ID, RoleID: roleID,
	}, uuid.Nil)
}

func (tx *Tx) grantMembership(m Membership, cause uuid.UUID) (*Membership, error) {
	role, err := tx.Role(m.AccountID, m.RoleID)
	if err != nil {
		return nil, err
	}
	if err := tx.mayGrantIn(m.AccountID, role); err != nil {
		return nil, err
	}
	return tx.addMember(m, role, cause)
}

// addMember makes a membership whose role was granted before.
func (tx *Tx) addMember(m Membership, role *AccountRole, cause uuid.UUID) (*Membership, error) {
	if _, ok := membershipByActor.Get(tx.db, actorIn{m.AccountID, m.ActorID}); ok {
		return nil, errMember(tx.MemberName(&m))
	}
	m.ID = tx.id(m.ID)
	m.Created = tx.stamp()
	m.Updated = m.Created
	m.Active = true
	membershipTable.Put(tx.db, &m)
	tx.record(tx.memberSubject(&m), created, map[string]any{"account_role": role.Name}, cause)
	return &m, nil
}

func errMember(name string) error {
	return &Conflict{Reason: name + " is already a member of the account"}
}

func errNoRole(id uuid.UUID, loc ...any) error {
	return invalid("the account has no role "+id.String(), loc...)
}

func (tx *Tx) memberSubject(m *Membership) subject {
	return subject{m.AccountID, kindMembership, m.ID, tx.MemberName(m)}
}

// SetRole gives a member another role.
func (tx *Tx) SetRole(accountID, id, roleID uuid.UUID) error {
	m, err := tx.Membership(accountID, id)
	if err != nil {
		return err
	}
	next, err := tx.Role(accountID, roleID)
	if err != nil {
		return errNoRole(roleID, "account_role_id")
	}
	if m.RoleID == roleID {
		return nil
	}
	before, err := tx.Role(accountID, m.RoleID)
	if err != nil {
		return err
	}
	if err := tx.mayGrantIn(accountID, next); err != nil {
		return err
	}
	if tx.isSelf(m) && missing(next.Permissions, before.Permissions) != nil {
		return errSelf("take permissions from yourself")
	}
	if m.RoleSource == RoleMapping {
		return tx.errMapped(m)
	}
	changed := *m
	changed.RoleID = roleID
	if m.RoleSource != "" {
		changed.RoleSource = RoleManual
	}
	changed.Updated = tx.stamp()
	return tx.keepingAWayIn(accountID, func() error {
		membershipTable.Put(tx.db, &changed)
		tx.record(tx.memberSubject(&changed), updated,
			map[string]any{"account_role": map[string]any{"from": before.Name, "to": next.Name}}, uuid.Nil)
		return nil
	})
}

// errMapped says which mapping decides about a member's role.
func (r *Reader) errMapped(m *Membership) error {
	mapping, ok := mappingTable.Get(r.db, m.MappingID)
	if !ok {
		return &Conflict{Reason: "The role of " + r.MemberName(m) + " is a directory's to decide"}
	}
	directory := mapping.DirectoryID
	if d, err := r.Directory(m.AccountID, mapping.DirectoryID); err == nil {
		directory = d.Name
	}
	return &Conflict{Reason: "The role of " + r.MemberName(m) + " comes from the mapping of " + mapping.Match.String() + " (" +
		mapping.ID.String() + ") in the directory " + directory + "; change the mapping, or take the person out of its group"}
}

// SetActive lets members in or keeps them out. Roles and workspaces stay.
func (tx *Tx) SetActive(accountID uuid.UUID, ids []uuid.UUID, active bool) error {
	return tx.keepingAWayIn(accountID, func() error {
		for _, id := range ids {
			m, err := tx.Membership(accountID, id)
			if err != nil {
				return err
			}
			if m.Active == active {
				continue
			}
			if tx.isSelf(m) {
				return errSelf("deactivate yourself")
			}
			changed := *m
			changed.Active = active
			changed.Updated = tx.stamp()
			membershipTable.Put(tx.db, &changed)
			tx.record(tx.memberSubject(m), updated, map[string]any{"active": active}, uuid.Nil)
		}
		return nil
	})
}

// RemoveMember ends a membership and with it all workspace access and all places
// in teams. A service account ends with its membership: it has no other account
// to be in.
func (tx *Tx) RemoveMember(accountID, id uuid.UUID) error {
	m, err := tx.Membership(accountID, id)
	if err != nil {
		return err
	}
	if tx.isSelf(m) {
		return errSelf("remove yourself")
	}
	if !m.IsUser() {
		return tx.DeleteBot(accountID, m.BotID)
	}
	return tx.removeMembership(m, uuid.Nil)
}

// Leave ends the caller's own membership.
func (tx *Tx) Leave(accountID uuid.UUID) error {
	m, err := tx.MembershipOf(accountID, tx.by.ActorID)
	if err != nil {
		return err
	}
	return tx.removeMembership(m, uuid.Nil)
}

func (tx *Tx) removeMembership(m *Membership, follows uuid.UUID) error {
	return tx.keepingAWayIn(m.AccountID, func() error {
		cause := tx.record(tx.memberSubject(m), deleted, nil, follows)
		tx.dropPlaces(m, cause)
		membershipTable.Delete(tx.db, m.ID)
		return nil
	})
}

// dropPlaces takes a member out of all workspaces and teams.
func (tx *Tx) dropPlaces(m *Membership, cause uuid.UUID) {
	for _, a := range slices.Clone(tx.Access(m.AccountID, m.ActorID)) {
		tx.dropAccess(a, cause)
	}
	for _, in := range slices.Clone(teamMembersByActor.Get(tx.db, actorIn{m.AccountID, m.ActorID})) {
		tx.dropTeamMember(in, cause)
	}
}

func (tx *Tx) isSelf(m *Membership) bool { return !tx.by.isSystem() && m.ActorID == tx.by.ActorID }

func errSelf(what string) error {
	return &Conflict{Reason: "You cannot " + what + "; someone else with the permission has to do it"}
}

// keepingAWayIn runs a change and refuses it if it would take away the last
// active person who gets in without single sign-on: with a broken identity
// provider, it could not be repaired. Service accounts do not count, they log in
// nowhere.
func (tx *Tx) keepingAWayIn(accountID uuid.UUID, change func() error) error {
	before := tx.waysIn(accountID)
	if err := change(); err != nil {
		return err
	}
	if before > 0 && tx.waysIn(accountID) == 0 {
		return &Conflict{Reason: "This would leave the account without an active user who can get in without SSO (" +
			string(BypassSSO) + "); give another active user such a role first"}
	}
	return nil
}

// waysIn counts the active people whose role bypasses single sign-on.
func (r *Reader) waysIn(accountID uuid.UUID) int {
	n := 0
	for _, role := range r.Roles(accountID) {
		if role.bypasses() {
			n += activeUsersByRole.Get(r.db, roleIn{accountID, role.ID})
		}
	}
	return n
}

package store

import (
	"slices"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
)

// RoleSource says why a member has their role.
type RoleSource string

// The sources: the directory's default, for whom the directory made a member; a mapping, while one matches; or a
// person's decision. Empty for members whom no directory ever governed.
const (
	RoleDefault RoleSource = "default"
	RoleMapping RoleSource = "mapping"
	RoleManual  RoleSource = "manual"
)

// Governance is what a membership has from a directory.
type Governance struct {
	// DirectoryID is the directory that decides about the membership, DirectoryUserID its word on the person; both
	// are empty where none does.
	DirectoryID     string     `json:",omitzero"`
	DirectoryUserID uuid.UUID  `json:",omitzero"`
	RoleSource      RoleSource `json:",omitzero"`
	// MappingID is the mapping that the role comes from; RoleBefore and SourceBefore are what comes back when it
	// ends.
	MappingID    uuid.UUID  `json:",omitzero"`
	RoleBefore   uuid.UUID  `json:",omitzero"`
	SourceBefore RoleSource `json:",omitzero"`
}

// reconciliation is a person to bring in line with what the directories say.
type reconciliation struct {
	account uuid.UUID
	email   string
	// arrived is the directory's person who just came or came back: only they are let in (again). What people did
	// by hand, deactivating or removing somebody, no other event undoes.
	arrived uuid.UUID
	// gone is the directory's person who just left the directory, or has another address now.
	gone uuid.UUID
	// cause is the event that all of it follows from.
	cause uuid.UUID
}

// reconcilePeople brings everybody of a list in line, once each.
func (tx *Tx) reconcilePeople(people []*DirectoryUser, cause uuid.UUID) {
	done := make(map[uuid.UUID]struct{}, len(people))
	for _, u := range people {
		if _, again := done[u.ID]; !again {
			done[u.ID] = struct{}{}
			tx.reconcile(reconciliation{account: u.AccountID, email: u.Email, cause: cause})
		}
	}
}

// reconcile is the one place where a directory's word becomes the account's state: the membership of the person with an
// email address, its role and its teams. It looks at what is there, not at what happened, so that one event and many
// lead to the same; only letting in needs an arrival.
func (tx *Tx) reconcile(s reconciliation) {
	people := directoryUsersByEmail.Get(tx.db, emailIn{s.account, address.IdentityKey(s.email)})
	m := tx.governedMembership(s, people)
	if m != nil && linkedByFold(s.email, userTable.Row(tx.db, m.UserID)) {
		tx.unlinkMembership(s, m, people)
		return
	}
	governor := governorOf(people, m, s.arrived)
	if governor == nil {
		if m != nil {
			tx.endAccess(s, m)
		}
		return
	}
	came := governor.ID == s.arrived
	if m == nil && !came {
		return // removed by hand
	}
	if m == nil || m.DirectoryUserID != governor.ID {
		m = tx.linkMembership(m, governor, s.cause)
	}
	if came && !m.Active {
		next := *m
		next.Active = true
		m = tx.putMembership(next, map[string]any{"active": true}, s.cause)
	}
	tx.followName(m, governor, s.cause)
	m = tx.reconcileRole(m, tx.mappingFor(governor), s.cause)
	tx.reconcileTeams(m, tx.GroupsOf(governor), s.cause)
}

// governedMembership finds the membership that a reconciliation is about; nil for none.
func (tx *Tx) governedMembership(s reconciliation, people []*DirectoryUser) *Membership {
	if m, ok := membershipByDirectoryUser.Get(tx.db, s.gone); ok && s.gone != uuid.Nil {
		return m
	}
	for _, u := range people {
		if m, ok := membershipByDirectoryUser.Get(tx.db, u.ID); ok {
			return m
		}
	}
	if user, ok := tx.UserByEmail(s.email); ok {
		if m, err := tx.MembershipOf(s.account, user.ActorID); err == nil {
			return m
		}
	}
	return nil
}

// governorOf finds who of the directories' people with one email address decides about the membership: who does so
// already; where there is none, who arrives; else who came first. Nil if none of them is to be a member.
func governorOf(people []*DirectoryUser, m *Membership, arrived uuid.UUID) *DirectoryUser {
	var first *DirectoryUser
	for _, u := range people {
		switch {
		case !u.present():
		case m != nil && m.DirectoryUserID == u.ID, m == nil && arrived == u.ID:
			return u
		case first == nil:
			first = u
		}
	}
	return first
}

// linkMembership puts a membership under a directory's word, and makes it where there is none. One that was there keeps its
// role.
func (tx *Tx) linkMembership(m *Membership, u *DirectoryUser, cause uuid.UUID) *Membership {
	if m != nil {
		next := *tx.endMapping(m, cause)
		next.DirectoryID, next.DirectoryUserID = u.DirectoryID, u.ID
		if next.RoleSource == "" {
			next.RoleSource = RoleManual
		}
		return tx.putMembership(next, map[string]any{"directory_id": u.DirectoryID}, cause)
	}
	joined, err := tx.provisionMember(u, cause)
	if err != nil {
		// Neither the address nor the role nor a membership speaks against it: reconcile looked. A half-made member must not
		// stay, so the transaction is undone.
		panic("store: take " + u.ID.String() + " in: " + err.Error())
	}
	return joined
}

// provisionMember makes somebody a member who is none, with the directory's default role.
func (tx *Tx) provisionMember(u *DirectoryUser, cause uuid.UUID) (*Membership, error) {
	d, err := tx.Directory(u.AccountID, u.DirectoryID)
	if err != nil {
		return nil, err
	}
	role, err := tx.Role(u.AccountID, d.DefaultRoleID)
	if err != nil {
		return nil, err
	}
	person, ok := tx.UserByEmail(u.Email)
	if !ok {
		if person, err = tx.AddUser(NewUser{Email: u.Email, FirstName: u.FirstName, LastName: u.LastName}); err != nil {
			return nil, err
		}
	}
	return tx.addMember(Membership{
		AccountID: u.AccountID, ActorID: person.ActorID, UserID: person.ID, RoleID: role.ID,
		Governance: Governance{DirectoryID: u.DirectoryID, DirectoryUserID: u.ID, RoleSource: RoleDefault},
	}, role, cause)
}

// followName gives a person of this account only the name that the directory knows.
func (tx *Tx) followName(m *Membership, u *DirectoryUser, cause uuid.UUID) {
	person := userTable.Row(tx.db, m.UserID)
	if u.FirstName == "" && u.LastName == "" || person.FirstName == u.FirstName && person.LastName == u.LastName ||
		len(membershipsOfActor.Get(tx.db, m.ActorID)) != 1 {
		return
	}
	next := *person
	next.FirstName, next.LastName = u.FirstName, u.LastName
	tx.putPerson(person, next, m.AccountID, cause)
}

// endAccess ends the access of a member whose directory no longer wants them to have it, by the directory's action.
func (tx *Tx) endAccess(s reconciliation, m *Membership) {
	if m.DirectoryUserID == uuid.Nil {
		return // no directory has a word in it
	}
	u, known := directoryUserTable.Get(tx.db, m.DirectoryUserID)
	stays := known && u.Hold == "" && u.ID != s.gone
	d, err := tx.Directory(m.AccountID, m.DirectoryID)
	if err != nil {
		return
	}
	if m.Active {
		if m = tx.deprovisionMember(d, m, s.cause); m == nil {
			return
		}
	}
	if !stays {
		tx.releaseMembership(m, s.cause)
		return
	}
	m = tx.reconcileRole(m, tx.mappingFor(u), s.cause)
	tx.reconcileTeams(m, tx.GroupsOf(u), s.cause)
}

// deprovisionMember ends a member's access with this write, unless that would leave the account without a way in. It gives
// the membership as it is then; nil if there is none any more.
func (tx *Tx) deprovisionMember(d *Directory, m *Membership, cause uuid.UUID) *Membership {
	if tx.isLastWayIn(m) {
		tx.recordRejection(m, "the account would be left without an active user who can get in without SSO ("+string(BypassSSO)+")", cause)
		return m
	}
	if d.Deprovision == DeprovisionDelete {
		event := tx.record(tx.memberSubject(m), deleted, nil, cause)
		tx.endSessionsIn(m, event)
		tx.dropPlaces(m, event)
		membershipTable.Delete(tx.db, m.ID)
		return nil
	}
	next := *m
	next.Active = false
	m = tx.putMembership(next, map[string]any{"active": false}, cause)
	tx.endSessionsIn(m, cause)
	return m
}

// endSessionsIn ends a member's sessions that came through the account's connections. Logins to other accounts last.
func (tx *Tx) endSessionsIn(m *Membership, cause uuid.UUID) {
	person := userTable.Row(tx.db, m.UserID)
	for _, session := range slices.Clone(sessionsByUser.Get(tx.db, m.UserID)) {
		if session.AccountID == m.AccountID {
			tx.endSession(person, session, causes{m.AccountID: cause})
		}
	}
}

// isLastWayIn reports whether a member is the only active person whose role bypasses single sign-on.
func (r *Reader) isLastWayIn(m *Membership) bool {
	role, err := r.Role(m.AccountID, m.RoleID)
	return err == nil && m.Active && role.bypasses() && r.waysIn(m.AccountID) == 1
}

// recordRejection notes what a directory wanted and did not get.
func (tx *Tx) recordRejection(m *Membership, reason string, cause uuid.UUID) {
	of := subject{m.AccountID, kindDirectoryUser, m.DirectoryUserID, tx.MemberName(m)}
	tx.record(of, rejected, map[string]any{"reason": reason, "account_membership_id": m.ID.String()}, cause)
}

// releaseMembership takes a membership out of a directory's hands, without ending it.
func (tx *Tx) releaseMembership(m *Membership, cause uuid.UUID) {
	next := *tx.endMapping(m, cause)
	directory := next.DirectoryID
	next.DirectoryID, next.DirectoryUserID = "", uuid.Nil
	m = tx.putMembership(next, map[string]any{"directory_id": nil}, cause)
	if _, err := tx.Directory(m.AccountID, directory); err == nil {
		tx.reconcileTeams(m, nil, cause)
	}
}

// reconcileRole gives a member the role that a mapping says, or the one from before where none does any more.
func (tx *Tx) reconcileRole(m *Membership, mapping *GroupRoleMapping, cause uuid.UUID) *Membership {
	if mapping == nil {
		return tx.endMapping(m, cause)
	}
	if m.MappingID == mapping.ID && m.RoleID == mapping.RoleID || !tx.mayGive(m, mapping.RoleID, cause) {
		return m // what may not be is tried again when the directory next says something of the person
	}
	next := *m
	if m.RoleSource != RoleMapping {
		next.RoleBefore, next.SourceBefore = m.RoleID, m.RoleSource
	}
	next.RoleSource, next.MappingID, next.RoleID = RoleMapping, mapping.ID, mapping.RoleID
	return tx.putRole(m, next, cause)
}

// endMapping gives a member the role from before a mapping. The last way in stays one, as somebody's decision from
// then on.
func (tx *Tx) endMapping(m *Membership, cause uuid.UUID) *Membership {
	if m.RoleSource != RoleMapping {
		return m
	}
	next := *m
	next.RoleSource, next.MappingID, next.RoleBefore, next.SourceBefore = m.SourceBefore, uuid.Nil, uuid.Nil, ""
	if tx.mayGive(m, m.RoleBefore, cause) {
		next.RoleID = m.RoleBefore
	} else {
		next.RoleSource = RoleManual
	}
	return tx.putRole(m, next, cause)
}

// mayGive reports whether a member can have a role, and notes it where that would take the last way in away.
func (tx *Tx) mayGive(m *Membership, roleID, cause uuid.UUID) bool {
	role, err := tx.Role(m.AccountID, roleID)
	if err != nil {
		return false // roles that mappings give, or gave before, cannot be deleted
	}
	if role.bypasses() || !tx.isLastWayIn(m) {
		return true
	}
	tx.recordRejection(m, "the role "+role.Name+" would leave the account without an active user who can get in without SSO ("+string(BypassSSO)+")", cause)
	return false
}

// putRole puts a membership whose role, or its source, changed.
func (tx *Tx) putRole(m *Membership, next Membership, cause uuid.UUID) *Membership {
	payload := map[string]any{"role_source": string(next.RoleSource)}
	if m.RoleID != next.RoleID {
		payload["account_role"] = map[string]any{"from": tx.roleName(m), "to": tx.roleName(&next)}
	}
	return tx.putMembership(next, payload, cause)
}

func (r *Reader) roleName(m *Membership) string { return roleTable.Row(r.db, m.RoleID).Name }

// reconcileTeams puts a member into the teams of their groups and out of other groups' teams.
func (tx *Tx) reconcileTeams(m *Membership, groups []*DirectoryGroup, cause uuid.UUID) {
	wanted := make(map[uuid.UUID]struct{}, len(groups))
	for _, g := range groups {
		if t, ok := teamByGroup.Get(tx.db, g.VendorID()); ok {
			wanted[t.ID] = struct{}{}
		}
	}
	for _, in := range slices.Clone(teamMembersByActor.Get(tx.db, actorIn{m.AccountID, m.ActorID})) {
		_, stays := wanted[in.TeamID]
		if !stays && teamTable.Row(tx.db, in.TeamID).isTied() {
			tx.dropTeamMember(in, cause)
		}
	}
	for _, g := range groups {
		t, ok := teamByGroup.Get(tx.db, g.VendorID())
		if !ok {
			continue
		}
		if _, in := teamMemberOf.Get(tx.db, memberOf{t.ID, m.ActorID}); !in {
			tx.putTeamMember(uuid.Nil, t, m, cause)
		}
	}
}

func (tx *Tx) putMembership(next Membership, payload map[string]any, cause uuid.UUID) *Membership {
	next.Updated = tx.stamp()
	membershipTable.Put(tx.db, &next)
	tx.record(tx.memberSubject(&next), updated, payload, cause)
	return &next
}

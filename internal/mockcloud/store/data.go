package store

import (
	"bytes"
	"cmp"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
)

// data is the tables and their indexes. A new table also wants its name in
// tables.go.
type data struct {
	lastStamp time.Time
	ids       idSource
	seeding   bool

	accounts        table[uuid.UUID, Account]
	accountByHandle *unique[string, Account]

	domains          table[uuid.UUID, Domain]
	domainByName     *unique[string, Domain]
	domainsByAccount *grouped[uuid.UUID, Domain]

	users        table[uuid.UUID, User]
	userByEmail  *unique[string, User]  // by identity key
	usersAlike   *grouped[string, User] // by collision key; see alike
	userByHandle *unique[string, User]
	userByActor  *unique[uuid.UUID, User]

	bots          table[uuid.UUID, Bot]
	botByActor    *unique[uuid.UUID, Bot]
	botsByAccount *grouped[uuid.UUID, Bot]

	keys        table[uuid.UUID, APIKey]
	keyByHash   *unique[secretHash, APIKey]
	keysByActor *grouped[uuid.UUID, APIKey]

	sessions          table[uuid.UUID, Session]
	sessionByHash     *unique[secretHash, Session]
	sessionsByUser    *grouped[uuid.UUID, Session]
	sessionsByAccount *grouped[uuid.UUID, Session]

	invitations          table[uuid.UUID, Invitation]
	invitationsByAccount *grouped[uuid.UUID, Invitation]
	invitationPending    *unique[invitedTo, Invitation]
	invitationsByEmail   *grouped[emailIn, Invitation] // pending, by identity key
	invitationsAlike     *grouped[emailIn, Invitation] // pending, by collision key

	mails       table[uuid.UUID, Mail]
	mailsInTime *grouped[struct{}, Mail]

	roles          table[uuid.UUID, AccountRole]
	rolesByAccount *grouped[uuid.UUID, AccountRole] // built-in ones under uuid.Nil

	memberships          table[uuid.UUID, Membership]
	membershipByActor    *unique[actorIn, Membership]
	membershipsByAccount *grouped[uuid.UUID, Membership]
	membershipsOfActor   *grouped[uuid.UUID, Membership]
	membersByRole        *counted[roleIn, Membership]
	activeUsersByRole    *counted[roleIn, Membership]

	membershipByDirectoryUser *unique[uuid.UUID, Membership]
	membershipsByDirectory    *grouped[string, Membership]

	workspaces          table[uuid.UUID, Workspace]
	workspacesByAccount *grouped[uuid.UUID, Workspace]

	workspaceRoles          table[uuid.UUID, WorkspaceRole]
	workspaceRolesByAccount *grouped[uuid.UUID, WorkspaceRole] // built-in ones under uuid.Nil

	access            table[uuid.UUID, WorkspaceAccess]
	accessIn          *unique[holderIn, WorkspaceAccess]
	accessByHolder    *grouped[actorIn, WorkspaceAccess] // of actors and of teams
	accessByWorkspace *grouped[uuid.UUID, WorkspaceAccess]
	accessByRole      *counted[uuid.UUID, WorkspaceAccess]

	teams          table[uuid.UUID, Team]
	teamByName     *unique[nameIn, Team]
	teamByGroup    *unique[string, Team]
	teamsByAccount *grouped[uuid.UUID, Team]

	teamMembers        table[uuid.UUID, TeamMember]
	teamMember         *unique[memberOf, TeamMember]
	teamMembersByTeam  *grouped[uuid.UUID, TeamMember]
	teamMembersByActor *grouped[actorIn, TeamMember]

	connections          table[uuid.UUID, Connection]
	connectionByName     *unique[nameIn, Connection]
	connectionByKey      *unique[createdIn, Connection]
	connectionsByAccount *grouped[uuid.UUID, Connection]
	connectionByDomain   *spread[string, Connection] // active ones
	activeConnections    *counted[uuid.UUID, Connection]

	identities           table[uuid.UUID, LinkedIdentity]
	identityBySubject    *unique[subjectOf, LinkedIdentity]
	identityOf           *unique[personAt, LinkedIdentity]
	identitiesByFold     *grouped[subjectOf, LinkedIdentity]
	identitiesByUser     *grouped[uuid.UUID, LinkedIdentity]
	identitiesConnection *grouped[string, LinkedIdentity]

	loginCodes table[uuid.UUID, LoginCode]

	answers          table[uuid.UUID, KeptAnswer]
	answersByAccount *grouped[uuid.UUID, KeptAnswer]

	directories          table[uuid.UUID, Directory]
	directoryByName      *unique[nameIn, Directory]
	directoryByKey       *unique[createdIn, Directory]
	directoryByEndpoint  *unique[string, Directory]
	directoriesByAccount *grouped[uuid.UUID, Directory]

	tokens            table[uuid.UUID, SCIMToken]
	tokenByHash       *unique[secretHash, SCIMToken] // revoked ones too
	tokenByKey        *unique[createdIn, SCIMToken]
	tokensByDirectory *grouped[string, SCIMToken]

	mappings            table[uuid.UUID, GroupRoleMapping]
	mappingsByMatch     *grouped[matchIn, GroupRoleMapping]
	mappingByKey        *unique[createdIn, GroupRoleMapping]
	mappingsByDirectory *grouped[string, GroupRoleMapping]

	directoryUsers             table[uuid.UUID, DirectoryUser]
	directoryUserByName        *unique[nameInDirectory, DirectoryUser]  // by identity key
	directoryUsersNamedAlike   *grouped[nameInDirectory, DirectoryUser] // by collision key
	directoryUsersByExternalID *grouped[nameInDirectory, DirectoryUser]
	directoryUsersByEmail      *grouped[emailIn, DirectoryUser] // of all the account's directories, by identity key
	directoryUsersMailedAlike  *grouped[emailIn, DirectoryUser] // by collision key
	directoryUsersByDirectory  *grouped[string, DirectoryUser]
	activeInDirectory          *counted[string, DirectoryUser]

	directoryGroups             table[uuid.UUID, DirectoryGroup]
	directoryGroupsByName       *grouped[nameInDirectory, DirectoryGroup]
	directoryGroupsByExternalID *grouped[nameInDirectory, DirectoryGroup]
	directoryGroupsByDirectory  *grouped[string, DirectoryGroup]

	groupMembers   table[uuid.UUID, GroupMember]
	groupMember    *unique[memberOf, GroupMember]
	membersOfGroup *grouped[uuid.UUID, GroupMember]
	groupsOfMember *grouped[uuid.UUID, GroupMember]

	events *eventLog

	secrets            table[uuid.UUID, Secret]
	setupLinks         table[uuid.UUID, SetupLink]
	setupLinkByHash    *unique[secretHash, SetupLink]
	setupLinkBySession *unique[secretHash, SetupLink]
	setupLinksExpire   *grouped[uuid.UUID, SetupLink] // by account, the first to expire first
}

// actorIn is an actor within an account.
type actorIn struct{ account, actor uuid.UUID }

// emailIn is the key of an email within an account.
type emailIn struct {
	account uuid.UUID
	email   string
}

// roleIn is a role within an account: built-in roles are shared by all accounts.
type roleIn struct{ account, role uuid.UUID }

// newData gives tables that have what is built in and nothing else. Their events go by
// the state file; nil for none.
func newData(file eventFile) *data {
	d := &data{
		ids: newIDSource(),

		accountByHandle: newUnique(func(a *Account) (string, bool) { return a.Handle, true }),

		domainByName:     newUnique(func(d *Domain) (string, bool) { return d.Name, true }),
		domainsByAccount: newGrouped(func(d *Domain) (uuid.UUID, bool) { return d.AccountID, true }, order(func(d *Domain) (time.Time, uuid.UUID) { return d.Created, d.ID })),

		userByEmail:  newUnique(func(u *User) (string, bool) { return address.IdentityKey(u.Email), true }),
		usersAlike:   newGrouped(func(u *User) (string, bool) { return alike(u.Email) }, order(func(u *User) (time.Time, uuid.UUID) { return u.Created, u.ID })),
		userByHandle: newUnique(func(u *User) (string, bool) { return u.Handle, true }),
		userByActor:  newUnique(func(u *User) (uuid.UUID, bool) { return u.ActorID, true }),

		botByActor:    newUnique(func(b *Bot) (uuid.UUID, bool) { return b.ActorID, true }),
		botsByAccount: newGrouped(func(b *Bot) (uuid.UUID, bool) { return b.AccountID, true }, order(func(b *Bot) (time.Time, uuid.UUID) { return b.Created, b.ID })),

		keyByHash:   newUnique(func(k *APIKey) (secretHash, bool) { return k.Hash, true }),
		keysByActor: newGrouped(func(k *APIKey) (uuid.UUID, bool) { return k.ActorID, true }, order(func(k *APIKey) (time.Time, uuid.UUID) { return k.Created, k.ID })),

		sessionByHash:     newUnique(func(s *Session) (secretHash, bool) { return s.Hash, true }),
		sessionsByUser:    newGrouped(func(s *Session) (uuid.UUID, bool) { return s.UserID, true }, compareSessions),
		sessionsByAccount: newGrouped(func(s *Session) (uuid.UUID, bool) { return s.AccountID, s.AccountID != uuid.Nil }, compareSessions),

		invitationsByAccount: newGrouped(func(i *Invitation) (uuid.UUID, bool) { return i.AccountID, true }, order(func(i *Invitation) (time.Time, uuid.UUID) { return i.Created, i.ID })),
		invitationPending: newUnique(func(i *Invitation) (invitedTo, bool) {
			return i.place(), i.Status == InvitationPending
		}),
		invitationsByEmail: newGrouped(func(i *Invitation) (emailIn, bool) {
			return emailIn{i.AccountID, address.IdentityKey(i.Email)}, i.Status == InvitationPending
		}, order(func(i *Invitation) (time.Time, uuid.UUID) { return i.Created, i.ID })),
		invitationsAlike: newGrouped(func(i *Invitation) (emailIn, bool) {
			key, ok := alike(i.Email)
			return emailIn{i.AccountID, key}, ok && i.Status == InvitationPending
		}, order(func(i *Invitation) (time.Time, uuid.UUID) { return i.Created, i.ID })),

		mailsInTime: newGrouped(func(*Mail) (struct{}, bool) { return struct{}{}, true }, order(func(m *Mail) (time.Time, uuid.UUID) { return m.Created, m.ID })),

		rolesByAccount: newGrouped(func(r *AccountRole) (uuid.UUID, bool) { return r.AccountID, true }, order(func(r *AccountRole) (time.Time, uuid.UUID) { return r.Created, r.ID })),

		membershipByActor:    newUnique(func(m *Membership) (actorIn, bool) { return actorIn{m.AccountID, m.ActorID}, true }),
		membershipsByAccount: newGrouped(func(m *Membership) (uuid.UUID, bool) { return m.AccountID, true }, compareMemberships),
		membershipsOfActor:   newGrouped(func(m *Membership) (uuid.UUID, bool) { return m.ActorID, true }, compareMemberships),
		membersByRole:        newCounted(func(m *Membership) (roleIn, bool) { return roleIn{m.AccountID, m.RoleID}, true }),
		activeUsersByRole: newCounted(func(m *Membership) (roleIn, bool) {
			return roleIn{m.AccountID, m.RoleID}, m.Active && m.IsUser()
		}),
		membershipByDirectoryUser: newUnique(func(m *Membership) (uuid.UUID, bool) { return m.DirectoryUserID, m.DirectoryUserID != uuid.Nil }),
		membershipsByDirectory:    newGrouped(func(m *Membership) (string, bool) { return m.DirectoryID, m.DirectoryID != "" }, compareMemberships),

		workspacesByAccount: newGrouped(func(w *Workspace) (uuid.UUID, bool) { return w.AccountID, true }, order(func(w *Workspace) (time.Time, uuid.UUID) { return w.Created, w.ID })),

		workspaceRolesByAccount: newGrouped(func(r *WorkspaceRole) (uuid.UUID, bool) { return r.AccountID, true }, order(func(r *WorkspaceRole) (time.Time, uuid.UUID) { return r.Created, r.ID })),

		accessIn:          newUnique(func(a *WorkspaceAccess) (holderIn, bool) { return holderIn{a.WorkspaceID, a.holder()}, true }),
		accessByHolder:    newGrouped(func(a *WorkspaceAccess) (actorIn, bool) { return actorIn{a.AccountID, a.holder()}, true }, compareAccess),
		accessByWorkspace: newGrouped(func(a *WorkspaceAccess) (uuid.UUID, bool) { return a.WorkspaceID, true }, compareAccess),
		accessByRole:      newCounted(func(a *WorkspaceAccess) (uuid.UUID, bool) { return a.RoleID, true }),

		teamByName:     newUnique(func(t *Team) (nameIn, bool) { return nameIn{t.AccountID, t.Name}, true }),
		teamByGroup:    newUnique(func(t *Team) (string, bool) { return t.DirectoryGroupID, t.isTied() }),
		teamsByAccount: newGrouped(func(t *Team) (uuid.UUID, bool) { return t.AccountID, true }, order(func(t *Team) (time.Time, uuid.UUID) { return t.Created, t.ID })),

		teamMember:         newUnique(func(m *TeamMember) (memberOf, bool) { return memberOf{m.TeamID, m.ActorID}, true }),
		teamMembersByTeam:  newGrouped(func(m *TeamMember) (uuid.UUID, bool) { return m.TeamID, true }, compareTeamMembers),
		teamMembersByActor: newGrouped(func(m *TeamMember) (actorIn, bool) { return actorIn{m.AccountID, m.ActorID}, true }, compareTeamMembers),

		connectionByName:     newUnique(func(c *Connection) (nameIn, bool) { return nameIn{c.AccountID, c.Name}, true }),
		connectionByKey:      newUnique(func(c *Connection) (createdIn, bool) { return c.in(c.AccountID.String()) }),
		connectionsByAccount: newGrouped(func(c *Connection) (uuid.UUID, bool) { return c.AccountID, true }, order(func(c *Connection) (time.Time, uuid.UUID) { return c.Created, c.key() })),
		connectionByDomain:   newSpread((*Connection).routes),
		activeConnections:    newCounted(func(c *Connection) (uuid.UUID, bool) { return c.AccountID, c.State == ConnectionActive }),

		identityBySubject: newUnique(func(i *LinkedIdentity) (subjectOf, bool) { return subjectOf{i.ConnectionID, i.Source, i.Subject}, true }),
		identityOf:        newUnique(func(i *LinkedIdentity) (personAt, bool) { return personAt{i.ConnectionID, i.UserID}, true }),
		identitiesByFold: newGrouped(func(i *LinkedIdentity) (subjectOf, bool) {
			return subjectOf{i.ConnectionID, i.Source, lowerASCII(i.Subject)}, true
		}, compareIdentities),
		identitiesByUser:     newGrouped(func(i *LinkedIdentity) (uuid.UUID, bool) { return i.UserID, true }, compareIdentities),
		identitiesConnection: newGrouped(func(i *LinkedIdentity) (string, bool) { return i.ConnectionID, true }, compareIdentities),

		answersByAccount: newGrouped(func(a *KeptAnswer) (uuid.UUID, bool) { return a.AccountID, true }, order(func(a *KeptAnswer) (time.Time, uuid.UUID) { return a.Created, a.ID })),

		directoryByName:      newUnique(func(d *Directory) (nameIn, bool) { return nameIn{d.AccountID, d.Name}, true }),
		directoryByKey:       newUnique(func(d *Directory) (createdIn, bool) { return d.in(d.AccountID.String()) }),
		directoryByEndpoint:  newUnique(func(d *Directory) (string, bool) { return d.Endpoint, true }),
		directoriesByAccount: newGrouped(func(d *Directory) (uuid.UUID, bool) { return d.AccountID, true }, order(func(d *Directory) (time.Time, uuid.UUID) { return d.Created, d.key() })),

		tokenByHash: newUnique(func(t *SCIMToken) (secretHash, bool) { return t.Hash, true }),
		tokenByKey: newUnique(func(t *SCIMToken) (createdIn, bool) {
			in, keyed := t.in(t.DirectoryID)
			return in, keyed && t.Revoked.IsZero()
		}),
		tokensByDirectory: newGrouped(func(t *SCIMToken) (string, bool) { return t.DirectoryID, t.Revoked.IsZero() }, order(func(t *SCIMToken) (time.Time, uuid.UUID) { return t.Created, t.ID })),

		mappingsByMatch: newGrouped(func(m *GroupRoleMapping) (matchIn, bool) { return matchIn{m.DirectoryID, m.Match}, true },
			order(func(m *GroupRoleMapping) (time.Time, uuid.UUID) { return m.Created, m.ID })),
		mappingByKey:        newUnique(func(m *GroupRoleMapping) (createdIn, bool) { return m.in(m.DirectoryID) }),
		mappingsByDirectory: newGrouped(func(m *GroupRoleMapping) (string, bool) { return m.DirectoryID, true }, compareMappings),

		directoryUserByName: newUnique(func(u *DirectoryUser) (nameInDirectory, bool) {
			return nameInDirectory{u.DirectoryID, address.IdentityKey(u.UserName)}, true
		}),
		directoryUsersNamedAlike: newGrouped(func(u *DirectoryUser) (nameInDirectory, bool) {
			key, ok := alike(u.UserName)
			return nameInDirectory{u.DirectoryID, key}, ok
		}, compareDirectoryUsers),
		directoryUsersByExternalID: newGrouped(func(u *DirectoryUser) (nameInDirectory, bool) {
			return nameInDirectory{u.DirectoryID, u.ExternalID}, u.ExternalID != ""
		}, compareDirectoryUsers),
		directoryUsersByEmail: newGrouped(func(u *DirectoryUser) (emailIn, bool) {
			return emailIn{u.AccountID, address.IdentityKey(u.Email)}, u.Email != ""
		}, compareDirectoryUsers),
		directoryUsersMailedAlike: newGrouped(func(u *DirectoryUser) (emailIn, bool) {
			key, ok := alike(u.Email)
			return emailIn{u.AccountID, key}, ok && u.Email != ""
		}, compareDirectoryUsers),
		directoryUsersByDirectory: newGrouped(func(u *DirectoryUser) (string, bool) { return u.DirectoryID, true }, compareDirectoryUsers),
		activeInDirectory:         newCounted(func(u *DirectoryUser) (string, bool) { return u.DirectoryID, u.Active }),

		directoryGroupsByName: newGrouped(func(g *DirectoryGroup) (nameInDirectory, bool) {
			return nameInDirectory{g.DirectoryID, g.DisplayName}, true
		}, compareDirectoryGroups),
		directoryGroupsByExternalID: newGrouped(func(g *DirectoryGroup) (nameInDirectory, bool) {
			return nameInDirectory{g.DirectoryID, g.ExternalID}, g.ExternalID != ""
		}, compareDirectoryGroups),
		directoryGroupsByDirectory: newGrouped(func(g *DirectoryGroup) (string, bool) { return g.DirectoryID, true }, compareDirectoryGroups),

		groupMember:    newUnique(func(m *GroupMember) (memberOf, bool) { return memberOf{m.GroupID, m.MemberID}, true }),
		membersOfGroup: newGrouped(func(m *GroupMember) (uuid.UUID, bool) { return m.GroupID, true }, compareGroupMembers),
		groupsOfMember: newGrouped(func(m *GroupMember) (uuid.UUID, bool) { return m.MemberID, true }, compareGroupMembers),

		events: newEventLog(file),

		setupLinkByHash:    newUnique(func(l *SetupLink) (secretHash, bool) { return l.Hash, true }),
		setupLinkBySession: newUnique(func(l *SetupLink) (secretHash, bool) { return l.SessionHash, !l.Started.IsZero() }),
		setupLinksExpire:   newGrouped(func(l *SetupLink) (uuid.UUID, bool) { return l.AccountID, true }, order(func(l *SetupLink) (time.Time, uuid.UUID) { return l.Expires, l.ID })),
	}
	d.accounts = newTable[uuid.UUID](index[Account](d.accountByHandle))
	d.domains = newTable[uuid.UUID](index[Domain](d.domainByName), d.domainsByAccount)
	d.users = newTable[uuid.UUID](index[User](d.userByEmail), d.usersAlike, d.userByHandle, d.userByActor)
	d.bots = newTable[uuid.UUID](index[Bot](d.botByActor), d.botsByAccount)
	d.keys = newTable[uuid.UUID](index[APIKey](d.keyByHash), d.keysByActor)
	d.sessions = newTable[uuid.UUID](index[Session](d.sessionByHash), d.sessionsByUser, d.sessionsByAccount)
	d.invitations = newTable[uuid.UUID](index[Invitation](d.invitationsByAccount), d.invitationPending, d.invitationsByEmail, d.invitationsAlike)
	d.mails = newTable[uuid.UUID](index[Mail](d.mailsInTime))
	d.roles = newTable[uuid.UUID](index[AccountRole](d.rolesByAccount))
	d.memberships = newTable[uuid.UUID](index[Membership](d.membershipByActor), d.membershipsByAccount,
		d.membershipsOfActor, d.membersByRole, d.activeUsersByRole, d.membershipByDirectoryUser, d.membershipsByDirectory)
	d.workspaces = newTable[uuid.UUID](index[Workspace](d.workspacesByAccount))
	d.workspaceRoles = newTable[uuid.UUID](index[WorkspaceRole](d.workspaceRolesByAccount))
	d.access = newTable[uuid.UUID](index[WorkspaceAccess](d.accessIn), d.accessByHolder, d.accessByWorkspace, d.accessByRole)
	d.teams = newTable[uuid.UUID](index[Team](d.teamByName), d.teamByGroup, d.teamsByAccount)
	d.teamMembers = newTable[uuid.UUID](index[TeamMember](d.teamMember), d.teamMembersByTeam, d.teamMembersByActor)
	d.connections = newTable[uuid.UUID](index[Connection](d.connectionByName), d.connectionByKey, d.connectionsByAccount, d.connectionByDomain, d.activeConnections)
	d.identities = newTable[uuid.UUID](index[LinkedIdentity](d.identityBySubject), d.identityOf, d.identitiesByFold, d.identitiesByUser, d.identitiesConnection)
	d.loginCodes = newTable[uuid.UUID, LoginCode]()
	d.answers = newTable[uuid.UUID](index[KeptAnswer](d.answersByAccount))
	d.directories = newTable[uuid.UUID](index[Directory](d.directoryByName), d.directoryByKey, d.directoryByEndpoint, d.directoriesByAccount)
	d.tokens = newTable[uuid.UUID](index[SCIMToken](d.tokenByHash), d.tokenByKey, d.tokensByDirectory)
	d.mappings = newTable[uuid.UUID](index[GroupRoleMapping](d.mappingsByMatch), d.mappingByKey, d.mappingsByDirectory)
	d.directoryUsers = newTable[uuid.UUID](index[DirectoryUser](d.directoryUserByName), d.directoryUsersByExternalID,
		d.directoryUsersByEmail, d.directoryUsersNamedAlike, d.directoryUsersMailedAlike, d.directoryUsersByDirectory, d.activeInDirectory)
	d.directoryGroups = newTable[uuid.UUID](index[DirectoryGroup](d.directoryGroupsByName), d.directoryGroupsByExternalID, d.directoryGroupsByDirectory)
	d.groupMembers = newTable[uuid.UUID](index[GroupMember](d.groupMember), d.membersOfGroup, d.groupsOfMember)
	d.secrets = newTable[uuid.UUID, Secret]()
	d.setupLinks = newTable[uuid.UUID](index[SetupLink](d.setupLinkByHash), d.setupLinkBySession, d.setupLinksExpire)
	for _, role := range builtinRoles() {
		d.roles.set(role.ID, role)
	}
	for _, role := range builtinWorkspaceRoles() {
		d.workspaceRoles.set(role.ID, role)
	}
	d.nameTables()
	return d
}

// order compares rows by the time they were created and then by id: the order of
// every listing that asks for no other.
func order[V any](of func(*V) (time.Time, uuid.UUID)) func(a, b *V) int {
	return func(a, b *V) int {
		aCreated, aID := of(a)
		bCreated, bID := of(b)
		return cmp.Or(aCreated.Compare(bCreated), bytes.Compare(aID[:], bID[:]))
	}
}

var (
	compareMemberships     = order(func(m *Membership) (time.Time, uuid.UUID) { return m.Created, m.ID })
	compareAccess          = order(func(a *WorkspaceAccess) (time.Time, uuid.UUID) { return a.Created, a.ID })
	compareIdentities      = order(func(i *LinkedIdentity) (time.Time, uuid.UUID) { return i.Created, i.ID })
	compareSessions        = order(func(s *Session) (time.Time, uuid.UUID) { return s.Created, s.ID })
	compareDirectoryUsers  = order(func(u *DirectoryUser) (time.Time, uuid.UUID) { return u.Created, u.ID })
	compareDirectoryGroups = order(func(g *DirectoryGroup) (time.Time, uuid.UUID) { return g.Created, g.ID })
	compareGroupMembers    = order(func(m *GroupMember) (time.Time, uuid.UUID) { return m.Created, m.ID })
	compareTeamMembers     = order(func(m *TeamMember) (time.Time, uuid.UUID) { return m.Created, m.ID })
)

// wellKnown gives the id of a thing that every server has, the same on each.
func wellKnown(kind, name string) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("prefectsso/mockcloud/"+kind+"/"+name))
}

package store

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Directory is an identity provider's list of people and groups, which it pushes over SCIM (Directory in the vendor's
// document).
type Directory struct {
	// ID is "directory_" and a ULID.
	ID               string
	Created, Updated time.Time
	Origin
	AccountID      uuid.UUID
	OrganizationID string
	Name           string
	Type           DirectoryType
	State          DirectoryState
	// DefaultRoleID is the role of people whom the directory makes members. A later change of it concerns later
	// joiners only.
	DefaultRoleID     uuid.UUID
	Deprovision       DeprovisionAction
	SyncGroupsToTeams bool
	// AllowedDomains are those whose people come in; nil means all enabled ones, whichever those are.
	AllowedDomains []string
	// Endpoint is the opaque part of the SCIM endpoint's address.
	Endpoint string
	// LastSynced is when the identity provider last called, to the minute; zero for never.
	LastSynced time.Time
}

var (
	directoryTable       = table.Declare(&tables, "directories", func(d *Directory) (uuid.UUID, time.Time) { return d.key(), d.Created })
	directoryByName      = table.Unique(directoryTable, func(d *Directory) (nameIn, bool) { return nameIn{d.AccountID, d.Name}, true })
	directoryByKey       = table.Unique(directoryTable, func(d *Directory) (createdIn, bool) { return d.in(d.AccountID.String()) })
	directoryByEndpoint  = table.Unique(directoryTable, func(d *Directory) (string, bool) { return d.Endpoint, true })
	directoriesByAccount = table.Group(directoryTable, func(d *Directory) (uuid.UUID, bool) { return d.AccountID, true },
		table.DeletedWith(accountTable))
)

// deletedWithDirectory is the owner of what an index has by a directory's id.
func deletedWithDirectory() table.Owner[string] {
	return table.DeletedWithKey(directoryTable, func(d *Directory) string { return d.ID })
}

// DirectoryState is how far a directory is.
type DirectoryState string

// The states of a directory: a validating one waits for its first call, an unlinked one was switched off and answers
// none.
const (
	DirectoryValidating DirectoryState = "validating"
	DirectoryLinked     DirectoryState = "linked"
	DirectoryUnlinked   DirectoryState = "unlinked"
)

// DeprovisionAction is what becomes of a membership when its person leaves the directory.
type DeprovisionAction string

// The actions: keep the membership, switched off, or end it.
const (
	DeprovisionDeactivate DeprovisionAction = "deactivate"
	DeprovisionDelete     DeprovisionAction = "delete"
)

// DirectoryType says which product the directory is.
type DirectoryType string

// The types for clients that take liberties with PATCH: Entra ID's, and any client's.
const (
	DirectoryAzure   DirectoryType = "azure scim v2.0"
	DirectoryGeneric DirectoryType = "generic scim v2.0"
)

// DirectoryTypes lists the types that push over SCIM.
func DirectoryTypes() []DirectoryType {
	return []DirectoryType{
		DirectoryAzure, "cyberark scim v2.0", DirectoryGeneric, "jump cloud scim v2.0", "okta scim v2.0",
		"onelogin scim v2.0", "pingfederate scim v2.0", "rippling scim v2.0", "sailpoint scim v2.0",
	}
}

const directoryPrefix = "directory_"

func (d *Directory) key() uuid.UUID {
	key, _ := parseID(directoryPrefix, d.ID)
	return key
}

// parseID reads an id of the identity vendor's: a prefix and a ULID.
func parseID(prefix, id string) (uuid.UUID, bool) {
	text, ok := strings.CutPrefix(id, prefix)
	if !ok {
		return uuid.Nil, false
	}
	return parseULID(text)
}

func (d *Directory) subject() subject { return subject{d.AccountID, kindDirectory, d.key(), d.Name} }

func (d *Directory) payload() map[string]any {
	return map[string]any{"directory_id": d.ID, "type": string(d.Type), "state": string(d.State)}
}

// DirectoryActor is who acts when a directory pushes.
func DirectoryActor(d *Directory) Actor { return Actor{DirectoryID: d.ID, Name: d.Name} }

// Directories returns an account's directories, oldest first.
func (r *Reader) Directories(accountID uuid.UUID) []*Directory {
	return directoriesByAccount.Get(r.db, accountID)
}

// Directory reads one of an account's directories.
func (r *Reader) Directory(accountID uuid.UUID, id string) (*Directory, error) {
	if key, ok := parseID(directoryPrefix, id); ok {
		if d, ok := directoryTable.Get(r.db, key); ok && d.AccountID == accountID {
			return d, nil
		}
	}
	return nil, &NotFound{What: "Directory"}
}

// AllowedDomains returns the email domains whose people come in.
func (r *Reader) AllowedDomains(d *Directory) []string {
	if d.AllowedDomains != nil {
		return d.AllowedDomains
	}
	names := []string{}
	for _, domain := range r.Domains(d.AccountID) {
		names = append(names, domain.Name)
	}
	return names
}

// DirectoryCounts says how many people, active and not, and how many groups a directory has, those who are held
// included.
func (r *Reader) DirectoryCounts(d *Directory) (active, inactive, groups int) {
	active = activeInDirectory.Get(r.db, d.ID)
	return active, len(r.DirectoryUsers(d.ID)) - active, len(r.DirectoryGroups(d.ID))
}

// LinkedDirectoryIDs returns the ids of an account's linked directories, oldest first.
func (r *Reader) LinkedDirectoryIDs(accountID uuid.UUID) []string {
	ids := []string{}
	for _, d := range r.Directories(accountID) {
		if d.State == DirectoryLinked {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// directoryFor finds the linked directory that decides whether people of an email's domain are members.
func (r *Reader) directoryFor(accountID uuid.UUID, email string) (*Directory, bool) {
	for _, d := range r.Directories(accountID) {
		if d.State == DirectoryLinked && r.allows(d, email) {
			return d, true
		}
	}
	return nil, false
}

func (r *Reader) allows(d *Directory, email string) bool {
	name, err := NormalizeDomain(email[strings.LastIndex(email, "@")+1:])
	if err != nil {
		return false
	}
	if d.AllowedDomains != nil {
		return slices.Contains(d.AllowedDomains, name)
	}
	enabled, ok := domainByName.Get(r.db, name)
	return ok && enabled.AccountID == d.AccountID
}

// DirectoryChange is what a write says of a directory: only what is not nil or is Set.
type DirectoryChange struct {
	Name *string
	Type *DirectoryType
	// State switches the directory off (DirectoryUnlinked) or on again (DirectoryLinked).
	State             *DirectoryState
	DefaultRoleID     *uuid.UUID
	Deprovision       *DeprovisionAction
	SyncGroupsToTeams *bool
	// AllowedDomains are enabled domains; nil means all of them.
	AllowedDomains Nullable[[]string]
}

// AddDirectory makes a directory that nothing has been pushed to yet. An account without an organization at the
// identity vendor gets one.
func (tx *Tx) AddDirectory(accountID uuid.UUID, change DirectoryChange) (*Directory, error) {
	return tx.addDirectory(accountID, tx.newULID(), newSecret(""), change)
}

// SeedDirectory is AddDirectory for a directory that has the same id, made of the key, in every run, and the same
// endpoint if one is given.
func (tx *Tx) SeedDirectory(accountID, key uuid.UUID, endpoint string, change DirectoryChange) (*Directory, error) {
	return tx.addDirectory(accountID, key, cmp.Or(endpoint, newSecret("")), change)
}

func (tx *Tx) addDirectory(accountID, key uuid.UUID, endpoint string, change DirectoryChange) (*Directory, error) {
	a, err := tx.Account(accountID)
	if err != nil {
		return nil, err
	}
	if change.Name == nil || change.Type == nil {
		return nil, invalid("a directory needs a name and a type", "name")
	}
	if err := checkKey(tx, directoryByKey, accountID.String(), func(d *Directory) string { return d.ID }); err != nil {
		return nil, err
	}
	d := Directory{
		ID: directoryPrefix + ulid(key), Origin: tx.origin(), AccountID: accountID, State: DirectoryValidating,
		DefaultRoleID: MemberRoleID, Deprovision: DeprovisionDeactivate, SyncGroupsToTeams: true, Endpoint: endpoint,
	}
	if err := tx.applyDirectory(&d, change); err != nil {
		return nil, err
	}
	d.Created = tx.stamp()
	d.Updated = d.Created
	d.OrganizationID = valueOf(a.WorkOSOrganizationID)
	if d.OrganizationID == "" {
		d.OrganizationID = "org_" + ulid(key)
	}
	directoryTable.Put(tx.db, &d)
	cause := tx.record(d.subject(), created, d.payload(), uuid.Nil)
	tx.giveOrganization(a, d.OrganizationID, cause)
	return &d, nil
}

// giveOrganization gives an account that has none yet its organization at the identity vendor.
func (tx *Tx) giveOrganization(a *Account, id string, cause uuid.UUID) {
	if a.WorkOSOrganizationID != nil {
		return
	}
	next := *a
	next.WorkOSOrganizationID, next.Updated = &id, tx.stamp()
	accountTable.Put(tx.db, &next)
	tx.record(next.subject(), updated, withChanges(nil, a.fields(), next.fields()), cause)
}

// UpdateDirectory changes a directory. Who is let in by its domains, and which teams it has, follows at once.
func (tx *Tx) UpdateDirectory(accountID uuid.UUID, id string, change DirectoryChange) (*Directory, error) {
	old, err := tx.Directory(accountID, id)
	if err != nil {
		return nil, err
	}
	next := *old
	if err := tx.applyDirectory(&next, change); err != nil {
		return nil, err
	}
	d, cause := tx.putDirectory(old, next, uuid.Nil)
	if d == old {
		return d, nil
	}
	if old.SyncGroupsToTeams != d.SyncGroupsToTeams {
		tx.syncTeams(d, cause)
	}
	if !slices.Equal(old.AllowedDomains, d.AllowedDomains) || (old.AllowedDomains == nil) != (d.AllowedDomains == nil) {
		tx.judgeAll(d, cause)
	}
	return d, nil
}

func (tx *Tx) putDirectory(old *Directory, next Directory, follows uuid.UUID) (*Directory, uuid.UUID) {
	if reflect.DeepEqual(*old, next) {
		return old, uuid.Nil
	}
	next.Updated = tx.stamp()
	directoryTable.Put(tx.db, &next)
	return &next, tx.record(next.subject(), updated, withChanges(next.payload(), tx.directoryFields(old), tx.directoryFields(&next)), follows)
}

// applyDirectory makes a change to a copy of a directory.
func (tx *Tx) applyDirectory(d *Directory, change DirectoryChange) error {
	if change.Name != nil && *change.Name != d.Name {
		if strings.TrimSpace(*change.Name) == "" {
			return invalid("a directory needs a name", "name")
		}
		if other, taken := directoryByName.Get(tx.db, nameIn{d.AccountID, *change.Name}); taken {
			return &Conflict{Reason: "A directory named " + *change.Name + " exists already", ExistingID: other.ID}
		}
		d.Name = *change.Name
	}
	if change.Type != nil && !slices.Contains(DirectoryTypes(), *change.Type) {
		return invalid(fmt.Sprintf("%s is not one of the directory types %v", *change.Type, DirectoryTypes()), "type")
	}
	set(&d.Type, change.Type)
	if change.State != nil {
		d.State = *change.State
		if d.State != DirectoryUnlinked && d.LastSynced.IsZero() {
			d.State = DirectoryValidating
		}
	}
	if id := change.DefaultRoleID; id != nil && *id != d.DefaultRoleID {
		if err := tx.mayHandOut(d.AccountID, *id, "default_account_role_id"); err != nil {
			return err
		}
		d.DefaultRoleID = *id
	}
	set(&d.Deprovision, change.Deprovision)
	set(&d.SyncGroupsToTeams, change.SyncGroupsToTeams)
	if !change.AllowedDomains.Set {
		return nil
	}
	if change.AllowedDomains.Value == nil {
		d.AllowedDomains = nil
		return nil
	}
	domains, err := tx.enabledDomains(d.AccountID, *change.AllowedDomains.Value, d.AllowedDomains, "allowed_domains")
	if err != nil {
		return err
	}
	d.AllowedDomains = domains
	return nil
}

// mayHandOut checks that a role is there and that the caller may give it to others.
func (tx *Tx) mayHandOut(accountID, roleID uuid.UUID, field string) error {
	role, err := tx.Role(accountID, roleID)
	if err != nil {
		return errNoRole(roleID, field)
	}
	return tx.mayGrantIn(accountID, role)
}

// setLinkedDirectories switches off the linked directories that are not among ids, all of which have to be the
// account's own.
func (tx *Tx) setLinkedDirectories(accountID uuid.UUID, ids []string) error {
	if err := knownIDs("workos_directory_ids", "directory", ids, func(id string) error {
		_, err := tx.Directory(accountID, id)
		return err
	}); err != nil {
		return err
	}
	for _, old := range slices.Clone(tx.Directories(accountID)) {
		if old.State == DirectoryLinked && !slices.Contains(ids, old.ID) {
			next := *old
			next.State = DirectoryUnlinked
			tx.putDirectory(old, next, uuid.Nil)
		}
	}
	return nil
}

// domainsChanged takes domains that are no longer enabled out of an account's directories, and judges anew who is
// let in.
func (tx *Tx) domainsChanged(accountID uuid.UUID, removed []string, cause uuid.UUID) {
	var people []judged
	for _, old := range slices.Clone(tx.Directories(accountID)) {
		next := *old
		if old.AllowedDomains != nil {
			next.AllowedDomains = slices.DeleteFunc(slices.Clone(old.AllowedDomains), func(name string) bool { return slices.Contains(removed, name) })
		}
		d, event := tx.putDirectory(old, next, cause)
		if event == uuid.Nil {
			event = cause
		}
		people = append(people, tx.toJudge(d, event)...)
	}
	tx.judgePeople(people)
}

// DeleteDirectory takes a directory away with its people, groups, tokens and mappings. No user is deprovisioned: roles
// that a mapping gave go back to what they were, teams become ones that people look after.
func (tx *Tx) DeleteDirectory(accountID uuid.UUID, id string) error {
	d, err := tx.Directory(accountID, id)
	if err != nil {
		return err
	}
	cause := tx.record(d.subject(), deleted, d.payload(), uuid.Nil)
	for _, t := range slices.Clone(tokensByDirectory.Get(tx.db, d.ID)) {
		tx.endToken(t, cause)
	}
	for _, c := range slices.Clone(clientsByDirectory.Get(tx.db, d.ID)) {
		tx.endClient(c, cause)
	}
	for _, m := range slices.Clone(mappingsByDirectory.Get(tx.db, d.ID)) {
		mappingTable.Delete(tx.db, m.ID)
		tx.record(m.subject(), deleted, m.payload(), cause)
	}
	// The teams go first: who is in one that follows no group stays in it.
	for _, g := range tx.DirectoryGroups(d.ID) {
		tx.untieTeam(g, cause)
	}
	for _, m := range slices.Clone(membershipsByDirectory.Get(tx.db, d.ID)) {
		tx.releaseMembership(m, cause)
	}
	for _, g := range slices.Clone(tx.DirectoryGroups(d.ID)) {
		tx.record(g.subject(), deleted, g.payload(), cause)
		tx.dropGroup(g, cause)
	}
	gone := slices.Clone(tx.DirectoryUsers(d.ID))
	directoryTable.Delete(tx.db, d.key())
	for _, u := range gone {
		if u.Hold == "" {
			tx.record(u.subject(), deleted, u.payload(), cause)
		}
	}
	for _, u := range gone {
		tx.reconcile(reconciliation{account: accountID, email: u.Email, cause: cause})
	}
	return nil
}

package store

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// Domain is an email domain that is enabled for an account's single sign-on.
type Domain struct {
	ID               uuid.UUID
	Created, Updated time.Time
	AccountID        uuid.UUID
	// Name is normalised: lower-case, A-labels, no trailing dot.
	Name string
	// Releasing marks a domain that is no longer in the account's list and still
	// routes logins, because without it no connection would be active. Exactly one
	// active connection names it, and it goes as soon as that one does not.
	Releasing bool `json:",omitempty"`
}

var (
	domainTable      = table.Declare(&tables, "domains", func(d *Domain) (uuid.UUID, time.Time) { return d.ID, d.Created })
	domainByName     = table.Unique(domainTable, func(d *Domain) (string, bool) { return d.Name, true })
	domainsByAccount = table.Group(domainTable, func(d *Domain) (uuid.UUID, bool) { return d.AccountID, true }, table.DeletedWith(accountTable))
)

// Domains returns the account's domains, oldest first, those that are being released
// included.
func (r *Reader) Domains(accountID uuid.UUID) []*Domain {
	return domainsByAccount.Get(r.db, accountID)
}

// Consent allows what would otherwise be refused or put off.
type Consent string

// AllowDisableSSO lets SetDomains take away the last domains that single sign-on is
// active for, and those that are being released.
const AllowDisableSSO Consent = "allow_disable_sso"

// SetDomains makes names the account's whole list. Rows of names that stay are
// kept as they are; names that are the same after normalising count once. Names
// that go leave their connections and directories, too, unless no connection would
// be active without them: then they are released, see Domain.Releasing. A name that
// is being released and is given again stays.
func (tx *Tx) SetDomains(accountID uuid.UUID, names []string, given ...Consent) error {
	a, err := tx.Account(accountID)
	if err != nil {
		return err
	}
	wanted, err := normalizeAll(names)
	if err != nil {
		return err
	}
	change := tx.compareDomains(accountID, wanted, slices.Contains(given, AllowDisableSSO))
	for _, name := range change.added {
		if other, taken := domainByName.Get(tx.db, name); taken && other.AccountID != accountID {
			return &Conflict{Reason: "The domain " + name + " is enabled in another account"}
		}
	}
	if change.isNone() {
		return nil
	}
	for _, name := range change.removed {
		d, _ := domainByName.Get(tx.db, name)
		domainTable.Delete(tx.db, d.ID)
	}
	tx.markReleasing(change.released, true)
	tx.markReleasing(change.kept, false)
	for _, name := range change.added {
		now := tx.stamp()
		d := &Domain{ID: tx.newID(), Created: now, Updated: now, AccountID: accountID, Name: name}
		domainTable.Put(tx.db, d)
	}
	cause := tx.record(domainsSubject(a), updated, change.payload(wanted), uuid.Nil)
	for _, c := range slices.Clone(tx.Connections(accountID)) {
		gone := change.removed
		if c.State != ConnectionActive {
			gone = slices.Concat(gone, change.released)
		}
		tx.dropDomains(c, gone, cause)
	}
	tx.domainsChanged(accountID, change.removed, cause)
	return nil
}

// domainChange is what a new list makes of an account's domains, by their names.
type domainChange struct {
	added, removed []string
	// released ones go with their connection, kept ones were about to.
	released, kept []string
}

func (c domainChange) isNone() bool {
	return len(c.added)+len(c.removed)+len(c.released)+len(c.kept) == 0
}

func (c domainChange) payload(wanted []string) map[string]any {
	out := map[string]any{"added": c.added, "removed": c.removed, "domain_names": wanted}
	if c.released != nil {
		out["released"] = c.released
	}
	if c.kept != nil {
		out["kept"] = c.kept
	}
	return out
}

// compareDomains finds out what a new list changes. With force nothing is released.
func (r *Reader) compareDomains(accountID uuid.UUID, wanted []string, force bool) domainChange {
	var c domainChange
	for _, d := range r.Domains(accountID) {
		switch listed := slices.Contains(wanted, d.Name); {
		case listed && d.Releasing:
			c.kept = append(c.kept, d.Name)
		case !listed && (!d.Releasing || force):
			c.removed = append(c.removed, d.Name)
		}
	}
	for _, name := range wanted {
		if d, ok := domainByName.Get(r.db, name); !ok || d.AccountID != accountID {
			c.added = append(c.added, name)
		}
	}
	if force || !r.EnforcesSSO(accountID) || r.routesWithout(accountID, c.removed) {
		return c
	}
	routed := func(name string) bool { _, active := connectionByDomain.Get(r.db, name); return active }
	for _, name := range c.removed {
		if routed(name) {
			c.released = append(c.released, name)
		}
	}
	c.removed = slices.DeleteFunc(c.removed, routed)
	return c
}

// routesWithout reports whether an account has an active connection even without some
// domains.
func (r *Reader) routesWithout(accountID uuid.UUID, names []string) bool {
	return slices.ContainsFunc(r.Connections(accountID), func(c *Connection) bool {
		return c.State == ConnectionActive &&
			slices.ContainsFunc(c.Domains, func(name string) bool { return !slices.Contains(names, name) })
	})
}

func (tx *Tx) markReleasing(names []string, releasing bool) {
	for _, name := range names {
		old, _ := domainByName.Get(tx.db, name)
		next := *old
		next.Releasing, next.Updated = releasing, tx.stamp()
		domainTable.Put(tx.db, &next)
	}
}

// finishRelease takes away those domains of a connection that were waiting for it.
func (tx *Tx) finishRelease(accountID uuid.UUID, waiting []*Domain, cause uuid.UUID) {
	a, err := tx.Account(accountID)
	if err != nil || len(waiting) == 0 {
		return // an account that goes takes its domains along
	}
	var left []string
	removed := tx.removedDomains(accountID)
	for _, d := range waiting {
		domainTable.Delete(tx.db, d.ID)
		removed = append(removed, d.Name)
	}
	for _, d := range tx.Domains(accountID) {
		if !d.Releasing {
			left = append(left, d.Name)
		}
	}
	event := tx.record(domainsSubject(a), updated, domainChange{removed: removed}.payload(left), cause)
	tx.domainsChanged(accountID, removed, event)
}

// removedDomains are those that the transaction's event tells of as removed.
func (tx *Tx) removedDomains(accountID uuid.UUID) []string {
	e, ok := tx.recorded[changedThing{accountID, kindDomainNames, accountID}]
	if !ok {
		return nil
	}
	names, _ := e.Payload["removed"].([]string)
	return slices.Clone(names)
}

// releasing returns those of the names that are being released.
func (r *Reader) releasing(names []string) (out []*Domain) {
	for _, name := range names {
		if d, ok := domainByName.Get(r.db, name); ok && d.Releasing {
			out = append(out, d)
		}
	}
	return out
}

func domainsSubject(a *Account) subject { return subject{a.ID, kindDomainNames, a.ID, a.Name} }

func normalizeAll(names []string) ([]string, error) {
	var out []string
	var problems []Problem
	for i, name := range names {
		normal, err := NormalizeDomain(name)
		if err != nil {
			problems = append(problems, Problem{
				Loc: []any{"domain_names", i}, Msg: "Value error, " + err.Error(), Type: "value_error",
			})
			continue
		}
		if !slices.Contains(out, normal) {
			out = append(out, normal)
		}
	}
	if problems != nil {
		return nil, &Invalid{Problems: problems}
	}
	return out, nil
}

// NormalizeDomain returns the one spelling of a domain name by which it is stored:
// lower-case, A-labels, no trailing dot.
func NormalizeDomain(name string) (string, error) { return address.Domain(name) }

package store

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
)

// Domain is an email domain that is enabled for an account's single sign-on.
type Domain struct {
	ID               uuid.UUID
	Created, Updated time.Time
	AccountID        uuid.UUID
	// Name is normalised: lower-case, A-labels, no trailing dot.
	Name string
}

// Domains gives the account's enabled domains, oldest first.
func (r *Reader) Domains(accountID uuid.UUID) []*Domain {
	return r.data.domainsByAccount.get(accountID)
}

// Consent allows what would otherwise be refused.
type Consent string

// AllowDisableSSO lets SetDomains take away the last domain that single sign-on is
// active for.
const AllowDisableSSO Consent = "allow_disable_sso"

// SetDomains makes names the account's whole list. Rows of names that stay are
// kept as they are; names that are the same after normalising count once. Names
// that go leave their connections and directories, too.
func (tx *Tx) SetDomains(accountID uuid.UUID, names []string, given ...Consent) error {
	a, err := tx.Account(accountID)
	if err != nil {
		return err
	}
	wanted, err := normalizeAll(names)
	if err != nil {
		return err
	}
	var added, removed []string
	for _, d := range slices.Clone(tx.Domains(accountID)) {
		if !slices.Contains(wanted, d.Name) {
			tx.data.domains.delete(tx, d.ID)
			removed = append(removed, d.Name)
		}
	}
	for _, name := range wanted {
		other, taken := tx.data.domainByName.get(name)
		if taken && other.AccountID != accountID {
			return &Conflict{Reason: "The domain " + name + " is enabled in another account"}
		}
		if taken {
			continue
		}
		now := tx.stamp()
		d := &Domain{ID: tx.newID(), Created: now, Updated: now, AccountID: accountID, Name: name}
		tx.data.domains.put(tx, d.ID, d)
		added = append(added, name)
	}
	if added == nil && removed == nil {
		return nil
	}
	cause := tx.record(subject{accountID, kindDomainNames, accountID, a.Name}, updated,
		map[string]any{"added": added, "removed": removed, "domain_names": wanted}, uuid.Nil)
	enforced := tx.EnforcesSSO(accountID)
	for _, c := range slices.Clone(tx.Connections(accountID)) {
		tx.dropDomains(c, removed, cause)
	}
	tx.domainsChanged(accountID, removed, cause)
	if enforced && !tx.EnforcesSSO(accountID) && !slices.Contains(given, AllowDisableSSO) {
		return &Conflict{Reason: "This would take the last domain of the only active connection away and so disable single sign-on; " +
			"ask for it with ?" + string(AllowDisableSSO) + "=true"}
	}
	return nil
}

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

// NormalizeDomain gives the one spelling of a domain name by which it is stored:
// lower-case, A-labels, no trailing dot.
func NormalizeDomain(name string) (string, error) { return address.Domain(name) }

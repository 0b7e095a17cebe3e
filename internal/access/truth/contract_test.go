package truth_test

import (
	"sync"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// The server is asked whether it follows the contract in what came to it last. As long as it does not, worlds that depend
// on it are left out.

// releases reports whether a domain that single sign-on needs is released instead of refused (contract A, "Domains").
var releases = sync.OnceValue(func() bool {
	s := store.New(store.Options{})
	err := s.Update(store.Actor{}, func(tx *store.Tx) error {
		a, err := tx.AddAccount(store.NewAccount{Name: "A", Handle: "a", Features: store.Features()})
		if err != nil {
			return err
		}
		if err := tx.SetDomains(a.ID, []string{"a.example"}); err != nil {
			return err
		}
		name, issuer, id, kind := "c", "https://idp.example", "client", store.ConnectionType("GenericOIDC")
		c, err := tx.AddConnection(a.ID, store.ConnectionChange{
			Name: &name, Type: &kind, Domains: &[]string{"a.example"}, OIDC: &store.OIDCChange{Issuer: &issuer, ClientID: &id},
		})
		if err != nil {
			return err
		}
		if _, err := tx.ActivateConnection(a.ID, c.ID, false); err != nil {
			return err
		}
		return tx.SetDomains(a.ID, nil)
	})
	return err == nil
})

// ties reports whether two mappings may have one priority (contract B.4).
var ties = sync.OnceValue(func() bool {
	s := store.New(store.Options{})
	err := s.Update(store.Actor{}, func(tx *store.Tx) error {
		a, err := tx.AddAccount(store.NewAccount{ID: uuid.New(), Name: "A", Handle: "a", Features: store.Features()})
		if err != nil {
			return err
		}
		name, kind := "d", store.DirectoryType("okta scim v2.0")
		d, err := tx.AddDirectory(a.ID, store.DirectoryChange{Name: &name, Type: &kind})
		if err != nil {
			return err
		}
		for _, group := range []string{"A", "B"} {
			if _, err := tx.AddGroupMapping(a.ID, d.ID, store.NewGroupMapping{Match: store.MappingMatch{GroupName: group}, RoleID: store.MemberRoleID}); err != nil {
				return err
			}
		}
		return nil
	})
	return err == nil
})

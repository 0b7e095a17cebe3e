package identity

import (
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func readDirectoryBody(creating bool) func(*input.Fields) store.DirectoryChange {
	return func(f *input.Fields) (out store.DirectoryChange) {
		name, kind := input.NonEmpty(maxName), input.Enum(store.DirectoryTypes()...)
		if creating {
			given, of := input.Required(f, "name", name), input.Required(f, "type", kind)
			out.Name, out.Type = &given, &of
		} else {
			out.Name, out.Type = input.Optional(f, "name", name), input.Optional(f, "type", kind)
			out.State = input.Optional(f, "state", input.Enum(store.DirectoryLinked, store.DirectoryUnlinked))
		}
		out.DefaultRoleID = input.Optional(f, "default_account_role_id", input.UUID)
		out.Deprovision = input.Optional(f, "deprovision_action", input.Enum(store.DeprovisionDeactivate, store.DeprovisionDelete))
		out.SyncGroupsToTeams = input.Optional(f, "sync_groups_to_teams", input.Bool)
		out.AllowedDomains = input.Nullable(f, "allowed_domains", input.ListOf(input.StringUpTo(maxName), 0, maxDomains))
		return out
	}
}

// ReadDirectory reads and checks what POST …/sso/directories takes, for a caller that
// takes it in another way.
func ReadDirectory(body []byte) (store.DirectoryChange, error) {
	return input.Body(body, true, false, input.Strict(readDirectoryBody(true)))
}

// listDirectories is GET /api/accounts/{account_id}/sso/directories.
func listDirectories(c *router.Call) (*router.Answer, error) {
	out := []managedDirectory{}
	err := c.View(func(r *store.Reader) error {
		rows, err := rowsOf(c, r.Directories(c.Account), func(key string) (*store.Directory, bool) {
			return r.DirectoryCreatedWith(c.Actor, c.Account, key)
		})
		for _, row := range rows {
			out = append(out, toManagedDirectory(r, c.BaseURL(), row))
		}
		return err
	})
	return router.OK(out), err
}

// readDirectory is GET /api/accounts/{account_id}/sso/directories/{id}.
func readDirectory(c *router.Call) (*router.Answer, error) {
	var out managedDirectory
	err := c.View(func(r *store.Reader) error {
		row, err := r.Directory(c.Account, vendorID(c))
		if err != nil {
			return err
		}
		out = toManagedDirectory(r, c.BaseURL(), row)
		return nil
	})
	return router.OK(out), err
}

// createDirectory is POST /api/accounts/{account_id}/sso/directories.
func createDirectory(c *router.Call) (*router.Answer, error) {
	change, err := router.Body(c, input.Strict(readDirectoryBody(true)))
	if err != nil {
		return nil, err
	}
	return createOnce(c, func(tx *store.Tx) (any, error) {
		row, err := tx.AddDirectory(c.Account, change)
		if err != nil {
			return nil, err
		}
		return toManagedDirectory(&tx.Reader, c.BaseURL(), row), nil
	})
}

// updateDirectory is PATCH /api/accounts/{account_id}/sso/directories/{id}.
func updateDirectory(c *router.Call) (*router.Answer, error) {
	change, err := router.Body(c, input.Strict(readDirectoryBody(false)))
	if err != nil {
		return nil, err
	}
	var out managedDirectory
	err = c.Update(func(tx *store.Tx) error {
		row, err := tx.UpdateDirectory(c.Account, vendorID(c), change)
		if err != nil {
			return err
		}
		out = toManagedDirectory(&tx.Reader, c.BaseURL(), row)
		return nil
	})
	return router.OK(out), err
}

// deleteDirectory is DELETE
// /api/accounts/{account_id}/sso/directories/{id}.
func deleteDirectory(c *router.Call) (*router.Answer, error) {
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.DeleteDirectory(c.Account, vendorID(c)) }))
}

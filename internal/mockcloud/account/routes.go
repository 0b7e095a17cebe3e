// Package account is the published account API, one file a noun: routes, the
// reading of bodies, and the wire types of answers. Handlers hold no state and
// no rules; both live in package store.
//
// The wire types are this package's own and are shared with no client, so that
// a wrong field name is found by a test instead of being mirrored.
package account

import (
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Options choose between the published API and our extension of it.
type Options struct {
	// ETags makes domain lists carry an ETag and honor If-Match.
	ETags bool
}

// Routes are the account API's routes.
func Routes(o Options) []router.Route {
	return slices.Concat(
		accountRoutes(), settingsRoutes(), permissionRoutes(), domains{extended: o.ETags}.routes(),
		membershipRoutes(), roleRoutes(), botRoutes(), meRoutes(),
		teamRoutes(), workspaceRoutes(), workspaceRoleRoutes(), workspaceScopeRoutes(),
		userAccessRoutes(), botAccessRoutes(), teamAccessRoutes(), workspaceAccessRoutes(), workspaceInvitationRoutes(),
		userRoutes(), keyRoutes(), sessionRoutes(), invitationRoutes(), usageRoutes(),
		eventRoutes(), ssoRoutes(),
	)
}

// root is where the routes of one account begin.
const root = "/api/accounts/{account_id}"

// readOne answers with the account's row that the path's id names.
func readOne[R, W any](param string, find func(r *store.Reader, account, id uuid.UUID) (R, error), toWire func(R) W) router.Handler {
	return func(c *router.Call) (*router.Answer, error) {
		id, err := c.ID(param)
		if err != nil {
			return nil, err
		}
		var out W
		err = c.View(func(r *store.Reader) error {
			row, err := find(r, c.Account, id)
			if err != nil {
				return err
			}
			out = toWire(row)
			return nil
		})
		return router.OK(out), err
	}
}

// updateOne changes the account's row that the path's id names.
func updateOne[C any](param string, read func(*input.Fields) C, update func(tx *store.Tx, account, id uuid.UUID, change C) error) router.Handler {
	return func(c *router.Call) (*router.Answer, error) {
		id, err := c.ID(param)
		if err != nil {
			return nil, err
		}
		change, err := router.Body(c, input.Strict(read))
		if err != nil {
			return nil, err
		}
		return router.Done(c.Update(func(tx *store.Tx) error { return update(tx, c.Account, id, change) }))
	}
}

// deleteOne ends the account's row that the path's id names.
func deleteOne(param string, end func(tx *store.Tx, account, id uuid.UUID) error) router.Handler {
	return func(c *router.Call) (*router.Answer, error) {
		id, err := c.ID(param)
		if err != nil {
			return nil, err
		}
		return router.Done(c.Update(func(tx *store.Tx) error { return end(tx, c.Account, id) }))
	}
}

// page is the part of a listing that a caller wants.
type page struct{ limit, offset int }

func readPage(f *input.Fields) page {
	return page{
		limit:  input.Default(f, "limit", input.IntBetween(0, 200), 200),
		offset: input.Default(f, "offset", input.IntFrom(0), 0),
	}
}

// cut takes a page out of a whole list and turns its rows into wire types.
func cut[R, W any](rows []R, p page, toWire func(R) W) []W {
	from := min(p.offset, len(rows))
	out := []W{}
	for _, row := range rows[from:min(from+p.limit, len(rows))] {
		out = append(out, toWire(row))
	}
	return out
}

// anyOf reads a filter's list of allowed values; nil where nothing is asked.
func anyOf[T any](f *input.Fields, decode input.Decoder[T]) []T {
	return input.OptionalList(f, "any_", input.List(decode))
}

func anyID(f *input.Fields) []uuid.UUID { return anyOf(f, input.UUID) }

func like(f *input.Fields) *string { return input.Optional(f, "like_", input.String) }

// filterOf reads a filter; nil where nothing is asked.
func filterOf[T any](f *input.Fields, name string, read func(*input.Fields) T) *T {
	return input.Optional(f, name, input.Strict(read))
}

// filterPart reads one criterion of a filter; nothing where it is not asked.
func filterPart[T any](f *input.Fields, name string, read func(*input.Fields) T) T {
	var none T
	if part := filterOf(f, name, read); part != nil {
		return *part
	}
	return none
}

// each does something with every element of what was sent. What is wrong with
// any of them is said of all of them at once, at its place below the prefix.
func each[T any](list []T, prefix []any, do func(T) error) error {
	var problems []store.Problem
	for i, element := range list {
		err := do(element)
		var invalid *store.Invalid
		if err != nil && !errors.As(err, &invalid) {
			return err
		}
		if err != nil {
			for _, p := range invalid.Problems {
				p.Loc = slices.Concat(prefix, []any{i}, p.Loc)
				problems = append(problems, p)
			}
		}
	}
	if problems != nil {
		return &store.Invalid{Problems: problems}
	}
	return nil
}

// valueOr is what a caller gave, or the default.
func valueOr[T any](given *T, otherwise T) T {
	if given == nil {
		return otherwise
	}
	return *given
}

// orNull turns the absence of a value into JSON's null.
func orNull[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

// instant is a time on the wire, null for none.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

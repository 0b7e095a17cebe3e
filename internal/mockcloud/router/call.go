package router

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Access says who may call a route.
type Access struct {
	// Account: only members of the account in the path, with Permission.
	Account    bool
	Permission store.Permission
	// Scopes, instead of Permission, are what the member needs in the workspace in
	// the path.
	Scopes []store.Scope
	// Workspace: the path names a workspace of the account.
	Workspace bool
	// Feature, unless empty, has to be in the account's plan.
	Feature store.Feature
	// UsersOnly: no service accounts.
	UsersOnly bool
	// WhileRestricted lets in those, too, whom single sign-on keeps out of the
	// account.
	WhileRestricted bool
}

// ByAnyActor lets in every caller with a key.
func ByAnyActor() Access { return Access{} }

// ByUsers lets in people, not service accounts.
func ByUsers() Access { return Access{UsersOnly: true} }

// ByMembers lets in the account's members who have a permission.
func ByMembers(p store.Permission) Access { return Access{Account: true, Permission: p} }

// ByWorkspace lets in the account's members who have scopes in the workspace in
// the path.
func ByWorkspace(s ...store.Scope) Access { return Access{Account: true, Scopes: s, Workspace: true} }

// InWorkspace asks that the workspace in the path is one of the account's.
func (a Access) InWorkspace() Access {
	a.Workspace = true
	return a
}

// With asks that the account's plan has a feature.
func (a Access) With(f store.Feature) Access {
	a.Feature = f
	return a
}

// EvenRestricted also lets in those whom single sign-on keeps out of the account.
func (a Access) EvenRestricted() Access {
	a.WhileRestricted = true
	return a
}

// Call is one request to a handler.
type Call struct {
	Request *http.Request
	// Actor is who calls.
	Actor store.Actor
	// Account is the account in the path, where the route's access is by
	// membership.
	Account uuid.UUID
	// Workspace is the workspace in the path, where the route's access asks for one.
	Workspace uuid.UUID

	access  Access
	key     string
	body    []byte
	store   *store.Store
	baseURL string
}

// View reads the state. That the caller may do so is checked in it again: what
// took the caller's access away since the request came in counts.
//
// A read of one account does not wait for what another one's directory changes.
func (c *Call) View(fn func(*store.Reader) error) error {
	return c.store.ViewOf(c.Account, func(r *store.Reader) error {
		if err := c.check(r); err != nil {
			return err
		}
		return fn(r)
	})
}

// Update changes the state in the caller's name, in one transaction with the
// check that the caller may.
func (c *Call) Update(fn func(*store.Tx) error) error {
	return c.store.Update(c.Actor, func(tx *store.Tx) error {
		if err := c.check(&tx.Reader); err != nil {
			return err
		}
		return fn(tx)
	})
}

// Permit checks one more permission in the account than the route asks for.
func (c *Call) Permit(r *store.Reader, p store.Permission) error {
	member, err := r.Enter(c.Actor, c.Account)
	if err != nil {
		return err
	}
	return r.Permit(member, p)
}

// ID reads an id from the path.
func (c *Call) ID(name string) (uuid.UUID, error) {
	return input.PathID(name, c.Request.PathValue(name))
}

// BaseURL is how the caller reaches this server: what links to it begin with.
func (c *Call) BaseURL() string {
	return BaseURL(c.baseURL, c.Request)
}

// BaseURL is what links to this server begin with: its public URL, or as the caller
// reached it where there is none.
func BaseURL(publicURL string, r *http.Request) string {
	if publicURL != "" {
		return strings.TrimSuffix(publicURL, "/")
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// Body reads the JSON body.
func Body[T any](c *Call, decode input.Decoder[T]) (T, error) {
	return input.Body(c.body, c.isJSON(), false, decode)
}

// OptionalBody reads a JSON body that may be left out.
func OptionalBody[T any](c *Call, decode input.Decoder[T]) (T, error) {
	return input.Body(c.body, c.isJSON(), true, decode)
}

// isJSON says whether the body is to be read as JSON: it is when the caller does
// not say otherwise.
func (c *Call) isJSON() bool {
	kind, _, ok := request.Media(c.Request)
	return ok && (kind == "" || kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// answer runs the route's handler for a caller who may call it.
func (rt *Router) answer(r *http.Request, route Route) Reply {
	var a *Answer
	if err := request.Guard(func() (err error) {
		a, err = rt.handle(r, route)
		return err
	}); err != nil {
		return rt.failed(r, route.Path, err)
	}
	return rt.succeeded(r, route.Path, a)
}

// handle reads no body of a caller who may not call the route.
func (rt *Router) handle(r *http.Request, route Route) (*Answer, error) {
	key, byCookie := credential(r)
	if byCookie && !mayUseCookie(r) {
		return nil, &store.Forbidden{Reason: "A browser's session is for this server's own pages only"}
	}
	c := &Call{Request: r, access: route.Access, key: key, store: rt.store, baseURL: rt.publicURL}
	if err := rt.admit(c); err != nil {
		return nil, c.denied(err)
	}
	var err error
	if c.body, err = readBody(r); err != nil {
		return nil, err
	}
	a, err := route.Handle(c)
	return a, c.denied(err)
}

// admit finds out who calls, counts the call against the account's rate limit
// and checks that the caller may. Only a member's calls count, so that nobody
// can use up a foreign account's limit.
func (rt *Router) admit(c *Call) error {
	var limit store.RateLimit
	reads := uuid.Nil // of all accounts
	if c.access.Account {
		if id, err := c.ID("account_id"); err == nil {
			reads = id
		}
	}
	err := c.store.ViewOf(reads, func(r *store.Reader) error {
		var err error
		if c.Actor, err = r.Authenticate(c.key); err != nil || !c.access.Account {
			return err
		}
		if c.Account, err = c.ID("account_id"); err != nil {
			return err
		}
		if _, err = r.Enter(c.Actor, c.Account); err != nil {
			return err
		}
		if c.access.Workspace {
			if c.Workspace, err = c.ID("workspace_id"); err != nil {
				return err
			}
		}
		account, err := r.Account(c.Account)
		if err != nil {
			return err
		}
		limit = account.RateLimit
		return nil
	})
	if err != nil {
		return err
	}
	if c.access.Account {
		if err := rt.Limiter.Take(c.Account, limit, "account"); err != nil {
			return err
		}
	}
	return c.store.ViewOf(c.Account, c.check)
}

// check says whether the caller may call the route now.
func (c *Call) check(r *store.Reader) error {
	if _, err := r.Authenticate(c.key); err != nil {
		return err
	}
	if c.access.UsersOnly && !c.Actor.IsUser() {
		return &store.Forbidden{Reason: "This route is for users; the caller is a service account"}
	}
	if !c.access.Account {
		return nil
	}
	member, err := r.Enter(c.Actor, c.Account)
	if err != nil {
		return err
	}
	if !c.access.WhileRestricted {
		if err := r.RequireLogin(member, c.key); err != nil {
			return err
		}
	}
	if err := c.permit(r, member); err != nil {
		return err
	}
	if c.access.Feature == "" {
		return nil
	}
	return r.RequireFeature(c.Account, c.access.Feature)
}

// permit checks the scopes or the permission that the route asks for. Who lacks the
// permission does not learn whether there is such a workspace.
func (c *Call) permit(r *store.Reader, member *store.Membership) error {
	if c.access.Scopes != nil {
		return r.PermitScope(member, c.Workspace, c.access.Scopes...)
	}
	if err := r.Permit(member, c.access.Permission); err != nil || !c.access.Workspace {
		return err
	}
	_, err := r.Workspace(member.AccountID, c.Workspace)
	return err
}

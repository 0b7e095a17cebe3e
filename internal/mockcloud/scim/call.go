package scim

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/patch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// maxBody is the published limit of a body, 2,000 KB.
const maxBody = 2_000_000

// call is one request, or one operation of a bulk request.
type call struct {
	server           *Server
	request          *http.Request
	endpoint, secret string
	// base is the address of the directory's service.
	base string
	// id is the resource in the path.
	id                   string
	ifMatch, ifNoneMatch string
	values               url.Values
	attributes, excluded []string
	actor                store.Actor
	account              uuid.UUID
	// work counts what the request costs; the operations of a bulk request share it.
	work *patch.Work
	// later makes the changes of a bulk request's operations; nil for a request alone.
	later *store.Deferred
	// directoryType is that of the directory whose token the caller has.
	directoryType store.DirectoryType
}

// authenticate finds the directory whose token the caller has. Where directories have no
// clients, no access token of one opens anything, also if it is in the state.
func (c *call) authenticate(r *store.Reader) (*store.Directory, store.SCIMCredential, error) {
	d, by, err := r.AuthenticateSCIM(c.endpoint, c.secret)
	if err == nil && by.OfClient() && !c.server.Clients {
		return nil, store.SCIMCredential{}, &store.Unauthenticated{}
	}
	return d, by, err
}

// admit finds the directory whose token the caller has, and notes that it was used.
func (c *call) admit() error {
	due := false
	err := c.server.Store.ViewWhere(c.accountIn, func(r *store.Reader) error {
		d, token, err := c.authenticate(r)
		if err != nil {
			return err
		}
		c.actor, c.account, c.directoryType, due = store.DirectoryActor(d), d.AccountID, d.Type, r.NeedsTouch(d, token)
		return nil
	})
	if err != nil || !due {
		return err
	}
	err = c.server.Store.Update(c.actor, func(tx *store.Tx) error {
		d, token, err := c.authenticate(&tx.Reader)
		if err != nil {
			return err
		}
		tx.TouchSCIM(d, token)
		return nil
	})
	if store.IsUnavailable(err) { // reads go on
		return nil
	}
	return err
}

// accountIn finds the account of the directory whose token the caller has.
func (c *call) accountIn(r *store.Reader) uuid.UUID {
	d, _, err := c.authenticate(r)
	if err != nil {
		return uuid.Nil
	}
	return d.AccountID
}

// view reads the state. That the token is good is checked in it again: what ended
// it since the request came in counts.
func (c *call) view(fn func(*store.Reader, *store.Directory) error) error {
	return c.server.Store.ViewOf(c.account, func(r *store.Reader) error {
		d, _, err := c.authenticate(r)
		if err != nil {
			return err
		}
		return fn(r, d)
	})
}

// update changes the state in the directory's name, in one transaction with the
// check of the token.
func (c *call) update(fn func(*store.Tx, *store.Directory) error) error {
	change := c.server.Store.Update
	if c.later != nil {
		change = c.later.Update
	}
	return change(c.actor, func(tx *store.Tx) error {
		tx.Within(c.account)
		d, _, err := c.authenticate(&tx.Reader)
		if err != nil {
			return err
		}
		return fn(tx, d)
	})
}

// withBody hands a handler the request's body.
func withBody(handle func(*call, map[string]any) (*answer, error)) handler {
	return func(c *call) (*answer, error) {
		body, err := c.body(maxBody)
		if err != nil {
			return nil, err
		}
		return handle(c, body)
	}
}

// route is the pattern of the request's path, and the id in it.
func (c *call) route() (pattern, id string) {
	_, path := cut(c.request)
	return split(path)
}

// body reads the request's body, an object.
func (c *call) body(limit int64) (map[string]any, error) {
	if err := checkMedia(c.request); err != nil {
		return nil, err
	}
	raw, err := request.Body(c.request, limit)
	var refused *request.Error
	if errors.As(err, &refused) && refused.Status == http.StatusRequestEntityTooLarge {
		refused.Detail += "; " + c.sendLess()
	}
	if err != nil {
		return nil, err
	}
	return decode(raw)
}

func (c *call) sendLess() string {
	if pattern, _ := c.route(); strings.HasPrefix(pattern, schema.Group().Endpoint) {
		return "a large group grows by PATCH: add its members in several requests"
	}
	return "send less in a request"
}

// checkMedia says whether a body is to be read: RFC 7644, 3.1, or plain JSON. One
// without a Content-Type is taken for SCIM.
func checkMedia(r *http.Request) error {
	kind, charset, ok := request.Media(r)
	if ok && (kind == "" || kind == mediaType || kind == "application/json") && (charset == "" || charset == "utf-8") {
		return nil
	}
	return &request.Error{
		Status: http.StatusUnsupportedMediaType,
		Detail: "The Content-Type has to be application/scim+json or application/json, in UTF-8",
	}
}

// resource is the id in the path.
func (c *call) resource(what string) (uuid.UUID, error) {
	id, ok := parseID(c.id)
	if !ok {
		return uuid.Nil, &store.NotFound{What: what}
	}
	return id, nil
}

// parseID reads an id in the one spelling that it has: ids are compared with their
// case (RFC 7643, 3.1).
func parseID(text string) (uuid.UUID, bool) {
	id, err := uuid.Parse(text)
	return id, err == nil && id.String() == text
}

// errNotModified says that the caller has the resource as it is (RFC 9110, 13.1.2).
var errNotModified = errors.New("not modified")

// precondition holds a resource's version against If-Match and If-None-Match
// (RFC 7644, 3.14). Tags are compared weakly.
func (c *call) precondition(version string) error {
	if c.ifMatch != "" && !hasTag(c.ifMatch, version) {
		return &store.PreconditionFailed{What: "The resource"}
	}
	if c.ifNoneMatch != "" && hasTag(c.ifNoneMatch, version) {
		if c.request.Method == http.MethodGet || c.request.Method == http.MethodHead {
			return errNotModified
		}
		return &request.Error{Status: http.StatusPreconditionFailed, Detail: "If-None-Match names the version that the resource has"}
	}
	return nil
}

func hasTag(list, version string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(version, "W/") {
			return true
		}
	}
	return false
}

// projection is what the caller wants to see.
func (c *call) projection(rt *schema.ResourceType) *schema.Projection {
	if len(c.attributes) == 0 && len(c.excluded) == 0 {
		return c.server.shownByDefault[rt]
	}
	return rt.Projection(c.attributes, c.excluded)
}

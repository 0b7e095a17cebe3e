package account

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func sessionRoutes() []router.Route {
	const path = "/api/me/sessions"
	users := router.ByUsers()
	return []router.Route{
		{Method: http.MethodGet, Path: path, Access: users, Handle: listSessions},
		{Method: http.MethodPost, Path: path + "/filter", Access: users, Handle: filterSessions},
		{Method: http.MethodPost, Path: path + "/{session_id}/terminate", Access: users, Handle: terminateSession},
	}
}

// sessionBody is UserSessionResponse.
type sessionBody struct {
	ID        uuid.UUID `json:"id"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	UserID    uuid.UUID `json:"user_id"`
	IPAddress string    `json:"ip_address"`
	// Location is null: this server does not guess where an address is.
	Location *string `json:"location"`
	// UserAgent is null for a client that does not say what it is.
	UserAgent *string `json:"user_agent"`
	// ExpiresAt is in seconds since 1970.
	ExpiresAt  int64 `json:"expires_at"`
	Restricted bool  `json:"restricted"`
}

func toSession(r *store.Reader, s *store.Session) sessionBody {
	return sessionBody{
		ID: s.ID, Created: s.Created, Updated: s.Updated, UserID: s.UserID, IPAddress: s.IPAddress,
		UserAgent: orNull(s.UserAgent), ExpiresAt: s.Expires.Unix(), Restricted: r.Restricted(s),
	}
}

// sessionFilter is UserSessionFilter.
type sessionFilter struct {
	addresses, locations       []string
	addressLike, locationLike  *string
	expiresBefore, expiresFrom *int
	restricted                 *bool
}

func readSessionFilter(f *input.Fields) sessionFilter {
	var out sessionFilter
	out.addresses = filterPart(f, "ip_address", func(f *input.Fields) []string {
		out.addressLike = like(f)
		return anyOf(f, input.String)
	})
	out.locations = filterPart(f, "location", func(f *input.Fields) []string {
		out.locationLike = like(f)
		return anyOf(f, input.String)
	})
	out.expiresBefore = filterPart(f, "expires_at", func(f *input.Fields) *int {
		out.expiresFrom = input.Optional(f, "after_", input.Int)
		return input.Optional(f, "before_", input.Int)
	})
	out.restricted = filterPart(f, "restricted", func(f *input.Fields) *bool {
		return input.Optional(f, "is_restricted_", input.Bool)
	})
	return out
}

// matches reports whether a session is wanted. A session's location is not known,
// so that no location matches.
func (f sessionFilter) matches(s sessionBody) bool {
	switch {
	case f.locations != nil || f.locationLike != nil:
		return false
	case f.addresses != nil && !slices.Contains(f.addresses, s.IPAddress):
		return false
	case f.addressLike != nil && !strings.Contains(fold.Token(s.IPAddress), fold.Token(*f.addressLike)):
		return false
	case f.expiresBefore != nil && s.ExpiresAt > int64(*f.expiresBefore):
		return false
	case f.expiresFrom != nil && s.ExpiresAt < int64(*f.expiresFrom):
		return false
	}
	return f.restricted == nil || *f.restricted == s.Restricted
}

// listSessions is GET /api/me/sessions.
func listSessions(c *router.Call) (*router.Answer, error) {
	return mySessions(c, page{limit: 200}, sessionFilter{})
}

// filterSessions is POST /api/me/sessions/filter.
func filterSessions(c *router.Call) (*router.Answer, error) {
	type listing struct {
		page
		filter sessionFilter
	}
	body, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) listing {
		return listing{page: readPage(f), filter: filterPart(f, "filter", readSessionFilter)}
	}))
	if err != nil {
		return nil, err
	}
	return mySessions(c, body.page, body.filter)
}

func mySessions(c *router.Call, p page, f sessionFilter) (*router.Answer, error) {
	out := []sessionBody{}
	err := c.View(func(r *store.Reader) error {
		for _, s := range r.Sessions(c.Actor.UserID) {
			if body := toSession(r, s); f.matches(body) {
				out = append(out, body)
			}
		}
		return nil
	})
	return router.OK(cut(out, p, func(s sessionBody) sessionBody { return s })), err
}

// terminateSession is POST /api/me/sessions/{session_id}/terminate. It answers with
// the session as it ended.
func terminateSession(c *router.Call) (*router.Answer, error) {
	id, err := c.ID("session_id")
	if err != nil {
		return nil, err
	}
	var out sessionBody
	err = c.Update(func(tx *store.Tx) error {
		s, err := tx.TerminateSession(c.Actor.UserID, id)
		if err != nil {
			return err
		}
		out = toSession(&tx.Reader, s)
		return nil
	})
	return router.OK(out), err
}

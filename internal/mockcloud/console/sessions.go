package console

import (
	"net/http"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/refusals"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// session is a login that lasts, without its token.
type session struct {
	Email string
	// Path is the page of who it is.
	Path    string
	Through string
	Since   time.Time
	Expires time.Time
	Address string
	Browser string
	// LetsIn reports whether the session gets into this account, Why what speaks for it or
	// against it.
	LetsIn bool
	Why    string
}

func (l *look) session(s *store.Session) session {
	row := session{
		Through: l.through(s), Since: s.Authenticated, Expires: s.Expires, Address: s.IPAddress, Browser: s.UserAgent,
	}
	m, err := l.MembershipOfUser(l.account.ID, s.UserID)
	if err != nil {
		return row // it is of a member
	}
	row.Email, row.Path = l.MemberName(m), Prefix+l.account.Handle+"/people/"+m.ID.String()
	switch {
	case !m.Active:
		row.Why = "the membership is deactivated"
	case !l.enforced:
		row.LetsIn, row.Why = true, "single sign-on is not enforced"
	case l.bypasses(m):
		row.LetsIn, row.Why = true, "the role "+l.roles[m.RoleID].Name+" bypasses single sign-on"
	case l.IsRecentLogin(l.account, s):
		row.LetsIn, row.Why = true, "a recent login through this account's connection"
	case s.AccountID == l.account.ID:
		row.Why = "the login is not recent enough, or its connection is not active any more"
	default:
		row.Why = "the login did not come through a connection of this account"
	}
	return row
}

// through returns how the session's user logged in.
func (l *look) through(s *store.Session) string {
	if s.ConnectionID == "" {
		return "a code by mail"
	}
	c, err := l.ConnectionByID(s.ConnectionID)
	switch {
	case err != nil:
		return "a deleted connection"
	case c.AccountID != l.account.ID:
		return "another account's connection"
	}
	return c.Name
}

// sessionsPage lists the sessions and the refused logins.
type sessionsPage struct {
	Rows []session
	Leaf leaf
	// Query is the reference that was asked for; Missing reports whether it leads nowhere.
	Query    string
	Missing  bool
	Refusals []refusal
}

// shownRefusals is how many refused logins the page shows.
const shownRefusals = 20

// refusal is a login that was refused.
type refusal struct {
	*store.LoginRefusal
	Through, Explanation string
}

func (l *look) refusal(f *store.LoginRefusal) refusal {
	row := refusal{LoginRefusal: f, Through: "an unknown connection", Explanation: refusals.Administrator(f.Reason)}
	if c, err := l.Connection(f.AccountID, f.ConnectionID); err == nil {
		row.Through = c.Name
	} else if f.ConnectionID != "" {
		row.Through = "a deleted connection"
	}
	return row
}

// refused fills in the latest refused logins, or the one of a reference.
func (p *sessionsPage) refused(l *look, reference string) {
	if p.Query = reference; reference != "" {
		f, err := l.LoginRefusal(l.account.ID, reference)
		if p.Missing = err != nil; !p.Missing {
			p.Refusals = []refusal{l.refusal(f)}
		}
		return
	}
	latest := l.LoginRefusals(l.account.ID)
	for _, f := range latest[:min(len(latest), shownRefusals)] {
		p.Refusals = append(p.Refusals, l.refusal(f))
	}
}

// sessions is GET /console/{account}/sessions.
func sessions(l *look, r *http.Request) (string, any, error) {
	all := l.SessionsOfMembers(l.account.ID)
	var p sessionsPage
	var from, to int
	p.Leaf, from, to = leafOf(r, len(all))
	for _, s := range all[from:to] {
		p.Rows = append(p.Rows, l.session(s))
	}
	p.refused(l, strings.TrimSpace(r.URL.Query().Get("reference")))
	return "Sessions", p, nil
}

package console

import (
	"fmt"
	"net/http"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// soon is how long before something ends the console points it out.
const soon = 30 * 24 * time.Hour

// domain is an enabled domain.
type domain struct {
	Name    string
	Enabled time.Time
	// ServedBy is the active connection, empty for none.
	ServedBy string
	// Releasing reports whether the domain goes as soon as ServedBy no longer lists it.
	Releasing bool
	People    int
}

// deadline is a time by which something has to be done.
type deadline struct {
	What string
	At   time.Time
	// Left says how long that is, empty for never; Near that it is soon or over.
	Left string
	Near bool
}

func (l *look) deadline(what string, at time.Time) deadline {
	d := deadline{What: what, At: at}
	if at.IsZero() {
		return d
	}
	left := at.Sub(l.Now())
	d.Near = left < soon
	const day = 24 * time.Hour
	switch {
	case left <= 0:
		d.Left = "has expired"
	case left <= day:
		d.Left = "expires within a day"
	default:
		d.Left = "expires in " + plural(int((left+day-1)/day), "day", "days")
	}
	return d
}

// connection is a connection without its secret.
type connection struct {
	*store.Connection
	// Provider is who vouches for people there.
	Provider     string
	Certificates []deadline
	People       int
}

// signOnPage is the domains and the connections that serve them.
type signOnPage struct {
	State       store.SSOState
	Recent      string
	Domains     []domain
	Connections []connection
}

// signOn is GET /console/{account}/sign-on.
func signOn(l *look, _ *http.Request) (string, any, error) {
	p := signOnPage{State: l.SSOState(l.account), Recent: "until the session ends"}
	if seconds := l.account.AuthExpirationSeconds; seconds != nil {
		p.Recent = lasting(*seconds)
	}
	perDomain, perConnection := make(map[string]int), make(map[string]int)
	for _, m := range l.members() {
		if m.IsUser() && m.Active {
			perDomain[l.domain(m)]++
			perConnection[l.entry(m).Key]++
		}
	}
	for _, d := range l.Domains(l.account.ID) {
		row := domain{Name: d.Name, Enabled: d.Created, People: perDomain[d.Name], Releasing: d.Releasing}
		if c, ok := l.ActiveConnectionFor(d.Name); ok {
			row.ServedBy = c.Name
		}
		p.Domains = append(p.Domains, row)
	}
	for _, c := range l.Connections(l.account.ID) {
		row := connection{Connection: c, People: perConnection[c.ID], Certificates: l.certificates(c)}
		if c.OIDC != nil {
			row.Provider = c.OIDC.Issuer
		}
		if c.SAML != nil {
			row.Provider = c.SAML.EntityID
		}
		p.Connections = append(p.Connections, row)
	}
	return "Single sign-on", p, nil
}

func (l *look) certificates(c *store.Connection) (out []deadline) {
	if c.SAML == nil {
		return nil
	}
	for _, cert := range c.SAML.Certificates {
		out = append(out, l.deadline(fmt.Sprintf("SHA-256 %.16s…", cert.SHA256), cert.NotAfter))
	}
	return out
}

// lasting returns how long a number of seconds is, in seconds where a duration cannot be
// that long.
func lasting(seconds int) string {
	if d := time.Duration(seconds) * time.Second; int(d/time.Second) == seconds {
		return d.String()
	}
	return plural(seconds, "second", "seconds")
}

package truth_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// loginWorlds is how many worlds are looked at with real logins, unless the command line says otherwise.
const loginWorlds = "60"

// logins counts what real logins showed.
type logins struct{ connection, saml, bypass, any, refused, provisioned, first, unknown int }

// TestCompareIsTrueOfRealLogins makes random changes in random worlds, and holds what Compare said of each person's way to
// sign in against a login of theirs through the identity provider, by OpenID Connect or SAML, or by a code that comes by
// mail. It is not parallel: the number of worlds is a flag of the process.
func TestCompareIsTrueOfRealLogins(t *testing.T) { //nolint:paralleltest // see above
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == worlds {
		if err := flag.Set("rapid.checks", loginWorlds); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := flag.Set("rapid.checks", worlds); err != nil {
				t.Error(err)
			}
		}()
	}
	clock := mocktest.NewClock()
	p := newProvider(t, clock)
	var seen logins
	rapid.Check(t, func(t *rapid.T) { checkLogins(t, p, clock, &seen) })
	t.Logf("%+v", seen)
	if testing.Short() {
		return // so few worlds need not have every way
	}
	if seen.connection == seen.saml || seen.saml == 0 || seen.bypass == 0 || seen.any == 0 || seen.refused == 0 || seen.provisioned == 0 || seen.first == 0 {
		t.Errorf("not every way of signing in was tried: %+v", seen)
	}
}

func checkLogins(t *rapid.T, idp *provider, clock *mocktest.Clock, seen *logins) {
	publishedOnly := chance(t, "published only", 25)
	p := drawPlan(t, publishedOnly)
	drawLogins(t, &p)
	s := newSceneAt(t, p, clock, idp)
	defer s.close()
	before := s.world()
	after, log := before, []string{}
	for range number(t, "changes", 1, 2) {
		change := s.draw(t, onServer(after, before), publishedOnly)
		next := change.change.Apply(after)
		if !s.serverKnows(after, next, change.change) {
			t.Fatal("the server does not follow the contract in what the change is about")
		}
		done, answer := change.do()
		log = append(log, fmt.Sprintf("%s\n  → %t %s", describe(change.change), done, answer))
		after = next
	}
	v := visits{s, seen, func(format string, args ...any) { fail(t, p, log, before, after, format, args...) }}
	v.members(before, after)
	final := v.firstLogin(after)
	v.others(before, final)
}

// visits are real logins in a scene.
type visits struct {
	*scene
	seen *logins
	fail func(format string, args ...any)
}

// effects are what Compare says of everybody: of a change, and of those to whom it does nothing, what it says of a world
// in which they are beside one in which nobody is.
func effects(before, after access.World) map[string]access.Effect {
	out := map[string]access.Effect{}
	nobody := after
	nobody.People.Rows = nil
	for _, e := range access.Compare(nobody, after).People {
		out[e.Name] = e
	}
	for _, e := range access.Compare(before, after).People {
		out[e.Name] = e
	}
	return out
}

// members lets everybody try who is said to be a member.
func (v visits) members(before, after access.World) {
	said := effects(before, after)
	for _, email := range v.addresses() {
		e, there := said[email]
		if !there || !e.Member.After.Or(false) {
			continue
		}
		way, known := e.SignIn.After.Get()
		if !known {
			v.seen.unknown++
			continue
		}
		switch way.Method {
		case access.MethodConnection:
			if !slices.ContainsFunc(before.Connections.Or(nil), func(c access.Connection) bool { return c.ID == way.ConnectionID }) {
				way.ConnectionID = "" // one that the change has made: its id is not known before
			}
			v.byConnection(email, way, e)
		case access.MethodBypass:
			v.seen.bypass++
			v.answered(email, v.logInByCode(email), "", e)
		case access.MethodAny:
			v.anyhow(email, e)
		case access.MethodNone:
			v.refused(email, after)
		}
	}
}

func (v visits) byConnection(email string, way access.SignIn, e access.Effect) {
	v.seen.connection++
	token, last := v.logInThroughProvider(email)
	if token == "" {
		v.fail("Compare says that %s signs in through %s, and they are refused: %d %s %s", email, way.ConnectionID, last.status, last.url, last.text)
	}
	if kind, _ := v.protocolOf(email); kind == "GenericSAML" {
		v.seen.saml++
	}
	v.answered(email, token, way.ConnectionID, e)
	if v.logInByCode(email) != "" {
		v.fail("Compare says that %s signs in through a connection only, and a code by mail lets them in", email)
	}
}

// anyhow is a login where single sign-on is not enforced. The server has pages for who bypasses it only; how others log in
// is not the account's concern then.
func (v visits) anyhow(email string, e access.Effect) {
	v.seen.any++
	token := ""
	if e.Bypass.After.Or(false) {
		token = v.logInByCode(email)
	} else {
		token = v.logIn(email, v.everybody()[email])
	}
	v.answered(email, token, "", e)
}

// refused is a login of a member who cannot sign in. A connection that waits for its first login is left alone: that login
// is a change of its own.
func (v visits) refused(email string, after access.World) {
	if _, waits := v.waiting(email); waits {
		return
	}
	v.seen.refused++
	if token, last := v.logInThroughProvider(email); token != "" {
		v.fail("Compare says that %s does not sign in, and they do: %s (connections %+v)", email, last.url, after.Connections)
	}
	if v.logInByCode(email) != "" {
		v.fail("Compare says that %s does not sign in, and a code by mail lets them in", email)
	}
}

// answered holds what the API answers to a login against what Compare said.
func (v visits) answered(email, token, connection string, e access.Effect) {
	if token == "" {
		v.fail("Compare says that %s signs in (%v), and there is no session", email, e.SignIn.After)
	}
	v.must(v.store.View(func(r *store.Reader) error {
		session, person, ok := r.SessionBySecret(token)
		if !ok || person.Email != email || connection != "" && (session.ConnectionID != connection || session.AccountID != v.account) {
			v.fail("the session of %s, which should come through %q, is %+v of %+v", email, connection, session, person)
		}
		return nil
	}))
	if status, answer := v.callAs(token, http.MethodGet, "/api/accounts/"+v.account.String(), nil); status != http.StatusOK {
		v.fail("Compare says that %s signs in (%v), and the API answers %d %s", email, e.SignIn.After, status, answer)
	}
	reach, known := e.Reach.After.Get()
	if !known {
		v.seen.unknown++
		return
	}
	if is := v.workspacesOf(token); is != rooms(reach) {
		v.fail("Compare says that %s reaches %q, and the API answers %q", email, rooms(reach), is)
	}
}

// protocolOf is the type of the connection through which somebody logs in.
func (v visits) protocolOf(email string) (kind store.ConnectionType, routed bool) {
	v.must(v.store.View(func(r *store.Reader) error {
		if c, ok := r.ActiveConnectionFor(domainOf(email)); ok {
			kind, routed = c.Type, true
		}
		return nil
	}))
	return kind, routed
}

func (v visits) workspacesOf(token string) string {
	status, answer := v.callAs(token, http.MethodGet, "/api/me/workspaces", nil)
	if status != http.StatusOK {
		v.fail("workspaces: %d %s", status, answer)
	}
	var rows []struct {
		ID string `json:"workspace_id"`
	}
	v.must(json.Unmarshal([]byte(answer), &rows))
	var ids []string
	for _, room := range rows {
		ids = append(ids, room.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// waiting finds the connection that somebody's first login would make active.
func (v visits) waiting(email string) (id string, waits bool) {
	v.must(v.store.View(func(r *store.Reader) error {
		if c, ok := r.ConnectionForLogin(email); ok && c.State == store.ConnectionValidating {
			id, waits = c.ID, true
		}
		return nil
	}))
	return id, waits
}

// firstLogin lets an active member log in through a connection that waits for its first login, if there are both, and
// then everybody again: Compare says what that login does, too.
func (v visits) firstLogin(w access.World) access.World {
	said := effects(w, w)
	for _, email := range v.addresses() {
		id, waits := v.waiting(email)
		if e, there := said[email]; !waits || !there || !e.Active.After.Or(false) {
			continue
		}
		if !slices.ContainsFunc(w.Connections.Or(nil), func(c access.Connection) bool { return c.ID == id }) {
			return w // one that the change has made, or that today's Prefect Cloud does not show
		}
		after := access.FirstLogin{ID: id}.Apply(w)
		token, last := v.logInThroughProvider(email)
		if token == "" {
			v.fail("%s does not log in through %s, which waits for its first login: %d %s", email, id, last.status, last.text)
		}
		v.seen.first++
		v.clock.Advance(2 * time.Minute) // codes come by mail once a minute
		v.members(w, after)
		return after
	}
	return w
}

// others lets those try who are known to the server and no members. Where no directory decides who is one, a login through
// the connection of their domain makes them one, with no role but Member; else they are refused.
func (v visits) others(before, after access.World) {
	said := effects(before, after)
	for _, email := range v.addresses() {
		e, there := said[email]
		member, known := e.Member.After.Get()
		if there && (!known || member) {
			continue
		}
		if _, waits := v.waiting(email); waits || !there && !v.isNobody(email) {
			continue
		}
		served, routed := serves(after, domainOf(email)).Get()
		decides, told := directoryDecides(after, domainOf(email)).Get()
		if !routed || !told {
			v.seen.unknown++
			continue
		}
		token, last := v.logInThroughProvider(email)
		switch {
		case (token != "") != (served && !decides):
			v.fail("%s is no member, a connection serves their domain: %t, a directory decides who is one: %t; the login ended at %d %s %s",
				email, served, decides, last.status, last.url, last.text)
		case token == "":
			v.seen.refused++
		case v.facts()[email].Role != "Member":
			v.fail("%s came back by a login, as %+v", email, v.facts()[email])
		default:
			v.seen.provisioned++
		}
		if v.logInByCode(email) != "" {
			v.fail("%s is no member, and a code by mail lets them in", email)
		}
	}
}

// serves reports whether an active connection is for a domain, be it one that the change has made.
func serves(w access.World, domain string) access.Part[bool] {
	connections, known := w.Connections.Get()
	if !known {
		return access.Unknown[bool]("connections")
	}
	return access.Known(slices.ContainsFunc(connections, func(c access.Connection) bool {
		return c.State == access.ConnectionActive && slices.Contains(c.Domains, domain)
	}))
}

// directoryDecides reports whether a linked directory lets people of a domain in, so that logins make nobody a member.
func directoryDecides(w access.World, domain string) access.Part[bool] {
	directories, known := w.Directories.Get()
	if !known {
		return access.Unknown[bool]("directories")
	}
	for _, d := range directories {
		settings, known := d.Settings.Get()
		switch {
		case d.Off:
		case !known:
			return access.Unknown[bool]("a directory's settings")
		case slices.Contains(settings.AllowedDomains, domain):
			return access.Known(true)
		case settings.AllowedDomains == nil:
			if enabled, known := w.Domains.Get(); !known || slices.ContainsFunc(enabled, func(e access.Domain) bool { return e.Name == domain }) {
				return access.Known(true)
			}
		}
	}
	return access.Known(false)
}

// addresses are those of everybody whom the server knows, in a fixed order.
func (v visits) addresses() (known []string) {
	there := v.everybody()
	for _, email := range everyAddress() {
		if _, ok := there[email]; ok {
			known = append(known, email)
		}
	}
	return known
}

// isNobody reports whether the account has no membership of a person.
func (v visits) isNobody(email string) bool { return !v.facts()[email].Member }

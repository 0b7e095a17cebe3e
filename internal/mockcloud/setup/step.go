package setup

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// step is one page of the way.
type step struct {
	name string
	// short is the step's name in the list of steps, title its page's headline.
	short, title string
	// file is the page's template.
	file string
	// view returns what the page shows.
	view func(*visit) any
	// take takes what was sent; nil where nothing is asked.
	take func(*visit)
}

func (s *step) path() string { return Prefix + s.name }

// The steps to single sign-on, by their place.
const (
	chooseDomains = iota
	chooseProvider
	copyValues
	enterDetails
	tryLogin
	finished
)

// way is all that leads to one purpose.
type way struct {
	// name is what is set up.
	name  string
	steps []*step
	// reached returns the step up to which everything is done, first the earliest step that
	// can still be opened.
	reached, first func(*visit) int
	// works reports whether what was set up is in use.
	works func(*visit) bool
}

func ways() map[store.SetupPurpose]way {
	return map[store.SetupPurpose]way{
		store.SetupSSO: {
			name: "single sign-on", steps: ssoSteps(),
			reached: (*visit).reachedSSO, first: (*visit).firstSSO, works: (*visit).isActive,
		},
		store.SetupDirectory: {
			name: "directory sync", steps: directorySteps(),
			reached: (*visit).reachedDirectory, first: (*visit).firstDirectory, works: (*visit).isLinked,
		},
	}
}

func ssoSteps() []*step {
	return []*step{
		chooseDomains:  {"domains", "Domains", "Which domains?", "domains.html", viewDomains, takeDomains},
		chooseProvider: {"provider", "Provider", "Which identity provider?", "provider.html", viewProvider, takeProvider},
		copyValues:     {"values", "Values", "Copy these values", "values.html", viewValues, nil},
		enterDetails:   {"details", "Details", "Enter its details", "details.html", viewDetails, takeDetails},
		tryLogin:       {"test", "Test login", "Try a login", "test.html", viewTry, nil},
		finished:       {"done", "Done", "Single sign-on is active", "done.html", viewSaved, nil},
	}
}

// visit is one request of a session.
type visit struct {
	*Dashboard
	w http.ResponseWriter
	r *http.Request

	session string
	link    *store.SetupLink
	by      store.Actor
	account *store.Account
	way     way
	// connection is the one that the session saved, nil for none.
	connection *store.Connection
	// directory is the one that the session made, nil for none.
	directory *store.Directory
	// counts are the directory's people and groups, allowed the domains of those people
	// who come in.
	counts  directoryCounts
	allowed []string
	// enabled are the account's domains, none of them chosen.
	enabled []domainChoice
	// taken are the names of its other connections.
	taken map[string]bool
	token string
	step  int
}

// inStep finds the session for a step's page; nil is the way's beginning. A step that
// cannot be reached yet redirects to the one that is to be done.
func (d *Dashboard) inStep(s *step, serve func(*visit)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{Dashboard: d, w: w, r: r, session: sessionOf(r)}
		if err := d.Store.View(v.enter); err != nil {
			d.failed(w, r, err)
			return
		}
		v.step = slices.IndexFunc(v.way.steps, func(other *step) bool { return s != nil && other.name == s.name })
		if r.Method == http.MethodPost && subtle.ConstantTimeCompare([]byte(r.PostFormValue("token")), []byte(v.token)) != 1 {
			d.notice(w, http.StatusForbidden, "This form belongs to another session", "Nothing has been changed. Go back, load the page again and send it once more.")
			return
		}
		if reached := v.way.reached(v); v.step > reached || v.step < v.way.first(v) {
			v.goTo(reached)
			return
		}
		serve(v)
	}
}

// enter reads all that a page needs.
func (v *visit) enter(r *store.Reader) (err error) {
	if v.link, v.by, err = r.SetupSession(v.session); err != nil {
		return err
	}
	if v.account, err = r.Account(v.link.AccountID); err != nil {
		return err
	}
	v.way = ways()[v.link.Purpose]
	v.enterDirectory(r)
	v.connection, _ = r.Connection(v.link.AccountID, v.link.ConnectionID) // nil where there is none
	for _, d := range r.Domains(v.link.AccountID) {
		if mine := v.connection != nil && slices.Contains(v.connection.Domains, d.Name); d.Releasing && !mine {
			continue // it goes with the connection that serves it
		}
		choice := domainChoice{Name: d.Name}
		if c, routed := r.ActiveConnectionFor(d.Name); routed {
			choice.ServedBy = c.Name
		}
		v.enabled = append(v.enabled, choice)
	}
	v.taken = make(map[string]bool)
	for _, c := range r.Connections(v.link.AccountID) {
		v.taken[c.Name] = v.connection == nil || c.ID != v.connection.ID
	}
	v.token = r.Sign("setup form", v.link.ID[:])
	return nil
}

// update changes something in the name of the user who asked for the link.
func (v *visit) update(change func(*store.Tx, *store.SetupLink) error) error {
	return v.Store.Update(v.by, func(tx *store.Tx) error {
		link, _, err := tx.SetupSession(v.session)
		if err != nil {
			return err
		}
		return change(tx, link)
	})
}

func (v *visit) isActive() bool {
	return v.connection != nil && v.connection.State == store.ConnectionActive
}

func (v *visit) firstSSO() int {
	if v.isActive() {
		return finished
	}
	return chooseDomains
}

func (v *visit) reachedSSO() int {
	switch {
	case v.isActive():
		return finished
	case len(v.link.Domains) == 0:
		return chooseDomains
	case v.link.Type == "":
		return chooseProvider
	case v.connection == nil || !v.link.Saved || v.connection.State != store.ConnectionValidating:
		return enterDetails
	}
	return tryLogin
}

// goTo sends the browser to a step.
func (v *visit) goTo(place int) {
	http.Redirect(v.w, v.r, v.way.steps[place].path(), http.StatusSeeOther)
}

// ask shows the step's page. With problems it answers 422.
func (v *visit) ask(content any, problems ...problem) {
	s := v.way.steps[v.step]
	status := http.StatusOK
	if problems != nil {
		status = http.StatusUnprocessableEntity
	}
	p := page{
		Title: s.title, Account: v.account.Name, Purpose: v.way.name, Action: s.path(), Token: v.token, Ends: v.link.Expires.Truncate(time.Minute),
		Number: v.step + 1, Problems: problems, Content: content,
	}
	reached := v.way.reached(v)
	for i, other := range v.way.steps {
		p.Steps = append(p.Steps, stepView{
			Title: other.short, Path: other.path(), Current: i == v.step, Done: i < reached || v.way.works(v),
			// The values are there to be read again; what is finished is not changed here.
			Open: v.way.first(v) <= i && i <= reached,
		})
	}
	v.render(v.w, status, s.file, p)
}

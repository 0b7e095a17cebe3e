package idp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
)

// deliveryTimeout is how long the page waits for a change to be delivered, to say how
// long it took.
const deliveryTimeout = 5 * time.Second

// homePage is the provider's first page: its addresses, its directory, and how
// pushing it gets on.
type homePage struct {
	Issuer, Home    string
	Notice, Problem string
	Push            push.Status
	Query           string
	Found           int // people for the query
	People          []listedPerson
	More            bool
	Groups          []people.Group
}

type listedPerson struct {
	Person
	Push string
}

// home shows the page: GET /, with ?q= to search and ?changed= to say how the last
// change of a person went.
func (p *IdP) home(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	page := homePage{Query: query.Get("q")}
	if person, err := p.directory.Find(query.Get("changed")); err == nil {
		page.Notice = p.howItWent(r.Context(), person)
	}
	p.showHome(w, http.StatusOK, page)
}

func (p *IdP) showHome(w http.ResponseWriter, status int, page homePage) {
	page.Issuer, page.Home, page.Push, page.Groups = p.base.String(), p.base.Path+"/", p.PushStatus(), p.directory.Groups()
	wanted := fold.Text(page.Query)
	for _, person := range p.directory.People() {
		if !strings.Contains(fold.Text(person.Name()+" "+person.Email), wanted) {
			continue
		}
		if page.Found++; page.Found <= listed {
			page.People = append(page.People, listedPerson{person, p.pusher.Of(person.Subject)})
		}
	}
	page.More = page.Found > len(page.People)
	p.render(w, status, "home.html", page)
}

// howItWent returns in a sentence how the person is, and whether the endpoint knows.
func (p *IdP) howItWent(ctx context.Context, person Person) string {
	is := "works here"
	if person.Left {
		is = "has left, and cannot log in any more"
	}
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	defer cancel()
	took, err := p.pusher.Wait(ctx, p.keysOf(person)...)
	switch {
	case err == nil:
		return fmt.Sprintf("%s %s. Delivered after %.1f ms.", person.Name(), is, push.Milliseconds(took))
	case errors.Is(err, push.ErrNotConnected):
		return fmt.Sprintf("%s %s. The directory is not connected, so the change was not pushed.", person.Name(), is)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("%s %s. It is being delivered.", person.Name(), is)
	}
	return fmt.Sprintf("%s %s. It could not be delivered: %v.", person.Name(), is, err)
}

// postedPeople is a form of the home page.
func (p *IdP) postedPeople(w http.ResponseWriter, r *http.Request) {
	if err := p.crossOrigin.Check(r); err != nil {
		p.showHome(w, http.StatusForbidden, homePage{Problem: "The form did not come from this page. Nothing was changed."})
		return
	}
	email := strings.TrimSpace(r.PostFormValue("email"))
	var err error
	switch r.PostFormValue("do") {
	case "leave":
		err = p.Leave(email)
	case "return":
		err = p.Return(email)
	case "add":
		err = p.add(email, r)
	default:
		err = people.Invalid("The form is not understood. Nothing was changed")
	}
	if err != nil {
		p.showHome(w, http.StatusUnprocessableEntity, homePage{Query: r.PostFormValue("q"), Problem: sentence(err)})
		return
	}
	back := url.Values{"changed": {email}}
	if query := r.PostFormValue("q"); query != "" {
		back.Set("q", query)
	}
	http.Redirect(w, r, p.base.Path+"/?"+back.Encode(), http.StatusSeeOther)
}

// add adds a person, or puts a person who is here into a group.
func (p *IdP) add(email string, r *http.Request) error {
	group := strings.TrimSpace(r.PostFormValue("group"))
	if _, err := p.directory.Find(email); err == nil && group != "" {
		return p.AddToGroup(group, email)
	}
	person := Person{Email: email, FirstName: r.PostFormValue("first_name"), LastName: r.PostFormValue("last_name")}
	if group != "" {
		person.Groups = []string{group}
	}
	_, err := p.Join(person)
	return err
}

// sentence is an error as a sentence.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

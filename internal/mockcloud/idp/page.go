package idp

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
)

//go:embed pages
var pageFiles embed.FS

func parsePages() (*template.Template, error) {
	return template.ParseFS(pageFiles, "pages/*.html")
}

// listed is how many people the page offers; beyond that an address is typed.
const listed = 100

// hidden is a form field that goes along with the choice.
type hidden struct{ Name, Value string }

// question is the page that asks who is logging in. Both protocols use it: the
// form comes back to Action, and chosen reads who it was.
type question struct {
	// Application is the client id or entity id that asks.
	Application string
	// Action is where the form is sent.
	Action string
	// Hidden goes along with the form.
	Hidden []hidden
	// Hint is the email address to preselect.
	Hint string
	// AnswerTo is where the browser goes after the form.
	AnswerTo *url.URL
	// Problem is what was wrong with the last try.
	Problem string

	// People and More are filled in by ask.
	People []choice
	More   bool
}

type choice struct {
	Person
	Selected bool
}

// ask shows the page. With a problem it answers 422.
func (p *IdP) ask(w http.ResponseWriter, q question) {
	people := p.People()
	hinted, err := p.directory.Find(q.Hint)
	known := err == nil
	if q.More = len(people) > listed; q.More {
		people = people[:listed]
	}
	if known {
		q.People = append(q.People, choice{Person: hinted, Selected: true})
	}
	for _, person := range people {
		if !known || person.Subject != hinted.Subject {
			q.People = append(q.People, choice{Person: person})
		}
	}
	if !known && len(q.People) > 0 {
		q.People[0].Selected = true
	}
	if q.AnswerTo != nil {
		w.Header().Set("Content-Security-Policy", policy("'self' "+origin(q.AnswerTo)))
	}
	status := http.StatusOK
	if q.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	p.render(w, status, "login.html", q)
}

// chosen reads from a submitted page who is logging in; the second value is what
// to tell them if that is unclear. A form of another site's page is refused. The
// person may have left; what is said then is the protocols' affair.
func (p *IdP) chosen(r *http.Request) (Person, string) {
	if err := p.crossOrigin.Check(r); err != nil {
		return Person{}, "The form did not come from this page. Please choose again."
	}
	if email := r.PostFormValue("email"); email != "" {
		if person, err := p.directory.Find(email); err == nil {
			return person, ""
		}
		return Person{}, "No person here has that email address."
	}
	if person, ok := p.directory.Person(r.PostFormValue("person")); ok {
		return person, ""
	}
	return Person{}, "Please choose who is logging in."
}

func (p *IdP) registerPages() {
	p.handle("GET", "/{$}", p.home)
	p.handle("POST", "/people", p.form(p.postedPeople))
	p.handle("GET", "/style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pageFiles, "pages/style.css")
	})
}

// readForm reads a request's form, in which no field is there twice.
func readForm(r *http.Request) error {
	fields, err := request.Form(r, maxRequest)
	return cmp.Or(err, request.Once(fields, slices.Collect(maps.Keys(fields))...))
}

// form is a handler of a form, which it gets whole or not at all.
func (p *IdP) form(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := readForm(r); err != nil {
			p.problem(w, http.StatusBadRequest, "The form could not be read: "+err.Error()+". Nothing was changed.")
			return
		}
		next(w, r)
	}
}

// problem is a page that says what is wrong, for a person.
func (p *IdP) problem(w http.ResponseWriter, status int, sentence string) {
	p.render(w, status, "problem.html", sentence)
}

// notice is a page that says what happened.
func (p *IdP) notice(w http.ResponseWriter, sentence string) {
	p.render(w, http.StatusOK, "notice.html", sentence)
}

func (p *IdP) render(w http.ResponseWriter, status int, page string, data any) {
	var out bytes.Buffer
	err := p.pages.ExecuteTemplate(&out, "top", p.url("/style.css"))
	if err == nil {
		err = p.pages.ExecuteTemplate(&out, page, data)
	}
	if err == nil {
		err = p.pages.ExecuteTemplate(&out, "bottom", nil)
	}
	if err != nil {
		http.Error(w, "The page could not be rendered: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // fails only when the browser is gone
}

package console

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/console/picture"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"n": picture.Thousands, "plural": plural, "crowd": crowd,
}).ParseFS(pageFiles, "pages/*.html"))

// plural returns a count in words: 1 person, 2 people.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return picture.Thousands(n) + " " + many
}

// crowd returns the counts of people and service accounts in words: 2 people, 1 service account.
func crowd(c picture.Crowd) string {
	people := plural(c.People, "person", "people")
	if c.ServiceAccounts == 0 {
		return people
	}
	bots := plural(c.ServiceAccounts, "service account", "service accounts")
	if c.People == 0 {
		return bots
	}
	return people + ", " + bots
}

// page is the data of a page's template.
type page struct {
	Title string
	// Account is nil where none is chosen.
	Account *store.Account
	// Here is the page's place in the navigation.
	Here string
	// Now is the server's time.
	Now time.Time
	// Content is the page's own.
	Content any
}

// Root is where the account's pages are.
func (p page) Root() string { return Prefix + p.Account.Handle + "/" }

// place is an entry of the navigation.
type place struct {
	Path, Title string
	Current     bool
}

// Places is the navigation.
func (p page) Places() []place {
	places := []place{
		{"", "Overview", p.Here == "overview"},
		{"sign-on", "Single sign-on", p.Here == "sign-on"},
		{"directories", "Directories", p.Here == "directories"},
		{"people", "People", p.Here == "people" || p.Here == "person"},
		{"sessions", "Sessions", p.Here == "sessions"},
		{"events", "Audit trail", p.Here == "events"},
	}
	for i := range places {
		places[i].Path = p.Root() + places[i].Path
	}
	return places
}

// turners shows characters that turn text around (UAX #9, explicit directional
// formatting) instead of following them: in a name they would also turn what stands
// behind it, in sentences and titles, too, where no <bdi> can be. Names in scripts from
// right to left need none of them.
var turners = strings.NewReplacer(
	"\u202a", "\ufffd", "\u202b", "\ufffd", "\u202c", "\ufffd", "\u202d", "\ufffd", "\u202e", "\ufffd",
	"\u2066", "\ufffd", "\u2067", "\ufffd", "\u2068", "\ufffd", "\u2069", "\ufffd",
)

// write makes a part of a page.
func write(to io.Writer, part string, data any) error {
	var out strings.Builder
	if err := pages.ExecuteTemplate(&out, part, data); err != nil {
		return err
	}
	_, err := turners.WriteString(to, out.String())
	return err
}

func (c *Console) render(w http.ResponseWriter, status int, file string, p page) {
	var out bytes.Buffer
	for _, part := range []string{"top", file, "bottom"} {
		if err := write(&out, part, p); err != nil {
			c.Logger.Error("could not render a page of the console", slog.String("page", file), slog.Any("error", err))
			http.Error(w, "The page could not be rendered. See the server's log for the cause.", http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	// It fails only when the reader is gone, so there is no one to report it to.
	_, _ = out.WriteTo(w)
}

// notice answers with a page that says why there is nothing to show.
func (c *Console) notice(w http.ResponseWriter, status int, title, text string) {
	c.render(w, status, "notice.html", page{Title: title, Content: text})
}

// pageSize is how many rows a page of a long list has.
const pageSize = 50

// leaf is one page of a long list.
type leaf struct {
	From, To, Total int
	// Previous and Next are where the neighbors are; empty for none.
	Previous, Next string
}

// leafOf finds which page of a list a request asks for, and returns the rows from
// where and to where that is. A page that is beyond the end is the last one.
func leafOf(r *http.Request, total int) (l leaf, from, to int) {
	last := max(1, (total+pageSize-1)/pageSize)
	number, _ := strconv.Atoi(r.URL.Query().Get("page")) // what is no number is the first
	number = min(max(number, 1), last)
	from, to = (number-1)*pageSize, min(number*pageSize, total)
	l = leaf{From: min(from+1, total), To: to, Total: total}
	if number > 1 {
		l.Previous = pageURL(r, number-1)
	}
	if number < last {
		l.Next = pageURL(r, number+1)
	}
	return l, from, to
}

func pageURL(r *http.Request, number int) string {
	query := url.Values{}
	for name, values := range r.URL.Query() {
		query[name] = values
	}
	query.Set("page", strconv.Itoa(number))
	return "?" + query.Encode()
}

// Package console is what a person sees who opens the server's address in a browser:
// an account, how people get into it, who they are and why they may do what they may,
// and the audit trail as it happens.
//
// The pages only show. Everything is a GET, and no page shows more of a secret than
// its last characters. They work without scripts; with them, the audit trail comes as
// server-sent events.
//
// The walls are those of the control API: pages of other origins are refused, and a
// control token has to come along, which browsers ask for as a password (RFC 7617).
package console

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Prefix is where the console's pages are. The server's bare address leads there:
// a browser that was told the token sends it to what is below the place that asked,
// and nothing else is there.
const Prefix = "/console/"

// Options are what a console takes from outside.
type Options struct {
	Store *store.Store
	// Token, unless empty, has to come with every request.
	Token string
	// Closing ends the streams when it is closed.
	Closing <-chan struct{}
	// Logger logs what went wrong here.
	Logger *slog.Logger
	// After is time.After, unless a test decides about time.
	After func(time.Duration) <-chan time.Time
}

// Console serves the pages. Use New.
type Console struct {
	Options
	// wall is the time outside, which deadlines of connections go by.
	wall func() time.Time
}

// New returns a console.
func New(o Options) *Console {
	if o.After == nil {
		o.After = time.After
	}
	return &Console{Options: o, wall: time.Now}
}

// Mount puts the console onto a router.
func (c *Console) Mount(rt *router.Router) {
	h := c.Handler()
	rt.Mount("/{$}", h)
	rt.Mount(Prefix, h)
}

// Handler returns the pages.
func (c *Console) Handler() http.Handler {
	const account = "GET " + Prefix + "{account}/"
	pages := http.NewServeMux()
	pages.HandleFunc("GET "+Prefix+"{$}", c.accounts)
	pages.HandleFunc(account+"{$}", c.show("overview", overview))
	pages.HandleFunc(account+"sign-on", c.show("sign-on", signOn))
	pages.HandleFunc(account+"directories", c.show("directories", directories))
	pages.HandleFunc(account+"people", c.show("people", people))
	pages.HandleFunc(account+"people/{id}", c.show("person", person))
	pages.HandleFunc(account+"sessions", c.show("sessions", sessions))
	pages.HandleFunc(account+"events", c.show("events", events))
	pages.HandleFunc(account+"stream", c.stream)
	pages.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		c.notice(w, http.StatusNotFound, "There is no such page", "It may have been of something that is gone by now.")
	})
	guarded := c.guard(pages)
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler(Prefix, http.StatusSeeOther))
	// These have no secret in them, and the page that asks for the token looks
	// better with them.
	for _, file := range []string{"style.css", "console.js", "icon.svg"} {
		mux.HandleFunc("GET "+Prefix+file, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, pageFiles, "pages/"+file)
		})
	}
	mux.Handle("/", guarded)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			c.notice(w, http.StatusMethodNotAllowed, "The console only shows", "Changes go through the API.")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// protect asks browsers to keep a page to themselves and to run nothing in it but the
// console's own script.
func protect(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
}

// guard lets in who may look.
func (c *Console) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case router.IsForeign(r):
			c.notice(w, http.StatusForbidden, "This page was opened by another one",
				"The console does not answer to pages of other origins. If it was you who followed a link, go on from here.")
		case !c.authorized(r):
			w.Header().Set("WWW-Authenticate", `Basic realm="mockcloud console", charset="UTF-8"`)
			c.notice(w, http.StatusUnauthorized, "The console needs the control token",
				"Load the page again and give the token as the password; the user name does not matter.")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// authorized reports whether the control token came along, as a browser's password or as
// a program's bearer token.
func (c *Console) authorized(r *http.Request) bool {
	if c.Token == "" {
		return true
	}
	if _, password, ok := r.BasicAuth(); ok {
		return router.IsSecret(password, c.Token)
	}
	return router.IsSecret(request.Bearer(r), c.Token)
}

// view makes a page's title and content of what the store has.
type view func(*look, *http.Request) (title string, content any, err error)

// show serves the page of a file by its view.
func (c *Console) show(file string, of view) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var p page
		err := c.Store.View(func(reader *store.Reader) (err error) {
			l, err := lookAt(reader, r.PathValue("account"))
			if err != nil {
				return err
			}
			p.Account, p.Now, p.Here = l.account, l.Now(), file
			p.Title, p.Content, err = of(l, r)
			return err
		})
		if err != nil {
			c.failed(w, r, err)
			return
		}
		c.render(w, http.StatusOK, file+".html", p)
	}
}

// accounts is the page to begin with, which leads on at once where there is nothing to
// choose.
func (c *Console) accounts(w http.ResponseWriter, r *http.Request) {
	var p page
	var list []*store.Account
	// Reading cannot fail.
	_ = c.Store.View(func(reader *store.Reader) error {
		list, p.Now = reader.Accounts(), reader.Now()
		return nil
	})
	if len(list) == 1 {
		http.Redirect(w, r, Prefix+list[0].Handle+"/", http.StatusSeeOther)
		return
	}
	p.Title, p.Content = "Accounts", list
	c.render(w, http.StatusOK, "accounts.html", p)
}

func (c *Console) failed(w http.ResponseWriter, r *http.Request, err error) {
	var missing *store.NotFound
	if errors.As(err, &missing) {
		c.notice(w, http.StatusNotFound, "There is no such page", err.Error()+": it may be gone by now.")
		return
	}
	c.Logger.LogAttrs(r.Context(), slog.LevelError, "unexpected error in the console",
		slog.String("route", r.Pattern), slog.Any("error", err), slog.String("request_id", router.RequestID(r.Context())))
	c.notice(w, http.StatusInternalServerError, "Something went wrong", "See the server's log for details.")
}

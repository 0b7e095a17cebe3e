package setup

import (
	"errors"
	"net/http"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// opened is what the page behind a link shows.
type opened struct {
	Account   string
	Action    string
	Directory bool
}

// openLink is GET /setup/{secret}. It does not use the link up: programs that look
// at links in messages open them, too.
func (d *Dashboard) openLink(w http.ResponseWriter, r *http.Request) {
	var link *store.SetupLink
	var state store.SetupLinkState
	var account *store.Account
	own := false
	err := d.Store.View(func(rd *store.Reader) (err error) {
		if link, state, err = rd.SetupLink(r.PathValue("secret")); err != nil {
			return err
		}
		if session, _, err := rd.SetupSession(sessionOf(r)); err == nil {
			own = session.ID == link.ID
		}
		account, err = rd.Account(link.AccountID)
		return err
	})
	if err != nil {
		d.unusable(w, r, err)
		return
	}
	switch state {
	case store.SetupLinkUsed:
		d.render(w, http.StatusGone, "used.html", page{Title: "This setup link has already been used", Content: own})
	case store.SetupLinkExpired:
		d.notice(w, http.StatusGone, "This setup link has expired", "Nothing has been changed. Ask for a new one: setup links can be opened for five minutes.")
	default:
		d.render(w, http.StatusOK, "start.html", page{
			Title:   "Set up " + ways()[link.Purpose].name + " for " + account.Name,
			Content: opened{account.Name, r.URL.EscapedPath(), link.Purpose == store.SetupDirectory},
		})
	}
}

// startSession is POST /setup/{secret}: it exchanges the link for a session.
func (d *Dashboard) startSession(w http.ResponseWriter, r *http.Request) {
	secret := r.PathValue("secret")
	var session string
	err := d.Store.Update(store.Actor{}, func(tx *store.Tx) error {
		var err error
		_, session, err = tx.StartSetup(secret)
		return err
	})
	var conflict *store.Conflict
	switch {
	case errors.As(err, &conflict):
		d.openLink(w, r) // it says why
	case err != nil:
		d.unusable(w, r, err)
	default:
		d.setCookie(w, r, session)
		http.Redirect(w, r, Prefix, http.StatusSeeOther)
	}
}

// unusable answers a link that is not known.
func (d *Dashboard) unusable(w http.ResponseWriter, r *http.Request, err error) {
	var missing *store.NotFound
	if !errors.As(err, &missing) {
		d.failed(w, r, err)
		return
	}
	d.notice(w, http.StatusNotFound, "This setup link is not known", "Nothing has been changed. Check that the whole link was copied, or ask for a new one: setup links can be opened for five minutes.")
}

// cookieName is the name of the setup session's cookie.
const cookieName = "mockcloud_setup"

func (d *Dashboard) setCookie(w http.ResponseWriter, r *http.Request, session string) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: session, Path: Prefix, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(router.BaseURL(d.PublicURL, r), "https://"),
	})
}

// sessionOf returns the session's secret, empty for none.
func sessionOf(r *http.Request) string {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return cookie.Value
}

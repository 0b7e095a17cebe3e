package router

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sameorigin"
)

// SessionCookie has the token of a person's session in a browser. The token also
// works as "Authorization: Bearer".
const SessionCookie = "mockcloud_session"

// credential gives the secret that a request comes with: the Authorization header's,
// else that of the browser's session.
func credential(r *http.Request) (secret string, byCookie bool) {
	if r.Header.Get("Authorization") != "" {
		return request.Bearer(r), false
	}
	cookie, err := r.Cookie(SessionCookie)
	if err != nil {
		return "", false
	}
	return cookie.Value, true
}

// mayUseCookie says whether a request may come with the browser's session. Browsers
// send it along for pages of other origins as well: SameSite=Lax holds back what other
// sites write, but every port of a host is the same site.
func mayUseCookie(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return !IsForeign(r)
	}
	return IsOwn(r)
}

// IsSecret compares what was given with a secret, in a time that tells nothing of it.
func IsSecret(given, secret string) bool {
	// Hashes have one length, so that not even the secret's shows.
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// IsForeign says whether a browser sends a request for a page of another origin, by
// Sec-Fetch-Site (Fetch Metadata) or, where that is missing, Origin (RFC 6454).
func IsForeign(r *http.Request) bool {
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "same-origin", "none":
		return false
	case "":
		origin := r.Header.Get("Origin")
		return origin != "" && !sameorigin.IsOwn(r, origin)
	}
	return true
}

// IsOwn says whether a browser sends a request for a page of this server's own. What
// says nothing of where it comes from is not.
func IsOwn(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	return sameorigin.IsOwn(r, r.Header.Get("Origin"))
}

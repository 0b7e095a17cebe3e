// Package sameorigin keeps the web pages of others away from what steers a test
// server: a browser would let them send some requests here without asking
// anybody. Requests of no browser pass; so do those of the server's own pages.
package sameorigin

import (
	"mime"
	"net/http"
	"net/url"
)

// Foreign reports whether a browser sends the request for a page of another origin.
func Foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host != r.Host
}

// IsJSON reports whether the body is JSON, which no page of another origin can send
// without asking first.
func IsJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// Package sameorigin keeps the web pages of others away from what steers a test
// server: a browser would let them send some requests here without asking
// anybody. Requests of no browser pass; so do those of the server's own pages.
package sameorigin

import (
	"context"
	"mime"
	"net/http"
	"net/url"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// publicKey is where a request's context has the server's public URL.
type publicKey struct{}

// WithPublic says by which URL browsers reach the server where it is not by the Host of
// the request: what stands in front of it may call it by a name of its own. Empty is none.
func WithPublic(ctx context.Context, publicURL string) context.Context {
	if publicURL == "" {
		return ctx
	}
	return context.WithValue(ctx, publicKey{}, publicURL)
}

// IsOwn reports whether an origin (RFC 6454) is this server's: of the request's Host, or
// the public one.
func IsOwn(r *http.Request, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if fold.SameToken(u.Host, r.Host) {
		return true
	}
	publicURL, _ := r.Context().Value(publicKey{}).(string) // empty where there is none
	public, err := url.Parse(publicURL)
	return err == nil && public.Host != "" && public.Scheme == u.Scheme && fold.SameToken(u.Host, public.Host)
}

// Foreign reports whether a browser sends the request for a page of another origin.
func Foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return true
	}
	origin := r.Header.Get("Origin")
	return origin != "" && !IsOwn(r, origin)
}

// IsJSON reports whether the body is JSON, which no page of another origin can send
// without asking first.
func IsJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

package idp

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// authorize is the authorization endpoint (OpenID Connect Core 1.0 section 3.1.2):
// GET shows the page that asks who is logging in, POST is that page's answer.
// The request stays in the URL all the way, so nothing is kept for those who
// never answer. There is no session either: every login asks anew.
func (p *IdP) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	// Until the client's address is known to be good, mistakes are told on the
	// page and not sent anywhere (RFC 6749 section 4.1.2.1).
	client := query.Get("client_id")
	if client == "" {
		p.problem(w, http.StatusBadRequest, "The application did not say who it is (client_id).")
		return
	}
	redirect, ok := p.mayRedirectTo(query.Get("redirect_uri"))
	if !ok {
		p.problem(w, http.StatusBadRequest, "The application wants its answer at an address (redirect_uri) that this identity provider does not know.")
		return
	}
	answer := func(values url.Values) {
		values.Set("iss", p.base.String()) // RFC 9207
		if state := query.Get("state"); state != "" {
			values.Set("state", state)
		}
		p.bendAnswer(values)
		target := *redirect
		sent := target.Query()
		for name, value := range values {
			sent[name] = value
		}
		target.RawQuery = sent.Encode()
		http.Redirect(w, r, target.String(), http.StatusSeeOther)
	}
	if code, description := wrongRequest(query); code != "" {
		answer(url.Values{"error": {code}, "error_description": {description}})
		return
	}

	page := question{
		Application: client,
		Action:      p.url("/authorize") + "?" + r.URL.RawQuery,
		Hint:        query.Get("login_hint"),
		AnswerTo:    redirect,
	}
	if r.Method == http.MethodGet {
		p.ask(w, page)
		return
	}
	person, problem := p.chosen(r)
	if problem != "" {
		page.Problem = problem
		p.ask(w, page)
		return
	}
	if person.Left {
		answer(url.Values{"error": {"access_denied"}, "error_description": {person.Email + " has left"}})
		return
	}
	answer(url.Values{"code": {p.oidc.codes.add(grant{
		subject:     person.Subject,
		client:      client,
		redirectURI: query.Get("redirect_uri"),
		nonce:       query.Get("nonce"),
		challenge:   query.Get("code_challenge"),
		at:          p.clock(),
	}, codeLife)}})
}

// wrongRequest names what is wrong with an authorization request, as an error
// code of RFC 6749 section 4.1.2.1 or OpenID Connect Core 1.0 section 3.1.2.6.
func wrongRequest(query url.Values) (code, description string) {
	for _, values := range query {
		if len(values) > 1 {
			return "invalid_request", "A parameter is there twice"
		}
	}
	switch {
	case query.Get("response_type") != "code":
		return "unsupported_response_type", "Only the code flow is offered"
	case query.Get("response_mode") != "" && query.Get("response_mode") != "query":
		return "invalid_request", "Only the response mode query is offered"
	case !slices.Contains(strings.Fields(query.Get("scope")), "openid"):
		return "invalid_scope", "The scope has to include openid"
	case query.Get("code_challenge") == "" || query.Get("code_challenge_method") != "S256":
		return "invalid_request", "PKCE with S256 is required (RFC 7636)"
	case query.Has("request"):
		return "request_not_supported", "Request objects are not offered"
	case query.Has("request_uri"):
		return "request_uri_not_supported", "Request objects are not offered"
	case query.Get("prompt") == "none":
		return "login_required", "There are no sessions here: every login asks who it is"
	}
	return "", ""
}

// logout is the end-session endpoint (OpenID Connect RP-Initiated Logout 1.0).
// There is no session to end, so all it does is lead back.
func (p *IdP) logout(w http.ResponseWriter, r *http.Request) {
	wanted := r.FormValue("post_logout_redirect_uri")
	if wanted == "" {
		p.notice(w, "You are logged out.")
		return
	}
	target, ok := p.mayRedirectTo(wanted)
	if !ok {
		p.problem(w, http.StatusBadRequest, "You are logged out, but the application's address to return to is not known here.")
		return
	}
	if state := r.FormValue("state"); state != "" {
		query := target.Query()
		query.Set("state", state)
		target.RawQuery = query.Encode()
	}
	http.Redirect(w, r, target.String(), http.StatusSeeOther)
}

package scim

import (
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

const (
	// tokenPath is the token endpoint (RFC 6749, section 3.2), below a directory's.
	tokenPath = "/oauth/token"
	// maxForm is far more than any client sends.
	maxForm = 64 << 10
)

// TokenEndpoint is where the clients of the directory behind an endpoint get access
// tokens.
func TokenEndpoint(endpoint string) string { return endpoint + tokenPath }

// tokenLimit is what a client may ask for.
var tokenLimit = store.RateLimit{Requests: 60, Window: time.Minute}

// tokenError is an error of the token endpoint (RFC 6749, section 5.2).
type tokenError struct {
	status int
	header http.Header
	code   string
	// description has no characters that RFC 6749 does not allow there, such as quotes.
	description string
}

func (e *tokenError) Error() string { return e.description }

func invalidRequest(description string) error {
	return &tokenError{status: http.StatusBadRequest, code: "invalid_request", description: description}
}

func invalidClient(description string) error {
	return &tokenError{
		status: http.StatusUnauthorized, code: "invalid_client", description: description,
		header: http.Header{"Www-Authenticate": {`Basic realm="SCIM"`}},
	}
}

// issueToken is POST {scim_endpoint}/oauth/token (RFC 6749, section 4.4).
func (s *Server) issueToken(r *http.Request, opaque string) *answer {
	var token string
	err := request.Guard(func() (err error) {
		token, err = s.accessToken(r, opaque)
		return err
	})
	out := &answer{status: http.StatusOK, header: http.Header{}, media: "application/json", body: map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(store.AccessTokenLife.Seconds()),
	}}
	if err != nil {
		e := s.tokenFailure(r, err)
		out.status, out.body = e.status, map[string]string{"error": e.code, "error_description": e.description}
		maps.Copy(out.header, e.header)
	}
	out.header.Set("Cache-Control", "no-store")
	out.header.Set("Pragma", "no-cache")
	return out
}

// tokenFailure is the one place where errors become those of the token endpoint.
func (s *Server) tokenFailure(r *http.Request, err error) *tokenError {
	var (
		own             *tokenError
		refused         *request.Error
		unauthenticated *store.Unauthenticated
		forbidden       *store.Forbidden
	)
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &refused):
		return &tokenError{refused.Status, refused.Header, "invalid_request", refused.Detail}
	case errors.As(err, &forbidden):
		return &tokenError{http.StatusBadRequest, nil, "unauthorized_client", "The directory is unlinked: no tokens are given until it is switched on again"}
	case errors.As(err, &unauthenticated):
		errors.As(invalidClient("The client_id or the secret is not that of a live client of this directory, or there is no such directory"), &own)
		return own
	case store.IsUnavailable(err):
		return &tokenError{http.StatusServiceUnavailable, nil, "temporarily_unavailable", err.Error()}
	}
	router.LogBug(r, s.Logger, Prefix, err)
	return &tokenError{
		http.StatusInternalServerError, nil, "server_error",
		"Internal server error; the server's log says more under request id " + router.RequestID(r.Context()),
	}
}

// accessToken checks a request to the token endpoint, and makes the token.
func (s *Server) accessToken(r *http.Request, opaque string) (token string, err error) {
	clientID, secret, err := tokenRequest(r)
	if err != nil {
		return "", err
	}
	id, d, err := s.whoAsks(opaque, clientID, secret)
	if err != nil {
		return "", err
	}
	if err := s.limiter.Take(id, tokenLimit, "client"); err != nil {
		return "", err
	}
	err = s.Store.Update(store.DirectoryActor(d), func(tx *store.Tx) error {
		tx.Within(d.AccountID)
		_, client, used, err := tx.AuthenticateClient(opaque, clientID, secret)
		if err != nil {
			return err
		}
		token = tx.IssueSCIMAccess(client, used)
		return nil
	})
	return token, err
}

// whoAsks finds the client. Failures count against a limit of the directory's, whatever
// client they name: guessing neither uses up a client's limit, nor evades it with
// other ids, nor tells which there are.
func (s *Server) whoAsks(opaque, clientID, secret string) (id uuid.UUID, d *store.Directory, err error) {
	of := func(r *store.Reader) uuid.UUID {
		if at, ok := r.DirectoryAt(opaque); ok {
			return at.AccountID
		}
		return uuid.Nil
	}
	at := "" // of an endpoint that no directory has
	err = s.Store.ViewWhere(of, func(r *store.Reader) error {
		found, client, _, err := r.AuthenticateClient(opaque, clientID, secret)
		if err == nil {
			id, d = client.ID, found
		}
		if asked, ok := r.DirectoryAt(opaque); ok {
			at = asked.ID
		}
		return err
	})
	var unauthenticated *store.Unauthenticated
	if errors.As(err, &unauthenticated) {
		if limit := s.limiter.Take(uuid.NewSHA1(uuid.Nil, []byte("failed at "+at)), tokenLimit, "directory"); limit != nil {
			return id, nil, limit
		}
	}
	return id, d, err
}

// tokenRequest reads a request to the token endpoint. Of the URL's query only that it
// holds no secret is looked at: Okta puts scopes there.
func tokenRequest(r *http.Request) (clientID, secret string, err error) {
	if r.Method != http.MethodPost {
		return "", "", &tokenError{http.StatusMethodNotAllowed, http.Header{"Allow": {http.MethodPost}}, "invalid_request", "The token endpoint takes POST only"}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", "", invalidRequest("The query string cannot be read: an escape in it is wrong, or a semicolon is not escaped")
	}
	for _, name := range []string{"client_secret", "client_assertion", "password", "access_token"} {
		if query.Has(name) {
			return "", "", invalidRequest(name + " never belongs into the URL, which logs keep: send it in the body, and take another secret now")
		}
	}
	kind, charset, ok := request.Media(r)
	if !ok || kind != "application/x-www-form-urlencoded" || charset != "" && charset != "utf-8" {
		return "", "", invalidRequest("The Content-Type has to be application/x-www-form-urlencoded")
	}
	raw, err := request.Body(r, maxForm)
	if err != nil {
		return "", "", err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return "", "", invalidRequest("The body is no form: an escape in it is wrong, or a semicolon is not escaped")
	}
	for _, name := range []string{"grant_type", "client_id", "client_secret"} {
		if len(form[name]) > 1 {
			return "", "", invalidRequest(name + " stands twice")
		}
	}
	switch form.Get("grant_type") {
	case "client_credentials":
		return clientOf(r, form)
	case "":
		return "", "", invalidRequest("grant_type is missing in the body; it has to be client_credentials")
	}
	return "", "", &tokenError{http.StatusBadRequest, nil, "unsupported_grant_type", "grant_type has to be client_credentials"}
}

// clientOf reads the client's id and secret, from the Authorization header or the body
// (RFC 6749, section 2.3.1), not from both.
func clientOf(r *http.Request, form url.Values) (clientID, secret string, err error) {
	switch given := r.Header.Values("Authorization"); {
	case len(given) > 1:
		return "", "", invalidRequest("There are several Authorization headers")
	case len(given) == 1:
		if clientID, secret, err = basic(given[0]); err != nil {
			return "", "", err
		}
		if form.Get("client_secret") != "" {
			return "", "", invalidRequest("The client authenticates in the Authorization header and in the body; one of the two is enough")
		}
		if also := form.Get("client_id"); also != "" && also != clientID {
			return "", "", invalidRequest("client_id in the body is another than in the Authorization header")
		}
	default:
		clientID, secret = form.Get("client_id"), form.Get("client_secret")
	}
	if clientID == "" || secret == "" {
		return "", "", invalidClient("client_id and client_secret are needed, in an Authorization header of the scheme Basic or in the body")
	}
	return clientID, secret, nil
}

// basic reads an Authorization header of the scheme Basic, whose two parts are each
// encoded as forms are.
func basic(header string) (clientID, secret string, err error) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !fold.SameToken(scheme, "Basic") {
		return "", "", invalidClient("A client authenticates by an Authorization header of the scheme Basic, or in the body")
	}
	unreadable := invalidClient("The Authorization header is not that of a client: both parts are form-encoded (RFC 6749, section 2.3.1), so that a + in a secret is sent as %2B")
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", "", unreadable
	}
	user, password, ok := strings.Cut(string(raw), ":")
	clientID, idErr := url.QueryUnescape(user)
	secret, secretErr := url.QueryUnescape(password)
	if !ok || idErr != nil || secretErr != nil || strings.Contains(secret, " ") {
		return "", "", unreadable
	}
	return clientID, secret, nil
}

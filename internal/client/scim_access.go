package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

var tokenProtocol = dialect{media: "application/json", credential: "SCIM client's secret", example: scimProtocol.example}

// TokenError is a refusal by the token endpoint of a directory, where the client
// counts and not the API key (RFC 6749, section 5.2).
type TokenError struct {
	Code string // such as "invalid_client"; "" where it says none
	Err  *APIError
}

// Error implements error.
func (e *TokenError) Error() string {
	if e.Code == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s, error %s", e.Err, e.Code)
}

// Unwrap returns the refusal itself.
func (e *TokenError) Unwrap() error { return e.Err }

// SCIMByClient is [Client.SCIM] with an access token that a directory's OAuth client
// gets for its secret, at the token endpoint below the SCIM endpoint. The token lives
// an hour and is not renewed.
//
// POST {scim_endpoint}/oauth/token
func (c *Client) SCIMByClient(ctx context.Context, endpoint, clientID, secret string) (*SCIM, error) {
	asks, err := c.beside(endpoint, secret, tokenProtocol)
	if err != nil {
		return nil, err
	}
	if clientID == "" {
		return nil, errors.New("the SCIM client's id is empty")
	}
	// Both parts are encoded as forms are (RFC 6749, section 2.3.1).
	both := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(clientID) + ":" + url.QueryEscape(secret)))
	asks.authorizes = "Basic " + both
	asks.secrets = append(asks.secrets, url.QueryEscape(secret), both)
	asks.redact = newRedactor(asks.secrets...)
	got, err := do[struct {
		AccessToken string `json:"access_token"`
	}](ctx, asks, call{
		method: http.MethodPost, path: []string{"oauth", "token"}, form: url.Values{"grant_type": {"client_credentials"}}, repeatable: true,
	})
	var refused *APIError
	if errors.As(err, &refused) {
		return nil, &TokenError{Code: refused.tokenError, Err: refused}
	}
	if err != nil {
		return nil, err
	}
	if got.AccessToken == "" {
		return nil, errors.New("the token endpoint's answer has no access token")
	}
	return c.SCIM(endpoint, got.AccessToken)
}

// beside returns a client of an endpoint beside the API, in another protocol and with
// a credential of its own.
func (c *Client) beside(endpoint, credential string, d dialect) (*Client, error) {
	cfg := c.config
	cfg.Endpoint, cfg.APIKey = endpoint, credential
	if !c.sameHost(endpoint) {
		cfg.CustomHeaders = nil
	}
	other, err := newClient(cfg, d)
	if err != nil {
		return nil, err
	}
	other.closing, other.close = c.closing, func() {}
	return other, nil
}

// tokenErrorOf reads the error of an error body (RFC 6749, section 5.2).
func tokenErrorOf(body []byte) string {
	var answer struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	return answer.Error
}

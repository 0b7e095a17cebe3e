package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// early is how long before its end an access token is no longer used.
const early = 30 * time.Second

var errNoToken = errors.New("the token endpoint's answer has no bearer token")

// access is what a client got from the token endpoint. Only the worker touches it.
type access struct {
	token string
	until time.Time // zero: until the endpoint refuses it
}

// send makes one request with whatever credentials there are now, and reads the answer
// into out unless that is nil. An access token that has ended early, as with its
// secret, is replaced once.
func (p *Pusher) send(ctx context.Context, r request, out any) error {
	t, client := p.current()
	bearer, kept, err := p.bearer(ctx, t, client)
	if err != nil {
		return err
	}
	err = p.sendAs(ctx, t, client, bearer, r, out)
	if !kept || !hasStatus(err, http.StatusUnauthorized) {
		return err
	}
	t.access = access{}
	if bearer, _, err = p.bearer(ctx, t, client); err != nil {
		return err
	}
	return p.sendAs(ctx, t, client, bearer, r, out)
}

// bearer returns the token to call with; kept says that it is an access token from
// before.
func (p *Pusher) bearer(ctx context.Context, t *target, client *http.Client) (token string, kept bool, err error) {
	if t.ClientID == "" {
		return t.Token, false, nil
	}
	now := p.now()
	if t.access.token != "" && (t.access.until.IsZero() || now.Before(t.access.until)) {
		return t.access.token, true, nil
	}
	var got struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	if err := p.askForAccess(ctx, t, client, &got); err != nil {
		return "", false, err
	}
	if !isToken(got.AccessToken) || !fold.SameToken(got.TokenType, "bearer") {
		return "", false, errNoToken
	}
	t.access = access{token: got.AccessToken}
	if got.ExpiresIn > 0 {
		t.access.until = now.Add(time.Duration(min(got.ExpiresIn, 1<<30))*time.Second - early)
	}
	return got.AccessToken, false, nil
}

// askForAccess sends the client's id and secret to the token endpoint (RFC 6749,
// sections 2.3.1 and 4.4.2).
func (p *Pusher) askForAccess(ctx context.Context, t *target, client *http.Client, out any) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.base.JoinPath("oauth", "token").String(), strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	req.SetBasicAuth(url.QueryEscape(t.ClientID), url.QueryEscape(t.ClientSecret))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", t.dialect.agent())
	err = p.exchange(client, req, t.ClientSecret, out, tokenDetail)
	var answer *answerError
	if errors.As(err, &answer) {
		answer.ofToken = true
	}
	return err
}

// tokenDetail reads what an error of a token endpoint says (RFC 6749, section 5.2).
func tokenDetail(content []byte) string {
	var body struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(content, &body) != nil || body.Error == "" {
		return "no access token was given"
	}
	return strings.TrimSuffix("no access token was given: "+body.Description, ": ") + " (" + body.Error + ")"
}

// isToken reports whether a text can stand in an Authorization header.
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

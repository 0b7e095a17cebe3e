package sso

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/oidc"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func (s *SSO) beginOIDC(w http.ResponseWriter, r *http.Request, c *store.Connection, email, returnTo string) {
	begun, err := s.Parties.Begin(r.Context(), s.oidcConnection(r, c), oidc.Start{LoginHint: email, ReturnTo: returnTo, MaxAge: s.recent(c.AccountID)})
	if err != nil {
		s.rejectedOIDC(w, r, c.AccountID, returnTo, err)
		return
	}
	s.bindLogin(w, r, begun.BrowserSecret)
	http.Redirect(w, r, begun.AuthURL, http.StatusSeeOther)
}

// oidcConnection is a connection as the protocol wants it.
func (s *SSO) oidcConnection(r *http.Request, c *store.Connection) oidc.Connection {
	return oidc.Connection{
		ID: c.ID, Issuer: c.OIDC.Issuer, ClientID: c.OIDC.ClientID, ClientSecret: c.OIDC.ClientSecret, Scopes: c.OIDC.Scopes,
		ClientAuth: oidc.ClientAuth(c.OIDC.ClientAuth), Key: s.clientKey, Hosts: c.OIDC.Hosts,
		RedirectURI: identity.ServiceProviderOf(s.baseURL(r), c.AccountID).RedirectURI,
		Mapping:     oidcMapping(c),
	}
}

func oidcMapping(c *store.Connection) oidc.Mapping {
	return oidc.Mapping{Email: c.Mapping.Email, FirstName: c.Mapping.FirstName, LastName: c.Mapping.LastName}
}

// oidcCallback is GET /sso/oidc/{account_id}/callback (OpenID Connect Core 1.0,
// section 3.1.2.5).
func (s *SSO) oidcCallback(w http.ResponseWriter, r *http.Request) {
	account, ok := s.account(w, r)
	if !ok {
		return
	}
	query, ok := readQuery(w, r) // of what is there twice the protocol says more
	if !ok {
		return
	}
	login, err := s.Parties.Finish(r.Context(), s.findOIDC(r, account), boundBy(r), query)
	if err != nil {
		s.rejectedOIDC(w, r, account, "", err)
		return
	}
	s.finish(w, r, account, store.ProvenLogin{
		ConnectionID: login.ConnectionID, Subject: login.Subject,
		Email: login.Email, FirstName: login.FirstName, LastName: login.LastName, Authenticated: login.Authenticated,
		AttributeNames: slices.Collect(maps.Keys(login.Claims)),
	}, login.ReturnTo, oidcAttributes(login.Claims, login.Mapping))
}

// findOIDC finds the account's connections as they are configured now.
func (s *SSO) findOIDC(r *http.Request, account uuid.UUID) oidc.Find {
	return func(_ context.Context, id string) (out oidc.Connection, err error) {
		err = s.Store.View(func(reader *store.Reader) error {
			c, err := reader.Connection(account, id)
			if err != nil {
				return err
			}
			if c.OIDC == nil {
				return errors.New("the connection does not speak OpenID Connect")
			}
			out = s.oidcConnection(r, c)
			return nil
		})
		return out, err
	}
}

// rejectedOIDC says why a login was refused. returnTo is for one that did not begin; the
// refusal knows it of others.
func (s *SSO) rejectedOIDC(w http.ResponseWriter, r *http.Request, account uuid.UUID, returnTo string, err error) {
	var refused *oidc.Refusal
	if !errors.As(err, &refused) {
		s.failed(w, r, err)
		return
	}
	if returnTo == "" {
		returnTo = refused.ReturnTo
	}
	f := refusal{connection: refused.ConnectionID, reason: string(refused.Reason), attributes: refused.ClaimNames}
	if s.rehearsedRefusal(w, r, returnTo, f.saying(refused.Sentence), oidcAttributes(refused.Claims, refused.Mapping)) {
		return
	}
	s.refuse(w, r, account, f)
}

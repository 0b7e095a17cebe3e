package sso

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/trial"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

func (s *SSO) beginSAML(w http.ResponseWriter, r *http.Request, c *store.Connection, returnTo string) {
	if s.Rollover != nil {
		s.Rollover.LoginBegins(c)
	}
	provider, err := s.serviceProvider(r, c.AccountID, c.SAML.SignAuthnRequests)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	conn, err := samlConnection(c)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	secret := rand.Text()
	asked, err := provider.AuthnRequest(conn, saml.Start{ReturnTo: returnTo, Browser: secret, Recent: s.recent(c.AccountID) != nil})
	if err != nil {
		s.rejectedSAML(w, r, c.AccountID, c.ID, returnTo, err)
		return
	}
	s.bindLogin(w, r, secret)
	if asked.Binding == saml.Redirect {
		http.Redirect(w, r, asked.URL, http.StatusSeeOther)
		return
	}
	secure(w.Header(), anyForms)
	show(w, http.StatusOK, "post.html", asked)
}

// serviceProvider is this server as an account's identity providers see it.
func (s *SSO) serviceProvider(r *http.Request, account uuid.UUID, signing bool) (*saml.ServiceProvider, error) {
	us := identity.ServiceProviderOf(s.baseURL(r), account)
	provider := &saml.ServiceProvider{
		EntityID: us.EntityID, ACSURL: us.ACSURL, Logins: s.logins,
		Encryption: func() ([]saml.KeyPair, error) { return s.keys.pairs(EncryptionKey) },
	}
	if !signing {
		return provider, nil
	}
	pairs, err := s.keys.pairs(SigningKey)
	if err != nil {
		return nil, err
	}
	provider.Key, provider.Certificate = pairs[0].Key, pairs[0].Certificate
	for _, next := range pairs[1:] {
		provider.Next = append(provider.Next, next.Certificate)
	}
	return provider, nil
}

// samlConnection is a connection as the protocol wants it.
func samlConnection(c *store.Connection) (saml.Connection, error) {
	out := saml.Connection{
		ID: c.ID, IDPEntityID: c.SAML.EntityID, SSOURL: c.SAML.SSOURL, Binding: saml.Redirect,
		NameIDFormat: c.SAML.NameIDFormat, SignRequests: c.SAML.SignAuthnRequests, AllowIDPInitiated: c.SAML.AllowIDPInitiated,
		WantEncrypted: c.SAML.WantEncrypted,
		Attributes: saml.AttributeMapping{
			Subject: c.Mapping.Subject, Email: c.Mapping.Email, FirstName: c.Mapping.FirstName, LastName: c.Mapping.LastName,
		},
		Serves: c.Serves,
	}
	if c.SAML.SSOBinding == store.POSTBinding {
		out.Binding = saml.POST
	}
	for _, stored := range c.SAML.Certificates {
		certificate, err := samlmetadata.ParseDER(stored.DER)
		if err != nil {
			return out, fmt.Errorf("read the certificate %s: %w", stored.SHA256, err)
		}
		out.Certificates = append(out.Certificates, certificate)
	}
	return out, nil
}

// samlAnswer is POST /sso/saml/{account_id}/acs (SAML Bindings 3.5). It creates no
// session: the cookie that binds the login to its browser is not sent with another site's
// form.
func (s *SSO) samlAnswer(w http.ResponseWriter, r *http.Request) {
	account, ok := s.account(w, r)
	if !ok {
		return
	}
	form, err := request.Form(r, maxForm)
	if request.IsTooLarge(err) {
		s.refuse(w, r, account, refusal{reason: string(saml.TooLarge)})
		return
	}
	// What else is in it is the identity provider's affair.
	err = cmp.Or(err, request.Once(form, "SAMLResponse", "RelayState"), request.Needs(form, "SAMLResponse"))
	if err != nil {
		unreadable(w, err)
		return
	}
	response := form.Get("SAMLResponse")
	hint, err := s.logins.Hint(response)
	if err != nil {
		s.rejectedSAML(w, r, account, "", "", err)
		return
	}
	c, found, err := s.addressee(account, hint)
	switch {
	case err != nil:
		s.failed(w, r, err)
		return
	case !found:
		s.refuse(w, r, account, refusal{reason: string(saml.WrongIssuer)})
		return
	}
	provider, err := s.serviceProvider(r, account, c.SAML.SignAuthnRequests)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	conn, err := samlConnection(c)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	conn.Renew = s.renew(r, c)
	login, err := provider.Accept(conn, response, form.Get("RelayState"))
	if err != nil {
		s.rejectedSAML(w, r, account, c.ID, hint.ReturnTo, err)
		return
	}
	if login.IDPInitiated && trial.Is(login.ReturnTo) { // no test login begins there
		login.ReturnTo = ""
	}
	handle := s.waiting.add(answered{account: account, connection: c.ID, login: login})
	// Relative, as the browser may have reached us by another name than we know.
	http.Redirect(w, r, "/sso/saml/"+account.String()+"/continue?login="+url.QueryEscape(handle), http.StatusSeeOther)
}

// renew waits for the connection's metadata to be fetched again.
func (s *SSO) renew(r *http.Request, c *store.Connection) func() (saml.Connection, bool) {
	if s.Rollover == nil {
		return nil
	}
	return func() (saml.Connection, bool) {
		now, ok := s.Rollover.AwaitKeys(r.Context(), c)
		if !ok {
			return saml.Connection{}, false
		}
		conn, err := samlConnection(now)
		return conn, err == nil
	}
}

// addressee finds the connection that an answer is for: the one whose login it names,
// else that of its issuer, active ones first.
func (s *SSO) addressee(account uuid.UUID, hint saml.Hint) (found *store.Connection, ok bool, err error) {
	err = s.Store.View(func(reader *store.Reader) error {
		for _, c := range reader.Connections(account) {
			switch {
			case c.SAML == nil:
			case c.ID == hint.Connection:
				found = c
				return nil
			case hint.Issuer != "" && c.SAML.EntityID == hint.Issuer && c.TakesLogins() && (found == nil || found.State != store.ConnectionActive):
				found = c
			}
		}
		return nil
	})
	return found, found != nil, err
}

// samlContinue is GET /sso/saml/{account_id}/continue: the same login, now with the
// browser's cookie.
func (s *SSO) samlContinue(w http.ResponseWriter, r *http.Request) {
	account, ok := s.account(w, r)
	if !ok {
		return
	}
	query, ok := readQuery(w, r, "login")
	if !ok {
		return
	}
	if err := request.Needs(query, "login"); err != nil {
		unreadable(w, err)
		return
	}
	handle := query.Get("login")
	a, ok := s.waiting.look(handle, account)
	if !ok {
		s.loginOver(w, r, account)
		return
	}
	if a.login.IDPInitiated {
		show(w, http.StatusOK, "confirm.html", struct{ Email, Login string }{a.login.Identity.Email, handle})
		return
	}
	if a, ok = s.waiting.take(handle, account); !ok {
		s.loginOver(w, r, account)
		return
	}
	if !a.login.StartedBy(boundBy(r)) {
		s.refuse(w, r, account, refusal{connection: a.connection, reason: "browser_mismatch"})
		return
	}
	s.finishSAML(w, r, a)
}

// samlConfirm is POST /sso/saml/{account_id}/continue: the person says that they mean to
// log in as whom their identity provider says.
func (s *SSO) samlConfirm(w http.ResponseWriter, r *http.Request) {
	account, ok := s.account(w, r)
	if !ok {
		return
	}
	form, ok := readForm(w, r, "login")
	if !ok {
		return
	}
	a, ok := s.waiting.take(form.Get("login"), account)
	if !ok || !a.login.IDPInitiated {
		s.loginOver(w, r, account)
		return
	}
	s.finishSAML(w, r, a)
}

func (s *SSO) loginOver(w http.ResponseWriter, r *http.Request, account uuid.UUID) {
	s.refuse(w, r, account, refusal{reason: "login_over"})
}

func (s *SSO) finishSAML(w http.ResponseWriter, r *http.Request, a *answered) {
	who := a.login.Identity
	s.finish(w, r, a.account, store.ProvenLogin{
		ConnectionID: a.connection, Source: who.SubjectSource, Subject: who.Subject, SubjectFolds: who.SubjectFolds, Carried: who.Carried,
		Email: who.Email, FirstName: who.FirstName, LastName: who.LastName, Authenticated: who.Authenticated,
		AttributeNames: who.AttributeNames,
	}, a.login.ReturnTo, samlAttributes(a.login.Attributes))
}

// rejectedSAML says why a login was refused that leads to returnTo; empty where that is not
// known.
func (s *SSO) rejectedSAML(w http.ResponseWriter, r *http.Request, account uuid.UUID, connection, returnTo string, err error) {
	var refused *saml.Error
	if !errors.As(err, &refused) {
		s.failed(w, r, err)
		return
	}
	f := refusal{connection: connection, reason: string(refused.Reason), attributes: refused.AttributeNames}
	if s.rehearsedRefusal(w, r, returnTo, f.saying(refused.Sentence), samlAttributes(refused.Attributes)) {
		return
	}
	s.refuse(w, r, account, f)
}

// samlMetadata is GET /sso/saml/{account_id}/metadata (SAML Metadata 2.4.4). It is the
// same for all of an account's connections.
func (s *SSO) samlMetadata(w http.ResponseWriter, r *http.Request) {
	account, ok := s.account(w, r)
	if !ok {
		return
	}
	var conn saml.Connection
	err := s.Store.View(func(reader *store.Reader) error {
		for _, c := range reader.Connections(account) {
			conn.SignRequests = conn.SignRequests || c.SAML != nil && c.SAML.SignAuthnRequests
		}
		return nil
	})
	if err != nil {
		s.failed(w, r, err)
		return
	}
	// The certificate is in it whether it signs or not, so that signing can be switched
	// on later.
	provider, err := s.serviceProvider(r, account, true)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	document, err := provider.Metadata(conn)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	// It fails only when the reader is gone, so there is no one to report it to.
	_, _ = w.Write(document)
}

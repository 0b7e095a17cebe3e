package sso

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

func (s *SSO) beginSAML(w http.ResponseWriter, r *http.Request, c *store.Connection, returnTo string) {
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
	request, err := provider.AuthnRequest(conn, saml.Start{ReturnTo: returnTo, Browser: secret, Recent: s.recent(c.AccountID) != nil})
	if err != nil {
		s.rejectedSAML(w, r, c.AccountID, c.ID, err)
		return
	}
	s.bindLogin(w, r, secret)
	if request.Binding == saml.Redirect {
		http.Redirect(w, r, request.URL, http.StatusSeeOther)
		return
	}
	secure(w.Header(), anyForms)
	show(w, http.StatusOK, "post.html", request)
}

// serviceProvider is this server as an account's identity providers see it.
func (s *SSO) serviceProvider(r *http.Request, account uuid.UUID, signing bool) (*saml.ServiceProvider, error) {
	us := identity.ServiceProviderOf(s.baseURL(r), account)
	provider := &saml.ServiceProvider{EntityID: us.EntityID, ACSURL: us.ACSURL, Logins: s.logins}
	if !signing {
		return provider, nil
	}
	var err error
	provider.Key, provider.Certificate, err = s.signingKey()
	return provider, err
}

// samlConnection is a connection as the protocol wants it.
func samlConnection(c *store.Connection) (saml.Connection, error) {
	out := saml.Connection{
		ID: c.ID, IDPEntityID: c.SAML.EntityID, SSOURL: c.SAML.SSOURL, Binding: saml.Redirect,
		NameIDFormat: c.SAML.NameIDFormat, SignRequests: c.SAML.SignAuthnRequests, AllowIDPInitiated: c.SAML.AllowIDPInitiated,
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

// samlAnswer is POST /sso/saml/{account_id}/acs (SAML Bindings 3.5). It lets nobody in:
// the cookie that says whose login it is does not come with another site's form.
func (s *SSO) samlAnswer(w http.ResponseWriter, r *http.Request) {
	account, ok := s.account(w, r)
	if !ok || !readForm(w, r) {
		return
	}
	response := r.PostForm.Get("SAMLResponse")
	hint, err := s.logins.Hint(response)
	if err != nil {
		s.rejectedSAML(w, r, account, "", err)
		return
	}
	c, found, err := s.addressee(account, hint)
	switch {
	case err != nil:
		s.failed(w, r, err)
		return
	case !found:
		s.rejected(w, r, account, "", string(saml.WrongIssuer),
			"No connection of this account is for the identity provider that sent you. Check the connection's entity id.")
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
	login, err := provider.Accept(conn, response, r.PostForm.Get("RelayState"))
	if err != nil {
		s.rejectedSAML(w, r, account, c.ID, err)
		return
	}
	handle := s.waiting.add(answered{account: account, connection: c.ID, login: login})
	// Relative, as the browser may have reached us by another name than we know.
	http.Redirect(w, r, "/sso/saml/"+account.String()+"/continue?login="+url.QueryEscape(handle), http.StatusSeeOther)
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
	handle := r.URL.Query().Get("login")
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
		s.rejected(w, r, account, a.connection, "browser_mismatch",
			"This login was begun in another browser, or another was begun since. Please start again.")
		return
	}
	s.finishSAML(w, r, a)
}

// samlConfirm is POST /sso/saml/{account_id}/continue: the person says that they mean to
// log in as whom their identity provider says.
func (s *SSO) samlConfirm(w http.ResponseWriter, r *http.Request) {
	account, ok := s.account(w, r)
	if !ok || !readForm(w, r) {
		return
	}
	a, ok := s.waiting.take(r.PostForm.Get("login"), account)
	if !ok || !a.login.IDPInitiated {
		s.loginOver(w, r, account)
		return
	}
	s.finishSAML(w, r, a)
}

func (s *SSO) loginOver(w http.ResponseWriter, r *http.Request, account uuid.UUID) {
	s.rejected(w, r, account, "", "login_over", "This login is over already, or took too long. Please start again.")
}

func (s *SSO) finishSAML(w http.ResponseWriter, r *http.Request, a *answered) {
	who := a.login.Identity
	s.finish(w, r, a.account, store.ProvenLogin{
		ConnectionID: a.connection, Source: who.SubjectSource, Subject: who.Subject, SubjectFolds: who.SubjectFolds, Carried: who.Carried,
		Email: who.Email, FirstName: who.FirstName, LastName: who.LastName, Authenticated: who.Authenticated,
	}, a.login.ReturnTo)
}

func (s *SSO) rejectedSAML(w http.ResponseWriter, r *http.Request, account uuid.UUID, connection string, err error) {
	var refused *saml.Error
	if !errors.As(err, &refused) {
		s.failed(w, r, err)
		return
	}
	s.rejected(w, r, account, connection, string(refused.Reason), refused.Sentence)
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

// The server's keys are the same for all accounts and last as long as the state:
// identity providers keep their certificates.
const (
	signingKeyName = "saml-service-provider"
	clientKeyName  = "oidc-client"
	keyLasts       = 10 * 365 * 24 * time.Hour
)

// signingKey returns the key that signs requests.
func (s *SSO) signingKey() (crypto.Signer, *x509.Certificate, error) {
	return s.key(signingKeyName, "mockcloud service provider")
}

// key returns one of the server's own keys, made when it is first needed.
func (s *SSO) key(name, commonName string) (crypto.Signer, *x509.Certificate, error) {
	s.keyMu.Lock()
	defer s.keyMu.Unlock()
	var stored []byte
	err := s.Store.View(func(reader *store.Reader) error {
		stored, _ = reader.KeptSecret(name)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if stored != nil {
		return readKey(stored)
	}
	now := s.Clock()
	key, certificate, err := saml.NewKey(commonName, now.Add(-time.Hour), now.Add(keyLasts))
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	stored = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	stored = append(stored, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})...)
	err = s.Store.Update(store.Actor{}, func(tx *store.Tx) error {
		tx.KeepSecret(name, stored)
		return nil
	})
	return key, certificate, err
}

func readKey(stored []byte) (crypto.Signer, *x509.Certificate, error) {
	first, rest := pem.Decode(stored)
	second, _ := pem.Decode(rest)
	if first == nil || second == nil {
		return nil, nil, errors.New("the server's own key cannot be read")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(first.Bytes)
	if err != nil {
		return nil, nil, err
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, nil, errors.New("the server's own key does not sign")
	}
	certificate, err := x509.ParseCertificate(second.Bytes)
	return key, certificate, err
}

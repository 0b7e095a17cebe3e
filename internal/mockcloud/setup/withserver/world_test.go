// Package withserver_test tests the configuration dashboard with a whole server behind it. Beside the tests of what package
// setup keeps to itself, these would have all of mockcloud that imports setup compiled once more.
package withserver_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"math/big"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

const (
	issuer      = "https://idp.example.com"
	metadataURL = "https://idp.example.com/metadata"
)

// outside is the world outside the server: one issuer and one metadata address. What
// is pasted is read as the server reads it.
type outside struct{ clock *mocktest.Clock }

var _ identity.Checker = outside{}

func (outside) CheckIssuer(_ context.Context, given string, _ store.ClientAuth) ([]string, error) {
	if given != issuer {
		return nil, errors.New("the issuer " + given + " does not answer")
	}
	return []string{"idp.example.com"}, nil
}

func (o outside) FetchMetadata(_ context.Context, address, entityID string) (identity.Metadata, error) {
	if address != metadataURL {
		return identity.Metadata{}, errors.New("nothing is at " + address)
	}
	return o.ParseMetadata(metadata(time.Hour), entityID)
}

func (o outside) ParseMetadata(xml, entityID string) (identity.Metadata, error) {
	m, err := samlmetadata.ReadText(xml, samlmetadata.Options{EntityID: entityID, Now: o.clock.Now()})
	if err != nil {
		return identity.Metadata{}, err
	}
	out := identity.Metadata{EntityID: m.EntityID, SSOURL: m.SSO.Location, SSOBinding: store.RedirectBinding, WantsSignedRequests: m.WantsSignedRequests}
	for _, cert := range m.Certificates {
		out.Certificates = append(out.Certificates, store.Certificate{DER: cert.Raw, NotAfter: cert.NotAfter, SHA256: samlmetadata.Fingerprint(cert)})
	}
	for _, warning := range m.Warnings {
		out.Warnings = append(out.Warnings, warning.Message)
	}
	return out, nil
}

func (outside) ParseCertificate(text string) (store.Certificate, error) {
	cert, err := samlmetadata.ParseCertificate(text)
	if err != nil {
		return store.Certificate{}, err
	}
	return store.Certificate{DER: cert.Raw, NotAfter: cert.NotAfter, SHA256: samlmetadata.Fingerprint(cert)}, nil
}

func (outside) CheckSSOURL(address string) error { return samlmetadata.CheckSSOURL(address) }

var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// metadata is an identity provider's, with a certificate that lasts from the tests'
// beginning.
func metadata(lasts time.Duration) string {
	return `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com/saml">` +
		`<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing">` +
		`<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` + base64.StdEncoding.EncodeToString(certificate(lasts)) +
		`</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService ` +
		`Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso"/></IDPSSODescriptor></EntityDescriptor>`
}

// federation is metadata of several identity providers.
func federation(entityIDs ...string) string {
	out := `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">`
	for _, id := range entityIDs {
		out += strings.Replace(metadata(time.Hour), "https://idp.example.com/saml", id, 1)
	}
	return out + "</EntitiesDescriptor>"
}

// certificate is one that lasts from the tests' beginning.
func certificate(lasts time.Duration) []byte {
	key, err := signingKey()
	if err != nil {
		panic(err)
	}
	begin := mocktest.NewClock().Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp.example.com"},
		NotBefore: begin.Add(-24 * time.Hour), NotAfter: begin.Add(lasts),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return der
}

// world is a server with two enabled domains, and a clock.
type world struct {
	*mocktest.Server
	t     testing.TB
	clock *mocktest.Clock
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldWith(t, mockcloud.Config{})
}

func newWorldWith(t testing.TB, cfg mockcloud.Config) *world {
	t.Helper()
	clock := mocktest.NewClock()
	cfg.Clock, cfg.Checker = clock.Now, outside{clock}
	w := &world{mocktest.Start(t, cfg), t, clock}
	w.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, map[string]any{"domain_names": []string{"acme.com", "acme.example"}}).Want(204)
	return w
}

// link returns a fresh setup link, asked for with a key.
func (w *world) link(key, path string) string {
	w.t.Helper()
	var address string
	w.Call("GET", mocktest.Root+"/sso/"+path, key, nil).Want(200).Into(&address)
	return address
}

// connections lists them as "name type state domains".
func (w *world) connections() []string {
	w.t.Helper()
	var rows []struct {
		Name    string `json:"name"`
		Type    string `json:"connection_type"`
		State   string `json:"state"`
		Domains []struct {
			Domain string `json:"domain"`
		} `json:"domains"`
	}
	w.Call("GET", mocktest.Root+"/sso/connections", mocktest.Owner, nil).Want(200).Into(&rows)
	out := make([]string, len(rows))
	for i, row := range rows {
		var domains []string
		for _, d := range row.Domains {
			domains = append(domains, d.Domain)
		}
		out[i] = fmt.Sprint(row.Name, " ", row.Type, " ", row.State, " ", domains)
	}
	return out
}

// visitor is a browser without a screen.
type visitor struct {
	t    testing.TB
	http *http.Client
	url  string
	// token is the last form's.
	token string
}

func (w *world) visitor() *visitor {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &visitor{t: w.t, http: &http.Client{Jar: jar}, url: w.URL}
}

// started is a visitor in a session.
func (w *world) started() *visitor {
	w.t.Helper()
	v := w.visitor()
	v.send(w.link(mocktest.Owner, "setup_url"), nil).at("/setup/domains")
	return v
}

// startedSync is a visitor in a session for directory sync.
func (w *world) startedSync() *visitor {
	w.t.Helper()
	v := w.visitor()
	v.send(w.link(mocktest.Owner, "dsync_setup_url"), nil).at("/setup/directory")
	return v
}

// shown is a page, after redirects.
type shown struct {
	t      testing.TB
	path   string
	status int
	header http.Header
	body   string
}

func (v *visitor) open(path string) shown {
	v.t.Helper()
	return v.do(http.MethodGet, path, nil)
}

// send sends a form with the last page's token.
func (v *visitor) send(path string, form url.Values) shown {
	v.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	if !form.Has("token") {
		form.Set("token", v.token)
	}
	return v.do(http.MethodPost, path, form)
}

var tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)

func (v *visitor) do(method, path string, form url.Values, headers ...string) shown {
	v.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = v.url + path
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.ask(r, headers...)
}

// file is a file of a form.
type file struct{ field, name, data string }

// upload sends a form with files, as browsers do.
func (v *visitor) upload(path string, form url.Values, files ...file) shown {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	form.Set("token", v.token)
	for _, f := range files {
		part, err := w.CreateFormFile(f.field, f.name)
		if err != nil {
			v.t.Fatal(err)
		}
		if _, err := io.WriteString(part, f.data); err != nil {
			v.t.Fatal(err)
		}
	}
	for name, values := range form { // behind the files, so that these must not end the reading
		for _, value := range values {
			if err := w.WriteField(name, value); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		v.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.url+path, &body)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return v.ask(r)
}

func (v *visitor) ask(r *http.Request, headers ...string) shown {
	v.t.Helper()
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	raw, err := io.ReadAll(w.Body)
	if err := errors.Join(err, w.Body.Close()); err != nil {
		v.t.Fatal(err)
	}
	out := shown{v.t, w.Request.URL.Path, w.StatusCode, w.Header, string(raw)}
	if found := tokenField.FindStringSubmatch(out.body); found != nil {
		v.token = html.UnescapeString(found[1])
	}
	return out
}

// at fails the test unless the page is the one behind a path.
func (s shown) at(path string, texts ...string) shown {
	s.t.Helper()
	if s.path != path {
		s.t.Fatalf("at %s, want %s: %d %s", s.path, path, s.status, s.body)
	}
	return s.says(http.StatusOK, texts...)
}

// says fails the test unless the page has a status and all the texts.
func (s shown) says(status int, texts ...string) shown {
	s.t.Helper()
	if s.status != status {
		s.t.Fatalf("%s: status %d, want %d: %s", s.path, s.status, status, s.body)
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(s.body), text) {
			s.t.Errorf("%s does not say %q: %s", s.path, text, s.body)
		}
	}
	return s
}

// hasNot fails the test if the page has one of the texts.
func (s shown) hasNot(texts ...string) shown {
	s.t.Helper()
	for _, text := range texts {
		if strings.Contains(html.UnescapeString(s.body), text) {
			s.t.Errorf("%s says %q: %s", s.path, text, s.body)
		}
	}
	return s
}

// to gets a session as far as the details of a provider.
func (v *visitor) to(kind store.ConnectionType) {
	v.t.Helper()
	v.send("/setup/domains", url.Values{"domain": {"acme.com"}}).at("/setup/provider")
	v.send("/setup/provider", url.Values{"type": {string(kind)}}).at("/setup/values")
	v.open("/setup/details").at("/setup/details")
}

package saml_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/url"
	"strings"
	"testing"

	crewjam "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

func unmarshal(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := xml.Unmarshal(text, into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

func TestAuthnRequestByRedirect(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.conn.SSOURL = idpSSO + "?idpid=C01&x=%2F"
	w.conn.SignRequests = true
	request, err := w.sp.AuthnRequest(w.conn, saml.Start{ReturnTo: returnTo})
	if err != nil {
		t.Fatal(err)
	}
	own, signed, ok := strings.Cut(request.URL, "&SAMLRequest=")
	if !ok || own != w.conn.SSOURL || request.Binding != saml.Redirect {
		t.Fatalf("%+v", request)
	}
	u, err := url.Parse(request.URL)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	if query.Get("RelayState") != returnTo || query.Get("SigAlg") != dsig.RSASHA256SignatureMethod {
		t.Errorf("query: %v", query)
	}
	// SAML Bindings 3.4.4.1: the signature is over these parameters as they stand.
	signed, _, _ = strings.Cut("SAMLRequest="+signed, "&Signature=")
	signature, err := base64.StdEncoding.DecodeString(query.Get("Signature"))
	if err != nil {
		t.Fatal(err)
	}
	public, ok := keys().sp.certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		t.Fatal("no RSA key")
	}
	digest := sha256.Sum256([]byte(signed))
	if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature); err != nil {
		t.Errorf("signature: %v", err)
	}
	message := inflate(t, query.Get("SAMLRequest"))
	checkMessage(t, w, request, message)
	if bytes.Contains(message, []byte("Signature")) {
		t.Errorf("signed twice: %s", message)
	}
}

func inflate(t *testing.T, value string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		t.Fatal(err)
	}
	message, err := io.ReadAll(flate.NewReader(bytes.NewReader(data)))
	if err != nil {
		t.Fatal(err)
	}
	return message
}

func checkMessage(t *testing.T, w *world, request *saml.Request, message []byte) {
	t.Helper()
	var m crewjam.AuthnRequest
	unmarshal(t, message, &m)
	if m.ID != request.ID || m.Version != "2.0" || m.Destination != w.conn.SSOURL || m.AssertionConsumerServiceURL != spACS ||
		m.ProtocolBinding != crewjam.HTTPPostBinding || m.Issuer == nil || m.Issuer.Value != spID || !m.IssueInstant.Equal(start()) {
		t.Errorf("message: %s", message)
	}
	if m.NameIDPolicy == nil || m.NameIDPolicy.Format != nil && *m.NameIDPolicy.Format != w.conn.NameIDFormat {
		t.Errorf("name policy: %s", message)
	}
}

func TestAuthnRequestByPOST(t *testing.T) {
	t.Parallel()
	for _, sign := range []bool{false, true} {
		w := newWorld()
		w.conn.Binding, w.conn.SignRequests, w.conn.NameIDFormat = saml.POST, sign, saml.NameIDEmail
		request, err := w.sp.AuthnRequest(w.conn, saml.Start{ReturnTo: returnTo})
		if err != nil {
			t.Fatal(err)
		}
		if request.Binding != saml.POST || request.URL != idpSSO || request.RelayState != returnTo {
			t.Errorf("%+v", request)
		}
		message, err := base64.StdEncoding.DecodeString(request.SAMLRequest)
		if err != nil {
			t.Fatal(err)
		}
		checkMessage(t, w, request, message)
		context := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{keys().sp.certificate}})
		context.Clock = dsig.NewFakeClockAt(w.now)
		if _, err := context.Validate(read(t, string(message))); (err == nil) != sign {
			t.Errorf("signed %t: %v", sign, err)
		}
	}
}

func TestAuthnRequestRejects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change   func(*world)
		returnTo string
		want     saml.Reason
	}{
		"a page elsewhere":        {returnTo: "https://evil.example.com", want: saml.BadRelayState},
		"a host without a scheme": {returnTo: "//evil.example.com", want: saml.BadRelayState},
		"a line break":            {returnTo: "/a\r\nSet-Cookie: x", want: saml.BadRelayState},
		"a plain SSO URL":         {change: func(w *world) { w.conn.SSOURL = "http://idp.example.com/" }, want: saml.BadSSOURL},
		"no SSO URL":              {change: func(w *world) { w.conn.SSOURL = "" }, want: saml.BadSSOURL},
		"an unknown binding":      {change: func(w *world) { w.conn.Binding = "urn:x" }, want: saml.NotConfigured},
		"no key to sign with":     {change: func(w *world) { w.conn.SignRequests, w.sp.Certificate = true, nil }, want: saml.NotConfigured},
	} {
		w := newWorld()
		if test.change != nil {
			test.change(w)
		}
		if _, err := w.sp.AuthnRequest(w.conn, saml.Start{ReturnTo: test.returnTo}); saml.ReasonOf(err) != test.want {
			t.Errorf("%s: %q, %v; want %q", name, saml.ReasonOf(err), err, test.want)
		}
	}
	w := newWorld()
	for _, local := range []string{"http://localhost:9000/sso", "http://127.0.0.1/sso", "http://[::1]:9000/sso"} {
		w.conn.SSOURL = local
		if _, err := w.sp.AuthnRequest(w.conn, saml.Start{}); err != nil {
			t.Errorf("%s: %v", local, err)
		}
	}
}

// TestARecentLoginIsAskedFor with ForceAuthn (SAML Core 3.4.1), and only then.
func TestARecentLoginIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, recent := range []bool{false, true} {
		w := newWorld()
		w.conn.Binding = saml.POST
		request, err := w.sp.AuthnRequest(w.conn, saml.Start{Recent: recent})
		if err != nil {
			t.Fatal(err)
		}
		text, err := base64.StdEncoding.DecodeString(request.SAMLRequest)
		if err != nil {
			t.Fatal(err)
		}
		var message struct {
			ForceAuthn bool `xml:"ForceAuthn,attr"`
		}
		unmarshal(t, text, &message)
		if message.ForceAuthn != recent {
			t.Errorf("ForceAuthn %t, want %t", message.ForceAuthn, recent)
		}
	}
}

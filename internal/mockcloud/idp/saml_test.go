package idp_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

const (
	audience = application + "/saml"
	consumer = application + "/saml/acs"
)

// samlWorld is an identity provider with a service provider that knows it from
// its metadata.
type samlWorld struct {
	*world
	sp   *saml.ServiceProvider
	conn saml.Connection
}

func startSAML(t *testing.T) *samlWorld {
	t.Helper()
	w := &samlWorld{world: start(t)}
	key, certificate, err := saml.NewKey("app", w.clock.Now(), w.clock.Now().AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	w.sp = &saml.ServiceProvider{EntityID: audience, ACSURL: consumer, Key: key, Certificate: certificate, Logins: saml.NewLogins(w.clock.Now)}
	w.conn.ID = "conn_1"
	w.configure(t)
	return w
}

// configure takes over what the metadata says now.
func (w *samlWorld) configure(t *testing.T) {
	t.Helper()
	got := w.get(t, w.SAMLEntityID())
	m, err := samlmetadata.ReadText(got.body, samlmetadata.Options{Now: w.clock.Now()})
	if err != nil {
		t.Fatalf("metadata: %v\n%s", err, got.body)
	}
	w.conn.IDPEntityID, w.conn.Certificates = m.EntityID, m.Certificates
	if w.conn.Binding == "" {
		w.conn.Binding = saml.Binding(m.SSO.Binding)
	}
	w.conn.SSOURL, _ = m.Endpoint(string(w.conn.Binding))
}

// begin takes a request to the identity provider, and returns the page.
func (w *samlWorld) begin(t *testing.T) answer {
	t.Helper()
	request, err := w.sp.AuthnRequest(w.conn, saml.Start{ReturnTo: "/home?a=b&c", Browser: "cookie"})
	if err != nil {
		t.Fatal(err)
	}
	if request.Binding == saml.Redirect {
		return w.get(t, request.URL)
	}
	return w.post(t, request.URL, url.Values{"SAMLRequest": {request.SAMLRequest}, "RelayState": {request.RelayState}},
		"Origin", application, "Sec-Fetch-Site", "cross-site")
}

var (
	actions = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	hiddens = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// form reads the form of a page: where it goes, and what goes along.
func form(t *testing.T, page answer) (string, url.Values) {
	t.Helper()
	action := actions.FindStringSubmatch(page.body)
	if page.status != http.StatusOK || action == nil {
		t.Fatalf("no form: %d %s", page.status, page.body)
	}
	values := url.Values{}
	for _, field := range hiddens.FindAllStringSubmatch(page.body, -1) {
		values.Set(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
	}
	return html.UnescapeString(action[1]), values
}

// choose answers the page as a person, and returns what is posted to the consumer.
func (w *samlWorld) choose(t *testing.T, page answer, subject string) url.Values {
	t.Helper()
	action, values := form(t, page)
	values.Set("person", subject)
	done := w.post(t, action, values, "Origin", w.base, "Sec-Fetch-Site", "same-origin")
	to, posted := form(t, done)
	if to != consumer {
		t.Fatalf("posted to %s", to)
	}
	if csp := done.header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "form-action "+application) {
		t.Errorf("policy: %s", csp)
	}
	return posted
}

func (w *samlWorld) login(t *testing.T) (*saml.Login, error) {
	t.Helper()
	posted := w.choose(t, w.begin(t), ada.Subject)
	return w.sp.Accept(w.conn, posted.Get("SAMLResponse"), posted.Get("RelayState"))
}

func TestSAMLLogin(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*samlWorld){
		"redirect": func(*samlWorld) {},
		"POST":     func(w *samlWorld) { w.conn.Binding = saml.POST },
		"signed requests": func(w *samlWorld) {
			w.conn.SignRequests = true
			w.RequireSignedRequests(w.sp.Certificate)
		},
		"signed requests by POST": func(w *samlWorld) {
			w.conn.SignRequests, w.conn.Binding = true, saml.POST
			w.RequireSignedRequests(w.sp.Certificate)
		},
		"signed response": func(w *samlWorld) { w.SignSAML(idp.SignResponse) },
		"both signed":     func(w *samlWorld) { w.SignSAML(idp.SignBoth) },
		"persistent name": func(w *samlWorld) { w.conn.NameIDFormat = saml.NameIDPersistent },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := startSAML(t)
			change(w)
			w.configure(t)
			login, err := w.login(t)
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			id := login.Identity
			if id.Email != ada.Email || id.FirstName != "Ada" || id.LastName != "Lovelace" ||
				id.Issuer != w.SAMLEntityID() || id.SessionIndex == "" {
				t.Errorf("identity: %+v", id)
			}
			if want := map[bool]string{true: ada.Subject, false: ada.Email}[w.conn.NameIDFormat == saml.NameIDPersistent]; id.Subject != want {
				t.Errorf("subject %q, want %q", id.Subject, want)
			}
			if login.ReturnTo != "/home?a=b&c" || !login.StartedBy("cookie") {
				t.Errorf("login: %+v", login)
			}
		})
	}
}

func TestSAMLLoginThatTheProviderStarts(t *testing.T) {
	t.Parallel()
	w := startSAML(t)
	w.conn.AllowIDPInitiated = true
	posted := w.choose(t, w.get(t, w.SAMLStartURL(audience, consumer, "/home")), ada.Subject)
	login, err := w.sp.Accept(w.conn, posted.Get("SAMLResponse"), posted.Get("RelayState"))
	if err != nil || !login.IDPInitiated || login.ReturnTo != "/home" || login.Identity.Email != ada.Email {
		t.Fatalf("%+v, %v", login, err)
	}
	for name, address := range map[string]string{
		"no application":   w.SAMLStartURL("", consumer, ""),
		"unknown consumer": w.SAMLStartURL(audience, "https://evil.example.com/acs", ""),
	} {
		if got := w.get(t, address); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, got.status)
		}
	}
}

// No login fails while certificates change, if the application follows the
// metadata at any time between the steps.
func TestSAMLCertificateRollover(t *testing.T) {
	t.Parallel()
	w := startSAML(t)
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	logsIn := func(when string) {
		t.Helper()
		_, err := w.login(t)
		must(when, err)
	}
	first := w.conn.Certificates
	must("publish", w.PublishNextCertificate())
	logsIn("the application knows only the old one")
	w.configure(t)
	if len(w.conn.Certificates) != 2 {
		t.Fatalf("%d certificates are published", len(w.conn.Certificates))
	}
	logsIn("the application knows both, the old one signs")
	must("sign", w.SignWithNextCertificate())
	logsIn("the application knows both, the new one signs")
	must("withdraw", w.WithdrawOldCertificates())
	logsIn("the old one is withdrawn")
	both := w.conn.Certificates
	w.configure(t)
	if len(w.conn.Certificates) != 1 || !w.conn.Certificates[0].Equal(both[1]) {
		t.Fatal("another certificate is published")
	}
	logsIn("the application knows only the new one")
	w.conn.Certificates = first
	if _, err := w.login(t); saml.ReasonOf(err) != saml.ForeignKey {
		t.Errorf("with the old certificate alone: %v", err)
	}
}

func TestSAMLMisbehavior(t *testing.T) {
	t.Parallel()
	refusals := map[idp.Mode]saml.Reason{
		idp.SAMLUnsigned: saml.Unsigned, idp.SAMLForeignKey: saml.ForeignKey, idp.SAMLSHA1: saml.WeakAlgorithm,
		idp.SAMLTampered: saml.InvalidSignature, idp.SAMLDenied: saml.StatusNotSuccess, idp.SAMLOtherIssuer: saml.WrongIssuer,
		idp.SAMLOtherAudience: saml.WrongAudience, idp.SAMLWithoutAudience: saml.WrongAudience, idp.SAMLOtherRecipient: saml.WrongRecipient,
		idp.SAMLDestination: saml.WrongDestination, idp.SAMLExpired: saml.Expired, idp.SAMLNotYetValid: saml.NotYetValid,
		idp.SAMLOtherRequest: saml.UnknownRequest, idp.SAMLUnsolicited: saml.Unsolicited, idp.SAMLTransient: saml.WrongNameIDFormat,
		idp.SAMLTwoEmails: saml.RepeatedAttributeName, idp.SAMLWithoutEmail: saml.NoEmail, idp.SAMLWrapped: saml.SeveralAssertions,
		idp.SAMLSameID: saml.DuplicateID, idp.SAMLComment: saml.Comment, idp.SAMLDoctype: saml.Doctype,
		idp.SAMLReplay: saml.ReplayedAssertion, idp.SAMLWithoutAnswer: saml.NoAssertion,
	}
	metadata := map[idp.Mode]samlmetadata.ID{idp.SAMLMetadataDoctype: samlmetadata.Doctype, idp.SAMLMetadataHTML: samlmetadata.Doctype}
	w := startSAML(t)
	for _, mode := range w.Modes() {
		if !strings.HasPrefix(string(mode), "saml_") {
			continue
		}
		w.Misbehave(idp.Honest)
		if _, err := w.login(t); err != nil {
			t.Fatalf("before %s: %v", mode, err)
		}
		w.Misbehave(mode)
		if want, ok := metadata[mode]; ok {
			if _, err := samlmetadata.ReadText(w.get(t, w.SAMLEntityID()).body, samlmetadata.Options{Now: w.clock.Now()}); samlmetadata.IDOf(err) != want {
				t.Errorf("%s: %v", mode, err)
			}
			continue
		}
		login, err := w.login(t)
		if mode == idp.SAMLStale { // the protocol lets it in and says of when it is
			if err != nil || w.clock.Now().Sub(login.Identity.Authenticated) < 24*time.Hour-time.Minute {
				t.Errorf("%s: %+v, %v", mode, login, err)
			}
			continue
		}
		if want := refusals[mode]; want == "" || login != nil || saml.ReasonOf(err) != want {
			t.Errorf("%s: refused as %q, want %q (%v)", mode, saml.ReasonOf(err), want, err)
		}
		w.clock.advance(time.Second)
	}
}

func TestSAMLRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := startSAML(t)
	redirect := func(t *testing.T, change func(*samlWorld)) string {
		t.Helper()
		sp := *w.sp
		other := &samlWorld{world: w.world, sp: &sp, conn: w.conn}
		if change != nil {
			change(other)
		}
		request, err := other.sp.AuthnRequest(other.conn, saml.Start{})
		if err != nil {
			t.Fatal(err)
		}
		// Whatever it says, it is brought here.
		_, query, _ := strings.Cut(request.URL, "?")
		return w.SAMLSSOURL() + "?" + query
	}
	bomb := url.Values{"SAMLRequest": {deflatedZeros(t, 8<<20)}}.Encode()
	for name, test := range map[string]struct{ address, says string }{
		"nothing":          {w.SAMLSSOURL(), "no SAMLRequest"},
		"not base64":       {w.SAMLSSOURL() + "?SAMLRequest=%3C", "not base64"},
		"not deflated":     {w.SAMLSSOURL() + "?SAMLRequest=AAAA", "not deflated"},
		"deflate bomb":     {w.SAMLSSOURL() + "?" + bomb, "larger than"},
		"another consumer": {redirect(t, func(w *samlWorld) { w.sp.ACSURL = "https://evil.example.com/acs" }), "does not know"},
		"another provider": {redirect(t, func(w *samlWorld) { w.conn.SSOURL = "https://idp.example.com/sso" }), "Destination"},
		"transient names":  {redirect(t, func(w *samlWorld) { w.conn.NameIDFormat = saml.NameIDTransient }), "not offered"},
		"an old request": {redirect(t, func(w *samlWorld) {
			w.sp.Logins = saml.NewLogins(func() time.Time { return w.clock.Now().Add(-time.Hour) })
		}), "too old"},
	} {
		got := w.get(t, test.address)
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, test.says) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	w.RequireSignedRequests(w.sp.Certificate)
	signed := func(w *samlWorld) { w.conn.SignRequests = true }
	good := redirect(t, signed)
	if got := w.get(t, good); got.status != http.StatusOK {
		t.Fatalf("signed: %d %s", got.status, got.body)
	}
	for name, address := range map[string]string{
		"not signed":          redirect(t, nil),
		"relay state added":   strings.Replace(good, "&SigAlg", "&RelayState=x&SigAlg", 1),
		"request replaced":    strings.Split(redirect(t, nil), "&")[0] + "&" + strings.Join(strings.Split(good, "&")[1:], "&"),
		"another algorithm":   strings.Replace(good, "rsa-sha256", "rsa-sha1", 1),
		"signature shortened": good[:len(good)-8],
	} {
		if got := w.get(t, address); got.status != http.StatusBadRequest || !strings.Contains(got.body, "sign") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	w.RequireSignedRequests()
	if got := w.get(t, redirect(t, nil)); got.status != http.StatusOK {
		t.Errorf("not required any more: %d", got.status)
	}
}

// An application, or any page, must not choose for the person.
func TestSAMLOnlyThePageChooses(t *testing.T) {
	t.Parallel()
	w := startSAML(t)
	action, values := form(t, w.begin(t))
	values.Set("person", ada.Subject)
	got := w.post(t, action, values, "Origin", "https://evil.example.com", "Sec-Fetch-Site", "cross-site")
	if got.status != http.StatusUnprocessableEntity || strings.Contains(got.body, "SAMLResponse") {
		t.Errorf("%d %s", got.status, got.body)
	}
	values.Set("person", "nobody")
	got = w.post(t, action, values, "Origin", w.base, "Sec-Fetch-Site", "same-origin")
	if got.status != http.StatusUnprocessableEntity || strings.Contains(got.body, "SAMLResponse") {
		t.Errorf("nobody: %d %s", got.status, got.body)
	}
}

func deflatedZeros(t *testing.T, n int) string {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

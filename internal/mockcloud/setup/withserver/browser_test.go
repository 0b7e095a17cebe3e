package withserver_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest/browser"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// screen is somebody with a browser and no mouse before the dashboard of a server.
type screen struct {
	*browser.Keyboard
	*world
	ada string // her subject at the test identity provider
}

// fits fails the test if the page has to be scrolled sideways, names something twice or has
// a field without a label.
func (s *screen) fits(step string) {
	s.t.Helper()
	if browser.Evaluate[bool](s.Keyboard, "document.documentElement.scrollWidth > innerWidth") {
		s.t.Errorf("%s has to be scrolled sideways:\n%s", step, s.Text())
	}
	twice := browser.Evaluate[string](s.Keyboard, `[...document.querySelectorAll("[id]")].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i).join(" ")`)
	bare := browser.Evaluate[string](s.Keyboard, `[...document.querySelectorAll("input:not([type=hidden]), textarea")].filter(e => !e.labels?.length).map(e => e.name).join(" ")`)
	lost := browser.Evaluate[string](s.Keyboard, `[...document.querySelectorAll("[aria-describedby], [aria-labelledby]")].flatMap(e => ((e.getAttribute("aria-describedby") ?? "") + " " + (e.getAttribute("aria-labelledby") ?? "")).trim().split(" ")).filter(id => !document.getElementById(id)).join(" ")`)
	heads := browser.Evaluate[string](s.Keyboard, `[...document.querySelectorAll("h1, h2, h3")].map(e => +e.tagName[1]).filter((level, i, all) => level > (all[i - 1] ?? 0) + 1).join(" ")`)
	if twice+bare+lost+heads != "" {
		s.t.Errorf("%s: ids there twice %q, fields without a label %q, descriptions that are not there %q, headings that skip a level %q", step, twice, bare, lost, heads)
	}
	s.Keep(step)
}

// goes is Goes to a page that fits.
func (s *screen) goes(selector, title, step string) {
	s.t.Helper()
	s.Goes(selector, title)
	s.fits(step)
}

// begin gets to the values of a provider.
func (s *screen) begin(kind string) {
	s.t.Helper()
	s.Open(s.link(mocktest.Owner, "setup_url"), "Set up single sign-on for Acme")
	s.fits("start")
	s.goes("button", "Which domains?", "domains")
	s.Focus("[name=domain][value='acme.example']")
	s.Types(" ")
	s.goes("button", "Which identity provider?", "provider")
	s.Choose("[name=type]", "[value="+kind+"]")
	s.goes("button[type=submit]", "Copy these values", "values")
}

// copies presses a value's button and returns what the field has.
func (s *screen) copies(field string) string {
	s.t.Helper()
	button := "[data-copy='" + field + "']"
	name := browser.Evaluate[string](s.Keyboard, "document.querySelector("+strconv.Quote(button)+").dataset.name")
	s.Focus(button)
	s.Types("\r")
	s.Until("document.querySelector('[data-copied]').textContent === " + strconv.Quote(name+": copied"))
	if !s.Has(button) {
		s.t.Errorf("the button of %s loses the focus", field)
	}
	return browser.Evaluate[string](s.Keyboard, "document.getElementById("+strconv.Quote(field)+").value")
}

// wrong is a form that comes back: the summary has the focus, and leads to the field, which
// says what is wrong.
func (s *screen) wrong(field, step string) {
	s.t.Helper()
	s.goes("button[type=submit]", "Enter its details", step)
	s.Waits(".summary")
	link := ".summary a[href='#" + field + "']"
	s.Focus(link)
	// Not by Enter: the driver's Enter would go on into the field, and send the form.
	browser.Evaluate[bool](s.Keyboard, "document.activeElement.click() ?? true")
	s.Waits("[id='" + field + "']")
	if !browser.Evaluate[bool](s.Keyboard, "document.activeElement.type === 'radio' || document.activeElement.matches('[aria-invalid][aria-describedby~="+field+"-problem]')") {
		s.t.Errorf("%s: %s does not say what is wrong: %s", step, field, browser.Evaluate[string](s.Keyboard, "document.activeElement.outerHTML.slice(0, 400) + location.href"))
	}
}

// finish tries the login, sees what arrived, and activates.
func (s *screen) finish(posts bool, connection string) {
	s.t.Helper()
	s.Goes("a.button", "Who is logging in?")
	logInAs(s.Keyboard, s.ada, posts)
	s.Sees("Try a login")
	s.Waits(".good")
	s.fits("tried")
	if text := s.Text(); !strings.Contains(text, "ada@acme.com") || !strings.Contains(text, "Lovelace") {
		s.t.Errorf("it does not say what arrived: %s", text)
	}
	if got := s.connections(); !slices.Equal(got, []string{strings.Replace(connection, " active ", " validating ", 1)}) {
		s.t.Errorf("the test changed the connection: %v", got)
	}
	s.goes("button[type=submit]", "Single sign-on is active", "done")
	if got := s.connections(); !slices.Equal(got, []string{connection}) {
		s.t.Errorf("%v", got)
	}
}

// logInAs chooses a person on the test identity provider's page.
func logInAs(k *browser.Keyboard, subject string, posts bool) {
	k.Choose("[name=person]", "[value="+strconv.Quote(subject)+"]")
	k.Leaves("button")
	if posts {
		k.Leaves("button") // the page that carries the answer
	}
}

// TestInBrowser goes every way from a setup link to a connection or a directory in use: in a
// browser, without a mouse, on a phone and on a wide screen, with mistakes on the way.
func TestInBrowser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short leaves out what starts a browser")
	}
	k := browser.Start(t) // one for all: it is what takes the time
	for _, way := range []struct {
		name  string
		width int64
		do    func(*screen)
	}{
		{"OpenID Connect", 1280, byOIDC},
		{"SAML by URL", 390, bySAMLURL},
		{"SAML by upload", 1280, bySAMLUpload},
		{"SAML by hand", 390, bySAMLHand},
		{"SCIM", 390, bySCIM},
	} {
		t.Run(way.name, func(t *testing.T) {
			s := mocktest.Start(t, mockcloud.Config{IdP: true})
			ada := s.Mock.IdP().People()[slices.IndexFunc(s.Mock.IdP().People(), func(p idp.Person) bool { return p.Email == "ada@acme.com" })].Subject
			s.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, map[string]any{"domain_names": []string{"acme.com", "acme.example"}}).Want(204)
			here := k.In(t)
			here.Resize(way.width, 800)
			way.do(&screen{here, &world{Server: s, t: t}, ada})
		})
	}
}

func byOIDC(s *screen) {
	s.begin("OktaOIDC")
	if got := s.copies("redirect-uri"); got != s.URL+"/sso/oidc/"+mocktest.Account+"/callback" {
		s.t.Errorf("what is copied is %q", got)
	}
	s.goes("a.button", "Enter its details", "details")
	s.Focus("#name")
	s.wrong("issuer", "details-empty")
	s.Fill("#issuer", s.Mock.IdPURL()+"/elsewhere")
	s.Fill("#client_id", "prefect")
	s.wrong("issuer", "details-wrong")
	if got := browser.Evaluate[string](s.Keyboard, "document.querySelector('#client_id').value"); got != "prefect" {
		s.t.Errorf("what was typed is lost: %q", got)
	}
	s.Fill("#issuer", s.Mock.IdPURL())
	s.Fill("#client_secret", mockcloud.IdPClientSecret)
	s.goes("button[type=submit]", "Try a login", "test")
	s.finish(false, "Okta OktaOIDC active [acme.com]")

	s.Open(s.URL+"/me", "You are logged in")
	s.Goes("button", "Log in")
	s.Fill("[name=email]", "ada@acme.com")
	s.Goes("button", "Who is logging in?")
	logInAs(s.Keyboard, s.ada, false)
	s.Sees("You are logged in")
}

func bySAMLURL(s *screen) {
	s.begin("OktaSAML")
	for field, want := range map[string]string{"acs-url": "/acs", "entity-id": "/metadata"} {
		if got := s.copies(field); got != s.URL+"/sso/saml/"+mocktest.Account+want {
			s.t.Errorf("what is copied is %q", got)
		}
	}
	s.goes("a.button", "Enter its details", "details")
	s.Fill("#metadata_url", s.Mock.IdPURL()+"/nothing")
	s.wrong("metadata_url", "details-wrong")
	s.Fill("#metadata_url", s.Mock.IdPURL()+"/saml/metadata")
	s.Focus("details.mapping summary")
	s.Types("\r")
	s.Fill("#map_email", "mail")
	s.goes("button[type=submit]", "Try a login", "test")

	// The attribute is not called so: the test says what did arrive.
	s.Goes("a.button", "Who is logging in?")
	logInAs(s.Keyboard, s.ada, true)
	s.Sees("Try a login")
	s.Waits(".summary[role=alert]")
	s.fits("refused")
	if text := s.Text(); !strings.Contains(text, "ada@acme.com") || !strings.Contains(text, "firstName") {
		s.t.Errorf("it does not say what arrived: %s", text)
	}
	s.goes("a[href='/setup/details'].button", "Enter its details", "details-again")
	s.Fill("#map_email", "email")
	s.goes("button[type=submit]", "Try a login", "test")
	s.finish(true, "Okta OktaSAML active [acme.com]")
}

// idpMetadata is the test identity provider's.
func (s *screen) idpMetadata() string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.Mock.IdPURL()+"/saml/metadata", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := io.ReadAll(w.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := w.Body.Close(); err != nil {
		s.t.Fatal(err)
	}
	return string(raw)
}

func bySAMLUpload(s *screen) {
	dir := s.t.TempDir()
	write := func(name, data string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			s.t.Fatal(err)
		}
		return file
	}
	own := s.idpMetadata()
	own = own[strings.Index(own, "<EntityDescriptor"):]
	keyless := regexp.MustCompile(`(?s)<KeyDescriptor.*?</KeyDescriptor>`).ReplaceAllString(own, "")
	s.begin("GoogleSAML")
	s.goes("a.button", "Enter its details", "details")
	s.Fill("#name", "Typed name")
	for _, bad := range []struct{ name, data, field string }{
		{"picture.png", "\x89PNG\r\n\x1a\n\x00", "metadata_file"},
		{"empty.xml", "", "metadata_file"},
		{"large.xml", own + strings.Repeat(" ", 1<<20), "metadata_file"},
		{"keyless.xml", keyless, "metadata_xml"},
	} {
		if bad.field == "metadata_xml" {
			s.Attach("#metadata_file", write(bad.name, bad.data))
			s.wrong(bad.field, "details-"+bad.name)
			continue
		}
		s.Attach("#metadata_file", write(bad.name, bad.data))
		s.wrong(bad.field, "details-"+bad.name)
		if got := browser.Evaluate[string](s.Keyboard, "document.querySelector('#name').value"); got != "Typed name" {
			s.t.Errorf("what was typed is lost: %q", got)
		}
	}
	// Of two identity providers one is chosen; the file is not chosen again.
	s.Choose("[name=way]", "#way-file")
	other := strings.Replace(metadata(1e18), "https://idp.example.com/saml", "https://other.example.com/saml", 1)
	s.Attach("#metadata_file", write("both.xml", `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">`+other+own+"</EntitiesDescriptor>"))
	s.wrong("metadata_entity_id", "details-both.xml")
	s.Choose("[name=metadata_entity_id]", "[value="+strconv.Quote(s.Mock.IdPURL()+"/saml/metadata")+"]")
	s.goes("button[type=submit]", "Try a login", "test")
	s.finish(true, "Typed name GoogleSAML active [acme.com]")
}

func bySAMLHand(s *screen) {
	read, err := samlmetadata.ReadText(s.idpMetadata(), samlmetadata.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join(s.t.TempDir(), "idp.cer")
	if err := os.WriteFile(file, read.Certificates[0].Raw, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.begin("ADFSSAML")
	s.goes("a.button", "Enter its details", "details")
	s.Choose("[name=way]", "#way-hand")
	s.Fill("#entity_id", s.Mock.IdPURL()+"/saml/metadata")
	s.Fill("#sso_url", s.Mock.IdPURL()+"/saml/sso")
	s.wrong("certificate", "details-hand")
	s.Attach("#certificate_file", file)
	s.goes("button[type=submit]", "Try a login", "test")
	s.finish(true, "AD FS ADFSSAML active [acme.com]")
}

func bySCIM(s *screen) {
	s.Open(s.link(mocktest.Owner, "dsync_setup_url"), "Set up directory sync for Acme")
	s.fits("sync-start")
	s.goes("button", "Which directory?", "directory")
	s.goes("button", "Which directory?", "directory-empty")
	s.Waits(".summary") // it says what is wrong
	s.Choose("[name=type]", "[value='okta scim v2.0']")
	s.goes("button", "What is it called?", "name")
	s.Fill("#name", "People")
	s.goes("button", "Copy these values", "endpoint")
	endpoint, token := s.copies("endpoint"), s.copies("scim-token")
	s.goes("a.button", "Does it push?", "status")
	s.scim("GET", endpoint+"/Users", token, nil).Want(200)
	s.goes("a.button", "Does it push?", "status-linked")
	if got := s.directories(); !slices.Equal(got, []string{"People okta scim v2.0 linked"}) {
		s.t.Errorf("%v", got)
	}
}

//go:build interop

package interop

import (
	"html/template"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

const (
	formatEmail      = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	formatPersistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
	formatTransient  = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
)

// pysaml2World is a world whose people log in at an identity provider that pysaml2 makes:
// the library reads requests, and makes metadata and answers. What is web about it is
// here.
type pysaml2World struct {
	*world
	us      serviceProvider
	program *opponent
	// issuer is its address, and entityID its name.
	issuer, entityID string
	site             *pysaml2Site
	// pair is the key that signs, announced are more certificates in the metadata.
	pair      pair
	announced []pair
	// endpoints are by their binding where it takes requests.
	endpoints  map[string]string
	wantSigned bool
}

// pysaml2Site is what the identity provider's pages go by.
type pysaml2Site struct {
	mu       sync.Mutex
	metadata string
	person   pysaml2Person
	// how are pysaml2's arguments for answers.
	how obj
	// last is what was said of the last request.
	last pysaml2Answer
	// loggedInAgo is how long ago the person logged in there, in seconds.
	loggedInAgo int
}

// pysaml2Person is who is logged in there.
type pysaml2Person struct {
	name, format string
	attributes   obj
}

// pysaml2Answer is what the library says of a request, and its answer to it.
type pysaml2Answer struct {
	// ACS is where the request wants the answer.
	ACS        string `json:"acs"`
	Signed     bool   `json:"signed"`
	ForceAuthn bool   `json:"force_authn"`
	Response   string `json:"response"`
}

var pysaml2Form = template.Must(template.New("").Parse(`<form method="post" action="{{.ACS}}">
<input type="hidden" name="SAMLResponse" value="{{.Response}}"><input type="hidden" name="RelayState" value="{{.RelayState}}">
</form>`))

func pysaml2Ada() pysaml2Person {
	return pysaml2Person{ada, formatEmail, obj{"mail": ada, "givenName": "Ada", "sn": "Lovelace"}}
}

func pysaml2Grace() pysaml2Person {
	return pysaml2Person{"grace-1", formatPersistent, obj{"mail": grace, "givenName": "Grace", "sn": "Hopper"}}
}

// sha256 are the arguments without which pysaml2 signs with SHA-1.
func sha256() obj {
	return obj{"sign_alg": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "digest_alg": "http://www.w3.org/2001/04/xmlenc#sha256"}
}

// with adds arguments.
func with(how obj, more obj) obj {
	how = maps.Clone(how)
	maps.Copy(how, more)
	return how
}

// newPysaml2 makes an identity provider, and the connection to it by its metadata.
func newPysaml2(t testing.TB, change func(*pysaml2World)) *pysaml2World {
	t.Helper()
	p := &pysaml2World{world: newWorld(t), program: get(t, pysaml2), pair: pairs().own, site: &pysaml2Site{
		person: pysaml2Ada(), how: with(sha256(), obj{"sign_assertion": true, "sign_response": false}),
	}}
	p.us = p.serviceProvider()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.issuer = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	p.entityID = p.issuer + "/metadata"
	p.endpoints = map[string]string{"redirect": p.issuer + "/sso/redirect", "post": p.issuer + "/sso/post"}
	if change != nil {
		change(p)
	}
	p.provide()
	p.connect("GenericSAML", obj{"saml": obj{"idp_metadata_url": p.entityID}})
	return p
}

// in is the same for a subtest.
func (p *pysaml2World) in(t testing.TB) *pysaml2World {
	other := *p
	other.world = p.world.in(t)
	return &other
}

// provide has the identity provider be as it is configured, and know mockcloud by its
// metadata as it is now.
func (p *pysaml2World) provide() {
	p.t.Helper()
	more := []string{}
	for _, announced := range p.announced {
		more = append(more, announced.certificate)
	}
	var made struct {
		Metadata string `json:"metadata"`
	}
	p.program.must(p.t, obj{
		"command": "provide", "entity_id": p.entityID, "endpoints": p.endpoints, "want_signed": p.wantSigned,
		"key": p.pair.key, "cert": p.pair.certificate, "more_certs": more,
		"sp_metadata": acctest.NewVisitor(p.t).Open(p.us.MetadataURL).Text,
	}, &made)
	p.site.mu.Lock()
	defer p.site.mu.Unlock()
	p.site.metadata = made.Metadata
}

// ServeHTTP is the identity provider's address.
func (p *pysaml2World) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.site.mu.Lock()
	defer p.site.mu.Unlock()
	if r.URL.Path == "/metadata" {
		w.Header().Set("Content-Type", "application/samlmetadata+xml")
		_, _ = w.Write([]byte(p.site.metadata)) // it fails only when the reader is gone
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	query := map[string]string{}
	for name := range r.Form {
		query[name] = r.Form.Get(name)
	}
	var said pysaml2Answer
	err := p.program.tell(obj{
		"command": "answer", "entity_id": p.entityID, "acs": p.us.ACS, "sp": p.us.EntityID,
		"query": query, "binding": strings.TrimPrefix(r.URL.Path, "/sso/"),
		"person": p.site.person.name, "format": p.site.person.format, "attributes": p.site.person.attributes,
		"how": p.site.how, "logged_in_ago": p.site.loggedInAgo,
	}, &said)
	if err == nil {
		p.site.last = said
		err = pysaml2Form.Execute(w, map[string]string{"ACS": p.us.ACS, "Response": said.Response, "RelayState": query["RelayState"]})
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// as sets who is logged in there, and how it answers.
func (p *pysaml2World) as(person pysaml2Person, how obj) {
	p.site.mu.Lock()
	defer p.site.mu.Unlock()
	p.site.person, p.site.how = person, how
}

// begin goes to the identity provider, which answers at once.
func (p *pysaml2World) begin(v *acctest.Visitor) *acctest.Page {
	p.t.Helper()
	page := p.login(v, ada)
	if strings.HasPrefix(page.URL.String(), p.URL) && page.Field("SAMLRequest") != "" {
		page = page.Submit(nil) // by a form
	}
	if page.Status != http.StatusOK || !strings.HasPrefix(page.URL.String(), p.issuer) {
		p.t.Fatalf("%s answered %d: %s", page.URL, page.Status, page.Text)
	}
	return page
}

// signIn signs in the user who is signed in there.
func (p *pysaml2World) signIn(v *acctest.Visitor) *acctest.Page {
	p.t.Helper()
	return p.begin(v).Submit(nil)
}

// asked is what the library said of the last request.
func (p *pysaml2World) asked() pysaml2Answer {
	p.site.mu.Lock()
	defer p.site.mu.Unlock()
	return p.site.last
}

package setup

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/idpguide"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func guides(t *testing.T) *idpguide.Library {
	t.Helper()
	library, err := idpguide.Load()
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// TestEveryTypeHasAGuide: whatever can be configured, over the API or here, has its steps
// in its own protocol, and no guide is for what is not there.
func TestEveryTypeHasAGuide(t *testing.T) {
	t.Parallel()
	library := guides(t)
	known := map[string]bool{}
	for _, kind := range store.ConnectionTypes() {
		known[string(kind)] = true
		want := idpguide.OIDC
		if kind.IsSAML() {
			want = idpguide.SAML
		}
		if g, ok := library.For(string(kind)); !ok || g.Protocol != want {
			t.Errorf("%s: %t %+v", kind, ok, g)
		}
	}
	for _, kind := range store.DirectoryTypes() {
		known[string(kind)] = true
		if g, ok := library.For(string(kind)); !ok || g.Protocol != idpguide.SCIM {
			t.Errorf("%s: %t %+v", kind, ok, g)
		}
	}
	for _, g := range library.All() {
		for _, kind := range g.Types {
			if !known[kind] {
				t.Errorf("%s is for %s, which is not known", g.ID, kind)
			}
		}
	}
}

// TestReasonsOfGuides: what a guide explains is a reason for which logins are refused.
func TestReasonsOfGuides(t *testing.T) {
	t.Parallel()
	reason := regexp.MustCompile(`\bReason += "([a-z_]+)"`)
	known := map[idpguide.Protocol][]string{}
	for protocol, file := range map[idpguide.Protocol]string{idpguide.SAML: "../sso/saml/errors.go", idpguide.OIDC: "../sso/oidc/refusal.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range reason.FindAllSubmatch(source, -1) {
			known[protocol] = append(known[protocol], string(found[1]))
		}
		if len(known[protocol]) < 30 {
			t.Fatalf("%s has only %v", file, known[protocol])
		}
	}
	for _, g := range guides(t).All() {
		for _, p := range g.Pitfalls {
			for _, reason := range p.Reasons {
				if !slices.Contains(known[g.Protocol], reason) {
					t.Errorf("%s explains %s, for which no login is refused", g.ID, reason)
				}
			}
		}
	}
}

// TestUsualNames: the names that guides have products send are found without a mapping.
func TestUsualNames(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../sso/saml/attributes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range guides(t).All() {
		for _, a := range g.Attributes {
			if g.Protocol != idpguide.SAML {
				continue
			}
			name := strings.ToLower(a.Send)
			name = strings.TrimPrefix(name, "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/")
			if !strings.Contains(string(source), `"`+name+`"`) {
				t.Errorf("%s has %s sent as %s, which is no usual name", g.ID, a.For, a.Send)
			}
		}
	}
}

// TestShow: a text cannot bring in elements of its own.
func TestShow(t *testing.T) {
	t.Parallel()
	g := guided{values: map[idpguide.Value]string{idpguide.ACSURL: `https://a.example/?b="c"&<d>`}}
	got := g.Show("Go to **A > B**, enter `<x>` & {{acs_url}}, see [it](https://a.example/).")
	want := `Go to <strong>A &gt; B</strong>, enter <code>&lt;x&gt;</code> &amp; <code>https://a.example/?b=&#34;c&#34;&amp;&lt;d&gt;</code>, see <a href="https://a.example/" rel="noreferrer">it</a>.`
	if string(got) != want {
		t.Errorf("%s", got)
	}
}

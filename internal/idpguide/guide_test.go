package idpguide

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/golden"
)

func load(t *testing.T) *Library {
	t.Helper()
	l, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLoad: every file is complete, and nothing in it is unknown.
func TestLoad(t *testing.T) {
	t.Parallel()
	l := load(t)
	products := map[string]bool{}
	for _, g := range l.All() {
		products[g.Product] = true
		if len(g.Pitfalls) < 4 {
			t.Errorf("%s has %d pitfalls", g.ID, len(g.Pitfalls))
		}
	}
	for _, product := range []string{"Okta", "Microsoft Entra ID", "Google Workspace", "AD FS", "Keycloak", "OneLogin", "JumpCloud", "PingOne", "PingFederate", "Auth0"} {
		if !products[product] {
			t.Errorf("there is no guide for %s", product)
		}
	}
	if g, ok := l.For("OktaSAML"); !ok || g.ID != "okta-saml" {
		t.Errorf("%v %t", g, ok)
	}
	if g, ok := l.For("no such type"); ok {
		t.Errorf("%v", g.ID)
	}
}

// TestMistakes: each mistake in a file is found and named.
func TestMistakes(t *testing.T) {
	t.Parallel()
	const good = `product: Acme
protocol: oidc
place: At Acme
types: [AcmeOIDC]
steps:
  - title: Enter this
    do:
      - Go to **Clients** and enter it.
    copy: [{value: redirect_uri, as: Callback}]
bring:
  - {input: issuer, from: On the page.}
  - {input: client_id, from: On the page.}
  - {input: client_secret, from: On the page.}
sources: [https://acme.example/docs]
`
	if _, err := read(fstest.MapFS{"guides/acme-oidc.yaml": {Data: []byte(good)}}); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, old, new, want string }{
		{"a placeholder of another protocol", "enter it", "enter {{acs_url}}", "acs_url"},
		{"an unknown placeholder", "enter it", "enter {{nothing_of_the_kind}}", "nothing_of_the_kind"},
		{"the token in a text", "enter it", "enter {{scim_token}}", "scim_token"},
		{"a mark that is not closed", "**Clients**", "**Clients", "mark"},
		{"a tag", "enter it", "enter <b>it</b>", "mark"},
		{"a link without https", "enter it", "read [this](http://acme.example)", "https"},
		{"an unknown key", "place:", "plaice:", "plaice"},
		{"an unknown value", "redirect_uri", "acs_url", "acs_url"},
		{"an unknown input", "input: issuer", "input: metadata_url", "metadata_url"},
		{"an input that is missing", "  - {input: client_secret, from: On the page.}\n", "", "secret"},
		{"a value that is copied nowhere", "    copy: [{value: redirect_uri, as: Callback}]\n", "", "redirect_uri"},
		{"no source", "sources: [https://acme.example/docs]", "", "source"},
		{"no protocol", "protocol: oidc", "protocol: ldap", "ldap"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bad := strings.Replace(good, tt.old, tt.new, 1)
			if bad == good {
				t.Fatal("nothing was changed")
			}
			_, err := read(fstest.MapFS{"guides/acme-oidc.yaml": {Data: []byte(bad)}})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "acme-oidc") {
				t.Errorf("%v does not name %s", err, tt.want)
			}
		})
	}
	twice := fstest.MapFS{"guides/acme-oidc.yaml": {Data: []byte(good)}, "guides/other-oidc.yaml": {Data: []byte(good)}}
	if _, err := read(twice); err == nil || !strings.Contains(err.Error(), "AcmeOIDC") {
		t.Errorf("a type with two guides: %v", err)
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	got := Text("Go to **A > B**, enter `x` as {{acs_url}}, see [there](https://a.example/b).").Parts()
	want := []Part{
		{Kind: Plain, Text: "Go to "},
		{Kind: Named, Text: "A > B"},
		{Kind: Plain, Text: ", enter "},
		{Kind: Code, Text: "x"},
		{Kind: Plain, Text: " as "},
		{Kind: Placeholder, Value: ACSURL},
		{Kind: Plain, Text: ", see "},
		{Kind: Link, Text: "there", Address: "https://a.example/b"},
		{Kind: Plain, Text: "."},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// TestPitfallsFor: what a product says itself takes the place of what is said of all.
func TestPitfallsFor(t *testing.T) {
	t.Parallel()
	g, _ := load(t).For("OneLoginSAML")
	found := g.PitfallsFor("weak_algorithm")
	if len(found) != 1 || !strings.Contains(string(found[0].Do), "SSO") {
		t.Errorf("%+v", found)
	}
	if found := g.PitfallsFor("nothing of the kind"); found != nil {
		t.Errorf("%+v", found)
	}
}

// TestMarkdown: the guides as documents.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile(`\{\{|\}\}`)
	for _, g := range load(t).All() {
		text := g.Markdown(2)
		golden.Check(t, "testdata/"+g.ID+".md", text)
		if placeholder.MatchString(text) || strings.Contains(text, "\n\n\n") || !strings.HasPrefix(text, "## "+g.Product) || !strings.HasSuffix(text, ".\n") {
			t.Errorf("%s:\n%s", g.ID, text)
		}
		for _, s := range g.Steps {
			if !strings.Contains(text, ". "+s.Title+"\n") {
				t.Errorf("%s lacks the step %q", g.ID, s.Title)
			}
		}
	}
	if got := Text("a_b *c* <d> `e_f`").Markdown(); got != "a\\_b \\*c\\* &lt;d> `e_f`" {
		t.Errorf("%s", got)
	}
}

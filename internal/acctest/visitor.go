package acctest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Visitor is a person at a browser, as far as forms go: it keeps cookies and follows redirects.
type Visitor struct {
	t      testing.TB
	client *http.Client
}

// Page is what a visitor sees.
type Page struct {
	Status int
	URL    *url.URL
	Text   string // the document
	visits *Visitor
}

// NewVisitor is a person who has been nowhere yet.
func NewVisitor(t testing.TB) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{t, &http.Client{Jar: jar}}
}

// Open goes to an address.
func (v *Visitor) Open(address string) *Page {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.see(req)
}

// Submit sends the page's first form: its fields as they are, and what the person fills in.
func (p *Page) Submit(filled url.Values) *Page {
	t := p.visits.t
	t.Helper()
	form, fields := p.form()
	if form == nil {
		t.Fatalf("%s (%d) has no form:\n%s", p.URL, p.Status, p.Text)
	}
	for name, values := range filled {
		fields[name] = values
	}
	action, err := p.URL.Parse(attribute(form, "action"))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, action.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if action.Host == p.URL.Host {
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return p.visits.see(req)
}

// Says is the page, unless it does not hold the text.
func (p *Page) Says(status int, text string) *Page {
	p.visits.t.Helper()
	if p.Status != status || !strings.Contains(p.Text, text) {
		p.visits.t.Fatalf("%s answered %d, want %d and %q:\n%s", p.URL, p.Status, status, text, p.Text)
	}
	return p
}

func (v *Visitor) see(req *http.Request) *Page {
	v.t.Helper()
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end below
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return &Page{resp.StatusCode, resp.Request.URL, string(body), v}
}

// form finds the page's first form that is posted, and the values that its fields have.
func (p *Page) form() (*html.Node, url.Values) {
	document, err := html.Parse(strings.NewReader(p.Text))
	if err != nil {
		p.visits.t.Fatal(err)
	}
	for node := range document.Descendants() {
		if node.Type != html.ElementNode || node.Data != "form" || !strings.EqualFold(attribute(node, "method"), "post") {
			continue
		}
		fields := url.Values{}
		for field := range node.Descendants() {
			kind := attribute(field, "type")
			if field.Type == html.ElementNode && field.Data == "input" && attribute(field, "name") != "" && kind != "radio" && kind != "checkbox" {
				fields.Set(attribute(field, "name"), attribute(field, "value"))
			}
		}
		return node, fields
	}
	return nil, nil
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Value is the value of the page's input that stands beside this text, as a person would choose it.
func (p *Page) Value(text string) string {
	p.visits.t.Helper()
	document, err := html.Parse(strings.NewReader(p.Text))
	if err != nil {
		p.visits.t.Fatal(err)
	}
	var last string
	for node := range document.Descendants() {
		if node.Type == html.ElementNode && (node.Data == "input" || node.Data == "button" || node.Data == "option") {
			last = attribute(node, "value")
		}
		if node.Type == html.TextNode && strings.Contains(node.Data, text) {
			return last
		}
	}
	p.visits.t.Fatalf("%s does not show %q:\n%s", p.URL, text, p.Text)
	return ""
}

// Field is the value of a field of the page's first form, empty for none.
func (p *Page) Field(name string) string {
	_, fields := p.form()
	return fields.Get(name)
}

// Post sends a form that no page has, as another site's page would.
func (v *Visitor) Post(address string, form url.Values) *Page {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.see(req)
}

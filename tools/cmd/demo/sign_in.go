package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
)

// signIn signs a person in as they would in a browser: the login page sends them to the identity provider, which asks
// who they are and sends them back. It returns the host of the identity provider that asked.
func signIn(ctx context.Context, server, email string) (provider string, err error) {
	ctx, cancel := context.WithTimeout(ctx, stage.Timeout)
	defer cancel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	browser := &http.Client{Jar: jar}
	page, err := visit(ctx, browser, server+"/login?"+url.Values{"email": {email}}.Encode(), nil)
	if err != nil {
		return "", err
	}
	provider = page.url.Host
	form, found := page.form()
	if !found || provider == strings.TrimPrefix(server, "http://") {
		return "", fmt.Errorf("expected the identity provider to ask %s to sign in, got %s:\n%s", email, page.url, page.text)
	}
	form.fields.Set("person", form.people[email])
	if page, err = visit(ctx, browser, page.url.ResolveReference(form.action).String(), form.fields); err != nil {
		return "", err
	}
	if page.url.Host == provider {
		return "", fmt.Errorf("expected the identity provider to send %s back, got %s:\n%s", email, page.url, page.text)
	}
	return provider, nil
}

// page is where a browser has come to.
type page struct {
	url  *url.URL
	text string
	root *html.Node
}

// visit opens an address, or sends a form there, and follows where that leads.
func visit(ctx context.Context, browser *http.Client, address string, fields url.Values) (p page, err error) {
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if fields != nil {
		method, body = http.MethodPost, strings.NewReader(fields.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return page{}, err
	}
	if fields != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := browser.Do(req)
	if err != nil {
		return page{}, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return page{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return page{}, fmt.Errorf("expected %s to answer 200, got %s:\n%s", resp.Request.URL, resp.Status, text)
	}
	root, err := html.Parse(strings.NewReader(string(text)))
	return page{url: resp.Request.URL, text: string(text), root: root}, err
}

// form is what a page asks for.
type form struct {
	action *url.URL
	fields url.Values        // those that are hidden
	people map[string]string // those among whom it asks, by email
}

// form returns the first form of a page.
func (p page) form() (form, bool) {
	for node := range p.root.Descendants() {
		if node.Type != html.ElementNode || node.Data != "form" {
			continue
		}
		action, err := url.Parse(attribute(node, "action"))
		if err != nil {
			return form{}, false
		}
		f := form{action: action, fields: url.Values{}, people: map[string]string{}}
		for input := range node.Descendants() {
			switch {
			case input.Type != html.ElementNode || input.Data != "input":
			case attribute(input, "type") == "hidden":
				f.fields.Set(attribute(input, "name"), attribute(input, "value"))
			case attribute(input, "type") == "radio": // <label><input> name <small>email</small></label>
				for label := range input.Parent.Descendants() {
					if label.Type == html.TextNode && strings.Contains(label.Data, "@") {
						f.people[strings.TrimSpace(label.Data)] = attribute(input, "value")
					}
				}
			}
		}
		return f, true
	}
	return form{}, false
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

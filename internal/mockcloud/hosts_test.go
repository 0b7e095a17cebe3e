package mockcloud_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

var absoluteURL = regexp.MustCompile(`https?://[^"'<>\s\\]+`)

// ownURLs are the absolute URLs of this server in what it answers, headers and escapes included.
func ownURLs(t *testing.T, a mocktest.Answer) (urls []string) {
	t.Helper()
	text := a.Body
	for _, values := range a.Header {
		text += "\n" + strings.Join(values, "\n")
	}
	var unescaped any
	if json.Unmarshal([]byte(a.Body), &unescaped) == nil {
		if s, ok := unescaped.(string); ok {
			text += "\n" + s
		}
	}
	for _, found := range absoluteURL.FindAllString(text, -1) {
		if strings.Contains(found, "/sso/") || strings.Contains(found, "/setup/") || strings.Contains(found, "/scim/") || strings.Contains(found, "/login") || strings.Contains(found, "/api/") {
			urls = append(urls, found)
		}
	}
	return urls
}

// TestPublicAddress: every absolute URL of the server begins with its public one, whatever Host a request came with, and
// pages of that address are the server's own.
func TestPublicAddress(t *testing.T) {
	t.Parallel()
	const public = "https://mock.example.com"
	s := mocktest.Start(t, mockcloud.Config{PublicURL: public + "/", AllowedHosts: []string{"mock.example.com", "other.example.com"}, Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [sso, scim, audit_logs]
    rate_limit_per_minute: 0
    domains: [acme.com]
    users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}]
    directories: [{name: Corp, type: okta scim v2.0, endpoint: corp, token: import-token-0123456789-0123456789-abcd}]
`)})
	for _, host := range []string{"127.0.0.1", "localhost:9999", "mock.example.com", "MOCK.example.com:443", "other.example.com:1"} {
		for _, path := range []string{
			"/sso/setup_url", "/sso/service_provider", "/sso/directories",
		} {
			answer, err := s.Try("GET", mocktest.Root+path, mocktest.Owner, nil, "Host", host)
			if err != nil {
				t.Fatal(err)
			}
			urls := ownURLs(t, answer)
			if len(urls) == 0 {
				t.Errorf("%s of %s has no URL: %s", path, host, answer.Body)
			}
			for _, u := range urls {
				if !strings.HasPrefix(u, public+"/") {
					t.Errorf("%s of %s has %s", path, host, u)
				}
			}
		}
		for path, key := range map[string]string{"/sso/saml/" + mocktest.Account + "/metadata": "", "/scim/v2.0/corp/ServiceProviderConfig": "import-token-0123456789-0123456789-abcd"} {
			answer, err := s.Try("GET", path, key, nil, "Host", host)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range ownURLs(t, answer.Want(http.StatusOK, public+"/")) {
				if !strings.HasPrefix(u, public+"/") {
					t.Errorf("%s of %s has %s", path, host, u)
				}
			}
		}
	}
	for origin, status := range map[string]int{
		public: http.StatusNotFound, "https://MOCK.example.com": http.StatusNotFound, "http://127.0.0.1:8787": http.StatusNotFound, // no account's domain
		"http://mock.example.com": http.StatusForbidden, "https://mock.example.com:444": http.StatusForbidden, "https://mock.example.com.evil.example": http.StatusForbidden,
		"https://evil.example": http.StatusForbidden, "null": http.StatusForbidden,
	} {
		// The proxy in front of the server calls it by a name of its own.
		answer, err := s.Try("POST", "/login", "", "email=ada%40nobody.example", "Host", "127.0.0.1:8787", "Origin", origin, "Content-Type", "application/x-www-form-urlencoded")
		if err != nil {
			t.Fatal(err)
		}
		if answer.Status != status {
			t.Errorf("a form of %s: %d, want %d", origin, answer.Status, status)
		}
	}
}

// TestHostsInURLs: without a public address the server's name is the one that it was called by, in its one spelling; what
// is no name and port is refused.
func TestHostsInURLs(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{AllowedHosts: []string{"mock.example.com"}, Scenario: mocktest.Scenario(t, `
accounts:
  - {id: `+mocktest.Account+`, handle: acme, features: [sso], rate_limit_per_minute: 0, users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}]}
`)})
	for host, base := range map[string]string{
		"localhost:8787": "http://localhost:8787", "LocalHost:8787": "http://localhost:8787", "localhost.:8787": "http://localhost:8787", "localhost": "http://localhost",
		"127.0.0.1:8787": "http://127.0.0.1:8787", "[::1]:8787": "http://[::1]:8787", "[::1]": "http://[::1]", "Mock.example.com.": "http://mock.example.com",
	} {
		answer, err := s.Try("GET", mocktest.Root+"/sso/service_provider", mocktest.Owner, nil, "Host", host)
		if err != nil {
			t.Fatal(err)
		}
		answer.Want(http.StatusOK, `"acs_url":"`+base+"/sso/saml/")
	}
	for _, host := range []string{"localhost:", "localhost:&a=b", "localhost:80;x", "localhost:99999", "localhost:-1", "localhost:+80", "localhost]", "[localhost]", "[::1", "[::1]80", "::1", "localhost:80:80", "mock.example.com..", "%6cocalhost"} {
		answer, err := s.Try("GET", mocktest.Root+"/sso/service_provider", mocktest.Owner, nil, "Host", host)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Status != http.StatusMisdirectedRequest && answer.Status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", host, answer.Status, answer.Body)
		}
	}
}

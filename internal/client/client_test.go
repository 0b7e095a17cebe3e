package client

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestParseEndpoint(t *testing.T) {
	t.Parallel()
	const (
		account   = "0c1f1d2e-0000-4000-8000-00000000000a"
		workspace = "7d2f1d2e-0000-4000-8000-00000000000b"
		cloud     = "https://api.prefect.cloud/api"
	)
	for in, want := range map[string]Endpoint{
		"https://api.prefect.cloud":                                       {cloud, ""},
		"https://api.prefect.cloud/":                                      {cloud, ""},
		"https://api.prefect.cloud/api":                                   {cloud, ""},
		" https://api.prefect.cloud/api/":                                 {cloud, ""},
		cloud + "/accounts/" + account:                                    {cloud, account},
		cloud + "/accounts/" + account + "/workspaces/" + workspace:       {cloud, account},
		cloud + "/accounts/" + account + "/workspaces/" + workspace + "/": {cloud, account},
		cloud + "/accounts/" + strings.ToUpper(account) + "/":             {cloud, account},
		"https://api.prefect.cloud/accounts/" + account:                   {cloud, account},
		"https://gateway.example/prefect/api/accounts/" + account:         {"https://gateway.example/prefect/api", account},
		"HTTPS://h:8443/a/b//":                                            {"https://h:8443/a/b", ""},
		"https://h/a%2Fb/":                                                {"https://h/a%2Fb", ""},
		"http://localhost:4200/api":                                       {"http://localhost:4200/api", ""},
		"http://localhost:4200":                                           {"http://localhost:4200/api", ""},
		"http://127.8.9.1/api":                                            {"http://127.8.9.1/api", ""},
		"http://[::1]:1/api":                                              {"http://[::1]:1/api", ""},
		"http://[::ffff:127.0.0.1]/api":                                   {"http://[::ffff:127.0.0.1]/api", ""},
		"https://accounts.example/accounts2":                              {"https://accounts.example/accounts2", ""},
	} {
		if got, err := ParseEndpoint(in, false); err != nil || got != want {
			t.Errorf("ParseEndpoint(%q) = %v, %v, want %v", in, got, err, want)
		}
	}
	for in, why := range map[string]string{
		"":                              "is empty",
		"api.prefect.cloud/api":         "has no scheme",
		"localhost:4200/api":            "has no scheme",
		"://x":                          "has no scheme",
		"https://":                      "has no host",
		"https://:443/api":              "has no host",
		"ftp://h/api":                   "has the scheme ftp",
		"http://api.prefect.cloud/api":  "uses plain http",
		"http://localhost.evil.com/api": "uses plain http",
		"http://128.0.0.1/api":          "uses plain http",
		"https://h/api?x=1":             "has a query",
		"https://h/api?":                "has a query",
		"https://h/api#x":               "has a fragment",
		"https://h/api#":                "has a fragment",
		"https://ada:hunter2@h/api":     "holds a user name",
		"https://ada:hunter2@h:no/api":  "is not a valid URL",
		"https://h h/api":               "is not a valid URL",

		cloud + "/accounts":                                                               "names no account id",
		cloud + "/accounts/":                                                              "names no account id",
		cloud + "/accounts/acme":                                                          "names no account id",
		cloud + "/accounts//workspaces/" + workspace:                                      "names no account id",
		cloud + "/accounts/" + account + "/workspaces":                                    "names no workspace id",
		cloud + "/accounts/" + account + "/workspaces/production":                         "names no workspace id",
		cloud + "/accounts/" + account + "/domains":                                       "goes on after the account",
		cloud + "/accounts/" + account + "/workspaces/" + workspace + "/flows":            "goes on after the account",
		"https://app.prefect.cloud":                                                       "address of a page for the browser: the API is at " + cloud,
		"https://app.prefect.cloud/account/" + account + "/workspace/" + workspace:        "the API is at " + cloud + "/accounts/" + account,
		"https://app.prefect.cloud/account/" + account + "/workspace/" + workspace + "?x": "has a query",
		"https://console.example/account/" + account + "/settings":                        "address of a page for the browser",
	} {
		_, err := ParseEndpoint(in, false)
		var wrong *EndpointError
		if !errors.As(err, &wrong) || wrong.Why == "" || wrong.Fix == "" || !strings.Contains(err.Error(), why) {
			t.Errorf("ParseEndpoint(%q): %v, want %q", in, err, why)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats the password: %v", err)
		}
		if wrong != nil && wrong.PlainHTTP != (why == "uses plain http") {
			t.Errorf("ParseEndpoint(%q): PlainHTTP is %t", in, wrong.PlainHTTP)
		}
	}
	if _, err := ParseEndpoint("http://10.0.0.1/api", true); err != nil {
		t.Errorf("plain http was allowed, but: %v", err)
	}
}

func TestNewRejects(t *testing.T) {
	t.Parallel()
	for why, change := range map[string]func(*Config){
		"has no scheme":            func(cfg *Config) { cfg.Endpoint = "x" },
		"key is empty":             func(cfg *Config) { cfg.APIKey = "" },
		"key holds a space":        func(cfg *Config) { cfg.APIKey = "pnu_a\n" },
		"timeout is negative":      func(cfg *Config) { cfg.RequestTimeout = -1 },
		"retries is negative":      func(cfg *Config) { cfg.MaxRetries = -1 },
		"concurrent requests is n": func(cfg *Config) { cfg.MaxConcurrentRequests = -1 },
	} {
		cfg := Config{Endpoint: "http://localhost/api", APIKey: testKey}
		change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "pnu_a") {
			t.Errorf("got %v, want %q", err, why)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, nil)
	transport, ok := c.transport.(*http.Transport)
	if !ok || transport.MaxIdleConnsPerHost != 10 || c.concurrent != 10 || c.userAgent != defaultUserAgent {
		t.Errorf("got %+v", c)
	}
	if single, ok := c.http.HTTPClient.Transport.(*attempts); !ok || single.timeout != 30*time.Second {
		t.Errorf("got %+v", c.http.HTTPClient.Transport)
	}
}

func TestCachesAreShared(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, nil)
	if c.Members("A") != c.Members("a") || c.Members("a") == c.Members("b") {
		t.Error("one Members an account is wanted")
	}
	if c.Roles("A") != c.Roles("a") || c.Roles("a") == c.Roles("b") {
		t.Error("one Roles an account is wanted")
	}
}

func TestClosedClient(t *testing.T) {
	t.Parallel()
	api := &fakeAPI{}
	c := newTestClient(t, inProcess{api})
	c.Close()
	if _, err := c.GetAccount(context.Background(), testAccount); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := c.Members(testAccount).ByEmail(context.Background(), "ada@acme.com"); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	if got := api.seen(); len(got) != 0 {
		t.Errorf("sent %q", got)
	}
}

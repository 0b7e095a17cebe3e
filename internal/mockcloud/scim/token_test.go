package scim_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// clientSecret has all that form encoding changes.
const clientSecret = "a-client-secret._~+/-0123456789=="

// addClient makes a client of a directory.
func (w *world) addClient(d *store.Directory, name, secret string) (c *store.SCIMClient) {
	w.t.Helper()
	w.update(func(tx *store.Tx) (err error) {
		c, _, err = tx.AddSCIMClient(w.account, d.ID, store.NewSCIMClient{Name: name, Secret: secret})
		return err
	})
	return c
}

// form is a body of the token endpoint.
func form(pairs ...string) string {
	out := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Add(pairs[i], pairs[i+1])
	}
	return out.Encode()
}

// basicAuth is the header that RFC 6749, section 2.3.1, describes.
func basicAuth(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// ask sends a form to the token endpoint.
func (w *world) ask(below, body string, headers ...string) mocktest.Answer {
	w.t.Helper()
	a, err := w.Try("POST", w.path("/oauth/token"+below), "", body, append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
	if err != nil {
		w.t.Fatal(err)
	}
	if got := a.Header.Get("Cache-Control") + " " + a.Header.Get("Pragma") + " " + a.Header.Get("Content-Type"); got != "no-store no-cache application/json" {
		w.t.Errorf("headers %s", got)
	}
	return a
}

// accessToken is what a client gets for its secret.
func (w *world) accessToken(c *store.SCIMClient, secret string) string {
	w.t.Helper()
	var out struct {
		AccessToken string `json:"access_token"`
	}
	w.ask("", form("grant_type", "client_credentials"), "Authorization", basicAuth(c.ID.String(), secret)).Want(http.StatusOK).Into(&out)
	return out.AccessToken
}

// TestTokenEndpoint: what gets a token, and the error of what does not (RFC 6749, sections 2.3.1, 4.4 and 5.2).
func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.addClient(w.directory, "okta", clientSecret)
	id := client.ID.String()
	elsewhere, _ := w.addDirectory("elsewhere", "another-token-of-more-than-32-characters")
	other := w.addClient(elsewhere, "okta", "another-"+clientSecret)
	const grant = "grant_type=client_credentials"
	inBody := form("grant_type", "client_credentials", "client_id", id, "client_secret", clientSecret)
	auth := []string{"Authorization", basicAuth(id, clientSecret)}
	raw := func(text string) []string {
		return []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(text))}
	}
	for name, tt := range map[string]struct {
		query, body string
		headers     []string
		status      int
		says        string
	}{
		"in the body":                     {"", inBody, nil, 200, ""},
		"in the header":                   {"", grant, auth, 200, ""},
		"the scheme in lower case":        {"", grant, []string{"Authorization", "basic" + strings.TrimPrefix(auth[1], "Basic")}, 200, ""},
		"the id in both":                  {"", grant + "&client_id=" + id, auth, 200, ""},
		"an empty secret in the body":     {"", grant + "&client_secret=&client_id=", auth, 200, ""},
		"a charset":                       {"", inBody, []string{"Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"}, 200, ""},
		"scope, audience and resource":    {"", inBody + "&scope=a+b&audience=x&resource=https%3A%2F%2Fx&resource=y", nil, 200, ""},
		"the same in the query":           {"?scope=a%20b&audience=x&resource=y", inBody, nil, 200, ""},
		"what nobody knows":               {"?x=y", inBody + "&z=1&z=2", nil, 200, ""},
		"a slash at the end":              {"/", inBody, nil, 200, ""},
		"a secret in the query":           {"?client_secret=" + url.QueryEscape(clientSecret), inBody, nil, 400, "invalid_request"},
		"an assertion in the query":       {"?client_assertion=x", inBody, nil, 400, "invalid_request"},
		"all in the query":                {"?" + inBody, "", nil, 400, "invalid_request"},
		"the grant in the query":          {"?" + grant, form("client_id", id, "client_secret", clientSecret), nil, 400, "invalid_request"},
		"a broken query":                  {"?scope=%zz", inBody, nil, 400, "invalid_request"},
		"in both":                         {"", inBody, auth, 400, "invalid_request"},
		"another id in the body":          {"", grant + "&client_id=" + other.ID.String(), auth, 400, "invalid_request"},
		"two secrets":                     {"", inBody + "&client_secret=x", nil, 400, "invalid_request"},
		"two ids":                         {"", inBody + "&client_id=" + id, nil, 400, "invalid_request"},
		"two grants":                      {"", inBody + "&" + grant, nil, 400, "invalid_request"},
		"JSON":                            {"", `{"grant_type":"client_credentials"}`, []string{"Content-Type", "application/json"}, 400, "invalid_request"},
		"no media type":                   {"", inBody, []string{"Content-Type", ""}, 400, "invalid_request"},
		"a body that is no form":          {"", "grant_type=%zz", nil, 400, "invalid_request"},
		"a large body":                    {"", inBody + "&x=" + strings.Repeat("x", 70<<10), nil, 413, "invalid_request"},
		"no body":                         {"", "", auth, 400, "invalid_request"},
		"no grant":                        {"", "scope=x", auth, 400, "invalid_request"},
		"a password":                      {"", "grant_type=password", auth, 400, "unsupported_grant_type"},
		"a code":                          {"", "grant_type=authorization_code&code=x", auth, 400, "unsupported_grant_type"},
		"another case":                    {"", "grant_type=CLIENT_CREDENTIALS", auth, 400, "unsupported_grant_type"},
		"nobody":                          {"", grant, nil, 401, "invalid_client"},
		"no secret":                       {"", grant + "&client_id=" + id, nil, 401, "invalid_client"},
		"a wrong secret":                  {"", form("grant_type", "client_credentials", "client_id", id, "client_secret", clientSecret+"x"), nil, 401, "invalid_client"},
		"the secret in upper case":        {"", grant, []string{"Authorization", basicAuth(id, strings.ToUpper(clientSecret))}, 401, "invalid_client"},
		"the id in upper case":            {"", grant, []string{"Authorization", basicAuth(strings.ToUpper(id), clientSecret)}, 401, "invalid_client"},
		"a + that is not encoded":         {"", grant, raw(id + ":" + clientSecret), 401, "invalid_client"},
		"no base64":                       {"", grant, []string{"Authorization", "Basic ?"}, 401, "invalid_client"},
		"no colon":                        {"", grant, raw(id), 401, "invalid_client"},
		"a broken escape":                 {"", grant, raw(id + ":%zz"), 401, "invalid_client"},
		"another scheme":                  {"", grant, []string{"Authorization", "Bearer " + token}, 401, "invalid_client"},
		"the directory's token as secret": {"", grant, []string{"Authorization", basicAuth(id, token)}, 401, "invalid_client"},
		"a client of another directory":   {"", grant, []string{"Authorization", basicAuth(other.ID.String(), "another-"+clientSecret)}, 401, "invalid_client"},
		"nobody's id":                     {"", grant, []string{"Authorization", basicAuth(uuid.NewString(), clientSecret)}, 401, "invalid_client"},
		"no id":                           {"", grant, []string{"Authorization", basicAuth("okta", clientSecret)}, 401, "invalid_client"},
	} {
		a := w.ask(tt.query, tt.body, tt.headers...)
		var out struct {
			AccessToken string `json:"access_token"`
			TokenType   string `json:"token_type"`
			ExpiresIn   int    `json:"expires_in"`
			Error       string
			Description string `json:"error_description"`
		}
		a.Into(&out)
		if a.Status != tt.status || out.Error != tt.says || (out.AccessToken != "") != (tt.status == 200) {
			t.Errorf("%s: %d %s, want %d %s", name, a.Status, a.Body, tt.status, tt.says)
		}
		if tt.status == 200 && (out.TokenType != "Bearer" || out.ExpiresIn != 3600) {
			t.Errorf("%s: %s", name, a.Body)
		}
		if strings.ContainsAny(out.Description, `"\`) || out.Error != "" && out.Description == "" || strings.Contains(a.Body, clientSecret) {
			t.Errorf("%s: error_description %q", name, out.Description)
		}
		if challenge := a.Header.Get("WWW-Authenticate"); strings.HasPrefix(challenge, "Basic realm=") != (tt.status == 401) {
			t.Errorf("%s: WWW-Authenticate %q", name, challenge)
		}
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		a, err := w.Try(method, w.path("/oauth/token"), token, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a.Want(http.StatusMethodNotAllowed, "invalid_request"); a.Header.Get("Allow") != "POST" {
			t.Errorf("%s: Allow %q", method, a.Header.Get("Allow"))
		}
	}
	a, err := w.Try("POST", scim.Endpoint("", "nowhere")+"/oauth/token", "", inBody, "Content-Type", "application/x-www-form-urlencoded")
	if err != nil {
		t.Fatal(err)
	}
	a.Want(http.StatusUnauthorized, "invalid_client")
	if log := w.log.String(); strings.Contains(log, "a-client-secret") || strings.Contains(log, w.directory.Endpoint) || !strings.Contains(log, `"route":"/scim/v2.0/{endpoint}/oauth/token"`) {
		t.Errorf("log %s", log)
	}
}

// TestAccessTokens: they open their own directory, as its tokens do, for an hour at most.
func TestAccessTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.addClient(w.directory, "okta", clientSecret)
	elsewhere, _ := w.addDirectory("elsewhere", "another-token-of-more-than-32-characters")
	access := w.accessToken(client, clientSecret)
	by := []string{"Authorization", "Bearer " + access}
	ada := w.made("POST", "/Users", user("ada@acme.com"), by...)
	w.send("GET", "/Users/"+text(ada, "id"), nil, by...).Want(http.StatusOK)
	w.view(func(r *store.Reader) error {
		d, err := r.Directory(w.account, w.directory.ID)
		if err == nil && (d.State != store.DirectoryLinked || d.LastSynced.IsZero()) {
			t.Errorf("after the first call the directory is %s", d.State)
		}
		return err
	})
	refused := func(what string, a mocktest.Answer) {
		t.Helper()
		w.failed(a, http.StatusUnauthorized, "")
		if challenge := a.Header.Get("WWW-Authenticate"); challenge != `Bearer realm="SCIM", error="invalid_token"` {
			t.Errorf("%s: WWW-Authenticate %q", what, challenge)
		}
	}
	if challenge := w.send("GET", "/Users", nil, "Authorization", "").Header.Get("WWW-Authenticate"); challenge != `Bearer realm="SCIM"` {
		t.Errorf("without a token: WWW-Authenticate %q", challenge)
	}
	a, err := w.Try("GET", scim.Endpoint("", elsewhere.Endpoint)+"/Users", access, nil, "Content-Type", "application/scim+json")
	if err != nil {
		t.Fatal(err)
	}
	refused("another directory", a)
	refused("the secret itself", w.send("GET", "/Users", nil, "Authorization", "Bearer "+clientSecret))

	w.setState(store.DirectoryUnlinked)
	w.failed(w.send("GET", "/Users", nil, by...), http.StatusForbidden, "", "unlinked")
	w.ask("", form("grant_type", "client_credentials"), "Authorization", basicAuth(client.ID.String(), clientSecret)).Want(http.StatusBadRequest, "unauthorized_client")
	w.ask("", form("grant_type", "client_credentials"), "Authorization", basicAuth(client.ID.String(), clientSecret+"x")).Want(http.StatusUnauthorized, "invalid_client")
	w.setState(store.DirectoryLinked)
	w.send("GET", "/Users", nil, by...).Want(http.StatusOK)

	w.clock.Advance(time.Hour + time.Second)
	refused("after an hour", w.send("GET", "/Users", nil, by...))
	access = w.accessToken(client, clientSecret)
	by[1] = "Bearer " + access
	w.send("GET", "/Users", nil, by...).Want(http.StatusOK)
	w.update(func(tx *store.Tx) error {
		now := time.Duration(0)
		_, _, err := tx.RotateSCIMClient(w.account, w.directory.ID, client.ID, store.ClientRotation{OldExpiresIn: &now, Secret: "next-" + clientSecret})
		return err
	})
	refused("after its secret", w.send("GET", "/Users", nil, by...))
	by[1] = "Bearer " + w.accessToken(client, "next-"+clientSecret)
	w.send("GET", "/Users", nil, by...).Want(http.StatusOK)
	w.update(func(tx *store.Tx) error { return tx.DeleteSCIMClient(w.account, w.directory.ID, client.ID) })
	refused("after its client", w.send("GET", "/Users", nil, by...))
}

// TestTokenEndsMeanwhile: an access token whose secret ends while its request waits does nothing more.
func TestTokenEndsMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.addClient(w.directory, "okta", clientSecret)
	by := []string{"Authorization", "Bearer " + w.accessToken(client, clientSecret)}
	ada := w.addUser("ada@acme.com")
	w.server.OnComputed(func() {
		w.update(func(tx *store.Tx) error { return tx.DeleteSCIMClient(w.account, w.directory.ID, client.ID) })
	})
	w.failed(w.send("PATCH", "/Users/"+ada, patchOf(obj{"op": "replace", "path": "title", "value": "x"}), by...), http.StatusUnauthorized, "")
	if got := text(w.made("GET", "/Users/"+ada, nil), "title"); got != "" {
		t.Errorf("the title is %q", got)
	}
}

// TestTokenLimit: 60 a minute a client. What others guess uses up nothing of it.
func TestTokenLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client, other := w.addClient(w.directory, "okta", clientSecret), w.addClient(w.directory, "entra", "other-"+clientSecret)
	ask := func(c *store.SCIMClient, secret string) mocktest.Answer {
		return w.ask("", form("grant_type", "client_credentials", "client_id", c.ID.String(), "client_secret", secret))
	}
	for range 60 {
		ask(client, clientSecret+"x").Want(http.StatusUnauthorized)
	}
	limited := ask(client, clientSecret+"x").Want(http.StatusTooManyRequests)
	if limited.Header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", limited.Header.Get("Retry-After"))
	}
	for range 60 {
		ask(client, clientSecret).Want(http.StatusOK)
	}
	ask(client, clientSecret).Want(http.StatusTooManyRequests, "invalid_request", "client's rate limit")
	ask(other, "other-"+clientSecret).Want(http.StatusOK)
	w.clock.Advance(61 * time.Second)
	ask(client, clientSecret).Want(http.StatusOK)
}

// TestGuessing: who guesses sees the same, whether or not there is such a client or even
// such an endpoint, and however often they ask.
func TestGuessing(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, guess := range map[string]func(w *world, client *store.SCIMClient) (path, id string){
		"a wrong secret": func(w *world, c *store.SCIMClient) (string, string) { return w.path("/oauth/token"), c.ID.String() },
		"other clients":  func(w *world, _ *store.SCIMClient) (string, string) { return w.path("/oauth/token"), uuid.NewString() },
		"what is no id":  func(w *world, _ *store.SCIMClient) (string, string) { return w.path("/oauth/token"), "okta" },
		"another directory": func(w *world, _ *store.SCIMClient) (string, string) {
			return scim.Endpoint("", "nowhere") + "/oauth/token", uuid.NewString()
		},
	} {
		w := newWorld(t)
		client := w.addClient(w.directory, "okta", clientSecret)
		for range 70 {
			path, id := guess(w, client)
			body := form("grant_type", "client_credentials", "client_id", id, "client_secret", "wrong-"+clientSecret)
			a, err := w.Try("POST", path, "", body, "Content-Type", "application/x-www-form-urlencoded", "X-Request-Id", "same")
			if err != nil {
				t.Fatal(err)
			}
			a.Header.Del("Date")
			seen[name] += fmt.Sprint(a.Status, a.Header, a.Body, "\n")
		}
		if seen[name] != seen["a wrong secret"] && seen["a wrong secret"] != "" {
			t.Errorf("%s: %s\nnot\n%s", name, seen[name], seen["a wrong secret"])
		}
	}
	for name, got := range seen {
		if got != seen["a wrong secret"] {
			t.Errorf("%s is answered otherwise", name)
		}
	}
}

// TestGuessingElsewhere: guesses are limited whatever clients they name, and keep no one
// out who knows a secret, nor are those at other directories fewer.
func TestGuessingElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.addClient(w.directory, "okta", clientSecret)
	elsewhere, _ := w.addDirectory("elsewhere", "another-token-of-more-than-32-characters")
	guess := func(endpoint, id string) mocktest.Answer {
		a, err := w.Try("POST", scim.Endpoint("", endpoint)+"/oauth/token", "",
			form("grant_type", "client_credentials", "client_id", id, "client_secret", "wrong-"+clientSecret), "Content-Type", "application/x-www-form-urlencoded")
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for range 60 {
		guess(w.directory.Endpoint, uuid.NewString()).Want(http.StatusUnauthorized)
		guess("nowhere-"+uuid.NewString(), uuid.NewString()).Want(http.StatusUnauthorized)
	}
	guess(w.directory.Endpoint, uuid.NewString()).Want(http.StatusTooManyRequests)
	guess(w.directory.Endpoint, client.ID.String()).Want(http.StatusTooManyRequests)
	guess("nowhere-"+uuid.NewString(), uuid.NewString()).Want(http.StatusTooManyRequests)
	guess(elsewhere.Endpoint, uuid.NewString()).Want(http.StatusUnauthorized)
	w.accessToken(client, clientSecret)
}

// TestSchemeIsListed: only where a client exists.
func TestSchemeIsListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	schemes := func() string {
		return strings.Join(each(w.made("GET", "/ServiceProviderConfig", nil)["authenticationSchemes"], "type"), " ")
	}
	before := schemes()
	client := w.addClient(w.directory, "okta", clientSecret)
	with := schemes()
	w.update(func(tx *store.Tx) error { return tx.DeleteSCIMClient(w.account, w.directory.ID, client.ID) })
	if after := schemes(); before != "oauthbearertoken" || with != "oauthbearertoken oauth2" || after != before {
		t.Errorf("%s, then %s, then %s", before, with, after)
	}
}

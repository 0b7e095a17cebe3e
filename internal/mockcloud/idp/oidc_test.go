package idp_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
)

// verifier and challenge are the example of RFC 7636 appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// request is an authorization request that is fine, with changes.
func (w *world) request(change ...string) string {
	query := url.Values{
		"client_id": {"app"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid"},
		"state": {"s"}, "nonce": {"n"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for i := 0; i+1 < len(change); i += 2 {
		query.Set(change[i], change[i+1])
	}
	return w.base + "/authorize?" + query.Encode()
}

// exchange is a token request that is fine, with changes.
func (w *world) exchange(t *testing.T, code string, change ...string) (status int, body map[string]any) {
	t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback},
		"code_verifier": {verifier}, "client_id": {"app"}, "client_secret": {secret},
	}
	for i := 0; i+1 < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	got := w.post(t, w.base+"/token", form)
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	if got.header.Get("Cache-Control") != "no-store" {
		t.Error("tokens may be cached")
	}
	return got.status, body
}

// TestWrongRequestsStayOnThePage: as long as the address to answer to is not
// known to be good, nothing is sent there.
func TestWrongRequestsStayOnThePage(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, change := range [][]string{
		{"client_id", ""},
		{"redirect_uri", ""},
		{"redirect_uri", "https://attacker.example/callback"},
		{"redirect_uri", "https://app.example.com.attacker.example/"},
		{"redirect_uri", "https://app.example.com@attacker.example/"},
		{"redirect_uri", "http://app.example.com/"},
		{"redirect_uri", callback + "#fragment"},
		{"redirect_uri", "/callback"},
	} {
		got := w.get(t, w.request(change...))
		if got.status != http.StatusBadRequest || got.header.Get("Location") != "" || !strings.Contains(got.body, `role="alert"`) {
			t.Errorf("%v: %d to %q", change, got.status, got.header.Get("Location"))
		}
	}
}

func TestWrongRequestsAreAnswered(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, row := range []struct {
		change []string
		want   string
	}{
		{[]string{"response_type", "token"}, "unsupported_response_type"},
		{[]string{"response_mode", "fragment"}, "invalid_request"},
		{[]string{"scope", "email"}, "invalid_scope"},
		{[]string{"code_challenge", ""}, "invalid_request"},
		{[]string{"code_challenge_method", "plain"}, "invalid_request"},
		{[]string{"request", "x"}, "request_not_supported"},
		{[]string{"request_uri", "x"}, "request_uri_not_supported"},
		{[]string{"prompt", "none"}, "login_required"},
	} {
		answer := callbackOf(t, w.get(t, w.request(row.change...)))
		if answer.Get("error") != row.want || answer.Get("state") != "s" || answer.Get("iss") != w.base || answer.Has("code") {
			t.Errorf("%v: %v", row.change, answer)
		}
	}
	if answer := callbackOf(t, w.get(t, w.request()+"&nonce=again")); answer.Get("error") != "invalid_request" {
		t.Errorf("a parameter twice: %v", answer)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	w := start(t)
	got := w.get(t, w.request("login_hint", "Grace@acme.com"))
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	chosen := regexp.MustCompile(`value="([^"]*)" checked`).FindAllStringSubmatch(got.body, -1)
	if len(chosen) != 1 || chosen[0][1] != "grace-1" {
		t.Errorf("preselected: %v", chosen)
	}
	if strings.Contains(got.body, "<script") {
		t.Error("there is a script on the page")
	}
	policy := got.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "form-action 'self' " + application, "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if got.header.Get("Cache-Control") != "no-store" {
		t.Error("the page may be cached")
	}

	for name, row := range map[string]struct {
		form   url.Values
		header []string
	}{
		"nobody":        {form: url.Values{}},
		"unknown":       {form: url.Values{"person": {"linus-1"}}},
		"unknown email": {form: url.Values{"email": {"linus@acme.com"}}},
		"other site":    {form: url.Values{"person": {"ada-1"}}, header: []string{"Sec-Fetch-Site", "cross-site"}},
		"other origin":  {form: url.Values{"person": {"ada-1"}}, header: []string{"Origin", "https://attacker.example"}},
	} {
		got := w.post(t, w.request(), row.form, row.header...)
		if got.status != http.StatusUnprocessableEntity || got.header.Get("Location") != "" ||
			!strings.Contains(got.body, `role="alert"`) || !strings.Contains(got.body, "<form") {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	if answer := callbackOf(t, w.post(t, w.request(), url.Values{"email": {"ADA@acme.com"}}, "Sec-Fetch-Site", "same-origin")); !answer.Has("code") {
		t.Errorf("by email address: %v", answer)
	}
}

func TestPageEscapes(t *testing.T) {
	t.Parallel()
	w := start(t)
	const evil = `"><script>alert(1)</script>`
	if err := w.SetPerson(idp.Person{Subject: evil, Email: "eve@acme.com", FirstName: evil}); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{w.request("client_id", evil, "state", evil), w.base + "/"} {
		if got := w.get(t, address); strings.Contains(got.body, "<script") || got.status != http.StatusOK {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
}

func TestManyPeople(t *testing.T) {
	t.Parallel()
	w := start(t)
	for i := range 150 {
		if err := w.SetPerson(idp.Person{Subject: fmt.Sprint(i), Email: fmt.Sprintf("person%03d@acme.com", i)}); err != nil {
			t.Fatal(err)
		}
	}
	got := w.get(t, w.request("login_hint", "person149@acme.com"))
	if n := strings.Count(got.body, `type="radio"`); n != 101 || !strings.Contains(got.body, "person149@acme.com") || !strings.Contains(got.body, `type="email"`) {
		t.Errorf("%d people on the page", n)
	}
}

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	w := start(t)
	code := func() string { return w.logIn(t, w.request(), ada.Subject).Get("code") }
	if status, body := w.exchange(t, code()); status != http.StatusOK || body["id_token"] == "" {
		t.Fatalf("the harmless form: %d %v", status, body)
	}
	for _, row := range []struct {
		change []string
		status int
		want   string
	}{
		{[]string{"client_secret", "wrong"}, http.StatusUnauthorized, "invalid_client"},
		{[]string{"client_secret", ""}, http.StatusUnauthorized, "invalid_client"},
		{[]string{"client_id", ""}, http.StatusUnauthorized, "invalid_client"},
		{[]string{"client_id", "another"}, http.StatusBadRequest, "invalid_grant"},
		{[]string{"redirect_uri", application + "/other"}, http.StatusBadRequest, "invalid_grant"},
		{[]string{"code_verifier", "wrong"}, http.StatusBadRequest, "invalid_grant"},
		{[]string{"code_verifier", ""}, http.StatusBadRequest, "invalid_grant"},
		{[]string{"code", "invented"}, http.StatusBadRequest, "invalid_grant"},
		{[]string{"grant_type", "password"}, http.StatusBadRequest, "unsupported_grant_type"},
	} {
		if status, body := w.exchange(t, code(), row.change...); status != row.status || body["error"] != row.want || body["id_token"] != nil {
			t.Errorf("%v: %d %v", row.change, status, body)
		}
	}

	wrong := code()
	w.exchange(t, wrong, "code_verifier", "wrong")
	if status, _ := w.exchange(t, wrong); status != http.StatusBadRequest {
		t.Error("a code was taken after a failed try")
	}
	late := code()
	w.clock.advance(time.Minute)
	if status, _ := w.exchange(t, late); status != http.StatusBadRequest {
		t.Error("a code was taken after a minute")
	}
	gone := code()
	w.RemovePerson(ada.Subject)
	if status, _ := w.exchange(t, gone); status != http.StatusBadRequest {
		t.Error("a code was taken of somebody who is gone")
	}

	both := w.post(t, w.base+"/token", url.Values{"client_secret": {secret}}, "Authorization",
		"Basic "+base64.StdEncoding.EncodeToString([]byte("app:"+secret)))
	if both.status != http.StatusUnauthorized {
		t.Errorf("two ways of authenticating at once: %d", both.status)
	}
}

func TestEmptySecretMatchesNoClient(t *testing.T) {
	t.Parallel()
	w := start(t, func(c *idp.Config) { c.ClientSecret = "" })
	code := w.logIn(t, w.request(), ada.Subject).Get("code")
	if status, _ := w.exchange(t, code, "client_secret", ""); status != http.StatusUnauthorized {
		t.Errorf("an empty secret: %d", status)
	}
}

func TestUserinfoRefusals(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, tokens := w.exchange(t, w.logIn(t, w.request(), ada.Subject).Get("code"))
	bearer := fmt.Sprint("Bearer ", tokens["access_token"])
	ask := func(authorization string) int {
		return w.post(t, w.base+"/userinfo", nil, "Authorization", authorization).status
	}
	if status := ask(bearer); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	for _, wrong := range []string{"", "Bearer ", "Bearer wrong", strings.Replace(bearer, "Bearer", "Basic", 1)} {
		if status := ask(wrong); status != http.StatusUnauthorized {
			t.Errorf("%q: %d", wrong, status)
		}
	}
	w.clock.advance(5 * time.Minute)
	if status := ask(bearer); status != http.StatusUnauthorized {
		t.Errorf("after five minutes: %d", status)
	}
}

func TestRotatedKeysStayForAWhile(t *testing.T) {
	t.Parallel()
	w := start(t)
	published := func() (ids []string) {
		var set struct {
			Keys []struct {
				ID      string `json:"kid"`
				Private string `json:"d"`
			} `json:"keys"`
		}
		if err := json.Unmarshal([]byte(w.get(t, w.base+"/jwks").body), &set); err != nil {
			t.Fatal(err)
		}
		for _, key := range set.Keys {
			if key.Private != "" {
				t.Error("a private key is published")
			}
			ids = append(ids, key.ID)
		}
		return ids
	}
	first := published()
	if err := w.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(time.Hour - time.Second)
	both := published()
	w.clock.advance(time.Second)
	last := published()
	if len(first) != 1 || len(both) != 2 || both[0] != first[0] || !slices.Equal(last, both[1:]) {
		t.Errorf("%v, then %v, then %v", first, both, last)
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	w := start(t)
	if got := w.get(t, w.base+"/logout"); got.status != http.StatusOK || !strings.Contains(got.body, "logged out") {
		t.Errorf("%d %s", got.status, got.body)
	}
	back := w.get(t, w.base+"/logout?state=x&post_logout_redirect_uri="+url.QueryEscape(application+"/bye?a=b"))
	if want := application + "/bye?a=b&state=x"; back.status != http.StatusSeeOther || back.header.Get("Location") != want {
		t.Errorf("%d to %q", back.status, back.header.Get("Location"))
	}
	if got := w.get(t, w.base+"/logout?post_logout_redirect_uri=https://attacker.example/"); got.status != http.StatusBadRequest {
		t.Errorf("to anywhere: %d", got.status)
	}
}

// TestOnlyUnderItsOwnName: a name that somebody points here gets nothing.
func TestOnlyUnderItsOwnName(t *testing.T) {
	t.Parallel()
	w := start(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.base+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "attacker.example"
	if got := w.do(t, r); got.status != http.StatusMisdirectedRequest || strings.Contains(got.body, "acme.com") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestRequestsCannotMakeItMisbehave asks for it in every way that there is.
func TestRequestsCannotMakeItMisbehave(t *testing.T) {
	t.Parallel()
	w := start(t)
	honest := w.get(t, w.base+"/.well-known/openid-configuration").body
	for _, mode := range w.Modes() {
		for _, name := range []string{"mode", "misbehave", "misbehavior"} {
			if got := w.get(t, w.base+"/.well-known/openid-configuration?"+name+"="+string(mode)); got.body != honest {
				t.Errorf("%s=%s: %s", name, mode, got.body)
			}
		}
	}
}

func TestModesAreDistinct(t *testing.T) {
	t.Parallel()
	modes := start(t).Modes()
	slices.Sort(modes)
	if len(modes) < 30 || len(slices.Compact(slices.Clone(modes))) != len(modes) || slices.Contains(modes, idp.Honest) {
		t.Errorf("%v", modes)
	}
}

func TestBelowAPath(t *testing.T) {
	t.Parallel()
	w := start(t, func(c *idp.Config) { c.BaseURL += "/idp" })
	w.base += "/idp"
	if got := w.get(t, w.base+"/"); !strings.Contains(got.body, `href="`+w.base+`/style.css"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.get(t, w.base+"/style.css"); got.status != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Type"), "text/css") {
		t.Errorf("%d %s", got.status, got.header)
	}
	if status, body := w.exchange(t, w.logIn(t, w.request(), ada.Subject).Get("code")); status != http.StatusOK {
		t.Errorf("%d %v", status, body)
	}
}

func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]idp.Config{
		"no URL":        {},
		"a slash":       {BaseURL: "https://idp.example.com/"},
		"no scheme":     {BaseURL: "idp.example.com"},
		"a query":       {BaseURL: "https://idp.example.com?x"},
		"weak signing":  {BaseURL: "https://idp.example.com", SigningAlg: "HS256"},
		"no subject":    {BaseURL: "https://idp.example.com", SigningAlg: "ES256", People: []idp.Person{{Email: "a@b.example"}}},
		"one email two": {BaseURL: "https://idp.example.com", SigningAlg: "ES256", People: []idp.Person{{Subject: "1", Email: "a@b.example"}, {Subject: "2", Email: "A@b.example"}}},
	} {
		if _, err := idp.New(config); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// TestGrantsAreBounded: people who log in and whose application never comes for
// its tokens leave a thousand codes at most.
func TestGrantsAreBounded(t *testing.T) {
	t.Parallel()
	w := start(t)
	first := w.logIn(t, w.request(), ada.Subject).Get("code")
	var last string
	for range 1000 {
		last = w.logIn(t, w.request(), ada.Subject).Get("code")
	}
	if status, _ := w.exchange(t, first); status != http.StatusBadRequest {
		t.Error("the oldest of 1,001 codes is still there")
	}
	if status, _ := w.exchange(t, last); status != http.StatusOK {
		t.Error("the newest code is gone")
	}
}

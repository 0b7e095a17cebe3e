//go:build interop

package interop

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// TestOpenIDForgedTokens: a real provider's ID tokens, changed on their way. After each of
// them the honest one lets the person in.
func TestOpenIDForgedTokens(t *testing.T) {
	t.Parallel()
	var fetched atomic.Int32
	attacker := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetched.Add(1) }))
	t.Cleanup(attacker.Close)
	o := newOpenID(t, "RS256", nil)
	public := o.key.Public()
	der, err := x509.MarshalPKIXPublicKey(public.Key)
	if err != nil {
		t.Fatal(err)
	}
	foreign := newKey(t, "RS256", "foreign")
	foreign.KeyID = o.key.KeyID
	swap := func(part int, value string) func(string) string {
		return func(token string) string {
			parts := strings.Split(token, ".")
			parts[part] = value
			return strings.Join(parts, ".")
		}
	}
	text := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for name, row := range map[string]struct {
		want string // empty where the login is fine all the same
		how  func(*forgery)
	}{
		"signed anew by the provider's key": {how: func(*forgery) {}},
		"somebody else, the signature kept": {"signature_invalid", func(f *forgery) {
			f.claims["sub"] = "p-grace"
			other := f.sign(t)
			f.keep, f.raw = true, swap(1, strings.Split(other, ".")[1])
		}},
		"one letter of the signature": {"signature_invalid", func(f *forgery) {
			f.keep, f.raw = true, func(token string) string {
				parts := strings.Split(token, ".")
				first := "A"
				if strings.HasPrefix(parts[2], first) {
					first = "B"
				}
				parts[2] = first + parts[2][1:]
				return strings.Join(parts, ".")
			}
		}},
		"no signature": {"signature_invalid", func(f *forgery) { f.keep, f.raw = true, swap(2, "") }},
		"alg none": {"alg_none", func(f *forgery) {
			f.keep, f.raw = true, func(token string) string {
				return swap(2, "")(swap(0, text(`{"alg":"none"}`))(token))
			}
		}},
		"HS256 by the public key":     {"alg_refused", func(f *forgery) { f.alg, f.key = jose.HS256, der }},
		"another key by the same id":  {"signature_invalid", func(f *forgery) { f.key = foreign.Key }},
		"another key by no id":        {"signature_invalid", func(f *forgery) { f.key, f.header = foreign.Key, nil }},
		"another key in the header":   {"header_refused", func(f *forgery) { f.key, f.header["jwk"] = foreign.Key, foreign.Public() }},
		"a critical header":           {"header_refused", func(f *forgery) { f.header["crit"], f.header["x"] = []string{"x"}, true }},
		"jku to an attacker's host":   {"signature_invalid", func(f *forgery) { f.key, f.header["jku"] = foreign.Key, attacker.URL+"/jwks" }},
		"x5u to an attacker's host":   {"signature_invalid", func(f *forgery) { f.key, f.header["x5u"] = foreign.Key, attacker.URL+"/x5u" }},
		"jku beside the right key":    {"", func(f *forgery) { f.header["jku"] = attacker.URL + "/jwks" }},
		"an access token's type":      {"id_token_type", func(f *forgery) { f.header["typ"] = "at+jwt" }},
		"another issuer":              {"token_issuer_mismatch", func(f *forgery) { f.claims["iss"] = "https://evil.example.com" }},
		"the issuer with a slash":     {"token_issuer_mismatch", func(f *forgery) { f.claims["iss"] = o.issuer + "/" }},
		"for another application":     {"audience_mismatch", func(f *forgery) { f.claims["aud"] = "another" }},
		"for several":                 {"authorized_party_missing", func(f *forgery) { f.claims["aud"] = []string{"mockcloud", "another"} }},
		"given to another":            {"authorized_party_mismatch", func(f *forgery) { f.claims["azp"] = "another" }},
		"expired":                     {"expired", func(f *forgery) { f.claims["exp"] = time.Now().Add(-time.Hour).Unix() }},
		"not yet valid":               {"not_yet_valid", func(f *forgery) { f.claims["nbf"] = time.Now().Add(time.Hour).Unix() }},
		"without an end":              {"expiry_missing", func(f *forgery) { delete(f.claims, "exp") }},
		"without a nonce":             {"nonce_missing", func(f *forgery) { delete(f.claims, "nonce") }},
		"another login's nonce":       {"nonce_mismatch", func(f *forgery) { f.claims["nonce"] = rand.Text() }},
		"without a subject":           {"subject_missing", func(f *forgery) { delete(f.claims, "sub") }},
		"another access token's hash": {"access_token_mismatch", func(f *forgery) { f.claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" }},
		"somebody else's subject":     {"userinfo_subject_mismatch", func(f *forgery) { f.claims["sub"] = "p-grace" }},
		"no email verified":           {"email_unverified", func(f *forgery) { f.claims["email"], f.claims["email_verified"] = ada, false }},
		"no token":                    {"id_token_missing", func(f *forgery) { f.keep, f.raw = true, func(string) string { return "" } }},
		"an encrypted token's shape":  {"id_token_malformed", func(f *forgery) { f.keep, f.raw = true, func(token string) string { return token + ".x.y" } }},
		"a token of 64 KiB": {"id_token_oversize", func(f *forgery) {
			f.claims["groups"] = strings.Repeat("0123456789abcdef", 4<<10)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o := o.in(t)
			o.forge(row.how)
			v := acctest.NewVisitor(t)
			p := o.signIn(v, ada, "p-ada")
			if row.want == "" {
				o.letIn(v, p, ada)
			} else {
				o.refused(v, p, row.want)
			}
			o.change("/token", nil)
			v = acctest.NewVisitor(t)
			o.letIn(v, o.signIn(v, ada, "p-ada"), ada)
		})
	}
	if n := fetched.Load(); n != 0 {
		t.Errorf("the attacker's host was asked %d times", n)
	}
}

// TestOpenIDAnswers: what else a provider answers, changed or as it is, and who comes in.
func TestOpenIDAnswers(t *testing.T) {
	t.Parallel()
	o := newOpenID(t, "ES256", func(o *openID) {
		o.people["p-nobody"] = obj{"given_name": "No"}
		o.people["p-unverified"] = obj{"email": ada, "email_verified": false}
		o.people["p-elsewhere"] = obj{"email": "ada@elsewhere.example", "email_verified": true}
		o.people["p-plain"] = obj{"email": "plain@acme.example"}
		o.people["p-string"] = obj{"email": "string@acme.example", "email_verified": "true"}
		o.people["p-other-ada"] = obj{"email": ada, "email_verified": true}
	})
	v := acctest.NewVisitor(t)
	o.letIn(v, o.signIn(v, ada, "p-ada"), ada)

	for name, row := range map[string]struct {
		subject string
		email   string // of who is let in
		want    string
		change  func()
	}{
		"no email":                           {subject: "p-nobody", want: "email_missing"},
		"an email that is not verified":      {subject: "p-unverified", want: "email_unverified"},
		"an email of another domain":         {subject: "p-elsewhere", want: "domain_not_served"},
		"another subject with a linked mail": {subject: "p-other-ada", want: "subject_changed"},
		"nothing about verified":             {subject: "p-plain", email: "plain@acme.example"},
		"verified as text":                   {subject: "p-string", email: "string@acme.example"},
		"userinfo about somebody else": {subject: "p-ada", want: "userinfo_subject_mismatch", change: func() {
			o.changeJSON(t, "/me", func(info obj) { info["sub"] = "p-grace" })
		}},
		"userinfo that is no JSON": {subject: "p-ada", want: "userinfo_failed", change: func() {
			o.change("/me", func([]byte) []byte { return []byte("<html>") })
		}},
		"an answer in another provider's name": {subject: "p-ada", want: "callback_issuer_mismatch", change: func() {
			o.callback(func(query url.Values) { query.Set("iss", "https://evil.example.com") })
		}},
		"an answer in nobody's name": {subject: "p-ada", want: "callback_issuer_missing", change: func() {
			o.callback(func(query url.Values) { query.Del("iss") })
		}},
		"an answer without state": {subject: "p-ada", want: "state_missing", change: func() {
			o.callback(func(query url.Values) { query.Del("state") })
		}},
		"another state": {subject: "p-ada", want: "state_unknown", change: func() {
			o.callback(func(query url.Values) { query.Set("state", rand.Text()) })
		}},
		"an answer without a code": {subject: "p-ada", want: "code_missing", change: func() {
			o.callback(func(query url.Values) { query.Del("code") })
		}},
		"another code": {subject: "p-ada", want: "code_refused", change: func() {
			o.callback(func(query url.Values) { query.Set("code", rand.Text()) })
		}},
		"a parameter twice": {subject: "p-ada", want: "parameter_repeated", change: func() {
			o.callback(func(query url.Values) { query.Add("code", "x") })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o := o.in(t)
			if row.change != nil {
				row.change()
			}
			v := acctest.NewVisitor(t)
			p := o.signIn(v, ada, row.subject)
			if row.want == "" {
				o.letIn(v, p, row.email)
			} else {
				o.refused(v, p, row.want)
			}
			o.lead(nil)
			o.change("/me", nil)
		})
	}

	// Without userinfo there is no email; without the keys, those that are known go on.
	o.breakDown("/me", true)
	v = acctest.NewVisitor(t)
	o.refused(v, o.signIn(v, ada, "p-ada"), "userinfo_failed")
	o.breakDown("/me", false)
	o.breakDown("/token", true)
	v = acctest.NewVisitor(t)
	o.refused(v, o.signIn(v, ada, "p-ada"), "token_endpoint_failed")
	o.breakDown("/token", false)
	for _, path := range []string{"/jwks", "/.well-known/openid-configuration"} {
		o.breakDown(path, true)
		v = acctest.NewVisitor(t)
		o.letIn(v, o.signIn(v, ada, "p-ada"), ada)
	}

	// Who changes their mind at the provider comes back as nobody.
	v = acctest.NewVisitor(t)
	p := o.login(v, ada)
	o.refused(v, v.Open(strings.TrimSuffix(p.URL.String(), "/")+"/abort"), "provider_denied")
}

// TestOpenIDUserinfoDown: what userinfo would only have added is not worth a login.
func TestOpenIDUserinfoDown(t *testing.T) {
	t.Parallel()
	o := newOpenID(t, "RS256", func(o *openID) {
		o.configuration["conformIdTokenClaims"] = false
		o.people["p-ada"] = obj{"email": ada, "email_verified": true} // and no name
	})
	o.breakDown("/me", true)
	known := o.MemberNamed(ada).UserID
	v := acctest.NewVisitor(t)
	if who := o.letIn(v, o.signIn(v, ada, "p-ada"), ada); who.ID != known {
		t.Errorf("%+v is not the member %s", who, known)
	}
	if o.count("/me") != 1 {
		t.Errorf("userinfo was asked for %d times", o.count("/me"))
	}
}

// callback changes what the provider's answers say.
func (o *openID) callback(how func(query url.Values)) {
	o.lead(func(to *url.URL) {
		if strings.HasSuffix(to.Path, "/callback") {
			query := to.Query()
			how(query)
			to.RawQuery = query.Encode()
		}
	})
}

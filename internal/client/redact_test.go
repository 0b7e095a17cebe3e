package client

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// spelled are ways to write a secret in a text, by their names.
func spelled(secret string) map[string]string {
	asJSON := func(text string) string {
		quoted, _ := json.Marshal(text) // a string: cannot fail
		return string(quoted[1 : len(quoted)-1])
	}
	out := map[string]string{
		"as it is": secret, "in a form": url.QueryEscape(secret), "in a path": url.PathEscape(secret), "in an address": url.UserPassword("u", secret).String(),
		"in a form, in lower case": lowerEscapes(url.QueryEscape(secret)), "in Go": strconv.Quote(secret), "in JSON": asJSON(secret), "in JSON, twice": asJSON(asJSON(secret)),
		"in JSON with slashes escaped": strings.ReplaceAll(asJSON(secret), "/", `\/`), "in HTML": html.EscapeString(secret), "in a form, twice": url.QueryEscape(url.QueryEscape(secret)),
	}
	for name, encoding := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64 without its end": base64.RawStdEncoding, "base64 for addresses": base64.RawURLEncoding} {
		for _, before := range []string{"", "u:", "id:", "user:", "Bearer "} {
			out[name+" behind "+before] = encoding.EncodeToString([]byte(before + secret))
			out[name+" of a form behind "+before] = encoding.EncodeToString([]byte(before + url.QueryEscape(secret)))
			out[name+" between "+before] = encoding.EncodeToString([]byte(before + secret + "@host"))
		}
	}
	return out
}

func lowerEscapes(text string) string {
	return regexp.MustCompile(`%[0-9A-F]{2}`).ReplaceAllStringFunc(text, strings.ToLower)
}

// testRun is what may be base64 in a text.
var testRun = regexp.MustCompile(`[A-Za-z0-9+/_-]{4,}`)

// reveals returns what of a secret a text holds: eight characters of it in a row, also in base64.
func reveals(text, secret string) string {
	texts := []string{text}
	for _, run := range testRun.FindAllString(text, -1) {
		run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
		for skipped := range 4 { // it may be cut anywhere
			if part := run[min(skipped, len(run)):]; part != "" {
				raw, _ := base64.RawStdEncoding.DecodeString(part[:len(part)/4*4])
				texts = append(texts, string(raw))
			}
		}
	}
	const telling = 8
	for _, t := range texts {
		for i := 0; i+telling <= len(secret); i++ {
			if strings.Contains(t, secret[i:i+telling]) {
				return secret[i : i+telling]
			}
		}
	}
	return ""
}

// TestRedacted: no text that leaves the package holds a secret, however it is written there.
func TestRedacted(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{
		"pnu_0123456789abcdefghijklmnopqrstuv", "canary+/secret~with.all-of_it==", `pass"word\with<html>&more'/`, "größe/und+mehr=ascii", "0123456789012",
	} {
		r := newRedactor("another", secret)
		for name, text := range spelled(secret) {
			got := r.words("before " + text + " after, " + text)
			if found := reveals(got, secret); found != "" || !strings.Contains(got, redacted) {
				t.Errorf("%s of %q: %s has %q", name, secret, got, found)
			}
		}
		for _, harmless := range []string{"", "an error about nothing", base64.StdEncoding.EncodeToString([]byte("something else that is as long"))} {
			if got := r.words(harmless); got != harmless {
				t.Errorf("%q became %q", harmless, got)
			}
		}
	}
}

// TestNoErrorHoldsASecret: a server, or a proxy, may repeat what it was sent in any part of
// its answer.
func TestNoErrorHoldsASecret(t *testing.T) {
	t.Parallel()
	const key, secret, password = "canary-key/0123456789", "scim+/secret<9876543210>==", "proxy:password/abcdefghi"
	var text string // what the server repeats
	for shape, write := range map[string]func(w http.ResponseWriter, status int){
		"texts": func(w http.ResponseWriter, status int) {
			answer(w, status, map[string]any{"detail": text, "error": text, "scimType": text, "existing_id": text})
		},
		"a list": func(w http.ResponseWriter, status int) {
			answer(w, status, map[string]any{"detail": []any{map[string]any{"loc": []any{"body", text}, "msg": text, "type": text}}})
		},
		"a token endpoint's error": func(w http.ResponseWriter, status int) {
			answer(w, status, map[string]any{"error": text, "error_description": text})
		},
		"other JSON": func(w http.ResponseWriter, status int) {
			answer(w, status, []any{text})
		},
		"a wrong time": func(w http.ResponseWriter, status int) {
			answer(w, status, map[string]any{"created": text})
		},
		"a page": func(w http.ResponseWriter, status int) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<title>"+html.EscapeString(text)+"</title>")
		},
		"headers": func(w http.ResponseWriter, status int) {
			w.Header().Set("Content-Type", "text/plain; x="+text)
			w.Header().Set("X-Request-Id", text)
			w.Header().Set("Location", "/"+url.PathEscape(text))
			w.WriteHeader(status)
		},
	} {
		for _, status := range []int{http.StatusOK, http.StatusFound, http.StatusBadRequest, http.StatusNotFound, http.StatusNotImplemented} {
			var logged strings.Builder
			c := newTestClient(t, inProcess{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/api/") && r.URL.RawQuery == "" {
					answer(w, http.StatusOK, []any{}) // asked who it is, which tells it no secret
					return
				}
				write(w, status)
			})}, func(cfg *Config) {
				cfg.APIKey, cfg.MaxRetries = key, 1
				cfg.CustomHeaders = map[string]string{"X-Proxy": "Basic " + base64.StdEncoding.EncodeToString([]byte("u:"+password))}
				cfg.Log = func(_ context.Context, _ Level, msg string, fields map[string]any) {
					fmt.Fprintln(&logged, msg, fields)
				}
			})
			c.retry.base, c.retry.maxWait, c.retry.pause = time.Microsecond, time.Microsecond, time.Microsecond
			endpoint := strings.TrimSuffix(c.base, "/api") + scimPath
			for _, name := range []string{"as it is", "in a form", "in JSON", "base64 behind user:", "base64 for addresses of a form behind id:"} {
				text = spelled(secret)[name] + " " + spelled(password)[name] + " "
				_, byClient := c.SCIMByClient(t.Context(), endpoint, "id", secret)
				scim, err := c.SCIM(endpoint, secret)
				if err != nil {
					t.Fatal(err)
				}
				_, byToken := scim.UsersByName(t.Context(), "ada@acme.com")
				text += spelled(key)[name]
				_, rotated := c.RotateSCIMClient(t.Context(), "a", "d", "c", "k", SCIMClientRotation{Secret: secret})
				_, made := c.CreateSCIMClient(t.Context(), "a", "d", "k", NewSCIMClient{Name: "n", Secret: secret})
				shown := fmt.Sprintf("%v %+v %#v", byClient, byToken, errors.Join(rotated, made)) + logged.String()
				for _, hidden := range []string{key, secret, password} {
					if found := reveals(shown, hidden); found != "" {
						t.Errorf("%s with %d, %s: %s has %q", shape, status, name, shown, found)
					}
				}
				logged.Reset()
			}
		}
	}
}

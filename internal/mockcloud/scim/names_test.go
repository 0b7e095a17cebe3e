package scim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// hostile are names that look like mike@, kim@, ada@ or José@acme.com, and what answers
// them: 409 with the other spelling, or 400 with the character.
var hostile = map[string]struct {
	status int
	says   string
}{
	"m\u0130ke@acme.com":         {http.StatusConflict, "mike@acme.com"},
	"JOS\u00c9@acme.com":         {http.StatusConflict, "Jos\u00e9@acme.com"},
	"\u212aim@acme.com":          {http.StatusBadRequest, "U+212A"},
	"ada\u200b@acme.com":         {http.StatusBadRequest, "U+200B"},
	"ada@\uff41cme.com":          {http.StatusBadRequest, "U+FF41"},
	"ada@acme\u3002com":          {http.StatusBadRequest, "U+3002"},
	"a\u00adda@acme.com":         {http.StatusBadRequest, "U+00AD"},
	"ada\u00a0lovelace@acme.com": {http.StatusBadRequest, "U+00A0"},
	"\u00e9jose\u0301@acme.com":  {http.StatusBadRequest, "U+0301"},
}

func scimUser(name string) obj {
	return obj{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": name, "emails": []obj{{"value": name, "type": "work", "primary": true}}}
}

// TestNobodyTakesANameOver: by POST, PUT, PATCH in all its forms and Bulk.
func TestNobodyTakesANameOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var before []obj
	for _, name := range []string{"mike@acme.com", "kim@acme.com", "ada@acme.com", "Jos\u00e9@acme.com"} {
		before = append(before, w.made("POST", "/Users", scimUser(name)))
	}
	other := w.made("POST", "/Users", scimUser("other@acme.com"))
	at := fmt.Sprint("/Users/", other["id"])
	patch := func(operations ...obj) obj {
		return obj{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": operations}
	}
	bulk := func(operation obj) obj {
		return obj{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:BulkRequest"}, "Operations": []obj{operation}}
	}
	for name, want := range hostile {
		scimType := map[int]string{http.StatusConflict: "uniqueness", http.StatusBadRequest: "invalidValue"}[want.status]
		emailOnly := scimUser("new@acme.com")
		emailOnly["emails"] = []obj{{"value": name, "type": "work"}}
		for what, send := range map[string]func() (string, string, any){
			"POST":             func() (string, string, any) { return "POST", "/Users", scimUser(name) },
			"POST of an email": func() (string, string, any) { return "POST", "/Users", emailOnly },
			"PUT":              func() (string, string, any) { return "PUT", at, scimUser(name) },
			"PATCH userName": func() (string, string, any) {
				return "PATCH", at, patch(obj{"op": "replace", "path": "userName", "value": name})
			},
			"PATCH without a path": func() (string, string, any) {
				return "PATCH", at, patch(obj{"op": "Replace", "value": obj{"userName": name}})
			},
			"PATCH of an email": func() (string, string, any) {
				return "PATCH", at, patch(obj{"op": "replace", "path": `emails[type eq "work"].value`, "value": name})
			},
			"PATCH of all emails": func() (string, string, any) {
				return "PATCH", at, patch(obj{"op": "replace", "path": "emails", "value": []obj{{"value": name, "primary": true}}})
			},
		} {
			t.Run(fmt.Sprintf("%s %+q", what, name), func(t *testing.T) {
				w := w.in(t)
				method, path, body := send()
				w.failed(w.send(method, path, body), want.status, scimType, want.says)
			})
		}
		t.Run(fmt.Sprintf("Bulk %+q", name), func(t *testing.T) {
			w := w.in(t)
			for method, path := range map[string]string{"POST": "/Users", "PUT": at, "PATCH": at} {
				data := any(scimUser(name))
				if method == "PATCH" {
					data = patch(obj{"op": "replace", "path": "userName", "value": name})
				}
				operation := obj{"method": method, "path": path, "data": data}
				if method == "POST" {
					operation["bulkId"] = "x"
				}
				out := fmt.Sprint(w.made("POST", "/Bulk", bulk(operation)))
				if !strings.Contains(out, fmt.Sprint(want.status)) || !strings.Contains(out, want.says) {
					t.Errorf("%s: %s", method, out)
				}
			}
		})
		t.Run(fmt.Sprintf("filter %+q", name), func(t *testing.T) {
			w := w.in(t)
			for _, attribute := range []string{"userName", "emails.value", "emails", "urn:ietf:params:scim:schemas:core:2.0:User:userName"} {
				for _, op := range []string{"eq", "co", "sw"} {
					q := obj{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:SearchRequest"}, "filter": fmt.Sprintf("%s %s %q", attribute, op, name)}
					if n := w.made("POST", "/Users/.search", q)["totalResults"]; fmt.Sprint(n) != "0" {
						t.Errorf("%s finds %v", q["filter"], n)
					}
				}
			}
		})
	}
	for _, was := range append(before, other) {
		if is := w.made("GET", fmt.Sprint("/Users/", was["id"]), nil); fmt.Sprint(is) != fmt.Sprint(was) {
			t.Errorf("%v, was %v", is, was)
		}
	}
	w.view(func(r *store.Reader) error {
		if n := len(r.DirectoryUsers(w.directory.ID)); n != 5 {
			t.Errorf("%d users, want 5", n)
		}
		return nil
	})
}

// TestFoundInAnySpelling: the same name in another case of A to Z, decomposed, or with its
// domain in another form.
func TestFoundInAnySpelling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.update(func(tx *store.Tx) error { return tx.SetDomains(w.account, []string{"acme.com", "m\u00fcnchen.de"}) })
	made := w.made("POST", "/Users", scimUser("Jose\u0301@m\u00fcnchen.de"))
	if made["userName"] != "Jos\u00e9@m\u00fcnchen.de" {
		t.Errorf("kept as %+q", made["userName"])
	}
	for _, name := range []string{"jos\u00e9@m\u00fcnchen.de", "JOSe\u0301@MU\u0308NCHEN.DE", "Jos\u00e9@xn--mnchen-3ya.de", " jos\u00e9@m\u00fcnchen.de "} {
		for _, attribute := range []string{"userName", "emails.value"} {
			q := obj{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:SearchRequest"}, "filter": fmt.Sprintf("%s eq %q", attribute, name)}
			if n := w.made("POST", "/Users/.search", q)["totalResults"]; fmt.Sprint(n) != "1" {
				t.Errorf("%s finds %v", q["filter"], n)
			}
		}
		w.failed(w.send("POST", "/Users", scimUser(name)), http.StatusConflict, "uniqueness")
	}
}

// TestNamesOfOthersStayUntold: a directory is not told how somebody spells their address
// whom it does not know, of another account or of its own.
func TestNamesOfOthersStayUntold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.update(func(tx *store.Tx) error {
		_, err := tx.AddUser(store.NewUser{Email: "jos\u00e9@acme.com"})
		return err
	})
	a := w.send("POST", "/Users", scimUser("JOS\u00c9@acme.com"))
	w.failed(a, http.StatusConflict, "uniqueness")
	if strings.Contains(a.Body, "jos\u00e9") {
		t.Errorf("it names the other one: %s", a.Body)
	}
}

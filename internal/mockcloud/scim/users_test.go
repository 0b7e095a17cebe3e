package scim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// TestUserLife walks a user through every method.
func TestUserLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.send("POST", "/Users", user("ada@acme.com", obj{
		"externalId": "42", "id": "mine", "meta": obj{"version": "x"}, "groups": []obj{}, "password": "secret-1",
		"name":     obj{"givenName": "Ada", "familyName": "Lovelace"},
		"emails":   []obj{{"value": "ada@acme.com", "type": "work", "primary": true}},
		"nonsense": 1,
	})).Want(http.StatusCreated)
	var made obj
	a.Into(&made)
	id := text(made, "id")
	location := w.URL + w.path("/Users/"+id)
	if id == "mine" || a.Header.Get("Location") != location || text(made, "meta.location") != location ||
		a.Header.Get("ETag") != `W/"1"` || text(made, "meta.version") != `W/"1"` || text(made, "meta.resourceType") != "User" ||
		text(made, "active") != "true" || text(made, "externalId") != "42" || text(made, "name.familyName") != "Lovelace" ||
		text(made, "nonsense") != "" || strings.Contains(a.Body, "secret-1") {
		t.Errorf("%s\n%v", a.Body, a.Header)
	}
	if read := w.send("GET", "/Users/"+id, nil); read.Body != a.Body || read.Header.Get("ETag") != `W/"1"` {
		t.Errorf("read %s\nmade %s", read.Body, a.Body)
	}
	w.view(func(r *store.Reader) error {
		m, ok := r.MembershipOfDirectoryUser(w.row(r, id))
		if !ok || !m.Active || m.DirectoryID != w.directory.ID {
			t.Errorf("membership %+v", m)
		}
		return nil
	})

	same := w.send("PUT", "/Users/"+id, made).Want(http.StatusOK)
	if same.Body != a.Body {
		t.Errorf("putting what is there\n%s\nchanges\n%s", same.Body, a.Body)
	}
	put := w.made("PUT", "/Users/"+id, user("ada@acme.com", obj{"title": "Countess", "active": "False"}))
	if text(put, "externalId") != "" || text(put, "name") != "" || text(put, "title") != "Countess" || text(put, "active") != "false" || text(put, "meta.version") != `W/"2"` {
		t.Errorf("put %v", put)
	}
	patched := w.made("PATCH", "/Users/"+id, patchOf(
		obj{"op": "Replace", "path": "active", "value": "True"},
		obj{"op": "Add", "path": `emails[type eq "work"].value`, "value": "ada@acme.com"},
		obj{"op": "replace", "value": obj{"name.givenName": "Ada", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": obj{"department": "Numbers"}}},
	))
	if text(patched, "active") != "true" || text(patched, "name.givenName") != "Ada" ||
		patched["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] == nil || !slices.Equal(each(patched["emails"], "value"), []string{"ada@acme.com"}) ||
		text(patched, "meta.version") != `W/"3"` {
		t.Errorf("patched %v", patched)
	}
	w.send("DELETE", "/Users/"+id, nil).Want(http.StatusNoContent)
	w.failed(w.send("GET", "/Users/"+id, nil), http.StatusNotFound, "")
	w.failed(w.send("DELETE", "/Users/"+id, nil), http.StatusNotFound, "")
	if again := w.addUser("ada@acme.com"); again == id {
		t.Error("the id came back")
	}
}

// TestActiveLeftOut: who has left comes back by active true only, and its absence deactivates no user.
func TestActiveLeftOut(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(w *world, id string) obj{
		"PUT": func(w *world, id string) obj {
			return w.made("PUT", "/Users/"+id, user("ada@acme.com", obj{"title": "x"}))
		},
		"PUT of null": func(w *world, id string) obj {
			return w.made("PUT", "/Users/"+id, user("ada@acme.com", obj{"active": nil}))
		},
		"remove": func(w *world, id string) obj {
			return w.made("PATCH", "/Users/"+id, patchOf(obj{"op": "remove", "path": "active"}))
		},
		"null": func(w *world, id string) obj {
			return w.made("PATCH", "/Users/"+id, patchOf(obj{"op": "replace", "path": "active", "value": nil}))
		},
		"null without a path": func(w *world, id string) obj {
			return w.made("PATCH", "/Users/"+id, patchOf(obj{"op": "replace", "value": obj{"active": nil, "title": "x"}}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.addUser("ada@acme.com")
			for _, active := range []bool{true, false} {
				w.made("PATCH", "/Users/"+id, patchOf(obj{"op": "replace", "path": "active", "value": active}))
				if got := text(send(w, id), "active"); got != fmt.Sprint(active) {
					t.Errorf("active is %s, want %v", got, active)
				}
				w.view(func(r *store.Reader) error {
					if m, ok := r.MembershipOfDirectoryUser(w.row(r, id)); !ok || m.Active != active {
						t.Errorf("membership %+v", m)
					}
					return nil
				})
			}
		})
	}
}

// row is a user as the store has it.
func (w *world) row(r *store.Reader, id string) *store.DirectoryUser {
	w.t.Helper()
	for _, u := range r.DirectoryUsers(w.directory.ID) {
		if u.ID.String() == id {
			return u
		}
	}
	w.t.Fatal("no user " + id)
	return nil
}

// TestWhoAUserIs: what the account takes over of a resource.
func TestWhoAUserIs(t *testing.T) {
	t.Parallel()
	email := func(value, kind string, primary bool) obj {
		return obj{"value": value, "type": kind, "primary": primary}
	}
	for name, test := range map[string]struct {
		sent                     obj
		email, first, last, hold string
	}{
		"the primary email":          {obj{"emails": []obj{email("a@acme.com", "work", false), email("b@acme.com", "home", true)}}, "b@acme.com", "", "", ""},
		"the one for work":           {obj{"emails": []obj{email("a@acme.com", "home", false), email("b@acme.com", "WORK", false)}}, "b@acme.com", "", "", ""},
		"the first":                  {obj{"emails": []obj{email("a@acme.com", "home", false), email("b@acme.com", "other", false)}}, "a@acme.com", "", "", ""},
		"the first that is one":      {obj{"emails": []obj{email("nobody", "work", true), email("b@acme.com", "other", false)}}, "b@acme.com", "", "", ""},
		"the userName":               {obj{"userName": "u@acme.com"}, "u@acme.com", "", "", ""},
		"none":                       {obj{"userName": "u"}, "", "", "", "no email"},
		"a foreign one":              {obj{"userName": "u@else.example"}, "u@else.example", "", "", "allowed domains"},
		"the parts of a name":        {obj{"userName": "u@acme.com", "displayName": "X Y", "name": obj{"givenName": "Ada", "familyName": "King"}}, "u@acme.com", "Ada", "King", ""},
		"a whole name to show":       {obj{"userName": "u@acme.com", "displayName": " Ada  King Noel "}, "u@acme.com", "Ada", "King Noel", ""},
		"a whole name, written out":  {obj{"userName": "u@acme.com", "name": obj{"formatted": "Ada"}}, "u@acme.com", "Ada", "", ""},
		"a plain text for a boolean": {obj{"userName": "u@acme.com", "active": "true"}, "u@acme.com", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.addUser("somebody", test.sent)
			w.view(func(r *store.Reader) error {
				u := w.row(r, id)
				if u.Email != test.email || u.FirstName != test.first || u.LastName != test.last ||
					!strings.Contains(u.Hold, test.hold) || (u.Hold == "") != (test.hold == "") || !u.Active {
					t.Errorf("%+v", u)
				}
				return nil
			})
			w.send("GET", "/Users/"+id, nil).Want(http.StatusOK)
		})
	}
}

// TestHeldUserHeals: a held user is judged anew by a write that changes nothing.
func TestHeldUserHeals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addUser("u@later.example")
	w.update(func(tx *store.Tx) error { return tx.SetDomains(w.account, []string{"acme.com", "later.example"}) })
	made := w.made("PUT", "/Users/"+id, user("u@later.example"))
	w.view(func(r *store.Reader) error {
		if u := w.row(r, id); u.Hold != "" {
			t.Errorf("held: %s", u.Hold)
		}
		return nil
	})
	if text(made, "meta.version") != `W/"1"` {
		t.Errorf("version %s", text(made, "meta.version"))
	}
}

// TestVersions: ETags, and what is asked of them (RFC 7644, 3.14).
func TestVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addUser("ada@acme.com")
	for name, test := range map[string]struct {
		method string
		body   any
		header []string
		status int
	}{
		"known":              {"GET", nil, []string{"If-None-Match", `W/"1"`}, http.StatusNotModified},
		"known, strong":      {"GET", nil, []string{"If-None-Match", `"0", "1"`}, http.StatusNotModified},
		"known, any":         {"GET", nil, []string{"If-None-Match", "*"}, http.StatusNotModified},
		"new":                {"GET", nil, []string{"If-None-Match", `W/"0"`}, http.StatusOK},
		"read another":       {"GET", nil, []string{"If-Match", `W/"0"`}, http.StatusPreconditionFailed},
		"put another":        {"PUT", user("eve@acme.com"), []string{"If-Match", `W/"0"`}, http.StatusPreconditionFailed},
		"patch another":      {"PATCH", patchOf(obj{"op": "remove", "path": "title"}), []string{"If-Match", `W/"0"`}, http.StatusPreconditionFailed},
		"delete another":     {"DELETE", nil, []string{"If-Match", `W/"0"`}, http.StatusPreconditionFailed},
		"put only if absent": {"PUT", user("eve@acme.com"), []string{"If-None-Match", "*"}, http.StatusPreconditionFailed},
		"put the same":       {"PUT", user("ada@acme.com"), []string{"If-Match", `W/"1"`}, http.StatusOK},
		"patch the same":     {"PATCH", patchOf(obj{"op": "remove", "path": "title"}), []string{"If-Match", `*`}, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := w.in(t)
			a := w.send(test.method, "/Users/"+id, test.body, test.header...).Want(test.status)
			switch {
			case test.status == http.StatusPreconditionFailed:
				w.failed(a, test.status, "")
			case test.status == http.StatusNotModified && a.Body != "":
				t.Errorf("a body: %s", a.Body)
			case a.Header.Get("ETag") != `W/"1"`:
				t.Errorf("ETag %s", a.Header.Get("ETag"))
			}
		})
	}
}

// TestGroupsMakeAVersion: what a user's resource shows of groups counts for its version.
func TestGroupsMakeAVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addUser("ada@acme.com")
	versions := []string{text(w.made("GET", "/Users/"+id, nil), "meta.version")}
	next := func(method, path string, body any) {
		t.Helper()
		w.send(method, path, body)
		a := w.send("GET", "/Users/"+id, nil).Want(http.StatusOK)
		version := a.Header.Get("ETag")
		var shown obj
		a.Into(&shown)
		if text(shown, "meta.version") != version || version == versions[len(versions)-1] {
			t.Errorf("after %s %s the version is %s, in the header %s, before %s", method, path, text(shown, "meta.version"), version, versions)
		}
		versions = append(versions, version)
	}
	one := w.addGroup("one")
	next("PATCH", "/Groups/"+one, patchOf(obj{"op": "add", "path": "members", "value": []obj{{"value": id}}}))
	shown := w.made("GET", "/Users/"+id, nil)
	if !slices.Equal(each(shown["groups"], "value"), []string{one}) || each(shown["groups"], "display")[0] != "one" ||
		each(shown["groups"], "$ref")[0] != w.URL+w.path("/Groups/"+one) || each(shown["groups"], "type")[0] != "direct" {
		t.Errorf("groups %v", shown["groups"])
	}
	next("PATCH", "/Groups/"+one, patchOf(obj{"op": "replace", "path": "displayName", "value": "uno"}))
	next("POST", "/Groups", group("two", id))
	next("DELETE", "/Groups/"+one, nil)
	w.send("PUT", "/Users/"+id, user("ada@acme.com", obj{"title": "x"}), "If-Match", versions[1]).Want(http.StatusPreconditionFailed)
	w.send("PUT", "/Users/"+id, user("ada@acme.com", obj{"title": "x"}), "If-Match", versions[len(versions)-1]).Want(http.StatusOK)
}

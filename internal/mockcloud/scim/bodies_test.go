package scim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// direct makes a request without a connection, for tests that make very many.
func (w *world) direct(method, path, body string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/scim+json")
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, r)
	return out
}

// isSCIMError checks that an answer is an error of RFC 7644, section 3.12, that says what it is.
func isSCIMError(a *httptest.ResponseRecorder) error {
	var body struct {
		Schemas        []string
		Status, Detail string
	}
	if err := json.Unmarshal(a.Body.Bytes(), &body); err != nil {
		return err
	}
	if len(body.Schemas) != 1 || body.Schemas[0] != "urn:ietf:params:scim:api:messages:2.0:Error" || body.Status != fmt.Sprint(a.Code) || body.Detail == "" {
		return fmt.Errorf("%s is no error of SCIM", a.Body)
	}
	return nil
}

// oddValues are what a client may put where something else belongs.
var oddValues = []string{
	`null`, `""`, `"x"`, `1`, `true`, `[]`, `[null]`, `[[]]`, `[{}]`, `[1]`, `["x"]`, `{}`, `{"value":null}`, `{"value":[]}`, `{"value":{}}`,
	`[{"value":null}]`, `[{"value":"x"},null]`, `{"":null}`, `{"members":null}`, `{"members":[null]}`, `{"name":null,"emails":{}}`,
	`{"urn:ietf:params:scim:schemas:core:2.0:User":null}`, `{"urn:ietf:params:scim:schemas:core:2.0:Group":{"members":null}}`,
	`{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":[null]}}`, `{"emails[type eq \"work\"].value":null}`,
}

// oddPaths are paths of a PATCH, right and wrong ones.
var oddPaths = []string{
	``, ` `, `.`, `:`, `[]`, `urn:`, `urn:x`, `active`, `userName`, `displayName`, `externalId`, `id`, `meta`, `schemas`, `groups`, `name`, `name.givenName`, `name.`,
	`emails`, `emails.value`, `emails.primary`, `emails[type eq "work"]`, `emails[type eq "work"].value`, `emails[value eq null].type`, `emails[]`, `emails[primary eq true].x`,
	`members`, `members.value`, `members[value eq "x"]`, `members[value eq "x"].value`, `members[display pr]`, `members[value eq null]`, `members[]`,
	`urn:ietf:params:scim:schemas:core:2.0:Group:members`, `urn:ietf:params:scim:schemas:core:2.0:User`, `urn:ietf:params:scim:schemas:core:2.0:User:emails[value eq "x"]`,
	`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`, `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager`,
	`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value`, `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:`,
}

// oddBodies are what a request to any route may carry.
func oddBodies() (out []string) {
	const patchURN = `"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]`
	out = []string{"", " ", "\ufeff", "{", "nul", `{"schemas":null}`, `{"schemas":[null]}`, `{"schemas":{}}`, "{" + patchURN + "}"}
	out = append(out, oddValues...)
	for _, value := range oddValues {
		for _, message := range []string{"PatchOp", "BulkRequest", "SearchRequest"} {
			urn := `"schemas":["urn:ietf:params:scim:api:messages:2.0:` + message + `"]`
			for _, name := range []string{"Operations", "failOnErrors", "filter", "attributes", "sortBy", "startIndex", "count", "cursor"} {
				out = append(out, fmt.Sprintf(`{%s,"%s":%s}`, urn, name, value))
			}
		}
		for _, name := range []string{"op", "path", "value", "method", "bulkId", "data"} {
			for _, message := range []string{"PatchOp", "BulkRequest"} {
				urn := `"schemas":["urn:ietf:params:scim:api:messages:2.0:` + message + `"]`
				out = append(out, fmt.Sprintf(`{%s,"Operations":[{"op":"add","method":"PATCH","path":"/Users/x","%s":%s}]}`, urn, strings.ToUpper(name), value))
				rest := map[string]string{"op": `"replace"`, "path": `"userName"`, "value": `"x"`, "method": `"POST"`, "bulkId": `"b"`, "data": `{}`}
				delete(rest, name)
				one := fmt.Sprintf(`{"%s":%s`, name, value)
				for other, with := range rest {
					one += fmt.Sprintf(`,"%s":%s`, other, with)
				}
				out = append(out, fmt.Sprintf(`{%s,"Operations":[%s}]}`, urn, one))
			}
		}
	}
	return out
}

// TestOddBodies: whatever a body holds, each route of SCIM answers, in SCIM's form, and
// none of it is a bug of the server's. Neither is a resource of an older version that is
// not as the schema has it now.
func TestOddBodies(t *testing.T) {
	t.Parallel()
	for _, kind := range []store.DirectoryType{store.DirectoryGeneric, store.DirectoryAzure, "okta scim v2.0"} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.update(func(tx *store.Tx) error {
				_, err := tx.UpdateDirectory(w.account, w.directory.ID, store.DirectoryChange{Type: &kind})
				return err
			})
			ada, old, held, team := w.fresh("Users"), w.old(), w.held(), w.fresh("Groups")
			paths := map[string][]string{}
			for _, route := range w.server.Routes() {
				method, pattern, _ := strings.Cut(route, " ")
				path := w.path(strings.TrimPrefix(pattern, "/scim/v2.0/{endpoint}"))
				if strings.HasSuffix(path, "/oauth/token") {
					continue // of another protocol
				}
				at := []string{path}
				switch {
				case strings.HasSuffix(path, "Users/{id}"):
					at = []string{ada, old, held}
				case strings.HasSuffix(path, "Groups/{id}"):
					at = []string{team}
				}
				paths[method] = append(paths[method], at...)
			}
			check := func(method, path, body string) {
				a := w.direct(method, path, body)
				if a.Code == http.StatusInternalServerError || a.Code >= 400 && isSCIMError(a) != nil {
					t.Errorf("%s %s %s: %d %s", method, path, body, a.Code, a.Body)
				}
			}
			methods := []string{"GET", "POST", "PUT", "PATCH"}
			if kind != store.DirectoryGeneric {
				methods = []string{"PATCH"} // the others are the same whatever the type
			}
			for _, method := range methods {
				for _, path := range paths[method] {
					for _, body := range oddBodies() {
						check(method, path, body)
					}
				}
			}
			for _, path := range paths["PATCH"] {
				if kind != store.DirectoryGeneric {
					break // which takes the most
				}
				for _, op := range []string{"add", "replace", "remove"} {
					for _, at := range oddPaths {
						for _, value := range oddValues {
							raw, err := json.Marshal(at)
							if err != nil {
								t.Fatal(err)
							}
							check("PATCH", path, fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"%s","path":%s,"value":%s}]}`, op, raw, value))
						}
					}
				}
			}
			for _, path := range paths["DELETE"] {
				check("DELETE", path, "")
			}
			if strings.Contains(w.log.String(), `"level":"ERROR"`) {
				t.Errorf("the log has an error: %s", w.log)
			}
		})
	}
}

// fresh makes a resource and returns its path.
func (w *world) fresh(of string) string {
	w.t.Helper()
	if of == "Groups" {
		return w.path("/Groups/" + w.addGroup("team", w.addUser("member@acme.com")))
	}
	return w.path("/Users/" + w.addUser("ada@acme.com", obj{"emails": []obj{{"value": "ada@acme.com", "type": "work"}}}))
}

// old makes a user as no version would take one today.
func (w *world) old() (path string) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		row, err := tx.AddDirectoryUser(w.directory, store.DirectoryUserInput{
			UserName: "old@acme.com", Email: "old@acme.com", Active: true, Attributes: []byte(`{"active":"perhaps","emails":[{"value":5}],"name":"Old"}`),
		})
		if err == nil {
			path = w.path("/Users/" + row.ID.String())
		}
		return err
	})
	return path
}

// held makes a user who is in no membership.
func (w *world) held() string {
	w.t.Helper()
	return w.path("/Users/" + w.addUser("held@other.com"))
}

// TestEmptyPatch: a PATCH without operations changes nothing and is an error, but for an
// empty list from a client of a type that sends one.
func TestEmptyPatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, ada, team := w.old(), w.fresh("Users"), w.fresh("Groups")
	const urn = `"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]`
	for _, kind := range []store.DirectoryType{store.DirectoryGeneric, "okta scim v2.0"} {
		w.update(func(tx *store.Tx) error {
			_, err := tx.UpdateDirectory(w.account, w.directory.ID, store.DirectoryChange{Type: &kind})
			return err
		})
		for _, path := range []string{old, ada, team} {
			before := w.everything()
			for body, scimType := range map[string]string{
				``: "invalidSyntax", `{}`: "invalidSyntax", `{` + urn + `}`: "invalidSyntax", `{` + urn + `,"Operations":null}`: "invalidSyntax",
				`{` + urn + `,"Operations":{}}`: "invalidSyntax", `{` + urn + `,"Operations":[null]}`: "invalidSyntax", `{` + urn + `,"Operations":[[]]}`: "invalidSyntax",
				`{` + urn + `,"Operations":[{}]}`: "invalidSyntax", `{"Operations":[]}`: "invalidSyntax",
			} {
				a, err := w.Try("PATCH", path, token, body, "Content-Type", "application/scim+json")
				if err != nil {
					t.Fatal(err)
				}
				w.failed(a, http.StatusBadRequest, scimType)
			}
			a, err := w.Try("PATCH", path, token, `{`+urn+`,"Operations":[]}`)
			if err != nil {
				t.Fatal(err)
			}
			if kind == store.DirectoryGeneric {
				a.Want(http.StatusNoContent)
			} else {
				w.failed(a, http.StatusBadRequest, "invalidSyntax")
			}
			if now := w.everything(); now != before {
				t.Errorf("%s\nwas\n%s", now, before)
			}
		}
	}
}

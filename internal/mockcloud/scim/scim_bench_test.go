package scim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// resourceOf is a user as identity providers send one.
func resourceOf(i int) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],`+
		`"userName":"person%d@acme.com","externalId":"00u%d","active":true,"name":{"givenName":"Person","familyName":"No %d"},"displayName":"Person No %d",`+
		`"emails":[{"value":"person%d@acme.com","type":"work","primary":true}],"title":"Engineer",`+
		`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Platform","employeeNumber":"%d"}}`, i, i, i, i, i, i)
}

// crowd puts users into the directory, past HTTP.
func (w *world) crowd(n int) []uuid.UUID {
	w.t.Helper()
	ids := make([]uuid.UUID, 0, n)
	for len(ids) < n {
		w.update(func(tx *store.Tx) error {
			for range min(1000, n-len(ids)) {
				i := len(ids)
				name := fmt.Sprintf("person%d@acme.com", i)
				u, err := tx.AddDirectoryUser(w.directory, store.DirectoryUserInput{
					UserName: name, ExternalID: fmt.Sprintf("00u%d", i), Active: true, Email: name,
					FirstName: "Person", LastName: fmt.Sprint("No ", i), Title: "Engineer", Attributes: []byte(resourceOf(i)),
				})
				if err != nil {
					return err
				}
				ids = append(ids, u.ID)
			}
			return nil
		})
	}
	return ids
}

// serve makes a request without the network.
func (w *world) serve(b *testing.B, method, below, body string, status int) {
	b.Helper()
	r := httptest.NewRequest(method, "http://localhost"+w.path(below), strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/scim+json")
	rec := httptest.NewRecorder()
	if w.handler.ServeHTTP(rec, r); rec.Code != status {
		b.Fatal(rec.Code, rec.Body)
	}
}

// BenchmarkList is a query of each kind, in directories of three sizes, without the
// network.
func BenchmarkList(b *testing.B) {
	for _, users := range []int{1_000, 10_000, 100_000} {
		w := newWorld(b)
		w.crowd(users)
		for name, parameters := range map[string][]string{
			"userName eq":     {"filter", fmt.Sprintf(`userName eq "PERSON%d@acme.com"`, users/2)},
			"externalId eq":   {"filter", fmt.Sprintf(`externalId eq "00u%d"`, users/2)},
			"page of 200":     {"startIndex", fmt.Sprint(users / 2), "count", "200"},
			"title co":        {"filter", `title co "ngine"`, "count", "200"},
			"sorted page":     {"sortBy", "userName", "count", "200"},
			"by lastModified": {"filter", `meta.lastModified gt "2030-01-01T00:00:00Z"`},
		} {
			below := "/Users?" + query(parameters...)
			b.Run(fmt.Sprintf("%s/%d users", name, users), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					w.serve(b, http.MethodGet, below, "", http.StatusOK)
				}
			})
		}
	}
}

// BenchmarkGroupPatch adds a member to a group and removes it, and reads the group
// without its members: what must not depend on how many there are.
func BenchmarkGroupPatch(b *testing.B) {
	const most = 50_000
	w := newWorld(b)
	ids := w.crowd(most + 1)
	one := ids[most].String()
	for _, members := range []int{10, most} {
		var id string
		w.update(func(tx *store.Tx) error {
			name, all := fmt.Sprint("group of ", members), ids[:members]
			g, err := tx.AddDirectoryGroup(w.directory, store.DirectoryGroupChange{DisplayName: &name, Members: &all})
			if err != nil {
				return err
			}
			id = g.ID.String()
			return nil
		})
		const schemas = `"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]`
		add := `{` + schemas + `,"Operations":[{"op":"add","path":"members","value":[{"value":"` + one + `"}]}]}`
		remove := `{` + schemas + `,"Operations":[{"op":"remove","path":"members[value eq \"` + one + `\"]"}]}`
		b.Run(fmt.Sprintf("add and remove one/%d members", members), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.serve(b, http.MethodPatch, "/Groups/"+id, add, http.StatusNoContent)
				w.serve(b, http.MethodPatch, "/Groups/"+id, remove, http.StatusNoContent)
			}
		})
		b.Run(fmt.Sprintf("excludedAttributes=members/%d members", members), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.serve(b, http.MethodGet, "/Groups/"+id+"?excludedAttributes=members", "", http.StatusOK)
			}
		})
	}
}

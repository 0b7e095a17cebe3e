package fetch_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// remove deletes a thing of the account, as another resource of the run does.
func (h *house) remove(path string) {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodDelete, "/api/accounts/"+mocktest.Account+path, http.NoBody)
	r.Host = "localhost"
	r.Header.Set("Authorization", "Bearer pnb_terraform")
	w := httptest.NewRecorder()
	h.server.ServeHTTP(w, r)
	if w.Code != http.StatusNoContent {
		h.t.Errorf("DELETE %s answered %d: %s", path, w.Code, w.Body)
	}
}

// secondRead is a request about one thing that a listing has shown, and what that thing is.
var secondRead = regexp.MustCompile(`^[A-Z]+ (/sso/directories/[^/]+|/account_memberships/[0-9a-f-]{36}|/workspaces/[0-9a-f-]{36})(/.*)?$`)

// TestWhatIsGone: what a listing has shown, and what is deleted before more of it is read, is gone, and is neither an error
// nor unknown. Every request about a single thing that any change needs has its turn.
func TestWhatIsGone(t *testing.T) {
	t.Parallel()
	role := func(h *house, name string) string {
		roles, err := h.client.Roles(mocktest.Account).Resolve(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return roles.ID
	}
	directory := func(h *house) string {
		rows, err := h.client.ListDirectories(t.Context(), mocktest.Account)
		if err != nil || len(rows) == 0 {
			t.Fatal(rows, err)
		}
		return rows[0].ID
	}
	fills := map[string]func(context.Context, *house) (access.World, error){
		"a review": func(ctx context.Context, h *house) (access.World, error) {
			return h.fetcher.Fill(ctx, h.world(), access.NeedsAll)
		},
		"a domain goes": func(ctx context.Context, h *house) (access.World, error) {
			return h.fetcher.Fresh(ctx, h.world(), access.DisableDomains{Names: []string{"acme.com"}})
		},
		"a role": func(ctx context.Context, h *house) (access.World, error) {
			return h.fetcher.Fresh(ctx, h.world(), access.SetRoles{Roles: []access.RoleOf{{Email: "ada@acme.com", RoleID: role(h, "Admin")}}})
		},
		"a connection": func(ctx context.Context, h *house) (access.World, error) {
			return h.fetcher.Fresh(ctx, h.world(), access.PutConnection{Name: "new", Domains: []string{"acme.com"}, Activate: true})
		},
		"a directory goes": func(ctx context.Context, h *house) (access.World, error) {
			return h.fetcher.Fresh(ctx, h.world(), access.DeleteDirectory{ID: directory(h)})
		},
		"a mapping of a group": func(ctx context.Context, h *house) (access.World, error) {
			return h.fetcher.Fresh(ctx, h.world(), access.PutMapping{DirectoryID: directory(h), Mapping: access.Mapping{Match: access.Match{GroupName: "Staff"}, RoleID: role(h, "Admin"), Priority: 1}})
		},
		"a mapping of an attribute": func(ctx context.Context, h *house) (access.World, error) {
			return h.fetcher.Fresh(ctx, h.world(), access.PutMapping{DirectoryID: directory(h), Mapping: access.Mapping{Match: access.Match{Attribute: "title", Equals: "Boss"}, RoleID: role(h, "Admin"), Priority: 1}})
		},
	}
	arranged := func(t *testing.T) *house {
		t.Helper()
		h := newHouse(t, mocktest.Terraform, false)
		if _, err := h.client.CreateGroupRoleMapping(t.Context(), mocktest.Account, directory(h), "k", client.GroupRoleMappingWrite{
			Match: &client.MappingMatch{GroupName: "Staff"}, AccountRoleID: role(h, "Admin"), Priority: new(int64),
		}); err != nil {
			t.Fatal(err)
		}
		h.took()
		return h
	}
	walked := map[string]bool{}
	var mu sync.Mutex
	t.Run("each", func(t *testing.T) {
		for name, fill := range fills {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := arranged(t)
				h.must(fill(t.Context(), h))
				ids := regexp.MustCompile(`directory_[^/_]+$|[^/]+$`)
				patterns := map[string]bool{}
				for _, what := range h.took() {
					if found := secondRead.FindStringSubmatch(what); found != nil {
						patterns[ids.ReplaceAllString(found[1], "")+"{id}"+found[2]] = true
					}
				}
				for pattern := range patterns {
					mu.Lock()
					walked[pattern] = true
					mu.Unlock()
					t.Run(pattern, func(t *testing.T) {
						h := arranged(t)
						h.t = t
						var once sync.Once
						removed := ""
						before, after, _ := strings.Cut(pattern, "{id}")
						h.asks = func(what string) {
							found := secondRead.FindStringSubmatch(what)
							if found == nil || !strings.HasPrefix(found[1], before) || found[2] != after {
								return
							}
							once.Do(func() { removed = found[1]; h.remove(removed) })
						}
						w, err := fill(t.Context(), h)
						if err != nil || removed == "" {
							t.Fatalf("removed %q: %v", removed, err)
						}
						id := removed[strings.LastIndex(removed, "/")+1:]
						if slices.ContainsFunc(w.Directories.Or(nil), func(d access.Directory) bool { return d.ID == id }) ||
							slices.ContainsFunc(w.People.Rows, func(p access.Person) bool { return p.ID == id && before == "/account_memberships/" }) ||
							slices.ContainsFunc(w.Workspaces.Or(nil), func(r access.Workspace) bool { return r.ID == id }) {
							t.Errorf("%s is there after its end: %+v", id, w)
						}
						if !w.Directories.IsKnown() && !w.Directories.IsMissing() {
							t.Errorf("directories are unknown: %s", w.Directories.Why())
						}
					})
				}
			})
		}
	})
	for _, pattern := range []string{
		"/sso/directories/{id}/users", "/sso/directories/{id}/groups", "/sso/directories/{id}/group_role_mappings",
		"/sso/directories/{id}/tokens", "/sso/directories/{id}/clients", "/account_memberships/{id}",
	} {
		if !walked[pattern] {
			t.Errorf("%s was not walked, only %v", pattern, walked)
		}
	}
}

package mockcloud_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRoutes: what is listed is mounted, and needs a key, each of it.
func TestRoutes(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	routes := s.Mock.Routes()
	for _, want := range []string{
		"GET /api/accounts/{account_id}", "PATCH /api/accounts/{account_id}/domains", "GET /api/me/",
		"POST /api/accounts/{account_id}/account_memberships/filter", "POST /api/accounts/{account_id}/account_roles/filter",
	} {
		if !slices.Contains(routes, want) {
			t.Errorf("%s is not mounted", want)
		}
	}
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		for name := range strings.SplitSeq(path, "/") {
			if strings.HasPrefix(name, "{") {
				path = strings.Replace(path, name, mocktest.Account, 1)
			}
		}
		for _, path := range []string{path, strings.TrimSuffix(path, "/") + "/"} {
			s.Call(method, path, "", map[string]any{}).Want(http.StatusUnauthorized, "Invalid authentication credentials")
		}
	}
}

// TestServersAreApart: two servers in one process share nothing.
func TestServersAreApart(t *testing.T) {
	t.Parallel()
	one, other := mocktest.Start(t, mockcloud.Config{}), mocktest.Start(t, mockcloud.Config{})
	one.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, map[string]any{"domain_names": []string{"acme.com"}}).Want(204)
	other.Call("GET", mocktest.Root+"/domains", mocktest.Owner, nil).Want(200, "[]")
}

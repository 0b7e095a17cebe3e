package mockcloud_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/published"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRoutes: each operation of the published document is mounted, a server that is
// to be like today's Prefect Cloud has no other, and each route needs a key.
func TestRoutes(t *testing.T) {
	t.Parallel()
	var want []string
	for _, o := range published.Operations() {
		want = append(want, o.String())
	}
	slices.Sort(want)
	if got := mocktest.Start(t, mockcloud.Config{PublishedOnly: true}).Mock.Routes(); !slices.Equal(got, want) {
		t.Errorf("mounted is\n%s\nthe document has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s := mocktest.Start(t, mockcloud.Config{})
	routes := s.Mock.Routes()
	for _, operation := range want {
		if !slices.Contains(routes, operation) {
			t.Errorf("%s is not mounted", operation)
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

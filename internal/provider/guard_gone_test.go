package provider_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// before returns the address of a proxy that does something just before the first request whose path ends so is made.
func before(t *testing.T, srv *acctest.Server, suffix string, do func()) (address string) {
	t.Helper()
	target, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		if strings.HasSuffix(r.In.URL.Path, suffix) {
			once.Do(do)
		}
		r.SetURL(target)
		r.Out.Host = target.Host
	}})
	t.Cleanup(front.Close)
	return front.URL
}

// A destruction ends though a directory that its guard has listed is deleted before the guard has read more of it, as by
// another resource of the run.
func TestDestroyBesideDeletedDirectory(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		typeName string
		state    func(*testing.T, *acctest.Server) *tfprotov6.DynamicValue
		read     string // of the directory, by the guard
	}{
		"a domain": {"prefectsso_domain", func(t *testing.T, srv *acctest.Server) *tfprotov6.DynamicValue {
			t.Helper()
			return inProcess(t, srv).imported(t, "prefectsso_domain", map[string]any{"name": "acme.example"})
		}, "/users"},
		"all domains": {"prefectsso_domains", func(t *testing.T, srv *acctest.Server) *tfprotov6.DynamicValue {
			t.Helper()
			return inProcess(t, srv).imported(t, "prefectsso_domains", map[string]any{"account_id": acctest.AccountID})
		}, "/users"},
		"the directory itself": {"prefectsso_scim_directory", func(t *testing.T, srv *acctest.Server) *tfprotov6.DynamicValue {
			t.Helper()
			return inProcess(t, srv).imported(t, "prefectsso_scim_directory", map[string]any{"id": srv.DirectoryID()})
		}, "/group_role_mappings"},
		"a mapping of it": {"prefectsso_group_role_mapping", func(t *testing.T, srv *acctest.Server) *tfprotov6.DynamicValue {
			t.Helper()
			return inProcess(t, srv).imported(t, "prefectsso_group_role_mapping", map[string]any{"directory_id": srv.DirectoryID(), "id": srv.AddMapping("Staff", "Admin", 1)})
		}, "/groups"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			srv.SetDomains("acme.com", "acme.example")
			srv.PushGroup("Staff", srv.PushUser("grace@acme.com"))
			state := test.state(t, srv)
			deleted := false
			address := before(t, srv, test.read, func() {
				deleted = true
				srv.Call(acctest.OwnerKey, http.MethodDelete, "/sso/directories/"+srv.DirectoryID(), nil, nil)
			})
			p := inProcessAs(t, map[string]any{"endpoint": address + "/api", "api_key": acctest.ServiceKey, "account_id": acctest.AccountID})
			nothing := p.null(t, p.resourceType(test.typeName))
			done, err := p.server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: test.typeName, PriorState: state, PlannedState: nothing, Config: nothing})
			if err != nil {
				t.Fatal(err)
			}
			noErrors(t, done.Diagnostics)
			if after, err := done.NewState.Unmarshal(p.resourceType(test.typeName)); err != nil || !after.IsNull() || !deleted {
				t.Errorf("deleted meanwhile: %t; left is %s, %v", deleted, after, err)
			}
		})
	}
}

package acctest_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// What a plan rejects also ends `terraform destroy`, since that makes a normal plan first. The error says how to destroy all
// the same, and that works.
func TestAccDestroyAfterRejection(t *testing.T) {
	t.Parallel()
	roleMembers := func(members string) string {
		return "resource \"prefectsso_role_members\" \"r\" {\n  role = \"Auditor\"\n  members = [" + members + "]\n  max_removals = 0\n}\n"
	}
	for name, test := range map[string]struct {
		config, later string // later: "" for the same
		happens       func(*acctest.Server)
		id            string // of the finding; "" where the error has none
		keeps         string // the Auditor who is one still
	}{
		"too many removals": {
			config: roleMembers(`"ada@acme.com"`), id: "max-removals-exceeded", keeps: "grace@acme.com",
			happens: func(srv *acctest.Server) { srv.SetRole("grace@acme.com", "Auditor") },
		},
		"a mapping took somebody over": {
			config: "resource \"prefectsso_member_role\" \"m\" {\n  email = \"ada@acme.com\"\n  role = \"Auditor\"\n}\n", id: "role-given-by-mapping",
			happens: func(srv *acctest.Server) {
				srv.PushGroup("Staff", srv.PushUser("ada@acme.com"))
				srv.AddMapping("Staff", "Admin", 10)
			},
		},
		"a role was renamed": {
			config: roleMembers(`"ada@acme.com"`), id: "role-gone",
			happens: func(srv *acctest.Server) {
				srv.Call(acctest.OwnerKey, http.MethodPatch, "/account_roles/"+srv.RoleID("Auditor"), map[string]any{"name": "Inspector"}, nil)
			},
		},
		"a resource that was added cannot be made": {
			config: "", later: "resource \"prefectsso_domain\" \"d\" {\n  name = \"acme.org\"\n}\nresource \"prefectsso_member_role\" \"m\" {\n  email = \"ada@acme.com\"\n  role = \"No such role\"\n}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory).As(acctest.ServiceKey)
			d := acctest.NewDir(t, srv)
			d.Write("main.tf", requiredProviders+"resource \"prefectsso_session_policy\" \"s\" {\n  auth_expiration_seconds = 86400\n}\n"+test.config)
			d.MustRun("apply", "-input=false", "-auto-approve")
			if test.happens != nil {
				test.happens(srv)
			}
			if test.later != "" {
				d.Write("later.tf", test.later)
			}
			output, code := d.Run("destroy", "-input=false", "-auto-approve")
			if code == 0 || test.id != "" && !acctest.Finding(test.id).MatchString(output) {
				t.Fatalf("terraform destroy ended with %d, want an error %s:\n%s", code, test.id, output)
			}
			if advice := "terraform destroy -refresh=false"; !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(output, "│", "")), " "), advice) {
				t.Errorf("the error does not say %q:\n%s", advice, output)
			}
			d.MustRun("destroy", "-input=false", "-auto-approve", "-refresh=false")
			if left := d.MustRun("state", "list"); strings.TrimSpace(left) != "" {
				t.Errorf("the state still has\n%s", left)
			}
			if test.keeps != "" {
				if err := srv.WantRole(test.keeps, "Auditor"); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A destroy after an apply that failed half-way needs no other command: what may have been made goes, too.
func TestAccDestroyAfterFailedApply(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory).As(acctest.ServiceKey)
	srv.AddMapping("Others", "Admin", 10)
	domains, mappings, members := srv.Domains(), srv.Mappings(), srv.Emails()
	lossy := newLossy(t, srv.URL, "/domains")
	behind := *srv
	behind.URL = lossy.url
	d := acctest.NewDir(t, &behind)
	const domain = "resource \"prefectsso_domain\" \"d\" {\n  name = \"acme.org\"\n}\n"
	mapping := func(directory string) string {
		return "resource \"prefectsso_group_role_mapping\" \"m\" {\n  directory_id = \"" + directory + "\"\n  match = { group_name = \"Staff\" }\n  role = \"Auditor\"\n  priority = 20\n}\n"
	}
	for _, test := range []struct {
		name, first, later string // later is what cannot be applied
		loses              bool   // the answer of the domain's create is lost, and what is asked after it
		id                 string // of the error; "" where it has none
		half               string // the domain that the failed apply has made all the same
	}{
		{name: "a wrong directory", first: domain + mapping(srv.DirectoryID()), later: domain + mapping("directory_wrong")},
		{name: "a half-made domain", first: mapping(srv.DirectoryID()), later: mapping(srv.DirectoryID()) + domain, loses: true, id: "outcome-unknown", half: "acme.org"},
	} {
		d.Write("main.tf", requiredProviders+"provider \"prefectsso\" {\n  max_retries = 0\n}\n"+test.first)
		d.MustRun("apply", "-input=false", "-auto-approve")
		d.Write("main.tf", requiredProviders+"provider \"prefectsso\" {\n  max_retries = 0\n}\n"+test.later)
		lossy.loses(test.loses)
		if output, code := d.Run("apply", "-input=false", "-auto-approve"); code == 0 || test.id != "" && !acctest.Finding(test.id).MatchString(output) {
			t.Errorf("%s: the apply ends with %d, want an error %s:\n%s", test.name, code, test.id, output)
		}
		lossy.loses(false)
		if test.half != "" && !slices.Contains(srv.Domains(), test.half) {
			t.Errorf("%s: the failed apply has not made %s", test.name, test.half)
		}
		d.MustRun("destroy", "-input=false", "-auto-approve")
		if left := strings.TrimSpace(d.MustRun("state", "list")); left != "" {
			t.Errorf("%s: the state still has\n%s", test.name, left)
		}
		if err := srv.WantDomains(domains...); err != nil {
			t.Errorf("%s: %s", test.name, err)
		}
		if after := srv.Mappings(); !slices.Equal(after, mappings) {
			t.Errorf("%s: the mappings were %q, and are %q", test.name, mappings, after)
		}
		if after := srv.Emails(); !slices.Equal(after, members) {
			t.Errorf("%s: the members were %q, and are %q", test.name, members, after)
		}
	}
}

// lossy is a way to the server on which the answer to a PATCH can be lost, and that to every request after it.
type lossy struct {
	url    string
	suffix string // of the paths that this is about
	on     atomic.Bool
	struck atomic.Bool // a PATCH was lost
}

func newLossy(t *testing.T, server, suffix string) *lossy {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	l := &lossy{suffix: suffix}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !l.on.Load() || !strings.HasSuffix(r.URL.Path, l.suffix) || r.Method != http.MethodPatch && !l.struck.Load() {
			proxy.ServeHTTP(w, r)
			return
		}
		if r.Method == http.MethodPatch && !l.struck.Swap(true) {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
		}
		panic(http.ErrAbortHandler) // the connection breaks, as net/http documents
	}))
	t.Cleanup(front.Close)
	l.url = front.URL
	return l
}

// loses begins or ends that.
func (l *lossy) loses(on bool) {
	l.struck.Store(false)
	l.on.Store(on)
}

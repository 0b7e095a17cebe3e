package acctest_test

import (
	"encoding/base64"
	"encoding/pem"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

const required = `
terraform {
  required_providers {
    prefectsso = { source = "prefectsso/prefectsso" }
  }
}
`

// withoutPrefect is a directory whose environment says nothing of Prefect.
func withoutPrefect(t *testing.T, srv *acctest.Server) *acctest.Dir {
	t.Helper()
	d := acctest.NewDir(t, srv)
	for _, variable := range []string{"PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_CLOUD_ACCOUNT_ID"} {
		d.Setenv(variable, "")
	}
	return d
}

// What `prefect cloud login` has written is enough: the key, the address, and in the address the account.
func TestAccProfile(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	d := withoutPrefect(t, srv)
	const workspace = "7d2f1d2e-0000-4000-8000-000000000001"
	d.Write("profiles.toml", `
active = "ephemeral"

[profiles.work]
PREFECT_API_URL = "`+srv.URL+"/api/accounts/"+acctest.AccountID+"/workspaces/"+workspace+`"
PREFECT_API_KEY = "`+acctest.ServiceKey+`"
`)
	d.Write("main.tf", required+`
provider "prefectsso" {
  profile       = "work"
  profiles_file = "${path.module}/profiles.toml"
}
resource "prefectsso_domain" "labs" { name = "labs.example" }
output "account" { value = prefectsso_domain.labs.account_id }
`)
	if got := d.MustRun("apply", "-input=false", "-auto-approve"); !strings.Contains(got, acctest.AccountID) {
		t.Errorf("the account of the profile's address is not in:\n%s", got)
	}
	d.Write("main.tf", required+`
resource "prefectsso_domain" "labs" { name = "labs.example" }
output "account" { value = prefectsso_domain.labs.account_id }
`)
	d.Setenv("PREFECT_PROFILES_PATH", filepath.Join(d.Path, "profiles.toml"))
	d.Setenv("PREFECT_PROFILE", "work")
	if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
		t.Errorf("by the environment it is another plan:\n%s", output)
	}
	for name, change := range map[string]struct {
		variable, value string
		want            []string
	}{
		"no such profile": {"PREFECT_PROFILE", "wurk", []string{"No such profile", `"wurk"`, `it has "work"`}},
		"no such file":    {"PREFECT_PROFILES_PATH", "gone.toml", []string{"gone.toml does not exist"}},
		"another account": {"TF_CLI_ARGS_plan", "-var=account_id=0c1f1d2e-0000-4000-8000-0000000000ff", []string{"Two different accounts", acctest.AccountID, "0c1f1d2e-0000-4000-8000-0000000000ff"}},
	} {
		other := *d
		if name == "another account" {
			other.Setenv("PREFECT_API_URL", srv.URL+"/api/accounts/"+acctest.AccountID)
			other.Write("other.tf", "variable \"account_id\" {}\nprovider \"prefectsso\" { account_id = var.account_id }\n")
		}
		other.Setenv(change.variable, change.value)
		output, code := other.Run("plan", "-input=false")
		output = unwrapped(output)
		for _, want := range change.want {
			if code == 0 || !strings.Contains(output, want) {
				t.Errorf("%s: %d, want %q in\n%s", name, code, want, output)
			}
		}
		if err := os.RemoveAll(filepath.Join(d.Path, "other.tf")); err != nil {
			t.Fatal(err)
		}
	}
	d.MustRun("destroy", "-input=false", "-auto-approve")
	if err := srv.WantDomains(); err != nil {
		t.Error(err)
	}
}

// unwrapped takes terraform's frame and line breaks out of what it prints.
func unwrapped(output string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
}

// guarded is mockcloud as a company reaches it: behind a proxy that wants a password, with a certificate of the company's
// authority, and a guard that wants a header.
type guarded struct {
	authority string // a PEM file
	proxy     string // host and port
	mu        sync.Mutex
	agents    map[string]int
	rejected  int
}

const (
	proxyPassword = "canary-proxy/%-password"
	guardSecret   = "canary-guard-secret"
)

// seen returns who asked so far, and how often somebody was refused.
func (g *guarded) seen() (agents map[string]int, refused int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.agents), g.rejected
}

func newGuarded(t *testing.T, srv *acctest.Server) *guarded {
	t.Helper()
	g := &guarded{agents: map[string]int{}}
	target, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }} // the Host is the target's
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if r.Header.Get("X-Guard-Secret") != guardSecret {
			g.rejected++
			http.Redirect(w, r, "https://login.example/", http.StatusFound)
			return
		}
		g.agents[r.UserAgent()]++
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	g.authority = filepath.Join(t.TempDir(), "company.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	if err := os.WriteFile(g.authority, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tunnel(w, r, front.Listener.Addr().String()) }))
	t.Cleanup(proxy.Close)
	g.proxy = strings.TrimPrefix(proxy.URL, "http://")
	return g
}

// tunnel is CONNECT of a proxy (RFC 9110, section 9.3.6) with Basic authentication, always to one server.
func tunnel(w http.ResponseWriter, r *http.Request, to string) {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("ada:"+proxyPassword))
	if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != want {
		w.Header().Set("Proxy-Authenticate", `Basic realm="company"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	there, err := net.Dial("tcp", to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusOK)
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close() // there is nobody to tell
		return
	}
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(there, here); _ = there.Close() }) // ends with either side
	both.Go(func() { _, _ = io.Copy(here, there); _ = here.Close() })
	both.Wait()
}

// The company's environment is enough: HTTPS_PROXY, SSL_CERT_FILE, custom headers, an addition to the User-Agent. None of
// its secrets stands anywhere.
func TestAccCompanyNetwork(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	g := newGuarded(t, srv)
	d := withoutPrefect(t, srv)
	for name, value := range map[string]string{
		"PREFECT_API_URL": "https://example.com/api/accounts/" + acctest.AccountID, "PREFECT_API_KEY": acctest.ServiceKey,
		"HTTPS_PROXY": "http://ada:" + url.QueryEscape(proxyPassword) + "@" + g.proxy, "NO_PROXY": "127.0.0.1", "SSL_CERT_FILE": g.authority,
		"PREFECT_CLIENT_CUSTOM_HEADERS": `{"X-Guard-Secret": "` + guardSecret + `", "User-Agent": "mine"}`,
		"TF_APPEND_USER_AGENT":          "company-ci/7", "TF_LOG": "TRACE",
	} {
		d.Setenv(name, value)
	}
	d.Write("main.tf", required+`
resource "prefectsso_domain" "labs" { name = "labs.example" }
data "prefectsso_account" "this" {}
`)
	outputs := map[string]string{}
	outputs["plan"] = d.MustRun("plan", "-input=false", "-out=plan.bin")
	outputs["the plan as JSON"] = d.MustRun("show", "-json", "plan.bin")
	outputs["apply"] = d.MustRun("apply", "-input=false", "plan.bin")
	outputs["destroy"] = d.MustRun("destroy", "-input=false", "-auto-approve")
	if !strings.Contains(outputs["plan"], "Custom header left out") {
		t.Error("nothing says that the User-Agent of the environment is left out")
	}
	agents, rejected := g.seen()
	if len(agents) != 1 || rejected != 0 {
		t.Errorf("requests by %v, %d refused", agents, rejected)
	}
	for agent := range agents {
		if !strings.HasPrefix(agent, "terraform-provider-prefectsso/") || !strings.HasSuffix(agent, " company-ci/7") {
			t.Errorf("User-Agent %q", agent)
		}
	}

	without := *d
	without.Setenv("PREFECT_CLIENT_CUSTOM_HEADERS", "")
	outputs["without the header"], _ = without.Run("plan", "-input=false")
	unauthenticated := *d
	unauthenticated.Setenv("HTTPS_PROXY", "http://ada:canary-other@"+g.proxy)
	outputs["with another password"], _ = unauthenticated.Run("plan", "-input=false")
	distrusted := *d
	distrusted.Setenv("SSL_CERT_FILE", "")
	outputs["without the authority"], _ = distrusted.Run("plan", "-input=false")
	for name, want := range map[string]string{
		"without the header":    "another host, as a login page does",
		"with another password": "did not accept its user name and password (407)",
		"without the authority": "name that in SSL_CERT_FILE",
	} {
		output := unwrapped(outputs[name])
		if !strings.Contains(output, want) {
			t.Errorf("%s: want %q in\n%s", name, want, output[max(0, len(output)-2000):])
		}
		if strings.Contains(output, "Check `account_id`") {
			t.Errorf("%s: the account is not to blame", name)
		}
	}
	nowhere(t, d, outputs, regexp.MustCompile("canary|"+regexp.QuoteMeta(url.QueryEscape(proxyPassword))+"|"+acctest.ServiceKey))
}

// Custom headers may be an argument, and an ephemeral one.
func TestAccCustomHeadersArgument(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	g := newGuarded(t, srv)
	d := acctest.NewDir(t, srv)
	d.Setenv("PREFECT_API_URL", "https://example.com")
	d.Setenv("HTTPS_PROXY", "http://ada:"+url.QueryEscape(proxyPassword)+"@"+g.proxy)
	d.Setenv("SSL_CERT_FILE", g.authority)
	d.Setenv("TF_VAR_secret", guardSecret)
	d.Setenv("TF_LOG", "TRACE")
	d.Write("main.tf", required+`
variable "secret" {
  type      = string
  ephemeral = true
}
provider "prefectsso" {
  custom_headers = { x-guard-secret = var.secret }
}
resource "prefectsso_domain" "labs" { name = "labs.example" }
`)
	outputs := map[string]string{}
	outputs["plan"] = d.MustRun("plan", "-input=false", "-out=plan.bin")
	outputs["the plan as JSON"] = d.MustRun("show", "-json", "plan.bin")
	outputs["apply"] = d.MustRun("apply", "-input=false", "plan.bin")
	outputs["destroy"] = d.MustRun("destroy", "-input=false", "-auto-approve")
	d.Setenv("TF_VAR_secret", guardSecret+"\n")
	outputs["a line break"], _ = d.Run("plan", "-input=false")
	if got := unwrapped(outputs["a line break"]); !strings.Contains(got, `"x-guard-secret" has a line break`) {
		t.Errorf("a line break in a header is not told:\n%s", got[max(0, len(got)-2000):])
	}
	nowhere(t, d, outputs, regexp.MustCompile(guardSecret))
}

// Whatever Terraform asks for first, a server that is not the account API is told as that.
func TestAccNotTheAccountAPI(t *testing.T) {
	t.Parallel()
	answer := func(w http.ResponseWriter, status int, contentType, body string) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // terraform sees what arrives
	}
	for name, server := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"a self-hosted server": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/admin/version" {
				answer(w, http.StatusOK, "application/json", `"3.4.1"`)
				return
			}
			answer(w, http.StatusNotFound, "application/json", `{"detail":"Not Found"}`)
		}, "a self-hosted Prefect server (version 3.4.1) answers there"},
		"a page": {func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, "text/html", "<title>Sign in</title>")
		}, `"Sign in"`},
		"a 404 of everything": {func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusNotFound, "application/json", `{"detail":"Not Found"}`)
		}, "none of the API's routes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := acctest.NewDir(t, acctest.Start(t))
			stranger := httptest.NewServer(server.handler)
			t.Cleanup(stranger.Close)
			d.Setenv("PREFECT_API_URL", stranger.URL)
			for what, config := range map[string]string{
				"a resource":    "resource \"prefectsso_member_role\" \"x\" {\n  email = \"ada@acme.com\"\n  role  = \"Admin\"\n}",
				"another":       `resource "prefectsso_domain" "x" { name = "labs.example" }`,
				"a data source": `data "prefectsso_account" "x" {}`,
			} {
				d.Write("main.tf", required+config)
				output, code := d.Run("apply", "-input=false", "-auto-approve")
				output = unwrapped(output)
				if code == 0 || !strings.Contains(output, "is not Prefect Cloud's account API: ") || !strings.Contains(output, server.want) || !strings.Contains(output, "PREFECT_API_URL") {
					t.Errorf("%s: want %q in\n%s", what, server.want, output)
				}
				if strings.Contains(output, "Check `account_id`") || strings.Contains(output, "was not accepted") {
					t.Errorf("%s: account or key are blamed in\n%s", what, output)
				}
			}
		})
	}
}

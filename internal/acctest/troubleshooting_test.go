package acctest_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/golden"
)

// The guide on troubleshooting lists every id of the guide on guards, and is written from it with -update.
func TestTroubleshootingIndex(t *testing.T) {
	t.Parallel()
	headings := regexp.MustCompile("(?m)^### `([a-z-]+)`\n\n\\*(.+)\\* \\((.+)\\)$").FindAllStringSubmatch(guideText(t, "guards"), -1)
	if all := strings.Count(guideText(t, "guards"), "\n### `"); len(headings) != all || all == 0 {
		t.Fatalf("%d of %d ids have a summary and a severity", len(headings), all)
	}
	var index strings.Builder
	index.WriteString("| id | summary | it is |\n|---|---|---|\n")
	for _, h := range headings {
		fmt.Fprintf(&index, "| [`%[1]s`](guards.md#%[1]s) | %[2]s | %[3]s |\n", h[1], h[2], h[3])
	}
	guide := guideText(t, "troubleshooting")
	before, rest, _ := strings.Cut(guide, "<!-- ids: written by make generate -->\n")
	_, after, found := strings.Cut(rest, "<!-- /ids -->")
	if !found {
		t.Fatal("the guide has no place for the ids")
	}
	golden.Check(t, filepath.Join(acctest.Root(t), "templates", "guides", "troubleshooting.md"), before+"<!-- ids: written by make generate -->\n"+index.String()+"<!-- /ids -->"+after)
}

// Each message of the tables in the guide on troubleshooting is what Terraform shows in the case that the row is about.
func TestAccTroubleshooting(t *testing.T) {
	t.Parallel()
	fault := func(fault map[string]any) func(*acctest.Server, *acctest.Dir) {
		return func(srv *acctest.Server, _ *acctest.Dir) {
			fault["route"] = "*"
			srv.Fault(fault)
		}
	}
	env := func(name, value string) func(*acctest.Server, *acctest.Dir) {
		return func(_ *acctest.Server, d *acctest.Dir) { d.Setenv(name, value) }
	}
	encrypted := httptest.NewUnstartedServer(http.NotFoundHandler())
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0) // it is rejected on purpose
	encrypted.StartTLS()
	t.Cleanup(encrypted.Close)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	cases := map[string]func(*acctest.Server, *acctest.Dir){
		"Missing API key":                         env("PREFECT_API_KEY", ""),
		"API key not accepted":                    env("PREFECT_API_KEY", "pnu_mistyped"),
		"Missing account id":                      env("PREFECT_CLOUD_ACCOUNT_ID", ""),
		"Account not found with this key":         env("PREFECT_CLOUD_ACCOUNT_ID", "0c1f1d2e-0000-4000-8000-00000000dead"),
		"Invalid endpoint":                        env("PREFECT_API_URL", "https://app.prefect.cloud/account/x"),
		"is not Prefect Cloud's account API":      env("PREFECT_API_URL", acctest.ServePage(t, "<html>Please log in</html>")),
		"no such host":                            env("PREFECT_API_URL", "https://no-such-host.invalid/api"),
		"connection refused":                      env("PREFECT_API_URL", closed.URL),
		"certificate signed by unknown authority": env("PREFECT_API_URL", encrypted.URL),
		"no complete answer within":               fault(map[string]any{"latency_ms": 60000}),
		"got no answer: EOF":                      fault(map[string]any{"drop": true}),
		"the body broke off":                      fault(map[string]any{"truncate": true}),
		"answered 403":                            fault(map[string]any{"status": 403}),
		"answered 422":                            fault(map[string]any{"status": 422}),
		"rate limit held on over all retries":     fault(map[string]any{"status": 429, "retry_after_s": 0}),
		"did not recover over all retries":        fault(map[string]any{"status": 503}),
		"answered 500":                            fault(map[string]any{"status": 500}),
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .+ \\| .+ \\|$").FindAllStringSubmatch(guideText(t, "troubleshooting"), -1)
	if len(rows) != len(cases) {
		t.Errorf("the guide has %d messages, this test %d", len(rows), len(cases))
	}
	for _, row := range rows {
		happens, known := cases[row[1]]
		if !known {
			t.Errorf("the guide has the message %q, and this test does not", row[1])
			continue
		}
		t.Run(row[1], func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t)
			d := acctest.NewDir(t, srv)
			d.Write("main.tf", requiredProviders+"provider \"prefectsso\" {\n  max_retries     = 0\n  request_timeout = \"3s\"\n}\ndata \"prefectsso_members\" \"all\" {}\n")
			if row[1] == "no such host" {
				_, err := net.DefaultResolver.LookupHost(t.Context(), "no-such-host.invalid")
				if answer := new(net.DNSError); !errors.As(err, &answer) || !answer.IsNotFound {
					t.Skipf("this machine's resolver does not say that a host does not exist: %v", err)
				}
			}
			happens(srv, d)
			output, code := d.Run("plan", "-input=false")
			if code == 0 || !strings.Contains(strings.Join(strings.Fields(output), " "), row[1]) {
				t.Errorf("%d\n%s", code, output)
			}
			srv.ClearFaults()
		})
	}
}

// The log has the requests, and not the key.
func TestAccTroubleshootingLog(t *testing.T) {
	t.Parallel()
	d := acctest.NewDir(t, acctest.Start(t))
	d.Write("main.tf", requiredProviders+"data \"prefectsso_members\" \"all\" {}\n")
	mustShell(t, d, commands(t, "troubleshooting", 1)[0])
	log := read(t, d, "provider.log")
	if !strings.Contains(log, "/account_memberships/filter") || strings.Contains(log, acctest.ServiceKey) {
		t.Errorf("the log is:\n%s", log)
	}
}

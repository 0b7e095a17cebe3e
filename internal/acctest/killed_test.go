package acctest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// Terraform is killed in the middle of an apply, at each of its writes. The next apply finds what is there and does the
// rest; nothing is left over when everything is destroyed.
func TestAccKilledApply(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	d := acctest.NewDir(t, srv)
	d.Write("main.tf", requiredProviders+`
resource "prefectsso_domain" "a" { name = "acme.com" }
resource "prefectsso_domain" "b" { name = "acme.example" }
resource "prefectsso_member_role" "ada" {
  email      = "ada@acme.com"
  role       = "Admin"
  on_destroy = "reset"
}
resource "prefectsso_member_roles" "rest" { roles = { "grace@acme.com" = "Admin", "linus@acme.com" = "Auditor" } }
resource "prefectsso_role_members" "owners" {
  role    = "Owner"
  members = ["owner@acme.com", "second.owner@acme.com"]
}
resource "prefectsso_session_policy" "this" { auth_expiration_seconds = 3600 }
`)
	srv.Fault(map[string]any{"method": "PATCH", "route": "*", "latency_ms": 200})
	for writes := 1; writes <= 3; writes++ {
		srv.ResetRequests()
		apply := d.Start("apply", "-input=false", "-auto-approve", "-parallelism=2")
		waitFor(t, func() bool { return srv.Requests().Writes() >= writes || apply.Ended() })
		apply.Kill()
	}
	d.MustRun("apply", "-input=false", "-auto-approve")
	if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
		t.Errorf("after the apply the plan ended with %d:\n%s", code, output)
	}
	for _, err := range []error{
		srv.WantDomains("acme.com", "acme.example"), srv.WantRole("ada@acme.com", "Admin"),
		srv.WantRole("grace@acme.com", "Admin"), srv.WantRole("linus@acme.com", "Auditor"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	d.MustRun("destroy", "-input=false", "-auto-approve")
	for _, err := range []error{srv.WantDomains(), srv.WantRole("ada@acme.com", "Member"), srv.WantRole("grace@acme.com", "Admin")} {
		if err != nil {
			t.Error(err)
		}
	}
}

// waitFor polls until the condition holds; a minute without it fails the test.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it did not come to that within a minute")
		}
	}
}

func TestRequestsWrites(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	srv.Call(acctest.OwnerKey, http.MethodGet, "/domains", nil, nil)
	if n := srv.Requests().Writes(); n != 0 {
		t.Errorf("%d writes after a read", n)
	}
	srv.SetDomains("acme.com")
	if n := srv.Requests().Writes(); n != 1 {
		t.Errorf("%d writes after one", n)
	}
}

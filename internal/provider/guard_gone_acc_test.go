package provider_test

import (
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// A destroy of domains beside directories that have nothing to do with them ends, whichever Terraform comes to first: what a
// guard reads while another resource deletes it is gone.
func TestAccDestroyDomainsBesideDirectories(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	srv.Fault(map[string]any{"route": "/api/accounts/{account_id}/sso/directories/{id}/users", "latency_ms": 300})
	d := acctest.NewDir(t, srv)
	d.Write("main.tf", `
terraform {
  required_providers {
    prefectsso = { source = "prefectsso/prefectsso" }
  }
}
resource "prefectsso_domain" "each" {
  for_each = toset(["a.example", "b.example", "c.example"])
  name     = each.value
}
resource "prefectsso_scim_directory" "each" {
  for_each = toset(["Okta", "Entra", "Ping"])
  name     = each.value
  type     = "generic scim v2.0"
}
`)
	for n := range 2 {
		d.MustRun("apply", "-auto-approve", "-input=false", "-parallelism=10")
		if output, code := d.Run("destroy", "-auto-approve", "-input=false", "-no-color", "-parallelism=10"); code != 0 || strings.Contains(output, "Guard: lockout-not-checked") {
			t.Fatalf("destroy %d ended with %d:\n%s", n, code, output)
		}
		if left := srv.Domains(); len(left) > 0 || len(directories(srv)) > 0 {
			t.Errorf("%q and %+v are left after destroy %d", left, directories(srv), n)
		}
	}
}

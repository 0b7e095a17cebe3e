package acctest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// An account with something of everything that is listed: the configuration that Terraform writes of it imports all, the
// apply changes nothing, and the plan after it is empty.
func TestAccQuery(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory, acctest.PrivateIssuers)
	d := acctest.NewDir(t, srv)
	d.Needs(acctest.Query)
	srv.SetDomains("acme.com", "acme.example")
	srv.SetTeamRole(srv.AddTeam("Night \"shift\" ${x}", "ada@acme.com"), "production", "Viewer")
	srv.PushGroup("Leads", srv.PushUser("lead@acme.com"))
	srv.AddMapping("Leads", "Auditor", 10)
	_, issuer := acctest.StartIdP(t, srv)
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/connections", map[string]any{
		"name": "Corp", "connection_type": "GenericOIDC", "domains": []string{"acme.com"},
		"oidc": map[string]any{"issuer": issuer, "client_id": "prefect", "client_secret": acctest.ClientSecret},
	}, nil)
	d.Write("main.tf", requiredProviders)
	lists := ""
	for _, name := range []string{"domain", "group_role_mapping", "identity_provider", "member_role", "scim_directory", "team_workspace_role"} {
		lists += "list \"prefectsso_" + name + "\" \"all\" {\n  provider = prefectsso\n}\n"
	}
	d.Write("all.tfquery.hcl", lists)
	output, code := d.Run("query")
	for _, want := range []string{"acme.example", "Corp (GenericOIDC, validating)", "Okta (okta scim v2.0, linked)", `Okta, group "Leads": Auditor, priority 10`, "Ada Lovelace <ada@acme.com>, Member", "in production, Viewer", "Guard: members-left-out"} {
		if !strings.Contains(unwrapped(output), want) {
			t.Errorf("no %s is listed", want)
		}
	}
	if code != 0 || t.Failed() {
		t.Fatalf("query ended with %d:\n%s", code, output)
	}
	d.MustRun("query", "-generate-config-out=found.tf")
	srv.ResetRequests()
	if output := d.MustRun("apply", "-input=false", "-auto-approve"); !strings.Contains(output, "10 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("the apply did more than to import:\n%s", output)
	}
	if writes := srv.Requests().Writes(); writes != 0 {
		t.Errorf("%d requests wrote", writes)
	}
	if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
		t.Errorf("the plan is not empty:\n%s", output)
	}
}

// A list goes by its provider configuration, and ends at its limit: what it does not want is not read.
func TestAccQueryOfAnAlias(t *testing.T) {
	t.Parallel()
	srv, other := acctest.Start(t), acctest.Start(t, acctest.Crowd(450, "Member"))
	d := acctest.NewDir(t, srv)
	d.Needs(acctest.Query)
	srv.SetDomains("acme.com")
	d.Write("main.tf", requiredProviders+`
provider "prefectsso" {
  alias    = "other"
  endpoint = "`+other.URL+`/api"
}
`)
	d.Write("all.tfquery.hcl", `
list "prefectsso_domain" "own" {
  provider = prefectsso
}
list "prefectsso_member_role" "other" {
  provider = prefectsso.other
  limit    = 250
}
`)
	output := unwrapped(d.MustRun("query"))
	if found := strings.Count(output, "list.prefectsso_member_role.other "); found != 250 {
		t.Errorf("%d people are listed:\n%s", found, output)
	}
	if !strings.Contains(output, "acme.com") {
		t.Errorf("the domain of the first account is not listed:\n%s", output)
	}
	if pages := other.Requests().Count(http.MethodPost, "/account_memberships/filter"); pages != 2 {
		t.Errorf("%d pages of people were read", pages)
	}
	if pages := srv.Requests().Count(http.MethodPost, "/account_memberships/filter"); pages != 0 {
		t.Errorf("people of the wrong account were read")
	}
}

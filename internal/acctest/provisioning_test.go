package acctest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
)

const (
	otherAccount = "0c1f1d2e-0000-4000-8000-000000000002"
	firstToken   = "first-secret-of-the-push-0123456789abcdef"
	secondToken  = "second-secret-of-the-push-0123456789abcdef"
)

// provisioning is the account of TestAccProvisioning. Ada belongs to another account, too, and her key opens both.
const provisioning = `
accounts:
  - id: ` + acctest.AccountID + `
    handle: acme
    name: Acme
    features: [sso, scim, teams, audit_logs]
    rate_limit_per_minute: 0
    domains: [acme.com]
    users:
      - {email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: pnu_owner}
      - {email: second.owner@acme.com, first_name: Second, last_name: Owner, role: Owner, api_key: pnu_second_owner}
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_terraform}]
    workspaces: [{handle: production, name: Production}]
  - id: ` + otherAccount + `
    handle: globex
    name: Globex
    features: [sso]
    rate_limit_per_minute: 0
    users:
      - {email: ada@acme.com, first_name: Ada, last_name: Lovelace, role: Member, api_key: pnu_ada}
`

const provisioned = `
variable "client_secret" {
  type      = string
  ephemeral = true
}
variable "scim_secret" {
  type      = string
  ephemeral = true
}
variable "scim_version" { default = 1 }
variable "mapped" { default = true }
variable "teams" { default = false }

resource "prefectsso_identity_provider" "corp" {
  name            = "Corp"
  connection_type = "GenericOIDC"
  domains         = ["acme.com"]
  activation      = "immediate"
  oidc = {
    issuer                   = %q
    client_id                = "prefect"
    client_secret_wo         = var.client_secret
    client_secret_wo_version = 1
  }
}
resource "prefectsso_scim_directory" "corp" {
  name = "Corp"
  type = "okta scim v2.0"
}
resource "prefectsso_scim_token" "corp" {
  directory_id     = prefectsso_scim_directory.corp.id
  name             = "corp"
  token_wo         = var.scim_secret
  token_wo_version = var.scim_version
  overlap          = "1h"
}
resource "prefectsso_group_role_mapping" "admins" {
  count        = var.mapped ? 1 : 0
  directory_id = prefectsso_scim_directory.corp.id
  match        = { group_name = "Team 00" }
  role         = "Admin"
  priority     = 10
}
resource "prefectsso_team_workspace_role" "production" {
  count     = var.teams ? 1 : 0
  team      = { directory_group = "Team 01" }
  workspace = "production"
  role      = "Developer"
}
output "endpoint" { value = prefectsso_scim_directory.corp.scim_endpoint }
`

// TestAccProvisioning is the whole of directory sync with the real terraform and the bundled identity provider: 500
// people in 20 groups arrive, get their roles and workspaces, one leaves, a mapping ends, a token rotates meanwhile.
func TestAccProvisioning(t *testing.T) {
	t.Parallel()
	const people, groups = 500, 20
	srv := acctest.Start(t, acctest.BundledIdP, acctest.Scenario(provisioning))
	d := acctest.NewDir(t, srv)
	d.Setenv("TF_VAR_client_secret", mockcloud.IdPClientSecret)
	d.Setenv("TF_VAR_scim_secret", firstToken)
	d.Write("main.tf", requiredProviders+`provider "prefectsso" { lockout_protection = false }`+fmt.Sprintf(provisioned, srv.IdPURL()))
	d.MustRun("apply", "-input=false", "-auto-approve")
	endpoint := strings.TrimSpace(d.MustRun("output", "-raw", "endpoint"))

	// They arrive.
	company := srv.IdP()
	joining := make([]idp.Person, people)
	for i := range joining {
		joining[i] = idp.Person{
			Email: fmt.Sprintf("person%03d@acme.com", i), FirstName: fmt.Sprintf("Person%03d", i), LastName: "Example",
			Groups: []string{fmt.Sprintf("Team %02d", i%groups)},
		}
	}
	if _, err := company.Join(joining...); err != nil {
		t.Fatal(err)
	}
	if err := company.AddToGroup("Team 00", "ada@acme.com"); err != nil {
		t.Fatal(err)
	}
	if err := company.Connect(idp.Target{Endpoint: endpoint, Token: firstToken, Style: push.Okta}); err != nil {
		t.Fatal(err)
	}
	delivered(t, company)
	d.MustRun("apply", "-input=false", "-auto-approve", "-var=teams=true")
	if output, code := d.Run("plan", "-input=false", "-detailed-exitcode", "-var=teams=true"); code != 0 {
		t.Errorf("people who arrive are no drift:\n%s", output)
	}
	roles := map[string]int{}
	for _, m := range srv.Members() {
		roles[m.Role]++
	}
	// Two Owners were there; ada and every twentieth person are in the mapped group.
	if want := map[string]int{"Owner": 3, "Admin": people/groups + 1, "Member": people - people/groups}; fmt.Sprint(roles) != fmt.Sprint(want) {
		t.Errorf("the roles are %v, want %v", roles, want)
	}
	if got := workspacePeople(srv); got != people/groups {
		t.Errorf("%d people get into the workspace, want %d", got, people/groups)
	}

	// One leaves: the next request is refused, and the other account knows nothing of it.
	ada := acctest.NewVisitor(t)
	logInWith(ada, srv, "ada@acme.com")
	account := srv.URL + "/api/accounts/" + acctest.AccountID
	ada.Open(account).Says(http.StatusOK, "acme")
	if got := srv.Status("pnu_ada", http.MethodGet, ""); got != http.StatusOK {
		t.Fatalf("before she leaves ada's key gets %d", got)
	}
	if err := company.Leave("ada@acme.com"); err != nil {
		t.Fatal(err)
	}
	if _, err := company.Delivered(t.Context(), "ada@acme.com"); err != nil {
		t.Fatal(err)
	}
	if page := ada.Open(account); page.Status == http.StatusOK {
		t.Errorf("after she left ada's session opens the account: %s", page.Text)
	}
	if got := srv.Status("pnu_ada", http.MethodGet, ""); got != http.StatusForbidden {
		t.Errorf("after she left ada's key gets %d", got)
	}
	if got := srv.StatusIn(otherAccount, "pnu_ada", http.MethodGet, ""); got != http.StatusOK {
		t.Errorf("her other account answers %d", got)
	}

	// The mapping ends: who had a role from before has it again.
	if m, _ := srv.Member("person000@acme.com"); m.Role != "Admin" {
		t.Errorf("person000 is %s", m.Role)
	}
	d.MustRun("apply", "-input=false", "-auto-approve", "-var=teams=true", "-var=mapped=false")
	if m, _ := srv.Member("person000@acme.com"); m.Role != "Member" {
		t.Errorf("without the mapping person000 is %s", m.Role)
	}

	// The token rotates while people are pushed: nothing fails.
	for i := range 200 {
		if err := company.Leave(fmt.Sprintf("person%03d@acme.com", i)); err != nil {
			t.Fatal(err)
		}
	}
	d.Setenv("TF_VAR_scim_secret", secondToken)
	d.MustRun("apply", "-input=false", "-auto-approve", "-var=teams=true", "-var=mapped=false", "-var=scim_version=2")
	if err := company.Connect(idp.Target{Endpoint: endpoint, Token: secondToken, Style: push.Okta}); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if err := company.Return(fmt.Sprintf("person%03d@acme.com", i)); err != nil {
			t.Fatal(err)
		}
	}
	delivered(t, company)
	if status := company.PushStatus(); status.Failed != 0 || status.LastError != nil {
		t.Errorf("the push had trouble: %+v", status)
	}
	for _, m := range srv.Members() {
		if !m.IsActive && m.Email != "ada@acme.com" {
			t.Errorf("%s did not return", m.Email)
		}
	}
	d.MustRun("destroy", "-input=false", "-auto-approve", "-var=teams=true", "-var=mapped=false", "-var=scim_version=2")
	if n := len(srv.Members()); n != people+4 {
		t.Errorf("%d members are left: taking a directory away deprovisions nobody", n)
	}
}

// delivered waits until everything that happened in a company is known to its directory.
func delivered(t *testing.T, company *idp.IdP) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := company.Idle(ctx); err != nil {
		t.Fatalf("%v: %+v", err, company.PushStatus())
	}
}

// workspacePeople counts the people who get into the workspace by a team.
func workspacePeople(srv *acctest.Server) int {
	var teams []struct {
		Workspaces []struct {
			Handle string `json:"workspace_handle"`
		} `json:"workspaces"`
		Memberships []any `json:"memberships"`
	}
	srv.Call(acctest.OwnerKey, http.MethodPost, "/teams/filter", map[string]any{}, &teams)
	n := 0
	for _, team := range teams {
		if len(team.Workspaces) > 0 {
			n += len(team.Memberships)
		}
	}
	return n
}

// logInWith walks a person through the login page and the identity provider.
func logInWith(visitor *acctest.Visitor, srv *acctest.Server, email string) {
	page := visitor.Open(srv.URL + "/login").Submit(url.Values{"email": {email}})
	page.Submit(url.Values{"person": {page.Value(email)}})
}

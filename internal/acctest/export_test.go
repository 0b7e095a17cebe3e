package acctest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/export"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/progress"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// awkward has what HCL, Markdown and terminals read as something else than text.
const awkward = `"Ops" ${x} %{y} \n | <b> 🚀 שלום é`

// clientSecret is the secret of the OAuth client of exportScenario's directory.
const clientSecret = "client-secret-0123456789abcdef0123456789"

// exportScenario has every noun that a scenario can have. many is how many of each are alike.
func exportScenario(t *testing.T, many int) acctest.Option {
	t.Helper()
	var domains, teams, mappings strings.Builder
	for i := range many {
		fmt.Fprintf(&domains, ", d%d.example", i)
		fmt.Fprintf(&teams, "      - {name: \"Team %d\", workspaces: {production: Developer, staging: Viewer}}\n", i)
		fmt.Fprintf(&mappings, "          - {group_name: \"Group %d\", role: Auditor, priority: %d}\n", i, 100+i)
	}
	name, err := json.Marshal(awkward)
	if err != nil {
		t.Fatal(err)
	}
	return acctest.Scenario(`
accounts:
  - id: ` + acctest.AccountID + `
    handle: acme
    name: ` + string(name) + `
    features: [sso, scim, teams, custom_roles, audit_logs]
    rate_limit_per_minute: 0
    domains: [acme.com, bücher.example` + domains.String() + `]
    users:
      - {email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: ` + acctest.OwnerKey + `}
      - {email: second.owner@acme.com, first_name: Second, last_name: Owner, role: Owner, api_key: ` + acctest.SecondOwnerKey + `}
      - {email: admin@acme.com, first_name: Account, last_name: Admin, role: Admin, api_key: ` + acctest.AdminKey + `}
      - {email: "o'hara+${x}@bücher.example", first_name: Ada, last_name: Lovelace, role: Auditor, api_key: pnu_auditor}
    service_accounts: [{name: terraform, role: Owner, api_key: ` + acctest.ServiceKey + `}]
    custom_roles: [{name: Auditor, permissions: ["read:account"]}]
    workspaces: [{handle: production, name: Production}, {handle: staging, name: Staging}]
    teams:
      - {name: ` + string(name) + `, workspaces: {production: Runner}}
      - {name: "a/b", users: [owner@acme.com], workspaces: {staging: Owner}}
      - {name: Without, users: [owner@acme.com]}
` + teams.String() + `
    directories:
      - name: ` + string(name) + `
        type: okta scim v2.0
        endpoint: ` + acctest.DirectoryEndpoint + `
        token: ` + acctest.DirectoryToken + `
        default_role: Auditor
        deprovision_action: delete
        allowed_domains: [acme.com, bücher.example]
        clients: [{name: ping, secret: ` + clientSecret + `}]
        group_role_mappings:
          - {group_name: ` + string(name) + `, role: Admin, priority: 1}
` + mappings.String() + `
`)
}

// exported runs the command against a server and returns what it said.
func exported(t *testing.T, srv *acctest.Server, key string, args ...string) (said string, code int) {
	t.Helper()
	return exportedBefore(t, nil, srv, key, args...)
}

// exportedBefore is exported while somebody watches how far it is.
func exportedBefore(t *testing.T, watching progress.Counter, srv *acctest.Server, key string, args ...string) (said string, code int) {
	t.Helper()
	env := map[string]string{
		"PREFECT_API_URL": srv.URL + "/api", "PREFECT_API_KEY": key, "PREFECT_CLOUD_ACCOUNT_ID": acctest.AccountID, "PREFECT_HOME": t.TempDir(),
	}
	var out bytes.Buffer
	code = export.Run(t.Context(), "test", args, report.Streams{
		In: strings.NewReader(""), Out: io.Discard, Err: &out, Getenv: func(name string) string { return env[name] }, Now: time.Now,
		Progress: watching,
	})
	return out.String(), code
}

// planned counts what a plan does, by action; an import that changes nothing is "import".
func planned(t *testing.T, d *acctest.Dir) map[string]int {
	t.Helper()
	d.MustRun("plan", "-input=false", "-out=plan.bin")
	var plan struct {
		Changes []struct {
			Address string `json:"address"`
			Change  struct {
				Actions   []string `json:"actions"`
				Importing any      `json:"importing"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(d.MustRun("show", "-json", "plan.bin")), &plan); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, c := range plan.Changes {
		action := strings.Join(c.Change.Actions, "+")
		if c.Change.Importing != nil && action == "no-op" {
			action = "import"
		}
		if action != "no-op" {
			counts[action]++
		}
		if action != "import" && action != "no-op" && action != "forget" {
			t.Errorf("%s: %s", c.Address, action)
		}
	}
	return counts
}

// applyExport has the real terraform take over what was exported, and wants imports and nothing else, so many.
func applyExport(t *testing.T, d *acctest.Dir, imports int) {
	t.Helper()
	if output, code := d.Run("fmt", "-check", "-diff"); code != 0 {
		t.Errorf("terraform fmt would write it otherwise:\n%s", output)
	}
	if got := planned(t, d); !maps.Equal(got, map[string]int{"import": imports}) {
		t.Errorf("the plan does %v, want %d imports only\n%s", got, imports, d.MustRun("show", "plan.bin"))
	}
	d.MustRun("apply", "-input=false", "plan.bin")
	if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
		t.Errorf("the second plan ended with %d:\n%s", code, output)
	}
	if err := os.Remove(filepath.Join(d.Path, "imports.tf")); err != nil {
		t.Fatal(err)
	}
	if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
		t.Errorf("the plan without the imports ended with %d:\n%s", code, output)
	}
}

// What the command writes of a populated account is imported by the real terraform without any change, where a few things
// are alike and where many are.
func TestAccExport(t *testing.T) {
	t.Parallel()
	for _, many := range []int{0, 6} {
		t.Run(fmt.Sprint(many), func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, exportScenario(t, many), acctest.PrivateIssuers)
			d := acctest.NewDir(t, srv)
			_, issuer := acctest.StartIdP(t, srv)
			metadata := fetched(t, issuer+"/saml/metadata")
			for _, c := range []map[string]any{
				{
					"name": "שלום", "connection_type": "KeycloakSAML", "domains": []string{"acme.com"},
					"saml":              map[string]any{"idp_metadata_xml": metadata, "name_id_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", "sign_authn_requests": true, "want_assertions_encrypted": true},
					"attribute_mapping": map[string]any{"subject": "uid${x}", "first_name": "given"},
				},
				{
					"name": "No domain", "connection_type": "GenericOIDC", "domains": []string{},
					"oidc": map[string]any{"issuer": issuer, "client_id": "c", "client_secret": acctest.ClientSecret},
				},
				{
					"name": "Scopes", "connection_type": "OktaOIDC", "domains": []string{"acme.com"},
					"oidc": map[string]any{"issuer": issuer, "client_id": "c", "scopes": []string{"openid", "email"}, "token_endpoint_auth_method": "none"},
				},
				{
					"name": awkward, "connection_type": "GenericOIDC", "domains": []string{"acme.com"},
					"oidc": map[string]any{"issuer": issuer, "client_id": "c${1}", "client_secret": acctest.ClientSecret},
				},
				{
					"name": "By hand", "connection_type": "GenericSAML", "domains": []string{"bücher.example"},
					"saml": map[string]any{"idp_metadata_url": issuer + "/saml/metadata", "allow_idp_initiated": true}, "attribute_mapping": map[string]any{"email": "mail"},
				},
			} {
				srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/connections", c, nil)
			}
			srv.Call(acctest.OwnerKey, http.MethodPatch, "", map[string]any{"auth_expiration_seconds": 3600}, nil)
			srv.PushGroup(awkward, srv.PushUser("mapped@acme.com"))
			srv.PushUser("default@acme.com")
			directory := "/sso/directories/" + srv.DirectoryID()
			for i, match := range []map[string]any{{"attribute": "title", "equals": `${a} "b"`}, {"group_id": "directory_group_01KABCDEFGHJKMNPQRSTVWXYZ0"}} {
				srv.Call(acctest.OwnerKey, http.MethodPost, directory+"/group_role_mappings", map[string]any{"match": match, "account_role_id": srv.RoleID("Auditor"), "priority": 50 + i}, nil)
			}
			said, code := exported(t, srv, acctest.ServiceKey, d.Path)
			if code != 0 {
				t.Fatalf("%d: %s", code, said)
			}
			for _, want := range []string{
				"1 person: a directory brought them", "1 person: a group role mapping decides", `SCIM token "scenario" of the directory`, `SCIM client "ping" of the directory`,
				"the roles of 4 people", "the session policy", "4 identity providers", `identity provider "No domain": it has no domain yet`, "SCIM directory, " + fmt.Sprint(3+many) + " group role mappings",
			} {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not said:\n%s", want, said)
				}
			}
			// domains, connections, policy, directory, mapping, roles, two teams with a role, and the group that became a team has none
			applyExport(t, d, 2+4+1+1+3+1+2+many*(1+1+2))
			wantNoSecrets(t, d.Path)
			takeSecretsOver(t, srv, d)
		})
	}
}

// takeSecretsOver does what README.md says of tokens and clients: with the secret that there is, the first apply keeps it.
func takeSecretsOver(t *testing.T, srv *acctest.Server, d *acctest.Dir) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(d.Path, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, blocks, _ := strings.Cut(string(readme), "```terraform\n")
	blocks, _, there := strings.Cut(blocks, "```\n")
	if !there {
		t.Fatalf("README.md has no blocks:\n%s", readme)
	}
	d.Write("secrets.tf", blocks)
	d.Setenv("TF_VAR_ops_x_y_n_b_e_scenario_secret", acctest.DirectoryToken)
	d.Setenv("TF_VAR_ops_x_y_n_b_e_ping_secret", clientSecret)
	if output, code := d.Run("fmt", "-check", "-diff"); code != 0 {
		t.Errorf("terraform fmt would write it otherwise:\n%s", output)
	}
	srv.ResetRequests()
	d.MustRun("apply", "-input=false", "-auto-approve")
	if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
		t.Errorf("the plan with the secrets ended with %d:\n%s", code, output)
	}
	srv.PushUser("still@acme.com") // with the token that there was
}

// fetched is what a page has.
func fetched(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	content, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", url, resp.StatusCode, err)
	}
	return string(content)
}

func wantNoSecrets(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{acctest.ServiceKey, acctest.DirectoryToken, acctest.ClientSecret, clientSecret} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s has a secret", name)
			}
		}
	}
}

// On today's Prefect Cloud the command writes what can be imported there, and names the rest.
func TestAccExportPublishedOnly(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, exportScenario(t, 1), acctest.PublishedOnly)
	d := acctest.NewDir(t, srv)
	said, code := exported(t, srv, acctest.ServiceKey, d.Path)
	if code != 0 || !strings.Contains(said, "how the SCIM directory") {
		t.Fatalf("%d: %s", code, said)
	}
	applyExport(t, d, 3+1+1+4)
}

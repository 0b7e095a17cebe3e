package acctest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// prefectProvider stands in for prefecthq/prefect: its resources have the attributes that its documentation has, and are
// what the state says.
type prefectProvider struct{ minimalProvider }

func (prefectProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "prefect"
}

func (prefectProvider) Resources(context.Context) []func() resource.Resource {
	texts := func(names ...string) map[string]schema.Attribute {
		attributes := map[string]schema.Attribute{"id": schema.StringAttribute{Computed: true}}
		for _, name := range names {
			attributes[name] = schema.StringAttribute{Optional: true, Computed: true}
		}
		return attributes
	}
	account := texts("created", "updated", "name", "handle", "location", "link", "billing_email")
	account["domain_names"] = schema.ListAttribute{ElementType: types.StringType, Optional: true}
	account["settings"] = schema.SingleNestedAttribute{Optional: true, Attributes: map[string]schema.Attribute{
		"allow_public_workspaces": schema.BoolAttribute{Optional: true},
	}}
	var all []func() resource.Resource
	for suffix, attributes := range map[string]map[string]schema.Attribute{
		"_account":          account,
		"_account_member":   texts("actor_id", "user_id", "first_name", "last_name", "handle", "email", "account_role_id", "account_role_name", "account_id"),
		"_workspace_access": texts("accessor_type", "accessor_id", "account_id", "workspace_id", "workspace_role_id"),
		"_team_access":      texts("team_id", "member_id", "member_actor_id", "member_type", "account_id"),
	} {
		all = append(all, func() resource.Resource { return minimalResource{suffix: suffix, attributes: attributes} })
	}
	return all
}

// stateOf is a state file, in its format 4, with these resources: type.name, with the module in front → instances by their
// keys.
func stateOf(t *testing.T, resources map[string]map[string]map[string]any) string {
	t.Helper()
	type any_ = map[string]any
	rows := []any_{}
	for address, instances := range resources {
		parts := strings.Split(address, ".")
		row := any_{
			"mode": "managed", "type": parts[len(parts)-2], "name": parts[len(parts)-1],
			"provider": `provider["registry.terraform.io/prefecthq/prefect"]`,
		}
		if len(parts) > 2 {
			row["module"] = strings.Join(parts[:len(parts)-2], ".")
		}
		var all []any_
		for key, attributes := range instances {
			instance := any_{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []any{}}
			if key != "" {
				instance["index_key"] = key
			}
			all = append(all, instance)
		}
		row["instances"] = all
		rows = append(rows, row)
	}
	text, err := json.Marshal(any_{"version": 4, "terraform_version": "1.11.0", "serial": 3, "lineage": "5f0c7b0e-0000-4000-8000-000000000009", "outputs": any_{}, "resources": rows})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What prefecthq/prefect manages goes over: the real terraform forgets it there and imports it here, and changes nothing.
func TestAccExportFromState(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, exportScenario(t, 1))
	member := func(email string) map[string]any {
		m, ok := srv.Member(email)
		if !ok {
			return map[string]any{"email": email, "id": "gone"}
		}
		return map[string]any{"email": email, "id": m.ID, "account_role_id": m.RoleID, "account_role_name": m.Role}
	}
	access := func(kind, accessor, workspace string) map[string]any {
		return map[string]any{"id": accessor, "accessor_type": kind, "accessor_id": accessor, "workspace_id": srv.WorkspaceID(workspace), "workspace_role_id": srv.WorkspaceRoleID("Viewer")}
	}
	owner, _ := srv.Member("owner@acme.com")
	state := stateOf(t, map[string]map[string]map[string]any{
		"prefect_account.acme":                             {"": {"id": acctest.AccountID, "name": "Acme", "handle": "acme", "domain_names": []string{"acme.com", "d0.example"}}},
		"prefect_account_member.admin":                     {"": member("admin@acme.com")},
		`module.people["a"].prefect_account_member.owners`: {"owner": member("owner@acme.com"), "gone": member("gone@acme.com")},
		"prefect_workspace_access.teams":                   {"staging": access("TEAM", srv.TeamID("Team 0"), "staging")},
		"prefect_workspace_access.mixed":                   {"team": access("TEAM", srv.TeamID("Team 0"), "production"), "user": access("USER", owner.UserID, "staging")},
		"prefect_team_access.owner":                        {"": {"id": "x", "team_id": srv.TeamID("Team 0"), "member_id": owner.UserID, "member_type": "user"}},
	})
	for _, form := range []string{"raw", "show"} {
		t.Run(form, func(t *testing.T) {
			d := acctest.NewDir(t, srv)
			d.Override("prefecthq/prefect", selfAsProvider(t, "prefect"))
			d.Write("main.tf", fmt.Sprintf(`
terraform {
  required_providers {
    prefect    = { source = "prefecthq/prefect" }
    prefectsso = { source = "prefectsso/prefectsso" }
  }
}
resource "prefect_account" "acme" {
  name   = "Acme"
  handle = "acme"
  lifecycle { ignore_changes = [domain_names] }
}
resource "prefect_workspace_access" "mixed" {
  for_each = { team = ["TEAM", "production"], user = ["USER", "staging"] }
}
resource "prefect_team_access" "owner" {}
# of %s
`, form))
			if d.Version().OpenTofu {
				state = strings.ReplaceAll(state, "registry.terraform.io", "registry.opentofu.org")
			}
			d.Write("terraform.tfstate", state)
			file := filepath.Join(d.Path, "terraform.tfstate")
			if form == "show" {
				file = filepath.Join(t.TempDir(), "state.json")
				// Terraform warns of the overrides in front of nothing: the state goes to standard output alone.
				if err := os.WriteFile(file, []byte("\xef\xbb\xbf"+d.MustRun("show", "-json")), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			said, code := exported(t, srv, acctest.ServiceKey, "--from-state", file, d.Path)
			if code != 0 {
				t.Fatalf("%d: %s", code, said)
			}
			for _, want := range []string{
				"1 person: the state has it", "prefect_team_access.owner: it says who is in a team", "prefect_workspace_access.mixed: it gives access to people",
				"ignore_changes = [domain_names]", "resets `auth_expiration_seconds`", "`module.people.prefect_account_member.owners`",
			} {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not said:\n%s", want, said)
				}
			}
			// two domains, the roles of two people, and one of a team go over; three members and one access are forgotten
			if got, want := planned(t, d), (map[string]int{"import": 4, "forget": 4}); !maps.Equal(got, want) {
				t.Errorf("the plan does %v, want %v", got, want)
			}
			d.MustRun("apply", "-input=false", "plan.bin")
			if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
				t.Errorf("the second plan ended with %d:\n%s", code, output)
			}
			if output, code := d.Run("fmt", "-check", "-diff", "prefectsso_removed.tf"); code != 0 {
				t.Errorf("terraform fmt would write it otherwise:\n%s", output)
			}
			if said, code := exported(t, srv, acctest.ServiceKey, "--from-state", file, d.Path); code != 1 || !strings.Contains(said, "--force") {
				t.Errorf("again: %d %s", code, said)
			}
		})
	}
}

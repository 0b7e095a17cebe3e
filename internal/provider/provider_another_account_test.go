package provider_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// With a key that the account is not there for nothing is known of what is in it: no refresh forgets anything, and no
// destruction that has something to end counts as done.
func TestKeyOfAnotherAccount(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	crew := srv.AddTeam("Crew")
	srv.SetTeamRole(crew, "production", "Viewer")
	var connection struct{ ID string }
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/connections", map[string]any{
		"name": "Entra", "connection_type": "GenericSAML",
		"saml": map[string]any{"idp_entity_id": "https://idp.example/", "idp_sso_url": "https://idp.example/sso", "idp_certificates": []string{rsaCertificate(t, time.Now().AddDate(1, 0, 0))}},
	}, &connection)
	own := inProcess(t, srv)
	identity := func(typeName string, id map[string]any) func(*testing.T) *tfprotov6.DynamicValue {
		return func(t *testing.T) *tfprotov6.DynamicValue { t.Helper(); return own.imported(t, typeName, id) }
	}
	account := map[string]any{"account_id": acctest.AccountID}
	tests := map[string]struct {
		state func(*testing.T) *tfprotov6.DynamicValue
		stays bool // destroying it sends nothing: what it manages stays as it is
	}{
		"prefectsso_domain":              {identity("prefectsso_domain", map[string]any{"name": "acme.com"}), false},
		"prefectsso_domains":             {identity("prefectsso_domains", account), false},
		"prefectsso_group_role_mapping":  {identity("prefectsso_group_role_mapping", map[string]any{"directory_id": srv.DirectoryID(), "id": srv.AddMapping("Staff", "Auditor", 10)}), false},
		"prefectsso_identity_provider":   {identity("prefectsso_identity_provider", map[string]any{"id": connection.ID}), false},
		"prefectsso_member_roles":        {identity("prefectsso_member_roles", account), true},
		"prefectsso_role_members":        {identity("prefectsso_role_members", map[string]any{"role": "Owner"}), true},
		"prefectsso_scim_directory":      {identity("prefectsso_scim_directory", map[string]any{"id": srv.DirectoryID()}), false},
		"prefectsso_session_policy":      {identity("prefectsso_session_policy", account), true},
		"prefectsso_team_workspace_role": {identity("prefectsso_team_workspace_role", map[string]any{"team_id": crew, "workspace_id": srv.WorkspaceID("production")}), false},
		"prefectsso_member_role": {func(t *testing.T) *tfprotov6.DynamicValue {
			t.Helper()
			return own.create(t, "prefectsso_member_role", map[string]any{"email": "ada@acme.com", "role": "Member", "on_destroy": "reset"}).NewState
		}, false},
		"prefectsso_scim_client": {func(t *testing.T) *tfprotov6.DynamicValue {
			t.Helper()
			return own.create(t, "prefectsso_scim_client", map[string]any{"directory_id": srv.DirectoryID(), "name": "okta", "secret_wo": scimSecret(2), "secret_wo_version": 1}).NewState
		}, false},
		"prefectsso_scim_token": {func(t *testing.T) *tfprotov6.DynamicValue {
			t.Helper()
			return own.create(t, "prefectsso_scim_token", map[string]any{"directory_id": srv.DirectoryID(), "name": "okta", "token_wo": scimSecret(1), "token_wo_version": 1}).NewState
		}, false},
	}
	atOnce := []string{"prefectsso_scim_probe", "prefectsso_setup_link"} // leave nothing behind that could be read or ended
	for typeName := range own.schemas.ResourceSchemas {
		if _, tested := tests[typeName]; tested == slices.Contains(atOnce, typeName) {
			t.Errorf("%s wants a row", typeName)
		}
	}
	for typeName, test := range tests {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			state := test.state(t)
			p := inProcessAs(t, map[string]any{"endpoint": srv.URL + "/api", "api_key": acctest.StrangerKey, "account_id": acctest.AccountID})
			read, err := p.server.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{TypeName: typeName, CurrentState: state})
			if err != nil {
				t.Fatal(err)
			}
			wantNoAccount(t, "refresh", read.Diagnostics)
			if after, err := read.NewState.Unmarshal(p.resourceType(typeName)); err != nil || after.IsNull() {
				t.Errorf("the refresh forgot it: %s, %v", after, err)
			}
			if test.stays {
				return
			}
			nothing := p.null(t, p.resourceType(typeName))
			done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: typeName, PriorState: state, PlannedState: nothing, Config: nothing})
			if err != nil {
				t.Fatal(err)
			}
			wantNoAccount(t, "destroy", done.Diagnostics)
		})
	}
}

// wantNoAccount wants one error, which says that the account was not found and what to look at.
func wantNoAccount(t *testing.T, what string, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	if len(diagnostics) != 1 || diagnostics[0].Severity != tfprotov6.DiagnosticSeverityError || !strings.HasPrefix(diagnostics[0].Detail, "Account not found. Check `account_id`") {
		t.Errorf("%s: got %+v, want the error that the account was not found", what, diagnostics)
	}
}

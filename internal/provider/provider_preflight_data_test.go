package provider_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// Data sources and ephemeral resources say once a run what is wrong with the key, or that no account is named, together with
// the resources of the run. Terraform wants an error of each all the same, which is a sentence.
func TestDataSourcesSayKeyOnce(t *testing.T) {
	t.Parallel()
	arguments := map[string]map[string]any{
		"prefectsso_account_role":     {"name": "Admin"},
		"prefectsso_directory_groups": {"directory_id": "directory_01"},
		"prefectsso_directory_users":  {"directory_id": "directory_01"},
		"prefectsso_member":           {"email": "ada@acme.com"},
		"prefectsso_scim_token":       {"directory_id": "directory_01"},
		"prefectsso_team":             {"name": "Data"},
	}
	for name, test := range map[string]struct {
		block   map[string]any
		summary string
		id      string // of the finding; "" for one without
	}{
		"an unknown key":          {map[string]any{"api_key": "pnb_nobody", "account_id": acctest.AccountID}, "API key not accepted", "key-rejected"},
		"a key of other accounts": {map[string]any{"api_key": acctest.StrangerKey, "account_id": acctest.AccountID}, "Account not found with this key", "key-rejected"},
		"no account":              {map[string]any{"api_key": acctest.ServiceKey}, "Missing account id", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			p := inProcessAs(t, with(test.block, "endpoint", srv.URL+"/api"))
			var mu sync.Mutex
			var all sync.WaitGroup
			var full []*tfprotov6.Diagnostic
			all.Go(func() {
				planned := aDozen(t, srv, p)
				mu.Lock()
				defer mu.Unlock()
				full = append(full, planned...)
			})
			said := func(what string, diagnostics []*tfprotov6.Diagnostic) {
				mu.Lock()
				defer mu.Unlock()
				if len(diagnostics) != 1 || diagnostics[0].Summary != test.summary {
					t.Errorf("%s says %v, want one error %q", what, errorsOf(diagnostics), test.summary)
					return
				}
				if d := diagnostics[0]; !strings.Contains(d.Detail, "another error of this run") {
					full = append(full, d)
				}
			}
			for typeName, schema := range p.schemas.DataSourceSchemas {
				all.Go(func() {
					resp, err := p.server.ReadDataSource(context.Background(), &tfprotov6.ReadDataSourceRequest{TypeName: typeName, Config: p.value(t, schema.ValueType(), arguments[typeName])})
					if err != nil {
						t.Error(err)
						return
					}
					said("data."+typeName, resp.Diagnostics)
				})
			}
			for typeName, schema := range p.schemas.EphemeralResourceSchemas {
				all.Go(func() {
					resp, err := p.server.OpenEphemeralResource(context.Background(), &tfprotov6.OpenEphemeralResourceRequest{TypeName: typeName, Config: p.value(t, schema.ValueType(), arguments[typeName])})
					if err != nil {
						t.Error(err)
						return
					}
					said("ephemeral."+typeName, resp.Diagnostics)
				})
			}
			all.Wait()
			full = errorsAmong(full)
			if len(full) != 1 || full[0].Summary != test.summary {
				t.Errorf("said in full: %s", strings.Join(errorsOf(full), "\n"))
			}
			if test.id != "" {
				wantFindings(t, full, fails(test.id, ""))
			}
		})
	}
}

package provider_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// Each error of a resource's plan says, once and before the id, how to destroy all the same.
func TestPlanErrorsSayHowToDestroy(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/me/accounts") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("[]"))
			return
		}
		http.Error(w, `{"detail": "Forbidden"}`, http.StatusForbidden)
	}))
	t.Cleanup(refusing.Close)
	block := object{"endpoint": refusing.URL + "/api", "api_key": acctest.ServiceKey}
	const directory = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"
	configs := map[string]object{
		"prefectsso_domain":              {"name": "acme.com"},
		"prefectsso_domains":             {"names": []string{"acme.com"}},
		"prefectsso_group_role_mapping":  {"directory_id": directory, "match": object{"group_name": "Staff"}, "role": "Member", "priority": 1},
		"prefectsso_identity_provider":   samlOf([]string{rsaCertificate(t, time.Now().AddDate(1, 0, 0))}),
		"prefectsso_member_role":         {"email": "ada@acme.com", "role": "Member"},
		"prefectsso_member_roles":        {"roles": map[string]string{"ada@acme.com": "Member"}},
		"prefectsso_role_members":        {"role": "Owner", "members": []string{"ada@acme.com"}},
		"prefectsso_scim_client":         {"directory_id": directory, "name": "okta", "secret_wo": scimSecret(1), "secret_wo_version": 1},
		"prefectsso_scim_directory":      {"name": "Okta", "type": "okta scim v2.0", "default_role": "Member"},
		"prefectsso_scim_probe":          {"directory_id": directory},
		"prefectsso_scim_token":          {"directory_id": directory, "name": "okta", "token_wo": scimSecret(1), "token_wo_version": 1},
		"prefectsso_session_policy":      {"auth_expiration_seconds": 3600},
		"prefectsso_setup_link":          {"kind": "sso"},
		"prefectsso_team_workspace_role": {"team": object{"name": "Crew"}, "workspace": "production", "role": "Viewer"},
	}
	advice := regexp.MustCompile("`terraform destroy -refresh=false` makes none, and destroys\\.(\n\nGuard: [a-z-]+)?$")
	for typeName := range inProcessAs(t, block).schemas.ResourceSchemas {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			p := inProcessAs(t, block) // a run of its own, since a run says once that no account is named
			config, there := configs[typeName]
			if !there {
				t.Fatalf("%s wants a row", typeName)
			}
			plan, _, _ := p.plan(t, typeName, config) // no account is configured
			errors := 0
			for _, d := range plan.Diagnostics {
				if d.Severity != tfprotov6.DiagnosticSeverityError {
					continue
				}
				errors++
				if !advice.MatchString(d.Detail) || strings.Count(d.Detail, "terraform destroy") != 2 {
					t.Errorf("%s: %s", d.Summary, d.Detail)
				}
			}
			if errors == 0 {
				t.Errorf("no error without an account: %+v", plan.Diagnostics)
			}
		})
	}
}

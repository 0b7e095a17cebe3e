package acctest_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
)

// The guides on identity providers go all the way: a person signs in through what their configurations make, somebody
// whom the directory pushes is a member with the role of their group, neither is drift, and all of it ends with a destroy.
func TestAccGuidesOfIdentityProviders(t *testing.T) {
	t.Parallel()
	root := filepath.Join(acctest.Root(t), "examples", "guides")
	for _, folder := range []string{"adfs", "entra", "google", "keycloak", "okta", "okta-saml"} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.BundledIdP)
			d := (&example{t: t, srv: srv, issuer: srv.IdPURL()}).dir(filepath.Join(root, folder))
			d.Setenv("TF_VAR_client_secret", mockcloud.IdPClientSecret)
			d.MustRun("apply", "-input=false", "-auto-approve")

			logIn(t, srv, "ada@acme.com")
			if endpoint := scimEndpoint(d); endpoint != "" {
				const joins = "new.hire@acme.com"
				var user, group struct {
					ID string `json:"id"`
				}
				srv.SCIMTo(endpoint, scimSecret, http.MethodPost, "/Users", acctest.ActiveUser(joins), &user)
				srv.SCIMTo(endpoint, scimSecret, http.MethodPost, "/Groups", map[string]any{
					"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": "Prefect Admins",
					"members": []map[string]any{{"value": user.ID}},
				}, &group)
				if err := srv.WantRole(joins, "Admin"); err != nil {
					t.Error(err)
				}
			}
			if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
				t.Errorf("the plan after a login ended with %d:\n%s", code, output)
			}

			d.MustRun("destroy", "-input=false", "-auto-approve")
		})
	}
}

// scimEndpoint is where a guide's configuration has people pushed, empty where it has no directory.
func scimEndpoint(d *acctest.Dir) string {
	for _, name := range []string{"scim_endpoint", "tenant_url"} {
		if output, code := d.Run("output", "-raw", name); code == 0 {
			address, _, _ := strings.Cut(strings.TrimSpace(output), "?")
			return address
		}
	}
	return ""
}

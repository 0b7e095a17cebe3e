package acctest_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
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

// What the guides show for an identity provider's own provider, a stand-in here, is applied with the configuration of ours:
// the client id goes from there to here, one secret to both sides, and where the guide says so it is in no state.
func TestAccGuidesIdentityProvidersOwn(t *testing.T) {
	t.Parallel()
	const clientIDs = "resource \"prefectsso_identity_provider\" \"corp\" {\n  oidc = {\n    issuer = var.issuer\n    client_id = %s.prefect.client_id\n    client_secret_wo = var.client_secret\n    client_secret_wo_version = 1\n  }\n}\n"
	tests := []struct {
		guide, provider string
		// override is what the guide has people change, variables those that they declare.
		override, variables string
		// client is the kind of resource whose client id it is, and writeOnly whether that one takes the secret.
		client    string
		writeOnly bool
		// inState is whether the state has the directory's token, as the guide warns.
		inState bool
	}{
		{guide: "okta", provider: "okta", override: fmt.Sprintf(clientIDs, "okta_app_oauth"), variables: "okta_group_id", client: "okta_app_oauth", writeOnly: true},
		{guide: "okta-saml", provider: "okta"},
		{
			guide: "entra", provider: "azuread", client: "azuread_application", variables: "service_principal_id", inState: true,
			override: fmt.Sprintf(clientIDs, "azuread_application") + "variable \"scim_secret\" {\n  ephemeral = false\n  sensitive = true\n}\n",
		},
		{guide: "keycloak", provider: "keycloak", override: fmt.Sprintf(clientIDs, "keycloak_openid_client"), variables: "realm", client: "keycloak_openid_client", writeOnly: true},
	}
	for _, tt := range tests {
		t.Run(tt.guide, func(t *testing.T) {
			t.Parallel()
			e := newExample(t)
			folder := filepath.Join(acctest.Root(t), "examples", "guides", tt.guide)
			d := e.dir(folder)
			shapes, err := filepath.Glob(filepath.Join(folder, "shape", "*.tf"))
			if err != nil || len(shapes) == 0 {
				t.Fatal(shapes, err)
			}
			for _, shape := range shapes {
				content, err := os.ReadFile(shape)
				if err != nil {
					t.Fatal(err)
				}
				d.Write("shape_"+filepath.Base(shape), string(content))
			}
			required := fmt.Sprintf("terraform {\n  required_providers {\n    %s = { source = %q }\n  }\n}\n", tt.provider, standIns[tt.provider])
			d.Write("guide_override.tf", required+tt.override)
			if tt.variables != "" {
				d.Write("variables.tf", fmt.Sprintf("variable %q {\n  default = \"acme\"\n}\n", tt.variables))
			}
			d.Override(standIns[tt.provider], selfAsProvider(t, tt.provider))
			store := t.TempDir()
			d.Setenv(standInStore, store)

			d.MustRun("apply", "-input=false", "-auto-approve")
			d.MustRun("plan", "-input=false", "-detailed-exitcode")
			state := read(t, d, "terraform.tfstate")
			if tt.client != "" {
				if theirs, ours := clientID(state, tt.client), clientID(state, "prefectsso_identity_provider"); theirs == "" || theirs != ours {
					t.Errorf("the client is %q there, and %q here", theirs, ours)
				}
			}
			if tt.writeOnly {
				if secret := stringOf(t, filepath.Join(store, tt.client)); secret != acctest.ClientSecret {
					t.Error("the identity provider has another secret")
				}
			}
			if strings.Contains(state, acctest.ClientSecret) || strings.Contains(state, scimSecret) != tt.inState {
				t.Errorf("the state has a secret where it must not, or none where the guide says so")
			}
			d.MustRun("destroy", "-input=false", "-auto-approve")
		})
	}
}

// clientID is that of a resource in a state.
func clientID(state, kind string) string {
	match := regexp.MustCompile(`(?s)"type": "` + kind + `",.*?"client_id": "([^"]+)"`).FindStringSubmatch(state)
	if match == nil {
		return ""
	}
	return match[1]
}

func stringOf(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
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

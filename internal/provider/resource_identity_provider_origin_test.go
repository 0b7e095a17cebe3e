package provider_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// All that the managed configuration makes tells when and by whom. A state from before it did is no reason for a change,
// with a refresh and without.
func TestAccOrigin(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PrivateIssuers)
	_, issuer := acctest.StartIdP(t, srv)
	d := acctest.NewDir(t, srv)
	config := func(name, role string) string {
		return `
terraform {
  required_providers {
    prefectsso = { source = "prefectsso/prefectsso" }
  }
}

resource "prefectsso_domain" "corp" { name = "acme.com" }

resource "prefectsso_identity_provider" "corp" {
  name            = "` + name + `"
  connection_type = "GenericOIDC"
  domains         = [prefectsso_domain.corp.name]
  oidc            = { issuer = "` + issuer + `", client_id = "prefect", client_secret_wo = "` + acctest.ClientSecret + `", client_secret_wo_version = 1 }
}

resource "prefectsso_scim_directory" "corp" {
  name = "` + name + `"
  type = "okta scim v2.0"
}

resource "prefectsso_scim_token" "corp" {
  directory_id     = prefectsso_scim_directory.corp.id
  name             = "okta"
  token_wo         = "` + scimSecret(1) + `"
  token_wo_version = 1
}

resource "prefectsso_group_role_mapping" "corp" {
  directory_id = prefectsso_scim_directory.corp.id
  match        = { group_name = "Engineers" }
  role         = "` + role + `"
  priority     = 1
}`
	}
	actor := srv.ServiceActor()
	// origins gives what a state has, and with forget takes it out, as a state from before has none.
	origins := func(removeFirst bool) map[string]map[string]any {
		t.Helper()
		file := filepath.Join(d.Path, "terraform.tfstate")
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		type instance struct {
			Attributes map[string]any `json:"attributes"`
		}
		var state struct {
			Resources []struct {
				Type      string     `json:"type"`
				Instances []instance `json:"instances"`
			} `json:"resources"`
		}
		if err := json.Unmarshal(raw, &state); err != nil {
			t.Fatal(err)
		}
		out := map[string]map[string]any{}
		for _, r := range state.Resources {
			attributes := r.Instances[0].Attributes
			if by, there := attributes["created_by"]; there {
				out[r.Type] = map[string]any{"created": attributes["created"], "created_by": by, "id": attributes["id"]}
			}
		}
		if removeFirst {
			old := regexp.MustCompile(`\n\s*"created(_by)?": "[^"]*",`).ReplaceAll(raw, nil)
			if bytes.Contains(old, []byte(`"created_by"`)) {
				t.Fatalf("the state still tells:\n%s", old)
			}
			if err := os.WriteFile(file, old, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	same := func(when string, before, now map[string]map[string]any) {
		t.Helper()
		if len(now) != 4 {
			t.Errorf("%s: %d resources tell", when, len(now))
		}
		for kind, row := range now {
			if row["created"] == nil || row["created_by"] != actor {
				t.Errorf("%s: %s has %v, want it by %s", when, kind, row, actor)
			}
			if before != nil && (row["created"] != before[kind]["created"] || row["id"] != before[kind]["id"]) {
				t.Errorf("%s: %s has %v, before %v", when, kind, row, before[kind])
			}
		}
	}
	d.Write("main.tf", config("Corp", "Admin"))
	d.MustRun("apply", "-input=false", "-auto-approve")
	made := origins(true)
	same("made", nil, made)
	d.MustRun("plan", "-input=false", "-detailed-exitcode")
	d.MustRun("plan", "-input=false", "-detailed-exitcode", "-refresh=false")
	d.Write("main.tf", config("Renamed", "Auditor"))
	d.MustRun("apply", "-input=false", "-auto-approve", "-refresh=false")
	d.MustRun("apply", "-input=false", "-auto-approve") // the token is only read
	same("changed", made, origins(false))
	d.MustRun("plan", "-input=false", "-detailed-exitcode")
}

// What is in the way of a create is named with the line that imports it, and never taken over.
func TestAccExistsAlready(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PrivateIssuers)
	_, issuer := acctest.StartIdP(t, srv)
	var connection, directory struct {
		ID string `json:"id"`
	}
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/connections", map[string]any{
		"name": "Corp", "connection_type": "GenericOIDC", "domains": []string{},
		"oidc": map[string]any{"issuer": issuer, "client_id": "x", "client_secret": acctest.ClientSecret},
	}, &connection)
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/directories", map[string]any{"name": "Okta", "type": "okta scim v2.0"}, &directory)
	var token struct {
		ID string `json:"id"`
	}
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/directories/"+directory.ID+"/tokens", map[string]any{"name": "by hand", "token": scimSecret(1)}, &token)
	runSteps(t,
		resource.TestStep{Config: oidcConfig(srv, issuer, 1), ExpectError: spread("Identity provider exists already.*" + connection.ID + ".*terraform import prefectsso_identity_provider.*" + acctest.AccountID + "/" + connection.ID)},
		resource.TestStep{
			Config:      srv.Provider() + "resource \"prefectsso_scim_directory\" \"x\" {\n  name = \"Okta\"\n  type = \"okta scim v2.0\"\n}",
			ExpectError: spread("SCIM directory exists already.*" + directory.ID + ".*terraform import prefectsso_scim_directory.*" + acctest.AccountID + "/" + directory.ID),
		},
		resource.TestStep{
			Config: srv.Provider() + `
resource "prefectsso_scim_token" "x" {
  directory_id     = "` + directory.ID + `"
  name             = "mine"
  token_wo         = "` + scimSecret(1) + `"
  token_wo_version = 1
}`,
			ExpectError: spread("SCIM token exists already.*" + token.ID),
		},
	)
	if left := tokens(srv); len(left) != 1 || left[0].ID != token.ID {
		t.Errorf("tokens %+v", left)
	}
}

package acctest_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// everything is a server with a directory, which is not Terraform's, an identity provider and a team.
type everything struct {
	t                 *testing.T
	srv               *acctest.Server
	issuer, directory string
	before            map[string]string // what was there at first
}

func newEverything(t *testing.T) *everything {
	t.Helper()
	srv := acctest.Start(t, acctest.WithDirectory, acctest.PrivateIssuers)
	srv.AddTeam("Platform", "ada@acme.com")
	_, issuer := acctest.StartIdP(t, srv)
	e := &everything{t: t, srv: srv, issuer: issuer, directory: srv.DirectoryID()}
	e.before = e.ids()
	return e
}

// config configures one of each resource that makes a thing with an id of its own, all under the same name and with equal values whatever that is.
func (e *everything) config(name, lifecycle string) string {
	return requiredProviders + strings.NewReplacer("NAME", name, "LIFECYCLE", lifecycle, "ISSUER", e.issuer, "DIRECTORY", e.directory).Replace(`
resource "prefectsso_identity_provider" "NAME" {
  name            = "Corp"
  connection_type = "GenericOIDC"
  domains         = ["acme.com"]
  oidc            = { issuer = "ISSUER", client_id = "prefect" }
  activation      = "none"
  LIFECYCLE
}
resource "prefectsso_scim_directory" "NAME" {
  name = "Entra"
  type = "azure scim v2.0"
  LIFECYCLE
}
resource "prefectsso_scim_token" "NAME" {
  directory_id     = "DIRECTORY"
  name             = "okta"
  token_wo         = "a-secret-0123456789-0123456789-0001"
  token_wo_version = 1
  LIFECYCLE
}
resource "prefectsso_scim_client" "NAME" {
  directory_id      = "DIRECTORY"
  name              = "ping"
  secret_wo         = "a-secret-0123456789-0123456789-0002"
  secret_wo_version = 1
  LIFECYCLE
}
resource "prefectsso_group_role_mapping" "NAME" {
  directory_id = "DIRECTORY"
  match        = { attribute = "title", equals = "CTO" }
  role         = "Member"
  priority     = 1
  LIFECYCLE
}
resource "prefectsso_team_workspace_role" "NAME" {
  team      = { name = "Platform" }
  workspace = "production"
  role      = "Viewer"
  LIFECYCLE
}
resource "prefectsso_domain" "NAME" {
  name = "acme.example"
  LIFECYCLE
}
resource "prefectsso_member_role" "NAME" {
  email = "ada@acme.com"
  role  = "Admin"
  LIFECYCLE
}
resource "prefectsso_member_roles" "NAME" {
  roles = { "grace@acme.com" = "Auditor" }
  LIFECYCLE
}
resource "prefectsso_role_members" "NAME" {
  role    = "Owner"
  members = ["owner@acme.com", "second.owner@acme.com"]
  LIFECYCLE
}
resource "prefectsso_session_policy" "NAME" {
  auth_expiration_seconds = 3600
  LIFECYCLE
}
`)
}

// kinds are the resource types of everything; those with ids of their own stand first.
var kinds = []string{
	"prefectsso_identity_provider", "prefectsso_scim_directory", "prefectsso_scim_token", "prefectsso_scim_client", "prefectsso_group_role_mapping",
	"prefectsso_team_workspace_role", "prefectsso_domain", "prefectsso_member_role", "prefectsso_member_roles", "prefectsso_role_members", "prefectsso_session_policy",
}

const withID = 5

// ids returns what the server has in all collections of things with an id, by the id.
func (e *everything) ids() map[string]string {
	out := map[string]string{}
	directory := "/sso/directories/" + e.directory
	for _, at := range []string{"/sso/connections", "/sso/directories", directory + "/tokens", directory + "/clients", directory + "/group_role_mappings"} {
		var rows []struct {
			ID string `json:"id"`
		}
		e.srv.Call(acctest.OwnerKey, http.MethodGet, at, nil, &rows)
		for _, row := range rows {
			out[row.ID] = at
		}
	}
	return out
}

// made wants one thing of each kind beside what was there, and the effects of those without ids. It returns the things by
// their ids.
func (e *everything) made() map[string]string {
	e.t.Helper()
	made := e.ids()
	for id, at := range e.before {
		if made[id] != at {
			e.t.Errorf("%s of %s is gone", id, at)
		}
		delete(made, id)
	}
	if collections := slices.Compact(slices.Sorted(maps.Values(made))); len(made) != withID || len(collections) != withID {
		e.t.Errorf("there are %v", made)
	}
	for _, err := range []error{
		e.srv.WantDomains("acme.com", "acme.example"), e.srv.WantRole("ada@acme.com", "Admin"),
		e.srv.WantRole("grace@acme.com", "Auditor"), e.srv.WantRole("owner@acme.com", "Owner"), e.srv.WantRole("second.owner@acme.com", "Owner"),
	} {
		if err != nil {
			e.t.Error(err)
		}
	}
	if roles := e.srv.TeamRoles(e.srv.TeamID("Platform")); len(roles) != 1 {
		e.t.Errorf("the team has %v", roles)
	}
	return made
}

// A resource with another address and equal values, as after a renaming without a `moved` block: Terraform deletes the thing
// and makes it, in an order of its own. What comes too late takes another apply, and then all is there once. With `moved`
// nothing happens at all.
func TestAccRenamedAddresses(t *testing.T) {
	t.Parallel()
	for _, parallelism := range []string{"1", "10"} {
		t.Run(parallelism+" at once", func(t *testing.T) {
			t.Parallel()
			e := newEverything(t)
			d := acctest.NewDir(t, e.srv)
			apply := []string{"apply", "-input=false", "-auto-approve", "-parallelism=" + parallelism}
			d.Write("main.tf", e.config("a", ""))
			d.MustRun(apply...)
			first := e.made()

			moved := ""
			for _, kind := range kinds {
				moved += fmt.Sprintf("moved {\n  from = %[1]s.a\n  to   = %[1]s.b\n}\n", kind)
			}
			d.Write("main.tf", e.config("b", "")+moved)
			d.MustRun(apply...)
			if now := e.made(); !maps.Equal(now, first) {
				t.Errorf("moved: before %v, now %v", first, now)
			}

			d.Write("main.tf", e.config("c", ""))
			if out, code := d.Run(apply...); code != 0 {
				if !strings.Contains(out, "exists already") || !strings.Contains(out, "apply again") {
					t.Fatalf("the apply ended with %d:\n%s", code, out)
				}
				d.MustRun(apply...)
			}
			e.made()
			if out, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
				t.Errorf("the plan ended with %d:\n%s", code, out)
			}
			d.MustRun("destroy", "-input=false", "-auto-approve")
			if left := e.ids(); !maps.Equal(left, e.before) {
				t.Errorf("left over are %v, before %v", left, e.before)
			}
		})
	}
}

// Of what no two may have the new one cannot be made before the old one is gone. Under create_before_destroy a forced
// replacement and a taint fail, say why, and destroy nothing; without it they make everything anew.
func TestAccCreateBeforeDestroy(t *testing.T) {
	t.Parallel()
	e := newEverything(t)
	d := acctest.NewDir(t, e.srv)
	replace := []string{"apply", "-input=false", "-auto-approve"}
	for _, kind := range kinds {
		replace = append(replace, "-replace="+kind+".a")
	}
	d.Write("main.tf", e.config("a", "lifecycle { create_before_destroy = true }"))
	d.MustRun("apply", "-input=false", "-auto-approve")
	first := e.made()

	refused := func(what string, args ...string) {
		t.Helper()
		out, code := d.Run(args...)
		if code != 1 {
			t.Errorf("%s ended with %d:\n%s", what, code, out)
		}
		if got := strings.Count(out, " exists already\n\n  with ") - strings.Count(out, "Warning: SCIM client exists already"); got != withID || strings.Count(out, "create_before_destroy`, that") != withID {
			t.Errorf("%s: %d errors name what is in the way:\n%s", what, got, out)
		}
		if now := e.made(); !maps.Equal(now, first) {
			t.Errorf("%s: before %v, now %v", what, first, now)
		}
	}
	refused("-replace", replace...)
	for _, kind := range kinds[:withID] {
		d.MustRun("taint", kind+".a")
	}
	refused("a taint", "apply", "-input=false", "-auto-approve")
	for _, kind := range kinds[:withID] {
		d.MustRun("untaint", kind+".a")
	}
	d.MustRun("plan", "-input=false", "-detailed-exitcode")

	d.Write("main.tf", e.config("a", ""))
	d.MustRun("apply", "-input=false", "-auto-approve") // or the state still says that the new one comes first
	d.MustRun(replace...)
	for id := range e.made() {
		if first[id] != "" {
			t.Errorf("%s of %s was not replaced", id, first[id])
		}
	}
	d.MustRun("plan", "-input=false", "-detailed-exitcode")
}

package provider_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// scimClientRow is what the server says of one client.
type scimClientRow struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	TokenEndpoint string `json:"token_endpoint"`
	Secrets       []struct {
		Suffix    string  `json:"suffix"`
		ExpiresAt *string `json:"expires_at"`
	} `json:"secrets"`
}

// live are the suffixes of the secrets that work, the newest first.
func (c scimClientRow) live() string {
	var out []string
	for _, s := range c.Secrets {
		if s.ExpiresAt != nil {
			s.Suffix += " ending"
		}
		out = append(out, s.Suffix)
	}
	return c.Name + ": " + strings.Join(out, ", ")
}

// scimClients returns the clients of the only directory.
func scimClients(srv *acctest.Server) []scimClientRow {
	var rows []scimClientRow
	for _, d := range directories(srv) {
		srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/directories/"+d.ID+"/clients", nil, &rows)
	}
	return rows
}

// useClient gets an access token, as an identity provider does.
func useClient(t *testing.T, c scimClientRow, secret string) {
	t.Helper()
	resp, err := http.PostForm(c.TokenEndpoint, url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ID}, "client_secret": {secret}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the token endpoint answers %s", resp.Status)
	}
}

// clientsAre checks the clients that the server has.
func clientsAre(srv *acctest.Server, want ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		var got []string
		for _, c := range scimClients(srv) {
			got = append(got, c.live())
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("the clients are %q, want %q", got, want)
		}
		return nil
	}
}

// scimClient configures a directory and a client whose secret is that of its version.
func scimClient(srv *acctest.Server, version int, arguments ...string) string {
	if !slices.ContainsFunc(arguments, func(a string) bool { return strings.HasPrefix(a, "name ") }) {
		arguments = append(arguments, `name = "okta"`)
	}
	return scimDirectory(srv) + fmt.Sprintf(`
resource "prefectsso_scim_client" "okta" {
  directory_id      = prefectsso_scim_directory.okta.id
  secret_wo         = %q
  secret_wo_version = %d
  %s
}
`, scimSecret(version), version, strings.Join(arguments, "\n  "))
}

// rotateByHand gives the only client a secret that no configuration has.
func rotateByHand(srv *acctest.Server, body map[string]any) {
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/directories/"+directories(srv)[0].ID+"/clients/"+scimClients(srv)[0].ID+"/rotate", body, nil)
}

func TestAccSCIMClient(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_scim_client.okta"
	srv := acctest.Start(t)
	is := func(attribute string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
	}
	update := planned(address, plancheck.ResourceActionUpdate)
	same, another := statecheck.CompareValue(compare.ValuesSame()), statecheck.CompareValue(compare.ValuesDiffer())
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		CheckDestroy: func(*terraform.State) error {
			if left := directories(srv); len(left) != 0 {
				return fmt.Errorf("left are %+v", left)
			}
			return nil
		},
		Steps: []resource.TestStep{
			{
				Config: scimClient(srv, 1),
				ConfigStateChecks: []statecheck.StateCheck{
					same.AddStateValue(address, tfjsonpath.New("id")), another.AddStateValue(address, tfjsonpath.New("id")),
					statecheck.CompareValuePairs(address, tfjsonpath.New("id"), address, tfjsonpath.New("client_id"), compare.ValuesSame()),
					is("secret_wo", knownvalue.Null()), is("suffix", knownvalue.StringExact("0001")), is("overlap", knownvalue.StringExact("1h")),
					is("created", knownvalue.NotNull()), is("created_by", knownvalue.NotNull()), is("secret_created", knownvalue.NotNull()),
					is("token_endpoint", knownvalue.StringFunc(func(v string) error {
						if !strings.HasPrefix(v, srv.URL+"/scim/v2.0/") || !strings.HasSuffix(v, "/oauth/token") {
							return fmt.Errorf("the token endpoint is %s", v)
						}
						return nil
					})),
				},
				Check: clientsAre(srv, "okta: 0001"),
			},
			{Config: scimClient(srv, 1, `overlap = "60m"`), ConfigPlanChecks: emptyPlan()}, // the same in another spelling
			{Config: scimClient(srv, 1, `name = "other"`), ExpectError: spread(`Another name or directory needs a new secret`)},
			{ // settings alone rotate nothing
				Config: scimClient(srv, 1, `overlap = "2h"`), ConfigPlanChecks: update, Check: clientsAre(srv, "okta: 0001"),
			},
			{
				Config: scimClient(srv, 2, `overlap = "2h"`, `name = "renamed"`), ConfigPlanChecks: update,
				ConfigStateChecks: []statecheck.StateCheck{same.AddStateValue(address, tfjsonpath.New("id")), is("suffix", knownvalue.StringExact("0002"))},
				Check:             clientsAre(srv, "renamed: 0002, 0001 ending"),
			},
			{Config: scimClient(srv, 2, `overlap = "2h"`, `name = "renamed"`), ConfigPlanChecks: emptyPlan()},
			{Config: scimClient(srv, 3, `overlap = "2h"`, `name = "renamed"`), ExpectError: spread(`Too many live secrets.*…0002 \(never expires\) and …0001 \(expires`)},
			{ // without overlap there is room at any time
				Config: scimClient(srv, 3, `overlap = "0s"`), ConfigPlanChecks: update, Check: clientsAre(srv, "okta: 0003"),
			},
			{ // rotated behind Terraform's back: seen, and not undone with a secret that was used
				PreConfig: func() { rotateByHand(srv, map[string]any{"name": "by hand"}) },
				Config:    scimClient(srv, 3, `overlap = "0s"`), ExpectError: spread(`Secret was used before.*in use in the directory`),
			},
			{
				Config: scimClient(srv, 4, `overlap = "0s"`), ConfigPlanChecks: update, Check: clientsAre(srv, "okta: 0004"),
			},
			{ // imported: the secret cannot be read, and the configured one is found to be the client's own
				ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"secret_wo_version", "overlap"},
				ImportStateIdFunc: func(s *terraform.State) (string, error) { return "Okta/okta", nil },
			},
			{ // deleted behind Terraform's back
				PreConfig: func() {
					srv.Call(acctest.OwnerKey, http.MethodDelete, "/sso/directories/"+directories(srv)[0].ID+"/clients/"+scimClients(srv)[0].ID, nil, nil)
				},
				Config: scimClient(srv, 5), ConfigPlanChecks: planned(address, plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{another.AddStateValue(address, tfjsonpath.New("id"))},
				Check:             clientsAre(srv, "okta: 0005"),
			},
			{Config: scimDirectory(srv), Check: clientsAre(srv)},
		},
	})
}

// What broke off after the server had made it is not made twice: a client is imported, and keeps the secret that it has.
func TestAccSCIMClientHeals(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_scim_client.okta"
	srv := acctest.Start(t)
	runSteps(t,
		resource.TestStep{Config: scimDirectory(srv)},
		resource.TestStep{ // an apply made it, and was killed before the state was written
			PreConfig: func() {
				srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/directories/"+directories(srv)[0].ID+"/clients", map[string]any{"name": "okta", "client_secret": scimSecret(1)}, nil)
			},
			Config: scimClient(srv, 1), ExpectError: spread(`SCIM client exists already.*terraform import`),
		},
		resource.TestStep{
			Config: scimClient(srv, 1) + fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, "Okta/okta"),
			Check:  clientsAre(srv, "okta: 0001"),
		},
		resource.TestStep{Config: scimClient(srv, 1), ConfigPlanChecks: emptyPlan()},
		resource.TestStep{ // the same of a rotation
			PreConfig: func() {
				rotateByHand(srv, map[string]any{"client_secret": scimSecret(2), "old_secret_expires_in_seconds": 60})
			},
			Config: scimClient(srv, 2), ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
			Check: clientsAre(srv, "okta: 0002, 0001 ending"),
		},
		resource.TestStep{Config: scimClient(srv, 2), ConfigPlanChecks: emptyPlan()},
		resource.TestStep{ // a version without a new secret rotates nothing, and says so
			Config: strings.ReplaceAll(scimClient(srv, 3), scimSecret(3), scimSecret(2)), ExpectError: spread(`Secret was used before.*in use in the directory`),
		},
		resource.TestStep{ // an answer that is lost: the same request is sent again
			PreConfig: func() {
				srv.Advance("2m")
				srv.Fault(map[string]any{"method": "POST", "route": "/api/accounts/{account_id}/sso/directories/{id}/clients/{client_id}/rotate", "drop": true, "after_write": true, "times": 1})
			},
			Config: scimClient(srv, 4), Check: clientsAre(srv, "okta: 0004, 0002 ending"),
		},
		resource.TestStep{ // taken away and made again: no identity provider ever used the secret
			Taint: []string{address}, Config: scimClient(srv, 4), ConfigPlanChecks: planned(address, plancheck.ResourceActionReplace),
			Check: clientsAre(srv, "okta: 0004"),
		},
		resource.TestStep{ // now one has
			PreConfig: func() { useClient(t, scimClients(srv)[0], scimSecret(4)) },
			Taint:     []string{address}, Config: scimClient(srv, 4), ExpectError: spread(`Secret was used before.*terraform untaint`),
		},
	)
}

func TestAccSCIMClientBadInput(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	for name, test := range map[string]struct{ arguments, want string }{
		"a short secret":         {`secret_wo = "short-secret"`, `Unusable client's secret.*32 to 512.*12 characters`},
		"no version":             {`secret_wo_version = null`, `secret_wo_version`},
		"an overlap of days":     {`overlap = "72h"`, `Duration out of range.*48h`},
		"an empty name":          {`name = ""`, `name`},
		"a directory of nowhere": {`directory_id = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"`, `Could not create SCIM client.*has no directory`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := map[string]string{
				"directory_id": `directory_id = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"`, "secret_wo_version": `secret_wo_version = 1`,
				"secret_wo": `secret_wo = "a-secret-0123456789-0123456789-0123456789"`, "name": `name = "x"`,
			}
			argument, _, _ := strings.Cut(test.arguments, " ")
			block[argument] = test.arguments
			config := srv.Provider() + "resource \"prefectsso_scim_client\" \"x\" {\n"
			for _, line := range block {
				config += line + "\n"
			}
			runSteps(t, resource.TestStep{Config: config + "}", ExpectError: spread(test.want)})
		})
	}
}

// Where there are no clients, a person takes a token from the dashboard.
func TestAccSCIMClientPublishedOnly(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PublishedOnly)
	var steps []resource.TestStep
	for _, directory := range []string{`directory_id = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"`, unknownDirectory} {
		steps = append(steps, resource.TestStep{Config: srv.Provider() + unknownText + `resource "prefectsso_scim_client" "x" {
  name              = "x"
  secret_wo         = "a-secret-0123456789-0123456789-0123456789"
  secret_wo_version = 1
  ` + directory + `
}`, PlanOnly: true, ExpectError: spread(`has no OAuth clients.*with a token.*prefectsso_setup_link.*directory_sync`)})
	}
	runSteps(t, steps...)
}

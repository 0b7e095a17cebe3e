package provider_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// token is what the server says of one token.
type token struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Suffix    string  `json:"token_suffix"`
	ExpiresAt *string `json:"expires_at"`
}

// tokens returns the live tokens of the only directory.
func tokens(srv *acctest.Server) []token {
	var rows []token
	for _, d := range directories(srv) {
		srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/directories/"+d.ID+"/tokens", nil, &rows)
	}
	return rows
}

// scimToken configures a directory and a token whose secret is that of its version.
func scimToken(srv *acctest.Server, version int, arguments ...string) string {
	if !slices.ContainsFunc(arguments, func(a string) bool { return strings.HasPrefix(a, "name ") }) {
		arguments = append(arguments, `name = "okta"`)
	}
	return scimDirectory(srv) + fmt.Sprintf(`
resource "prefectsso_scim_token" "okta" {
  directory_id     = prefectsso_scim_directory.okta.id
  token_wo         = %q
  token_wo_version = %d
  %s
}
`, scimSecret(version), version, strings.Join(arguments, "\n  "))
}

// scimSecret returns the secret of a version.
func scimSecret(version int) string {
	return fmt.Sprintf("a-secret-0123456789-0123456789-%04d", version)
}

// Replacing a token that was used would end it and then fail, because the server takes no secret twice: the plan fails
// instead. With another secret it is another token.
func TestAccSCIMTokenIsNotReplaced(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_scim_token.okta"
	srv := acctest.Start(t)
	var first []token
	runSteps(t,
		resource.TestStep{Config: scimToken(srv, 1), Check: func(*terraform.State) error { first = tokens(srv); return nil }},
		resource.TestStep{ // not used yet, its secret is free when it ends
			Taint: []string{address}, Config: scimToken(srv, 1), ConfigPlanChecks: planned(address, plancheck.ResourceActionReplace),
			Check: func(*terraform.State) error {
				before := first
				if first = tokens(srv); len(first) != 1 || first[0].ID == before[0].ID {
					return fmt.Errorf("the tokens are %+v, before %+v", first, before)
				}
				srv.SCIMTo(directories(srv)[0].SCIMEndpoint, scimSecret(1), http.MethodGet, "/Users", nil, nil)
				return nil
			},
		},
		resource.TestStep{
			Taint: []string{address}, Config: scimToken(srv, 1),
			ExpectError: spread(`Secret was used before.*live token okta.*rotated, never replaced.*terraform untaint`),
		},
		resource.TestStep{
			PreConfig: func() {
				if now := tokens(srv); !slices.Equal(now, first) {
					t.Errorf("the tokens are %+v, want %+v", now, first)
				}
			},
			Taint: []string{address}, Config: scimToken(srv, 2), ConfigPlanChecks: planned(address, plancheck.ResourceActionReplace),
		},
	)
}

func TestAccSCIMToken(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_scim_token.okta"
	srv := acctest.Start(t)
	is := func(attribute string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), check)
	}
	live := func(suffixes ...string) resource.TestCheckFunc {
		return func(*terraform.State) error {
			var got []string
			for _, token := range tokens(srv) {
				expires := ""
				if token.ExpiresAt != nil {
					expires = " ending"
				}
				got = append(got, token.Suffix+expires)
			}
			slices.Sort(got)
			if !slices.Equal(got, suffixes) {
				return fmt.Errorf("live are %q, want %q", got, suffixes)
			}
			return nil
		}
	}
	id := statecheck.CompareValue(compare.ValuesDiffer())
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
				Config: scimToken(srv, 1),
				ConfigStateChecks: []statecheck.StateCheck{
					id.AddStateValue(address, tfjsonpath.New("id")),
					is("token_wo", knownvalue.Null()), is("suffix", knownvalue.StringExact("0001")), is("overlap", knownvalue.StringExact("1h")),
					is("created", knownvalue.NotNull()), is("expires_at", knownvalue.Null()),
				},
			},
			{Config: scimToken(srv, 1, `overlap = "60m"`), PlanOnly: true}, // the same in another spelling
			{Config: scimToken(srv, 1, `name = "other"`), ExpectError: spread(`A new token needs a new secret`)},
			{ // settings alone make no token
				Config:           scimToken(srv, 1, `overlap = "2h"`, `expires_in = "2160h"`),
				ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
				Check:            live("0001"),
			},
			{
				Config:           scimToken(srv, 2, `overlap = "2h"`, `expires_in = "2160h"`),
				ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					id.AddStateValue(address, tfjsonpath.New("id")), is("suffix", knownvalue.StringExact("0002")), is("expires_at", knownvalue.NotNull()),
				},
				Check: live("0001 ending", "0002 ending"),
			},
			{Config: scimToken(srv, 3, `overlap = "2h"`), ExpectError: spread(`Too many live tokens.*okta \(…0001, id .*, expires .*okta \(…0002`)},
			{ // the old one has ended; a rotation without overlap
				PreConfig: func() { srv.Advance("3h") },
				Config:    scimToken(srv, 3, `overlap = "0s"`, `name = "renamed"`),
				Check:     live("0003"),
			},
			{ // deleted behind Terraform's back
				PreConfig: func() {
					srv.Call(acctest.OwnerKey, http.MethodDelete, "/sso/directories/"+directories(srv)[0].ID+"/tokens/"+tokens(srv)[0].ID, nil, nil)
				},
				Config:           scimToken(srv, 4),
				ConfigPlanChecks: planned(address, plancheck.ResourceActionCreate),
				Check:            live("0004"),
			},
			{ // rotated and taken away at once: no overlap is left behind
				Config: scimToken(srv, 5),
				Check:  live("0004 ending", "0005"),
			},
			{Config: scimDirectory(srv), Check: live()},
			{Config: scimToken(srv, 1), ExpectError: spread(`Secret was used before.*token_wo_version`)},
			{Config: scimToken(srv, 5), Check: live("0005")}, // no identity provider ever used it, so it is free again
		},
	})
}

// Somebody else's token is neither ended nor counted as this resource's.
func TestAccSCIMTokenBesideAnother(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	runSteps(t,
		resource.TestStep{Config: scimToken(srv, 1)},
		resource.TestStep{
			PreConfig: func() {
				srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/directories/"+directories(srv)[0].ID+"/tokens", map[string]any{"name": "by hand"}, nil)
			},
			Config:      scimToken(srv, 2, `overlap = "0s"`),
			ExpectError: spread(`Too many live tokens.*by hand.*never expires`),
		},
		resource.TestStep{
			Config: scimDirectory(srv),
			Check: func(*terraform.State) error {
				if left := tokens(srv); len(left) != 1 || left[0].Name != "by hand" || left[0].ExpiresAt != nil {
					return fmt.Errorf("left are %+v", left)
				}
				return nil
			},
		},
	)
}

func TestAccSCIMTokenBadInput(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	var refused refusals
	for name, test := range map[string]struct{ arguments, want string }{
		"a short secret":         {`token_wo = "short-secret"`, `Unusable token.*32 to 512.*12 characters`},
		"a secret with a space":  {`token_wo = "a secret 0123456789 0123456789 0123456789"`, `Unusable token`},
		"no version":             {`token_wo_version = null`, `token_wo_version`},
		"an overlap of days":     {`overlap = "72h"`, `Duration out of range.*48h`},
		"no duration":            {`expires_in = "90d"`, `Invalid duration.*2160h`},
		"an end in the past":     {`expires_in = "-1h"`, `Duration out of range`},
		"a directory of nowhere": {`directory_id = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"`, `Could not create SCIM token.*has no directory`},
	} {
		block := map[string]string{
			"directory_id": `directory_id = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"`, "token_wo_version": `token_wo_version = 1`,
			"token_wo": `token_wo = "a-secret-0123456789-0123456789-0123456789"`, "name": `name = "x"`,
		}
		argument, _, _ := strings.Cut(test.arguments, " ")
		block[argument] = test.arguments
		config := srv.Provider() + "resource \"prefectsso_scim_token\" \"x\" {\n"
		for _, line := range block {
			config += line + "\n"
		}
		refused.add(name, resource.TestStep{Config: config + "}", ExpectError: spread(test.want)}, nil)
	}
	refused.run(t)
}

// unknownDirectory is that of a directory that is not known before the apply, beside unknownText.
const (
	unknownDirectory = `directory_id = terraform_data.unknown.output`
	unknownText      = `resource "terraform_data" "unknown" { input = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0" }
`
)

// Where directories are not offered, a person takes the token from the dashboard.
func TestAccSCIMTokenPublishedOnly(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PublishedOnly)
	const directory = `directory_id = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"`
	want := spread(`does not offer the configuration of directory sync.*While nothing is configured yet.*prefectsso_setup_link.*directory_sync.*support gives a fresh one`)
	token := func(directory string) string {
		return srv.Provider() + `resource "prefectsso_scim_token" "x" {
  name             = "x"
  token_wo         = "a-secret-0123456789-0123456789-0123456789"
  token_wo_version = 1
  ` + directory + `
}
`
	}
	runSteps(t,
		resource.TestStep{Config: token(directory), PlanOnly: true, ExpectError: want},
		resource.TestStep{Config: token(unknownDirectory) + unknownText, PlanOnly: true, ExpectError: want},
		resource.TestStep{Config: srv.Provider() + `ephemeral "prefectsso_scim_token" "x" { ` + directory + ` }`, ExpectError: want},
		resource.TestStep{Config: srv.Provider() + `data "prefectsso_directory_users" "x" { ` + directory + ` }`, ExpectError: want},
		resource.TestStep{Config: srv.Provider() + `data "prefectsso_directory_groups" "x" { ` + directory + ` }`, ExpectError: want},
	)
}

// The token of a run is there while the run lasts, and ends with it.
func TestAccEphemeralSCIMToken(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	factories := acctest.Factories()
	factories["echo"] = echoprovider.NewProviderServer()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{{
			Config: scimDirectory(srv) + `
ephemeral "prefectsso_scim_token" "run" { directory_id = prefectsso_scim_directory.okta.id }
provider "echo" { data = ephemeral.prefectsso_scim_token.run }
resource "echo" "run" {}
`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("echo.run", tfjsonpath.New("data").AtMapKey("token"), knownvalue.NotNull()),
				statecheck.ExpectKnownValue("echo.run", tfjsonpath.New("data").AtMapKey("name"), knownvalue.StringExact("terraform run")),
				statecheck.ExpectKnownValue("echo.run", tfjsonpath.New("data").AtMapKey("expires_at"), knownvalue.NotNull()),
			},
			Check: func(*terraform.State) error {
				if left := tokens(srv); len(left) != 0 {
					return fmt.Errorf("after the run: %+v", left)
				}
				return nil
			},
		}},
	})
}

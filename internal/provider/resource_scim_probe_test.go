package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

const probeAddress = "prefectsso_scim_probe.this"

// probeConfig returns a probe of the scenario's directory. An argument that is given again replaces the default one.
func probeConfig(srv *acctest.Server, arguments ...string) string {
	block := srv.Provider() + "resource \"prefectsso_scim_probe\" \"this\" {\n"
	defaults := []string{
		fmt.Sprintf("scim_endpoint = %q", srv.SCIMURL()), fmt.Sprintf("token_wo = %q", acctest.DirectoryToken),
		`email_domain = "acme.com"`, `max_seconds = 2`,
	}
	for _, argument := range defaults {
		name, _, _ := strings.Cut(argument, " ")
		if !strings.Contains("\n"+strings.Join(arguments, "\n"), "\n"+name+" ") {
			block += "  " + argument + "\n"
		}
	}
	return block + "  " + strings.Join(arguments, "\n  ") + "\n}\n"
}

// noCanary is an error if anything of a probe is left in the directory or the account.
func noCanary(srv *acctest.Server) resource.TestCheckFunc {
	return func(*terraform.State) error {
		for _, name := range append(srv.DirectoryUsers(), srv.Emails()...) {
			if strings.HasPrefix(name, "prefectsso-probe-") {
				return fmt.Errorf("%s is left behind", name)
			}
		}
		return nil
	}
}

// inBothDirectoryModes is inBothModes with a directory.
func inBothDirectoryModes(t *testing.T, test func(t *testing.T, srv *acctest.Server)) {
	t.Helper()
	t.Run("managed", func(t *testing.T) {
		t.Parallel()
		test(t, acctest.Start(t, acctest.DirectoryScenario))
	})
	t.Run("published only", func(t *testing.T) {
		t.Parallel()
		test(t, acctest.Start(t, acctest.DirectoryScenario, acctest.PublishedOnly))
	})
}

func TestAccSCIMProbe(t *testing.T) {
	t.Parallel()
	inBothDirectoryModes(t, func(t *testing.T, srv *acctest.Server) {
		srv.PushGroup("Admins")
		srv.SetTeamRole(srv.TeamID("Admins"), "production", "Developer")
		healthy := []string{`groups = ["Admins"]`, `expected_role = "Admin"`, `expected_workspace_roles = { production = "Developer" }`}
		is := func(attribute string, check knownvalue.Check) statecheck.StateCheck {
			return statecheck.ExpectKnownValue(probeAddress, tfjsonpath.New(attribute), check)
		}
		positive := knownvalue.Int64Func(func(ms int64) error {
			if ms < 1 || ms > 2000 {
				return fmt.Errorf("%d ms", ms)
			}
			return nil
		})
		another := statecheck.CompareValue(different{})
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			CheckDestroy:             noCanary(srv),
			Steps: []resource.TestStep{
				{
					Config: probeConfig(srv, healthy...),
					ConfigStateChecks: []statecheck.StateCheck{
						is("healthy", knownvalue.Bool(true)), is("differences", knownvalue.ListExact(nil)),
						is("provision_ms", positive), is("deprovision_ms", positive),
						is("token_wo", knownvalue.Null()), is("account_id", knownvalue.StringExact(acctest.AccountID)),
						another.AddStateValue(probeAddress, tfjsonpath.New("id")),
					},
					Check: noCanary(srv),
				},
				{Config: probeConfig(srv, append(healthy, `email_domain = "ACME.com"`)...), PlanOnly: true},
				{ // for the next probe only
					Config:           probeConfig(srv, append(healthy, `fail_on_unhealthy = false`)...),
					ConfigPlanChecks: planned(probeAddress, plancheck.ResourceActionUpdate),
				},
				{
					Config:           probeConfig(srv, append(healthy, `triggers = { again = "1" }`)...),
					ConfigPlanChecks: planned(probeAddress, plancheck.ResourceActionReplace),
					ConfigStateChecks: []statecheck.StateCheck{
						is("healthy", knownvalue.Bool(true)), another.AddStateValue(probeAddress, tfjsonpath.New("id")),
					},
					Check: noCanary(srv),
				},
			},
		})
	})
}

// different is satisfied when no two values are the same.
type different struct{}

// CompareValues implements [compare.ValueComparer].
func (different) CompareValues(values ...any) error {
	seen := map[any]bool{}
	for _, value := range values {
		if seen[value] {
			return fmt.Errorf("%v twice", value)
		}
		seen[value] = true
	}
	return nil
}

// What is not as expected fails the apply, and the probe is made again by the next one; or it is a result, for a check
// block.
func TestAccSCIMProbeDifferences(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.DirectoryScenario)
	srv.PushGroup("Crew")
	arguments := []string{`groups = ["Crew"]`, `expected_role = "Admin"`, `expected_workspace_roles = { production = "Viewer" }`}
	runSteps(t,
		resource.TestStep{
			Config:      probeConfig(srv, arguments...),
			ExpectError: spread(`Provisioning is not healthy.*After 2s the account role is Member through .Crew., expected was Admin.*the canary gets into workspace production through no team, expected was Viewer. It is in team Crew.*has been removed again`),
		},
		resource.TestStep{
			PreConfig:        func() { srv.SetTeamRole(srv.TeamID("Crew"), "production", "Viewer") },
			Config:           probeConfig(srv, append(arguments, `fail_on_unhealthy = false`)...) + probeCheck,
			ConfigPlanChecks: planned(probeAddress, plancheck.ResourceActionReplace),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(probeAddress, tfjsonpath.New("healthy"), knownvalue.Bool(false)),
				statecheck.ExpectKnownValue(probeAddress, tfjsonpath.New("provision_ms"), knownvalue.Null()),
				statecheck.ExpectKnownValue(probeAddress, tfjsonpath.New("deprovision_ms"), knownvalue.NotNull()),
				statecheck.ExpectKnownValue(probeAddress, tfjsonpath.New("differences"), knownvalue.ListExact([]knownvalue.Check{
					knownvalue.StringExact("After 2s the account role is Member through `Crew`, expected was Admin."),
				})),
			},
			Check: noCanary(srv),
		},
	)
}

const probeCheck = `
check "provisioning" {
  assert {
    condition     = prefectsso_scim_probe.this.healthy
    error_message = join(" ", prefectsso_scim_probe.this.differences)
  }
}
`

// Each way by which provisioning can be broken is said as it is, and leaves nobody behind.
func TestAccSCIMProbeBroken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arguments []string
		breaks    func(srv *acctest.Server)
		want      string
	}{
		"a foreign token": {
			[]string{`token_wo = "some-other-token-0123456789abcdef"`},
			nil,
			`Looking for users over SCIM failed: GET /scim/v2.0/okta/Users answered 401.*The SCIM token was not accepted`,
		},
		"no such directory": {[]string{`scim_endpoint = "SERVER/scim/v2.0/nobody"`}, nil, `answered 401`},
		"no SCIM at all":    {[]string{`scim_endpoint = "SERVER/login"`}, nil, `Looking for users over SCIM failed`},
		"a directory that is switched off": {
			nil, func(srv *acctest.Server) { changeDirectory(srv, map[string]any{"state": "unlinked"}) },
			`answered 403.*The directory may be switched off`,
		},
		"a domain that the directory does not serve": {
			[]string{`email_domain = "acme.example"`}, nil, `Within 2s the canary did not become a member.*The directory Okta holds it back: The domain of prefectsso-probe-\S+ is not among the directory's allowed domains`,
		},
		"a group that makes Owners": {
			[]string{`groups = ["Owners"]`},
			func(srv *acctest.Server) { srv.PushGroup("Owners") },
			`The canary became Owner through .Owners., a role that bypasses single sign-on, so the probe stopped at once`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.DirectoryScenario)
			if test.breaks != nil {
				test.breaks(srv)
			}
			config := strings.ReplaceAll(probeConfig(srv, test.arguments...), "SERVER", srv.URL)
			runSteps(t, resource.TestStep{Config: config, ExpectError: spread("Provisioning is not healthy.*" + test.want)})
			if strings.Contains(name, "switched off") {
				return // SCIM does not answer the check either, and let nothing in
			}
			if err := noCanary(srv)(nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// A SCIM server that fails for a while is told of with its own words, and leaves nobody behind once it is well again: what
// was made although its answer was lost, too.
func TestAccSCIMProbeOfAFailingServer(t *testing.T) {
	t.Parallel()
	type fault = map[string]any
	const (
		users = "/scim/v2.0/{endpoint}/Users"
		user  = users + "/{id}"
		group = "/scim/v2.0/{endpoint}/Groups/{id}"
	)
	for name, test := range map[string]struct {
		fault fault
		want  string // empty for healthy, since it was tried again
	}{
		"cannot be asked":          {fault{"route": "/scim/*", "status": 503, "times": 3}, `Looking for users over SCIM failed: GET /scim/v2.0/okta/Users answered 503 Service Unavailable: Injected fault.*No canary was created`},
		"creates nobody":           {fault{"method": "POST", "route": users, "status": 503}, `Creating the canary over SCIM failed: POST /scim/v2.0/okta/Users answered 503.*has been removed again`},
		"creates, answers 503":     {fault{"method": "POST", "route": users, "status": 503, "after_write": true}, `Creating the canary over SCIM failed: POST /scim/v2.0/okta/Users answered 503.*has been removed again`},
		"creates, answers nothing": {fault{"method": "POST", "route": users, "drop": true, "after_write": true}, `Creating the canary over SCIM failed: POST /scim/v2.0/okta/Users.*has been removed again`},
		"takes nobody into groups": {fault{"method": "PATCH", "route": group, "status": 503, "times": 3}, `Adding the canary to the group Crew over SCIM failed: PATCH /scim/v2.0/okta/Groups/\S+ answered 503.*has been removed again`},
		"ends nobody's access":     {fault{"method": "PATCH", "route": user, "status": 503}, `Deactivating the canary over SCIM failed: PATCH /scim/v2.0/okta/Users/\S+ answered 503.*has been removed again`},
		"is busy for a moment":     {fault{"route": "/scim/*", "status": 429, "retry_after_s": 1, "times": 1}, ""},
		"removes at second try":    {fault{"method": "DELETE", "route": user, "status": 503, "times": 2}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.DirectoryScenario)
			srv.PushGroup("Crew")
			config := strings.Replace(probeConfig(srv, `groups = ["Crew"]`, `max_seconds = 10`), srv.Provider(), srv.Provider("max_retries = 2"), 1)
			healthy := statecheck.ExpectKnownValue(probeAddress, tfjsonpath.New("healthy"), knownvalue.Bool(true))
			first := resource.TestStep{PreConfig: func() { srv.Fault(test.fault) }, Config: config, ConfigStateChecks: []statecheck.StateCheck{healthy}}
			if test.want != "" {
				first.ConfigStateChecks, first.ExpectError = nil, spread("Provisioning is not healthy.*"+test.want)
			}
			runSteps(t, first, resource.TestStep{
				PreConfig: func() {
					srv.ClearFaults()
					if err := noCanary(srv)(nil); err != nil {
						t.Error(err)
					}
				},
				Config: config, ConfigStateChecks: []statecheck.StateCheck{healthy}, Check: noCanary(srv),
			})
		})
	}
}

// A canary that a failing server does not let go is named, and removed by a later probe.
func TestAccSCIMProbeCannotRemove(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.DirectoryScenario)
	config := strings.Replace(probeConfig(srv, `max_seconds = 10`), srv.Provider(), srv.Provider("max_retries = 1"), 1)
	runSteps(t,
		resource.TestStep{
			PreConfig:   func() { srv.Fault(map[string]any{"method": "DELETE", "route": "/scim/*", "status": 503, "times": 2}) },
			Config:      config,
			ExpectError: spread(`Canary left behind.*The directory still has the user prefectsso-probe-\S+ a DELETE of Users/\S+ at its SCIM endpoint removes it\. .*answered 503`),
		},
		resource.TestStep{
			PreConfig: func() {
				if noCanary(srv)(nil) == nil {
					t.Error("nobody is left behind")
				}
				srv.Advance("31m")
			},
			Config: config, Check: noCanary(srv),
		},
	)
}

// changeDirectory changes the scenario's directory behind Terraform's back.
func changeDirectory(srv *acctest.Server, change map[string]any) {
	var rows []struct {
		ID string `json:"id"`
	}
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/directories", nil, &rows)
	srv.Call(acctest.OwnerKey, http.MethodPatch, "/sso/directories/"+rows[0].ID, change, nil)
}

// Where a directory deletes whoever leaves, access ends with the membership.
func TestAccSCIMProbeOfADirectoryThatDeletes(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.DirectoryScenario)
	changeDirectory(srv, map[string]any{"deprovision_action": "delete"})
	runSteps(t, resource.TestStep{
		Config: probeConfig(srv, `expected_role = "Member"`),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(probeAddress, tfjsonpath.New("healthy"), knownvalue.Bool(true)),
			statecheck.ExpectKnownValue(probeAddress, tfjsonpath.New("deprovision_ms"), knownvalue.NotNull()),
		},
		Check: noCanary(srv),
	})
}

// Mistakes in the configuration are found before anything is created.
func TestAccSCIMProbeBadInput(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.DirectoryScenario)
	var refused refusals
	for name, test := range map[string]struct{ argument, want string }{
		"a role that bypasses single sign-on": {`expected_role = "Owner"`, `Role bypasses single sign-on.*probe groups that give another role`},
		"an unknown role":                     {`expected_role = "Boss"`, `Unusable role.*has no role "Boss"`},
		"an unknown group":                    {`groups = ["Nobody"]`, `Unknown group.*no group named "Nobody"`},
		"an unknown workspace":                {`expected_workspace_roles = { nowhere = "Viewer" }`, `Unusable workspace.*has no workspace "nowhere"`},
		"an unknown workspace role":           {`expected_workspace_roles = { production = "Boss" }`, `Unusable workspace role.*has no workspace role "Boss"`},
		"a domain that is not enabled":        {`email_domain = "other.example"`, `Domain not enabled.*other.example`},
		"no domain":                           {`email_domain = "a@b"`, `Invalid email domain`},
		"plain http":                          {`scim_endpoint = "http://scim.example/v2"`, `Invalid SCIM endpoint.*allow_insecure_http if the SCIM token may travel unencrypted`},
		"an empty token":                      {`token_wo = ""`, `at least 1`},
		"a token with a line break":           {`token_wo = "a\nb"`, `Invalid SCIM token.*a space, a line break`},
		"neither token nor client":            {`token_wo = null`, `one \(and only one\) of .token_wo,client_id.`},
		"a token and a client":                {"client_id = \"x\"\n  client_secret_wo = \"y\"", `2 attributes specified when one`},
		"a client without a secret":           {"token_wo = null\n  client_id = \"x\"", `client_secret_wo`},
		"a secret without a client":           {`client_secret_wo = "y"`, `client_id`},
		"an unknown client":                   {"token_wo = null\n  client_id = \"x\"\n  client_secret_wo = \"y\"", `Could not get an access token`},
		"no time":                             {`max_seconds = 0`, `between 1 and 300`},
	} {
		refused.add(name, resource.TestStep{Config: probeConfig(srv, test.argument), ExpectError: spread(test.want)}, nil)
	}
	refused.run(t)
	t.Cleanup(func() {
		if err := noCanary(srv)(nil); err != nil {
			t.Error(err)
		}
	})
}

// A probe calls as an OAuth client of the directory, too, and is made again with the client's next secret.
func TestAccSCIMProbeByClient(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.DirectoryScenario)
	clientBlock := func(version int) string {
		return fmt.Sprintf(`
resource "prefectsso_scim_client" "probe" {
  directory_id      = %q
  name              = "probe"
  secret_wo         = %q
  secret_wo_version = %d
}
`, srv.DirectoryID(), scimSecret(version), version)
	}
	byClient := func(version int, secret string) string {
		return clientBlock(version) + probeConfig(srv, `token_wo = null`, `client_id = prefectsso_scim_client.probe.client_id`,
			fmt.Sprintf("client_secret_wo = %q", secret), `client_secret_wo_version = prefectsso_scim_client.probe.secret_wo_version`)
	}
	healthy := []statecheck.StateCheck{
		statecheck.ExpectKnownValue(probeAddress, tfjsonpath.New("healthy"), knownvalue.Bool(true)),
		statecheck.ExpectKnownValue(probeAddress, tfjsonpath.New("client_secret_wo"), knownvalue.Null()),
	}
	runSteps(t,
		resource.TestStep{Config: byClient(1, scimSecret(1)), ConfigStateChecks: healthy, Check: noCanary(srv)},
		resource.TestStep{Config: byClient(1, scimSecret(1)), ConfigPlanChecks: emptyPlan()},
		resource.TestStep{
			Config: byClient(2, scimSecret(2)), ConfigStateChecks: healthy, Check: noCanary(srv),
			ConfigPlanChecks: planned(probeAddress, plancheck.ResourceActionReplace),
		},
		resource.TestStep{PreConfig: func() { srv.Advance("2h") }, Config: byClient(3, scimSecret(9)), ExpectError: spread(`Could not get an access token.*client's id or secret was not accepted`)},
	)
}

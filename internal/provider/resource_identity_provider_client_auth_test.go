package provider_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// oidcWith returns a connection's configuration with more arguments of oidc.
func oidcWith(issuer string, more object) object {
	oidc := object{"issuer": issuer, "client_id": "prefect"}
	maps.Copy(oidc, more)
	return object{"name": "Corp", "connection_type": "GenericOIDC", "domains": []string{"acme.com"}, "oidc": oidc}
}

// told returns severity and place of each diagnostic.
func told(diagnostics []*tfprotov6.Diagnostic) (out []string) {
	for _, d := range diagnostics {
		steps := []string{d.Severity.String()}
		for _, step := range d.Attribute.Steps() {
			if name, ok := step.(tftypes.AttributeName); ok {
				steps = append(steps, string(name))
			}
		}
		out = append(out, strings.Join(steps, " "))
	}
	return out
}

// A plan says of a new connection where a secret is missing, and where one is of no use.
func TestClientAuthOfNewConnections(t *testing.T) {
	t.Parallel()
	srv, issuer := startWithIssuer(t)
	secret := func(method any) object {
		return object{"token_endpoint_auth_method": method, "client_secret_wo": acctest.ClientSecret, "client_secret_wo_version": 1}
	}
	method := func(method any) object { return object{"token_endpoint_auth_method": method} }
	const missing, unused, none = "ERROR oidc token_endpoint_auth_method", "WARNING oidc client_secret_wo", ""
	for name, row := range map[string]struct {
		oidc object
		want string
	}{
		"basic, a secret":    {secret("client_secret_basic"), none},
		"post, a secret":     {secret("client_secret_post"), none},
		"left out, a secret": {secret(nil), none},
		"basic":              {method("client_secret_basic"), missing},
		"post":               {method("client_secret_post"), missing},
		"a key":              {method("private_key_jwt"), none},
		"public":             {method("none"), none},
		"left out":           {method(nil), unused},
		"a key, a secret":    {secret("private_key_jwt"), unused},
		"public, a secret":   {secret("none"), unused},
		"not known yet":      {method(tftypes.UnknownValue), none},
		"a secret that is not known yet": {object{
			"token_endpoint_auth_method": "client_secret_post", "client_secret_wo": tftypes.UnknownValue, "client_secret_wo_version": 1,
		}, none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, _, _ := inProcess(t, srv).plan(t, identityProvider, oidcWith(issuer, row.oidc))
			if got := strings.Join(told(plan.Diagnostics), "; "); got != row.want {
				t.Errorf("%q, want %q: %v", got, row.want, plan.Diagnostics)
			}
		})
	}
}

// The method of a connection changes in place; what the server has been told to do by somebody else is drift; and a secret
// that the connection has need not be given again.
func TestClientAuthChangesInPlace(t *testing.T) {
	t.Parallel()
	srv, issuer := startWithIssuer(t)
	run := func() *protocol { return inProcess(t, srv) }
	config := func(more object) object {
		c := oidcWith(issuer, more)
		c["activation"] = "immediate"
		return c
	}
	state := run().create(t, identityProvider, config(object{"client_secret_wo": acctest.ClientSecret, "client_secret_wo_version": 1})).NewState
	first := theConnection(t, srv)
	if first.OIDC.Method != nil || first.State != "active" {
		t.Fatalf("%+v", first)
	}
	for _, method := range []string{"client_secret_post", "private_key_jwt", "none", "client_secret_basic"} {
		state = run().applied(t, identityProvider, state, config(object{"token_endpoint_auth_method": method}))
		run().unchanged(t, identityProvider, state, config(object{"token_endpoint_auth_method": method}))
		is := theConnection(t, srv)
		if is.ID != first.ID || is.State != "active" || is.OIDC.Method == nil || *is.OIDC.Method != method || !is.OIDC.SecretSet {
			t.Errorf("%s: %+v", method, is)
		}
	}
	attributes := run().object(t, run().resourceType(identityProvider), state)
	if got := textOf(t, attributes["jwks_uri"]); got != first.OIDC.JWKSURI || !strings.HasSuffix(got, "/sso/oidc/"+acctest.AccountID+"/jwks") {
		t.Errorf("jwks_uri is %s, the server says %s", got, first.OIDC.JWKSURI)
	}
	if strings.Contains(attributes["oidc"].String(), acctest.ClientSecret) {
		t.Error("the secret is in the state")
	}

	// Without a secret at the server the plan says so, and the same plan with one passes.
	change := func(oidc object) {
		srv.Call(acctest.OwnerKey, http.MethodPatch, "/sso/connections/"+first.ID, object{"oidc": oidc}, nil)
	}
	change(object{"token_endpoint_auth_method": "none", "client_secret": nil})
	read := run().read(t, identityProvider, state, nil).NewState
	plan, _ := run().change(t, identityProvider, read, config(object{"token_endpoint_auth_method": "client_secret_basic"}))
	if got := told(plan.Diagnostics); !slices.Equal(got, []string{"ERROR oidc token_endpoint_auth_method"}) {
		t.Errorf("%q: %v", got, plan.Diagnostics)
	}
	plan, _ = run().change(t, identityProvider, read, config(nil))
	if got := told(plan.Diagnostics); !slices.Equal(got, []string{"WARNING oidc client_secret_wo"}) {
		t.Errorf("%q: %v", got, plan.Diagnostics)
	}
	state = run().applied(t, identityProvider, state, config(object{
		"token_endpoint_auth_method": "client_secret_basic", "client_secret_wo": acctest.ClientSecret, "client_secret_wo_version": 2,
	}))
	if is := theConnection(t, srv); !is.OIDC.SecretSet || *is.OIDC.Method != "client_secret_basic" || is.ID != first.ID || is.State != "active" {
		t.Errorf("%+v", is)
	}

	// An argument that is left out is the choice of no method.
	change(object{"token_endpoint_auth_method": "private_key_jwt"})
	state = run().applied(t, identityProvider, state, config(nil))
	run().unchanged(t, identityProvider, state, config(nil))
	if is := theConnection(t, srv); is.OIDC.Method != nil || is.State != "active" {
		t.Errorf("%+v", is)
	}
}

// What the identity provider does not offer is an error at the argument, and changes nothing.
func TestClientAuthThatIsNotOffered(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PrivateIssuers)
	srv.SetDomains("acme.com")
	provider, issuer := acctest.StartIdP(t, srv)
	run := func() *protocol { return inProcess(t, srv) }
	state := run().create(t, identityProvider, oidcWith(issuer, object{"token_endpoint_auth_method": "private_key_jwt"})).NewState
	provider.Misbehave("discovery_other_client_authentication")
	p := run()
	plan, given := p.change(t, identityProvider, state, oidcWith(issuer, object{
		"token_endpoint_auth_method": "client_secret_post", "client_secret_wo": acctest.ClientSecret, "client_secret_wo_version": 1,
	}))
	noErrors(t, plan.Diagnostics)
	done, err := p.server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: identityProvider, PriorState: state, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := told(done.Diagnostics); !slices.Equal(got, []string{"ERROR oidc token_endpoint_auth_method"}) {
		t.Errorf("%q: %v", got, done.Diagnostics)
	}
	if is := theConnection(t, srv); *is.OIDC.Method != "private_key_jwt" || is.OIDC.SecretSet {
		t.Errorf("%+v", is)
	}
	provider.Misbehave("")
	public := oidcWith(issuer, object{"token_endpoint_auth_method": "none"})
	run().unchanged(t, identityProvider, run().applied(t, identityProvider, done.NewState, public), public)
}

// The way of authenticating as Terraform itself plans it: a key without any secret, a secret, and what is left out again.
func TestAccClientAuth(t *testing.T) {
	t.Parallel()
	const address = "prefectsso_identity_provider.idp"
	srv := acctest.Start(t, acctest.PrivateIssuers)
	_, issuer := acctest.StartIdP(t, srv)
	config := func(oidc string) string {
		return srv.Provider() + fmt.Sprintf(`
resource "prefectsso_domain" "corp" { name = "acme.com" }
data "prefectsso_service_provider" "us" {}
resource "prefectsso_identity_provider" "idp" {
  name            = "Corp"
  connection_type = "GenericOIDC"
  domains         = [prefectsso_domain.corp.name]
  oidc = {
    issuer    = %q
    client_id = "prefect"
    %s
  }
}
`, issuer, oidc)
	}
	keys := knownvalue.StringExact(srv.URL + "/sso/oidc/" + acctest.AccountID + "/jwks")
	id := statecheck.CompareValue(compare.ValuesSame())
	method := func(want knownvalue.Check) []statecheck.StateCheck {
		return []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, tfjsonpath.New("oidc").AtMapKey("token_endpoint_auth_method"), want),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("jwks_uri"), keys),
			id.AddStateValue(address, tfjsonpath.New("id")),
		}
	}
	runSteps(t,
		resource.TestStep{Config: config(`token_endpoint_auth_method = "client_secret_jwt"`), ExpectError: regexp.MustCompile(`client_secret_jwt`)},
		resource.TestStep{Config: config(`token_endpoint_auth_method = "client_secret_post"`), ExpectError: regexp.MustCompile(`Client secret is missing`)},
		resource.TestStep{
			Config: config(`token_endpoint_auth_method = "private_key_jwt"`),
			ConfigStateChecks: append(method(knownvalue.StringExact("private_key_jwt")),
				statecheck.ExpectKnownValue("data.prefectsso_service_provider.us", tfjsonpath.New("jwks_uri"), keys)),
		},
		resource.TestStep{
			Config: config("scopes = [\"openid\", \"email\", \"groups\"]\n client_secret_wo = \"" + acctest.ClientSecret +
				"\"\n client_secret_wo_version = 1\n token_endpoint_auth_method = \"client_secret_post\""),
			ConfigStateChecks: method(knownvalue.StringExact("client_secret_post")),
		},
		resource.TestStep{
			Config:            config(""),
			ConfigStateChecks: append(method(knownvalue.Null()), statecheck.ExpectKnownValue(address, tfjsonpath.New("oidc").AtMapKey("scopes"), knownvalue.Null())),
		},
	)
}

package provider_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

const identityProvider = "prefectsso_identity_provider"

// unset is an optional argument of a connection with a value that is not its default.
type unset struct {
	base  object
	value any
	// beside are arguments that have to come with it.
	beside object
}

// unsets are all of prefectsso_identity_provider that can be left out alone, by their path.
func unsets(t *testing.T, issuer string) map[string]unset {
	t.Helper()
	oidc := object{
		"name": "Corp", "connection_type": "GenericOIDC", "domains": []string{"acme.com"},
		"oidc": object{"issuer": issuer, "client_id": "prefect", "client_secret_wo": acctest.ClientSecret, "client_secret_wo_version": 1},
	}
	public := object{
		"name": "Corp", "connection_type": "GenericOIDC", "domains": []string{"acme.com"},
		"oidc": object{"issuer": issuer, "client_id": "prefect"},
	}
	const entity = "https://idp.example/unset"
	saml := object{
		"name": "Corp", "connection_type": "GenericSAML", "domains": []string{"acme.com"},
		"saml": object{"metadata_xml": idpXML(entity, "", bareCertificate(t))},
	}
	return map[string]unset{
		"account_id":                      {base: oidc, value: acctest.AccountID},
		"activation":                      {base: oidc, value: "immediate"},
		"take_over_domains":               {base: oidc, value: true},
		"timeouts":                        {base: oidc, value: object{"create": "1m"}},
		"timeouts.create":                 {base: with(oidc, "timeouts", object{}), value: "1m"},
		"oidc.scopes":                     {base: oidc, value: []string{"openid", "email", "groups"}},
		"oidc.token_endpoint_auth_method": {base: oidc, value: "client_secret_post"},
		"oidc.client_secret_wo":           {base: public, value: acctest.ClientSecret, beside: object{"oidc.client_secret_wo_version": 1}},
		"oidc.client_secret_wo_version":   {base: public, value: 7, beside: object{"oidc.client_secret_wo": acctest.ClientSecret}},
		"attribute_mapping":               {base: oidc, value: object{"email": "mail", "last_name": "sn"}},
		"attribute_mapping.email":         {base: with(oidc, "attribute_mapping", object{"last_name": "sn"}), value: "mail"},
		"attribute_mapping.first_name":    {base: with(oidc, "attribute_mapping", object{"last_name": "sn"}), value: "gn"},
		"attribute_mapping.last_name":     {base: with(oidc, "attribute_mapping", object{}), value: "sn"},
		"attribute_mapping.subject":       {base: with(saml, "attribute_mapping", object{"email": "mail"}), value: "uid"},
		"saml.metadata_entity_id":         {base: saml, value: entity},
		"saml.name_id_format":             {base: saml, value: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"},
		"saml.sign_requests":              {base: saml, value: true},
		"saml.allow_idp_initiated":        {base: saml, value: true},
		"saml.want_assertions_encrypted":  {base: saml, value: true},
	}
}

// notUnset are the optional arguments that cannot be left out alone, and why.
var notUnset = map[string]string{
	"oidc":                     "one of oidc and saml has to be there",
	"saml":                     "the same",
	"saml.metadata_xml":        "one of three ways of giving the identity provider has to be there",
	"saml.metadata_url":        "the same",
	"saml.entity_id":           "the same",
	"saml.sso_url":             "goes with entity_id",
	"saml.certificates":        "goes with entity_id",
	"attribute_mapping.groups": "rejected whatever it is",
}

// with returns a configuration with an argument more, by its path.
func with(config object, at string, value any) object {
	out := maps.Clone(config)
	name, within, nested := strings.Cut(at, ".")
	if !nested {
		out[name] = value
		return out
	}
	inner, _ := out[name].(object)
	inner = maps.Clone(inner)
	inner[within] = value
	out[name] = inner
	return out
}

// Every optional argument of a connection can be left out again: after it was applied, and after an import of a connection
// that has it. The server then has the default, and a plan is empty.
func TestIdentityProviderArgumentsCanBeUnset(t *testing.T) {
	t.Parallel()
	all := slices.Sorted(maps.Keys(unsets(t, "")))
	for _, at := range optionalArguments(t) {
		if _, excused := notUnset[at]; !excused && !slices.Contains(all, at) {
			t.Errorf("the optional argument %s has no row", at)
		}
	}
	for _, at := range all {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			srv, issuer := startWithIssuer(t)
			row := unsets(t, issuer)[at]
			set := with(row.base, at, row.value)
			for name, value := range row.beside {
				set = with(set, name, value)
			}
			run := func() *protocol { return inProcess(t, srv) } // each time another run
			made := run().create(t, identityProvider, set)
			id := textOf(t, run().object(t, run().resourceType(identityProvider), made.NewState)["id"])

			state := run().applied(t, identityProvider, made.NewState, row.base)
			run().unchanged(t, identityProvider, state, row.base)
			state = run().applied(t, identityProvider, state, set)
			run().unchanged(t, identityProvider, state, set)

			for _, config := range []object{row.base, set} {
				imported := run().imported(t, identityProvider, object{"id": id})
				state := run().applied(t, identityProvider, imported, config)
				run().unchanged(t, identityProvider, state, config)
			}
		})
	}
}

// startWithIssuer returns an account with the domain acme.com, and an issuer.
func startWithIssuer(t *testing.T) (*acctest.Server, string) {
	t.Helper()
	srv := acctest.Start(t, acctest.PrivateIssuers)
	srv.SetDomains("acme.com")
	_, issuer := acctest.StartIdP(t, srv)
	return srv, issuer
}

// optionalArguments are the paths of the resource's optional arguments.
func optionalArguments(t *testing.T) (paths []string) {
	t.Helper()
	srv := acctest.Start(t)
	var walk func(prefix string, attributes []*tfprotov6.SchemaAttribute)
	walk = func(prefix string, attributes []*tfprotov6.SchemaAttribute) {
		for _, attribute := range attributes {
			if attribute.Optional {
				paths = append(paths, prefix+attribute.Name)
			}
			if attribute.NestedType != nil {
				walk(prefix+attribute.Name+".", attribute.NestedType.Attributes)
			}
		}
	}
	walk("", inProcess(t, srv).schemas.ResourceSchemas[identityProvider].Block.Attributes)
	return paths
}

// applied refreshes, plans and applies a change. As Terraform does it wants what was planned, and as nobody else changes
// anything, no warning that says so.
func (p *protocol) applied(t *testing.T, typeName string, prior *tfprotov6.DynamicValue, config object) *tfprotov6.DynamicValue {
	t.Helper()
	before := p.read(t, typeName, prior, nil).NewState
	plan, given := p.change(t, typeName, before, config)
	noErrors(t, plan.Diagnostics)
	if len(plan.RequiresReplace) > 0 {
		t.Fatalf("it would be replaced because of %v", plan.RequiresReplace)
	}
	done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typeName, PriorState: before, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range done.Diagnostics {
		t.Errorf("%s: %s", d.Summary, d.Detail)
	}
	want, got := p.object(t, p.resourceType(typeName), plan.PlannedState), p.object(t, p.resourceType(typeName), done.NewState)
	for name := range want {
		wantAsPlanned(t, name, want[name], got[name])
	}
	return done.NewState
}

// wantAsPlanned wants each value that the plan knew.
func wantAsPlanned(t *testing.T, at string, planned, got tftypes.Value) {
	t.Helper()
	if planned.IsFullyKnown() {
		if !planned.Equal(got) {
			t.Errorf("inconsistent result: %s was planned as %s and is %s", at, planned, got)
		}
		return
	}
	if !planned.IsKnown() || !planned.Type().Is(tftypes.Object{}) {
		return
	}
	want, have := map[string]tftypes.Value{}, map[string]tftypes.Value{}
	if err := planned.As(&want); err != nil {
		t.Fatal(err)
	}
	if err := got.As(&have); err != nil {
		t.Fatal(err)
	}
	for name := range want {
		wantAsPlanned(t, at+"."+name, want[name], have[name])
	}
}

// unchanged refreshes, and wants an empty plan.
func (p *protocol) unchanged(t *testing.T, typeName string, state *tfprotov6.DynamicValue, config object) {
	t.Helper()
	read := p.read(t, typeName, state, nil).NewState
	plan, _ := p.change(t, typeName, read, config)
	noErrors(t, plan.Diagnostics)
	before := p.object(t, p.resourceType(typeName), read)
	for name, after := range p.object(t, p.resourceType(typeName), plan.PlannedState) {
		if !after.Equal(before[name]) {
			t.Errorf("the plan is not empty: %s was %s and would be %s", name, before[name], after)
		}
	}
}

func textOf(t *testing.T, value tftypes.Value) (text string) {
	t.Helper()
	if err := value.As(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// connectionRow is what the server has of a connection.
type connectionRow struct {
	ID, State string
	OIDC      struct {
		Method    *string  `json:"token_endpoint_auth_method"`
		SecretSet bool     `json:"client_secret_set"`
		Scopes    []string `json:"scopes"`
		JWKSURI   string   `json:"jwks_uri"`
	}
}

func theConnection(t *testing.T, srv *acctest.Server) connectionRow {
	t.Helper()
	var rows []connectionRow
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/connections", nil, &rows)
	if len(rows) != 1 {
		t.Fatalf("%d connections", len(rows))
	}
	return rows[0]
}

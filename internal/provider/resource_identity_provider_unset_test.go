package provider_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"

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

// Every optional argument of a connection can be left out again: after it was applied, and after an import of a connection
// that has it. The server then has the default, and a plan is empty.
func TestIdentityProviderArgumentsCanBeUnset(t *testing.T) {
	t.Parallel()
	all := slices.Sorted(maps.Keys(unsets(t, "")))
	for _, at := range inProcess(t, acctest.Start(t)).optionalArguments(identityProvider) {
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

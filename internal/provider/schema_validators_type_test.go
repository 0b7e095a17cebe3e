package provider

import "testing"

func TestClosestType(t *testing.T) {
	t.Parallel()
	v := oneOfTypes{append(append([]string{}, oidcTypes...), samlTypes...)}
	for written, want := range map[string]string{
		"OktaOIDC ": "OktaOIDC", "oktaoidc": "OktaOIDC", "OktaOidc": "OktaOIDC", "Okta-SAML": "OktaSAML", "GenericSaml": "GenericSAML",
		"generic_oidc": "GenericOIDC", "OktaSML": "OktaSAML", "something else": "", "": "",
	} {
		if got := v.closest(written); got != want {
			t.Errorf("%q: got %q, want %q", written, got, want)
		}
	}
}

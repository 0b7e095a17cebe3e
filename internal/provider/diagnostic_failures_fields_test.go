package provider

import (
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// What the API's validation says of a value reaches people by the value's name, without the words of its library.
func TestFieldReason(t *testing.T) {
	t.Parallel()
	for loc, want := range map[string]string{
		"body.domains.0":               "`domains[0]`: The domain is not enabled.",
		"body.saml.idp_certificates.1": "`saml.idp_certificates[1]`: The domain is not enabled.",
		"query.page-token":             "`page-token`: The domain is not enabled.",
		"body":                         "The domain is not enabled.",
		"":                             "The domain is not enabled.",
		"domains":                      "`domains`: The domain is not enabled.",
		"body.match.attribute":         "`match.attribute`: The domain is not enabled.",
		"body.account_memberships.user_id.any_.0": "`account_memberships.user_id.any_[0]`: The domain is not enabled.",
	} {
		if got := fieldReason(client.FieldError{Loc: loc, Message: "Value error, the domain is not enabled"}); got != want {
			t.Errorf("%s: got %q, want %q", loc, got, want)
		}
	}
}

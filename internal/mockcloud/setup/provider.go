package setup

import (
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// provider is a product that people log in at.
type provider struct {
	Type store.ConnectionType
	Name string
}

// Protocol names the protocol that its connections speak.
func (p provider) Protocol() string {
	if p.Type.IsSAML() {
		return "SAML 2.0"
	}
	return "OpenID Connect"
}

// providers are those that have a name on the page, and one of each protocol for
// all others.
func providers() []provider {
	return []provider{
		{"ADFSSAML", "AD FS"},
		{"Auth0SAML", "Auth0"},
		{"CloudflareSAML", "Cloudflare"},
		{"CyberArkSAML", "CyberArk"},
		{"DuoSAML", "Duo"},
		{"GoogleSAML", "Google"},
		{"GoogleOIDC", "Google"},
		{"JumpCloudSAML", "JumpCloud"},
		{"KeycloakSAML", "Keycloak"},
		{"AzureSAML", "Microsoft Entra ID"},
		{"EntraIdOIDC", "Microsoft Entra ID"},
		{"OktaSAML", "Okta"},
		{"OktaOIDC", "Okta"},
		{"OneLoginSAML", "OneLogin"},
		{"PingFederateSAML", "PingFederate"},
		{"PingOneSAML", "PingOne"},
		{"RipplingSAML", "Rippling"},
		{"SalesforceSAML", "Salesforce"},
		{"GenericSAML", "Another one"},
		{"GenericOIDC", "Another one"},
	}
}

// providerOf finds a provider by its type.
func providerOf(kind store.ConnectionType) (provider, bool) {
	all := providers()
	i := slices.IndexFunc(all, func(p provider) bool { return p.Type == kind })
	if i < 0 {
		return provider{}, false
	}
	return all[i], true
}

// providerChoice is the provider's page.
type providerChoice struct {
	Providers []provider
	Chosen    store.ConnectionType
}

func viewProvider(v *visit) any { return providerChoice{providers(), v.link.Type} }

// takeProvider is POST /setup/provider.
func takeProvider(v *visit) {
	chosen, known := providerOf(store.ConnectionType(v.r.PostFormValue("type")))
	if !known {
		v.ask(viewProvider(v), problem{"provider-0", "Choose an identity provider. If yours is not in the list, choose “Another one” with the protocol that it speaks."})
		return
	}
	v.choose(copyValues, func(tx *store.Tx, link *store.SetupLink) { tx.ChooseInSetup(link, link.Domains, chosen.Type) })
}

// values is the page with what the identity provider has to know of this server.
type values struct {
	Provider provider
	Us       identity.ServiceProvider
	SAML     bool
	Next     string
}

func viewValues(v *visit) any {
	chosen, _ := providerOf(v.link.Type) // the step before took no other
	return values{
		chosen, identity.ServiceProviderOf(router.BaseURL(v.PublicURL, v.r), v.link.AccountID), v.link.Type.IsSAML(), v.way.steps[enterDetails].path(),
	}
}
